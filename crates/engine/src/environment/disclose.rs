//! Letting somebody see something: the permission is checked and the record made in one commit,
//! and what is seen rides through it.

use std::sync::Arc;

use ledger::EnvironmentId;
use store::{Command, Done, Records, Tx};

use super::find::find;
use super::target;
use crate::access::{Level, enter, permit};
use crate::audit::Attempt;
use crate::error::{Error, What};
use crate::name::EnvironmentName;

/// Discloses what was read, if the caller may still see it.
pub(super) struct Disclose<T> {
    pub(super) attempt: Attempt,
    pub(super) name: EnvironmentName,
    /// The environment that it was read from; another of the same name is not it.
    pub(super) environment: EnvironmentId,
    /// The revision that it was read from.
    pub(super) revision: u64,
    pub(super) need: Level,
    /// Other environments that take part, and what the caller needs on them.
    pub(super) others: Vec<(EnvironmentId, Level)>,
    pub(super) value: Arc<T>,
}

impl<T: Send + Sync + 'static> Command for Disclose<T> {
    type Output = Arc<T>;
    type Error = Error;

    async fn run<X: Tx>(&self, tx: &mut X) -> Result<Done<Arc<T>>, Error> {
        let (entered, environment, permit) = find(tx, &self.attempt, &self.name, self.need).await?;
        if environment.id != self.environment {
            return Err(Error::Absent(What::Environment));
        }
        self.attempt.target(target(&environment, self.revision));
        check_others(tx, &self.attempt, &entered, &self.others).await?;
        self.attempt.authorization(permit.authorization);
        Ok(self.attempt.done(Arc::clone(&self.value)))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Discloses something that belongs to the organisation: to any member.
pub(super) struct DiscloseToMember<T> {
    pub(super) attempt: Attempt,
    pub(super) organization: String,
    pub(super) others: Vec<(EnvironmentId, Level)>,
    pub(super) value: Arc<T>,
}

impl<T: Send + Sync + 'static> Command for DiscloseToMember<T> {
    type Output = Arc<T>;
    type Error = Error;

    async fn run<X: Tx>(&self, tx: &mut X) -> Result<Done<Arc<T>>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        check_others(tx, &self.attempt, &entered, &self.others).await?;
        Ok(self.attempt.done(Arc::clone(&self.value)))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Checks again, in the transaction, what was checked when the imports were looked up. Each check is
/// what the record says until the next one: whoever has a root puts back what decided about that.
///
/// Gives the longest time in seconds that an opening may last, if what decided bounds it.
pub(super) async fn check_others<X: Tx>(
    tx: &mut X,
    attempt: &Attempt,
    entered: &crate::access::Entered,
    others: &[(EnvironmentId, Level)],
) -> Result<Option<u64>, Error> {
    let mut longest = None;
    for (id, need) in others {
        let environment = store::environment::by_id(tx, id).await?;
        let environment = environment.filter(|environment| environment.deleted_at.is_none());
        let environment = environment.ok_or(Error::Absent(What::Environment))?;
        let permit = permit(tx, attempt, entered, &environment, *need).await?;
        longest = shorter(longest, permit.longest_open);
    }
    Ok(longest)
}

/// The tighter of two bounds.
pub(super) fn shorter(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}
