//! Who belongs to an organisation.

use ledger::{AccountId, Detail, Event, Need, Statement, Target, TargetKind};
use store::organization::Organization;
use store::{Command, Done, Question, Read, Records, StoreError, Tx, account, log, organization};

use super::role_choice::{Given, RoleChoice, given};
use crate::access::{Entered, Role, enter, permit_lasting, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

pub use store::organization::Member;

/// A page of members.
#[derive(Debug)]
pub struct MemberPage {
    /// The members, by login.
    pub members: Vec<Member>,
    /// The last login, if there may be more.
    pub next: Option<String>,
}

struct List {
    attempt: Attempt,
    organization: String,
    after: String,
    limit: i64,
}

impl List {
    async fn page<R: Read>(&self, read: &mut R) -> Result<MemberPage, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::MembersRead)?;
        let id = entered.organization.id;
        let mut members = organization::members(read, &id, &self.after, self.limit + 1).await?;
        let full = members.len() > usize::try_from(self.limit).unwrap_or(usize::MAX);
        if full {
            members.pop();
        }
        let next = members.last().filter(|_| full).map(|member| member.login.clone());
        Ok(MemberPage { members, next })
    }
}

impl Question for List {
    type Answer = Result<MemberPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.page(read).await)
    }
}

/// What is done to a membership.
enum Change {
    Add(RoleChoice),
    SetRole(RoleChoice),
    Remove,
}

struct ChangeMember {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    login: String,
    change: Change,
}

impl Command for ChangeMember {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let entered = enter(tx, attempt, &self.organization).await?;
        attempt.target(Target::unresolved(TargetKind::Member));
        permit_organization(attempt, &entered, Role::Admin, Need::MembersWrite)?;
        if !matches!(self.change, Change::Remove) {
            permit_lasting(attempt)?;
        }
        match &self.change {
            Change::Add(role) => {
                let account = account::by_login(tx, &self.login).await?.ok_or(Error::Absent(What::User))?;
                let given = given(tx, &entered.organization, *role).await?;
                let whom = (&account.id, self.login.as_str());
                add_member(tx, &self.engine, attempt, &entered.organization, whom, &given).await?;
            }
            Change::SetRole(role) => self.set_role(tx, &entered, *role).await?,
            Change::Remove => self.remove(tx, &entered).await?,
        }
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Adds an account to an organisation, and notes it in the attempt.
pub(crate) async fn add_member<T: Tx>(
    tx: &mut T,
    engine: &Engine,
    attempt: &Attempt,
    organization: &Organization,
    (account, login): (&AccountId, &str),
    given: &Given,
) -> Result<(), Error> {
    if organization::find_member(tx, &organization.id, login).await?.is_some() {
        return Err(Error::Exists(What::Member));
    }
    let actor = log::actor(tx, engine.ambient(), organization.log, account).await?;
    let (id, role) = (&organization.id, given.role.as_str());
    organization::insert_member(tx, id, account, role, &actor, attempt.context().now).await?;
    if let Some(custom) = given.custom_id() {
        organization::set_role(tx, id, account, role, Some(custom)).await?;
    }
    attempt
        .target(Target::new(TargetKind::Member, actor))
        .target_names(Statement::member(Some(actor), &organization.name, login))
        .detail(given.detail(attempt, Detail::new().id("account", *account)));
    Ok(())
}

impl ChangeMember {
    async fn member<T: Tx>(&self, tx: &mut T, entered: &Entered) -> Result<(Member, Given), Error> {
        let found = organization::find_member(tx, &entered.organization.id, &self.login).await?;
        let member = found.ok_or(Error::Absent(What::Member))?;
        let held = Given::stored(&member.role, member.custom_role.as_ref());
        self.attempt.target(Target::new(TargetKind::Member, member.actor)).target_names(Statement::member(
            Some(member.actor),
            &entered.organization.name,
            &self.login,
        ));
        Ok((member, held))
    }

    async fn set_role<T: Tx>(&self, tx: &mut T, entered: &Entered, choice: RoleChoice) -> Result<(), Error> {
        let (member, before) = self.member(tx, entered).await?;
        let after = given(tx, &entered.organization, choice).await?;
        if before.role == Role::Admin && after.role != Role::Admin {
            keep_an_admin(tx, entered).await?;
        }
        let (id, role) = (&entered.organization.id, after.role.as_str());
        organization::set_role(tx, id, &member.account, role, after.custom_id()).await?;
        let detail = before.detail_before(&self.attempt, Detail::new().id("account", member.account));
        self.attempt.detail(after.detail(&self.attempt, detail));
        Ok(())
    }

    async fn remove<T: Tx>(&self, tx: &mut T, entered: &Entered) -> Result<(), Error> {
        let (member, held) = self.member(tx, entered).await?;
        if self.attempt.context().account() == Some(&member.account) {
            return Err(Error::Invalid("you cannot remove yourself; another administrator has to".into()));
        }
        if held.role == Role::Admin {
            keep_an_admin(tx, entered).await?;
        }
        organization::delete_member(tx, &entered.organization.id, &member.account).await?;
        self.attempt.detail(Detail::new().id("account", member.account).word("role", held.word()));
        Ok(())
    }
}

async fn keep_an_admin<T: Tx>(tx: &mut T, entered: &Entered) -> Result<(), Error> {
    let admins = organization::count_admins(tx, &entered.organization.id).await?;
    if admins > 1 { Ok(()) } else { Err(Error::LastAdmin) }
}

impl Engine {
    /// The members of an organisation, by login, after one of them.
    pub async fn list_members(
        &self,
        cx: &Context,
        organization: String,
        after: String,
        limit: i64,
    ) -> Sight<MemberPage> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().word("attempted", "list-members"));
        let list = List { attempt: attempt.clone(), organization, after, limit };
        let engine = self.clone();
        self.detached(async move {
            let page = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, page).await
        })
        .await
    }

    /// Adds an account to an organisation.
    pub async fn add_member(
        &self,
        cx: &Context,
        organization: String,
        login: String,
        role: impl Into<RoleChoice>,
    ) -> Answer<()> {
        self.change_member(cx, Event::MemberAdded, organization, login, Change::Add(role.into())).await
    }

    /// Changes a member's role.
    pub async fn set_member_role(
        &self,
        cx: &Context,
        organization: String,
        login: String,
        role: impl Into<RoleChoice>,
    ) -> Answer<()> {
        self.change_member(cx, Event::MemberRoleChanged, organization, login, Change::SetRole(role.into())).await
    }

    /// Removes a member.
    pub async fn remove_member(&self, cx: &Context, organization: String, login: String) -> Answer<()> {
        self.change_member(cx, Event::MemberRemoved, organization, login, Change::Remove).await
    }

    async fn change_member(
        &self,
        cx: &Context,
        event: Event,
        organization: String,
        login: String,
        change: Change,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, event);
        attempt.target_names(Statement::member(None, &organization, &login));
        let command = ChangeMember { attempt, engine: self.clone(), organization, login, change };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
