//! Organisations: their creation, and what every member may do.

use ledger::{Detail, Event, LogId, LogKind, Need, OrganizationId, Origin, Statement, Target, TargetKind};
use store::organization::{self, Organization};
use store::{Command, Done, LogKey, Question, Read, Records, StoreError, Tx, data_key, environment, instance, log};

use crate::access::{Level, Role, enter, enter_as_admin, permit_lasting, permit_organization};
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// An organisation, as its members see it.
pub struct OrganizationInfo {
    /// The organisation.
    pub organization: Organization,
    /// What the caller is there.
    pub role: Role,
    /// Whether members create teams, and not only administrators.
    pub members_can_create_teams: bool,
    /// How many days a token may live that is made from now on, if that is bounded.
    pub longest_token_days: Option<u64>,
    /// How many members it has.
    pub members: u64,
    /// How many environments it has.
    pub environments: u64,
}

/// Creates an organisation with its log and its key, and the record that opens the log.
pub(crate) async fn create_organization<T: Tx>(
    tx: &mut T,
    engine: &Engine,
    attempt: &Attempt,
    name: &str,
) -> Result<(Organization, Records), Error> {
    crate::name::check_organization(name)?;
    if organization::find(tx, name).await?.is_some() {
        return Err(Error::Exists(What::Organization));
    }
    let ambient = engine.ambient();
    let instance = instance::find(tx).await?.ok_or(Error::Absent(What::Organization))?;
    let now = attempt.context().now;
    let log = log::next_key(tx).await?;
    let created = Organization {
        id: OrganizationId::from_random(ambient.random()),
        name: name.to_owned(),
        log,
        default_permission: Level::None.as_str().to_owned(),
        access_version: 1,
        created_at: now,
    };
    let identifier = LogId::from_random(ambient.random());
    let origin = Origin::new(instance.name, LogKind::Organization, identifier);
    log::create(tx, log, identifier, &origin, Some(&created.id)).await?;
    organization::insert(tx, &created).await?;
    data_key::insert(tx, &engine.new_key(created.id, None), now).await?;
    Ok((created, open_log(engine, attempt, log, &origin, Some(name))))
}

/// The record at index 0 of a log.
pub(crate) fn open_log(
    engine: &Engine,
    attempt: &Attempt,
    log: LogKey,
    origin: &Origin,
    organization: Option<&str>,
) -> Records {
    let opened = engine.attempt(attempt.context(), Event::LogOpened);
    opened.place(Place { log, actor: None, outsider: false }).detail(Detail::log_opened(origin));
    opened.target(Target::unresolved(TargetKind::Log));
    if let Some(organization) = organization {
        opened.target_names(Statement::organization(organization));
    }
    opened.records(ledger::Outcome::Succeeded)
}

struct Info {
    attempt: Attempt,
    organization: String,
}

impl Info {
    async fn find<R: Read>(&self, read: &mut R) -> Result<OrganizationInfo, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::OrganizationRead)?;
        let id = entered.organization.id;
        Ok(OrganizationInfo {
            members_can_create_teams: organization::members_can_create_teams(read, &id).await?,
            longest_token_days: organization::longest_token_days(read, &id).await?,
            members: organization::count_members(read, &id).await?,
            environments: environment::count_all(read, &id).await?,
            role: entered.role,
            organization: entered.organization,
        })
    }
}

