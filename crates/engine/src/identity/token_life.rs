//! How long tokens may live: as long as every organisation lets them that their owner belongs to.

use ledger::AccountId;
use store::organization::{self, Organization};
use store::{Read, StoreError};

use crate::error::Error;

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;

/// How long a token may live that is made now, if that is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LongestLife(Option<u64>);

impl LongestLife {
    /// Of a token of an organisation, or of one of its teams.
    pub(crate) async fn within<R: Read>(read: &mut R, organization: &Organization) -> Result<Self, StoreError> {
        Ok(Self(organization::longest_token_days(read, &organization.id).await?))
    }

    /// Of a token of a person: the tightest bound of the organisations that it belongs to.
    pub(crate) async fn of_account<R: Read>(read: &mut R, account: &AccountId) -> Result<Self, StoreError> {
        let mut days = None;
        for (organization, _, _) in organization::of_account(read, account).await? {
            let within = Self::within(read, &organization).await?;
            days = days.into_iter().chain(within.0).min();
        }
        Ok(Self(days))
    }

    /// When a token has to end at the latest that is made at a time.
    pub(crate) fn end(self, now: i64) -> Option<i64> {
        let days = i64::try_from(self.0?).unwrap_or(i64::MAX);
        Some(now.saturating_add(days.saturating_mul(DAY)))
    }

    /// Checks the end that somebody wants for a token that is made at a time.
    pub(crate) fn check(self, end: Option<i64>, now: i64) -> Result<(), Error> {
        match (self.0, self.end(now)) {
            (Some(days), Some(latest)) if end.is_none_or(|end| end > latest) => Err(Error::Invalid(format!(
                "the token has to end within {days} days: an organization bounds how long tokens live"
            ))),
            _ => Ok(()),
        }
    }
}
