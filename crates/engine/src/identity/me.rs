//! What a caller may know of itself, and its default organisation.

use ledger::{AccountId, Detail, Event, Statement, Target, TargetKind};
use store::account::Account;
use store::machine_token::{self, MachineToken};
use store::organization::Organization;
use store::{Command, Done, Question, Read, Records, StoreError, Tx, account};

use super::{account_of, memberships, person_of};
use crate::access::{Role, enter};
use crate::audit::Attempt;
use crate::context::{Context, Who};
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// A caller, as it sees itself.
pub struct Me {
    /// The account.
    pub account: Account,
    /// The organisations it belongs to, by name, with its role in each.
    pub organizations: Vec<(Organization, Role)>,
    /// The token that it came with, if that is of an organisation or a team.
    pub machine_token: Option<MachineToken>,
}

impl Me {
    /// The organisation used where none is named: the one chosen, else the only or first one.
    pub fn default_organization(&self) -> Option<&str> {
        let chosen = self.account.default_organization.as_deref();
        let still_member = chosen.filter(|chosen| self.organizations.iter().any(|(own, _)| own.name == *chosen));
        still_member.or_else(|| self.organizations.first().map(|(own, _)| own.name.as_str()))
    }
}

struct FindMe(Attempt);

impl FindMe {
    async fn find<R: Read>(&self, read: &mut R) -> Result<Me, Error> {
        if let Who::Machine { id, organization, .. } = &self.0.context().who {
            return self.find_machine(read, id, organization).await;
        }
        let id = account_of(read, &self.0).await?;
        let account = account::find(read, &id).await?.ok_or(Error::Absent(What::User))?;
        let memberships = memberships(read, &self.0, &id).await?;
        let organizations = memberships
            .into_iter()
            .filter_map(|(organization, role, _)| Some((organization, Role::parse(&role)?)))
            .collect();
        Ok(Me { account, organizations, machine_token: None })
    }

    async fn find_machine<R: Read>(&self, read: &mut R, id: &AccountId, name: &str) -> Result<Me, Error> {
        let entered = enter(read, &self.0, name).await?;
        let account = account::find(read, id).await?.ok_or(Error::Absent(What::User))?;
        let token = self.0.context().credential.id.as_ref().map_or("", |id| id.as_str());
        let machine_token = machine_token::find(read, &entered.organization.id, token).await?;
        Ok(Me { account, organizations: vec![(entered.organization, entered.role)], machine_token })
    }
}

impl Question for FindMe {
    type Answer = Result<Me, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

struct SetDefault {
    attempt: Attempt,
    organization: String,
}

impl Command for SetDefault {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        let id = person_of(tx, &self.attempt).await?;
        account::set_default_organization(tx, &id, &entered.organization.id).await?;
        self.attempt.target(Target::new(TargetKind::Organization, entered.organization.id));
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Who the caller is.
    pub async fn me(&self, cx: &Context) -> Sight<Me> {
        let attempt = self.attempt(cx, Event::AuthenticationFailed);
        attempt.detail(Detail::new().word("attempted", "read-user"));
        let engine = self.clone();
        self.detached(async move {
            let me = engine.store().ask(FindMe(attempt.clone())).await.map_err(Into::into).flatten();
            engine.seen(&attempt, me).await
        })
        .await
    }

    /// Chooses the organisation used where none is named.
    pub async fn set_default_organization(&self, cx: &Context, organization: String) -> Answer<()> {
        let attempt = self.attempt(cx, Event::DefaultOrganizationSet);
        attempt.target_names(Statement::organization(&organization));
        let engine = self.clone();
        self.detached(async move { engine.commit(SetDefault { attempt, organization }).await }).await
    }
}