impl Question for Info {
    type Answer = Result<OrganizationInfo, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

struct SetDefaultPermission {
    attempt: Attempt,
    organization: String,
    level: Level,
}

impl Command for SetDefaultPermission {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        self.attempt.target(Target::new(TargetKind::Organization, entered.organization.id));
        permit_organization(&self.attempt, &entered, Role::Admin, Need::SettingsWrite)?;
        permit_lasting(&self.attempt)?;
        let before = Level::parse(&entered.organization.default_permission).unwrap_or(Level::None);
        organization::set_default_permission(tx, &entered.organization.id, self.level.as_str()).await?;
        self.attempt.detail(
            Detail::new()
                .word("before", before.as_str())
                .words("fields", ["default-environment-permission"])
                .word("permission", self.level.as_str()),
        );
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Who creates teams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamCreators {
    /// Administrators of the organisation only.
    Administrators,
    /// Every member.
    Members,
}

impl TeamCreators {
    const fn word(self) -> &'static str {
        match self {
            Self::Administrators => "administrators",
            Self::Members => "members",
        }
    }
}

struct SetTeamCreators {
    attempt: Attempt,
    organization: String,
    creators: TeamCreators,
}

impl Command for SetTeamCreators {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        let id = entered.organization.id;
        self.attempt.target(Target::new(TargetKind::Organization, id));
        permit_organization(&self.attempt, &entered, Role::Admin, Need::SettingsWrite)?;
        permit_lasting(&self.attempt)?;
        let before = organization::members_can_create_teams(tx, &id).await?;
        let before = if before { TeamCreators::Members } else { TeamCreators::Administrators };
        organization::let_members_create_teams(tx, &id, self.creators == TeamCreators::Members).await?;
        self.attempt.detail(
            Detail::new()
                .word("before", before.word())
                .words("fields", ["members-can-create-teams"])
                .word("permission", self.creators.word()),
        );
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// The longest bound, in days: a longer one would bound nothing.
const MOST_DAYS: u64 = 3_650;

struct SetLongestTokenLife {
    attempt: Attempt,
    organization: String,
    days: u64,
}

impl Command for SetLongestTokenLife {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, organization, days } = self;
        let id = enter_as_admin(tx, attempt, organization, Need::SettingsWrite).await?.organization.id;
        permit_lasting(attempt)?;
        attempt.target(Target::new(TargetKind::Organization, id));
        if *days > MOST_DAYS {
            return Err(Error::Invalid(format!("tokens can be bounded to at most {MOST_DAYS} days")));
        }
        let days = Some(*days).filter(|days| *days > 0);
        organization::set_longest_token_days(tx, &id, days).await?;
        let detail = Detail::new().words("fields", ["max-access-token-expiry"]);
        attempt.detail(match days {
            Some(days) => detail.integer("lifetime", days * 86_400),
            None => detail,
        });
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// An organisation, for one of its members. `attempted` names the look-up.
    pub async fn organization(
        &self,
        cx: &Context,
        organization: String,
        attempted: &'static str,
    ) -> Sight<OrganizationInfo> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.target_names(Statement::organization(&organization)).detail(Detail::new().word("attempted", attempted));
        let info = Info { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let info = engine.store().ask(info).await.map_err(Into::into).flatten();
            engine.seen(&attempt, info).await
        })
        .await
    }

    /// Sets what every member may do with an environment, if nothing else says more.
    pub async fn set_default_permission(&self, cx: &Context, organization: String, level: Level) -> Answer<()> {
        let attempt = self.attempt(cx, Event::OrganizationSettingsChanged);
        attempt.target_names(Statement::organization(&organization));
        let command = SetDefaultPermission { attempt, organization, level };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Bounds how many days a token may live that is made from now on; no days are no bound. Tokens that are there stay.
    pub async fn set_longest_token_life(&self, cx: &Context, organization: String, days: u64) -> Answer<()> {
        let attempt = self.attempt(cx, Event::OrganizationSettingsChanged);
        attempt.target_names(Statement::organization(&organization));
        let command = SetLongestTokenLife { attempt, organization, days };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Sets who creates teams.
    pub async fn set_team_creators(&self, cx: &Context, organization: String, creators: TeamCreators) -> Answer<()> {
        let attempt = self.attempt(cx, Event::OrganizationSettingsChanged);
        attempt.target_names(Statement::organization(&organization));
        let command = SetTeamCreators { attempt, organization, creators };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
