//! What the members of a team may do with an environment: grant, change and revoke.
//!
//! It is for whoever administers the environment, not the team: a team does not give itself anything.

use ledger::{Detail, Event, GrantId, Statement, TextKey};
use store::team_grant::{self, Grant};
use store::{Command, Done, Records, Tx, environment};

use super::teams::find;
use crate::access::{Level, enter, permit, permit_lasting};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::team::TeamName;
use crate::{Answer, Engine};

/// What becomes of a team's grant on an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamGrantChange {
    /// There is to be one.
    Add(Level, LongestOpen),
    /// The one that is there is to permit this.
    Edit(Level, LongestOpen),
    /// There is to be none.
    Remove,
}

/// The longest an opening by a grant may last, in seconds, if it is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LongestOpen(Option<u64>);

/// How long any opening may last: a bound beyond it would bound nothing.
const WEEK: u64 = 7 * 24 * 3_600;

impl LongestOpen {
    /// A bound of this many seconds; no seconds are no bound.
    pub fn new(seconds: u64) -> Result<Self, Error> {
        match seconds {
            0 => Ok(Self(None)),
            1..=WEEK => Ok(Self(Some(seconds))),
            _ => Err(Error::Invalid("the longest opening must be between one second and seven days".into())),
        }
    }
}

impl TeamGrantChange {
    const fn word(self) -> &'static str {
        match self {
            Self::Add(..) => "granted",
            Self::Edit(..) => "regranted",
            Self::Remove => "revoked",
        }
    }
}

struct ChangeTeamGrant {
    attempt: Attempt,
    name: TeamName,
    environment: EnvironmentName,
    /// The identifier of a new grant.
    id: GrantId,
    change: TeamGrantChange,
}

impl Command for ChangeTeamGrant {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, name, change, .. } = self;
        let (project, environment) = (self.environment.project(), self.environment.environment());
        let entered = enter(tx, attempt, self.environment.organization()).await?;
        let team = find(tx, attempt, &entered, name).await?;
        let found = environment::find(tx, &entered.organization.id, project, environment).await?;
        let environment = found.ok_or(Error::Absent(What::Environment))?;
        permit(tx, attempt, &entered, &environment, Level::Admin).await?;
        if !matches!(change, TeamGrantChange::Remove) {
            permit_lasting(attempt)?;
        }
        let known = team_grant::find(tx, &team.id, &environment.id).await?;
        let before = known.as_ref().and_then(|grant| Level::parse(&grant.permission));
        let grant = match (*change, known) {
            (TeamGrantChange::Add(..), Some(_)) => return Err(Error::Exists(What::Grant)),
            (TeamGrantChange::Add(level, longest), None) => {
                let grant = Grant { id: self.id, permission: level.as_str().to_owned(), longest_open: longest.0 };
                let now = attempt.context().now;
                team_grant::insert(tx, &team.organization, &team.id, &environment.id, &grant, now).await?;
                grant
            }
            (_, None) => return Err(Error::Absent(What::Grant)),
            (TeamGrantChange::Edit(level, longest), Some(known)) => {
                let grant = Grant { id: known.id, permission: level.as_str().to_owned(), longest_open: longest.0 };
                team_grant::set(tx, &team, &grant).await?;
                grant
            }
            (TeamGrantChange::Remove, Some(known)) => {
                team_grant::delete(tx, &team, &known.id).await?;
                known
            }
        };
        let level = Level::parse(&grant.permission).unwrap_or(Level::None);
        let mut detail = Detail::new()
            .word("change", change.word())
            .id("environment", environment.id)
            .id("grant", grant.id)
            .word("level", level.as_str());
        if let Some(before) = before {
            detail = detail.word("before", before.as_str());
        }
        if let Some(longest) = grant.longest_open {
            detail = detail.integer("longest", longest);
        }
        attempt.detail(detail);
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Changes what the members of a team may do with an environment.
    pub async fn change_team_grant(
        &self,
        cx: &Context,
        name: TeamName,
        environment: EnvironmentName,
        change: TeamGrantChange,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::TeamUpdated);
        attempt
            .target_names(Statement::team(environment.organization(), name.as_str()))
            .text(TextKey::Name, environment.qualified())
            .detail(Detail::new().word("change", change.word()));
        let id = GrantId::from_random(self.ambient().random());
        let command = ChangeTeamGrant { attempt, name, environment, id, change };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
