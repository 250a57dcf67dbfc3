//! Whose an environment is.

use ledger::{Detail, Event, TextKey};
use store::account::Account;
use store::{Command, Done, Records, Tx, account, environment, organization};

use super::find::find;
use super::typed;
use crate::access::{Level, permit_lasting};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::{Answer, Engine};

struct ChangeOwner {
    attempt: Attempt,
    name: EnvironmentName,
    login: String,
}

impl Command for ChangeOwner {
    type Output = Account;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Account>, Error> {
        let attempt = &self.attempt;
        let (entered, environment, _) = find(tx, attempt, &self.name, Level::Admin).await?;
        permit_lasting(attempt)?;
        let organization = entered.organization.id;
        let owner = organization::find_member(tx, &organization, &self.login).await?;
        let owner = owner.ok_or(Error::Absent(What::User))?;
        let before = account::find(tx, &environment.owner).await?.ok_or(Error::Absent(What::User))?;
        environment::set_owner(tx, &organization, &environment.id, &owner.account).await?;
        attempt.detail(Detail::new().id("account", owner.account).id("previous", before.id));
        Ok(attempt.done(before))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Gives an environment to another member of the organisation; gives the account whose it was.
    pub async fn change_owner(&self, cx: &Context, name: EnvironmentName, login: String) -> Answer<Account> {
        let attempt = self.attempt(cx, Event::EnvironmentOwnerChanged);
        attempt.target_names(typed(&name)).text(TextKey::Login, &login);
        let engine = self.clone();
        self.detached(async move { engine.commit(ChangeOwner { attempt, name, login }).await }).await
    }
}
