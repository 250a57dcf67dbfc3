//! Tokens of programs: of an organisation, or of one of its teams.

use ledger::{AccountId, Detail, Event, Need, Statement, Target, TargetKind, TeamId, TextKey, TokenId};
use seal::{SecretString, Token};
use store::account::{self, Account, MachineLogin};
use store::machine_token::{self, MachineToken};
use store::organization::Organization;
use store::team::{self, Team};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, log};

use super::IssuedToken;
use super::role_choice::{Given, RoleChoice, given};
use super::token_life::LongestLife;
use crate::access::{Entered, Role, enter, permit_lasting, permit_organization, permit_team};
use crate::audit::Attempt;
use crate::context::{Context, Who};
use crate::error::{Error, What};
use crate::team::TeamName;
use crate::{Answer, Engine, Sight};

/// A token, as a list shows it.
pub type MachineTokenInfo = MachineToken;

/// Whose a token is.
#[derive(Clone, Debug)]
pub enum MachineOwner {
    /// The organisation's.
    Organization,
    /// A team's.
    Team(TeamName),
}

/// A token that is wanted.
#[derive(Clone, Debug)]
pub struct NewMachineToken {
    /// What the organisation calls it.
    pub name: TokenName,
    /// What it is for.
    pub description: TokenDescription,
    /// What it is in the organisation; a team's is a member.
    pub role: RoleChoice,
    /// When it ends, if it does.
    pub expires_at: Option<i64>,
}

/// The longest name of a token, in characters.
const LONGEST_NAME: usize = 40;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 500;

/// What an organisation calls a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

impl TokenName {
    /// A name that a token may have.
    pub fn new(text: &str) -> Result<Self, Error> {
        let length = text.chars().count();
        if (1..=LONGEST_NAME).contains(&length) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Invalid(format!(
                "the name of a token has 1 to {LONGEST_NAME} characters, and no control characters"
            )))
        }
    }
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDescription(String);

impl TokenDescription {
    /// A description; it may be empty.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.chars().count() <= LONGEST_DESCRIPTION && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Invalid(format!(
                "the description of a token has at most {LONGEST_DESCRIPTION} characters, and no control characters"
            )))
        }
    }
}

impl MachineOwner {
    const fn created(&self) -> Event {
        match self {
            Self::Organization => Event::OrganizationTokenCreated,
            Self::Team(_) => Event::TeamTokenCreated,
        }
    }

    const fn deleted(&self) -> Event {
        match self {
            Self::Organization => Event::OrganizationTokenDeleted,
            Self::Team(_) => Event::TeamTokenDeleted,
        }
    }

    /// Notes the name of the team.
    fn note(&self, attempt: &Attempt) {
        if let Self::Team(name) = self {
            attempt.text(TextKey::Name, name.as_str());
        }
    }

    /// Finds whose the token is, and checks that the caller may have to do with it.
    async fn enter<R: Read>(
        &self,
        read: &mut R,
        attempt: &Attempt,
        organization: &str,
        need: Need,
    ) -> Result<(Entered, Option<Team>), Error> {
        let entered = enter(read, attempt, organization).await?;
        match self {
            Self::Organization => {
                permit_organization(attempt, &entered, Role::Admin, need)?;
                Ok((entered, None))
            }
            Self::Team(name) => {
                let team = team::find(read, &entered.organization.id, name.as_str()).await?;
                let team = team.ok_or(Error::Absent(What::Team))?;
                permit_team(read, attempt, &entered, &team, need).await?;
                Ok((entered, Some(team)))
            }
        }
    }
}

struct Create {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    owner: MachineOwner,
    new: NewMachineToken,
}

impl Command for Create {
    type Output = IssuedToken;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedToken>, Error> {
        let Self { attempt, new, .. } = self;
        attempt.target(Target::unresolved(TargetKind::Token));
        let (entered, team) = self.owner.enter(tx, attempt, &self.organization, Need::TokensWrite).await?;
        permit_lasting(attempt)?;
        let organization = &entered.organization;
        let now = attempt.context().now;
        if new.expires_at.is_some_and(|end| end <= now) {
            return Err(Error::Invalid("the token would already have expired".into()));
        }
        if machine_token::has_name(tx, &organization.id, &new.name.0).await? {
            return Err(Error::Invalid("the organization has, or once had, a token of this name".into()));
        }
        LongestLife::within(tx, organization).await?.check(new.expires_at, now)?;
        let given = given(tx, organization, new.role).await?;
        let owner = Owner::of(tx, &self.engine, organization, team.as_ref()).await?;
        let (row, text) = owner.issue(&self.engine, attempt, given.role, new.expires_at);
        let (name, description) = (new.name.0.clone(), new.description.0.clone());
        let row = MachineToken { name, description, custom_role: given.custom.clone(), ..row };
        machine_token::insert(tx, &row).await?;
        attempt.target(Target::new(TargetKind::Token, row.id)).detail(detail(attempt, &row, &given));
        Ok(attempt.done(IssuedToken { id: row.id.into(), text }))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Whose a token is, with the account as which whoever presents it acts: all tokens of one owner act as one.
pub(crate) struct Owner {
    organization: Organization,
    team: Option<TeamId>,
    pub(crate) account: Account,
}

impl Owner {
    /// An organisation or one of its teams. It has an account from its first token on.
    pub(crate) async fn of<T: Tx>(
        tx: &mut T,
        engine: &Engine,
        organization: &Organization,
        team: Option<&Team>,
    ) -> Result<Self, StoreError> {
        let (login, name) = match team {
            Some(team) => (MachineLogin::team(&organization.name, &team.name), &team.name),
            None => (MachineLogin::organization(&organization.name), &organization.name),
        };
        let account = match account::of_machine(tx, &login).await? {
            Some(account) => account,
            None => {
                let account = Account {
                    id: AccountId::from_random(engine.ambient().random()),
                    login: login.as_str().to_owned(),
                    name: name.clone(),
                    email: String::new(),
                    password_hash: None,
                    default_organization: None,
                    created_at: engine.now(),
                };
                account::insert(tx, &account).await?;
                // The log names it before it ever acts, so that its first record already does.
                log::actor(tx, engine.ambient(), organization.log, &account.id).await?;
                account
            }
        };
        Ok(Self { organization: organization.clone(), team: team.map(|team| team.id), account })
    }

    /// Who somebody is that presents one of its tokens.
    pub(crate) fn who(&self) -> Who {
        Who::Machine {
            id: self.account.id,
            login: self.account.login.as_str().into(),
            name: self.account.name.as_str().into(),
            organization: self.organization.name.as_str().into(),
            team: self.team,
        }
    }

    /// Makes a token: its row, which nobody has named yet, and its text.
    pub(crate) fn issue(
        &self,
        engine: &Engine,
        attempt: &Attempt,
        role: Role,
        expires_at: Option<i64>,
    ) -> (MachineToken, SecretString) {
        let token = Token::mint(&*engine.ambient().random);
        let row = MachineToken {
            id: TokenId::from_random(engine.ambient().random()),
            lookup: token.lookup(),
            digest: token.digest(),
            organization: self.organization.id,
            team: self.team,
            account: self.account.id,
            role: role.as_str().to_owned(),
            custom_role: None,
            name: String::new(),
            description: String::new(),
            created_at: attempt.context().now,
            created_by: attempt.context().login().to_owned(),
            issued_by: attempt.id(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
            issuer: None,
        };
        (row, token.text)
    }
}

/// What a record says of a token that begins.
fn detail(attempt: &Attempt, row: &MachineToken, given: &Given) -> Detail {
    let detail = given.detail(attempt, of(row));
    match row.expires_at.and_then(|end| u64::try_from(end).ok()) {
        Some(end) => detail.integer("expires", end),
        None => detail,
    }
}

fn of(row: &MachineToken) -> Detail {
    let detail = Detail::new().id("token", row.id);
    match row.team {
        Some(team) => detail.id("team", team),
        None => detail,
    }
}

struct Delete {
    attempt: Attempt,
    organization: String,
    owner: MachineOwner,
    id: String,
}

impl Command for Delete {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        attempt.target(Target::unresolved(TargetKind::Token));
        let (entered, team) = self.owner.enter(tx, attempt, &self.organization, Need::TokensWrite).await?;
        let found = machine_token::find(tx, &entered.organization.id, &self.id).await?;
        let token = found.filter(|token| token.revoked_at.is_none()).ok_or(Error::Absent(What::Token))?;
        if token.team != team.map(|team| team.id) {
            return Err(match self.owner {
                MachineOwner::Organization => Error::Absent(What::Token),
                MachineOwner::Team(_) => Error::Invalid("this is not a token of the team".into()),
            });
        }
        note(attempt, &token);
        machine_token::revoke(tx, &token.id, attempt.context().now).await?;
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

fn note(attempt: &Attempt, token: &MachineToken) {
    let target = Target::new(TargetKind::Token, token.id);
    attempt.target(target).target_names(Statement::named(None, &token.name)).detail(of(token));
}

/// Ends the tokens of a team that is deleted. Each has a record of its own, which the deletion caused.
pub(super) async fn end_all_of_team<T: Tx>(
    tx: &mut T,
    engine: &Engine,
    deletion: &Attempt,
    team: &Team,
) -> Result<Vec<Records>, Error> {
    let cx = deletion.context();
    let mut records = Vec::new();
    for token in machine_token::of_team(tx, &team.id, cx.now).await? {
        machine_token::revoke(tx, &token.id, cx.now).await?;
        let attempt = engine.attempt(cx, Event::TeamTokenDeleted);
        note(&attempt, &token);
        attempt.place(deletion.placed()).text(TextKey::Name, &team.name).cause(deletion.id());
        records.push(attempt.records(ledger::Outcome::Succeeded));
    }
    Ok(records)
}

/// Lets a later team of the same name have an account of its own.
pub(super) async fn retire<T: Tx>(tx: &mut T, organization: &str, team: &str, id: &TeamId) -> Result<(), StoreError> {
    account::retire(tx, &MachineLogin::team(organization, team), id).await
}

struct List {
    attempt: Attempt,
    organization: String,
    owner: MachineOwner,
}

impl List {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<MachineTokenInfo>, Error> {
        let (entered, team) = self.owner.enter(read, &self.attempt, &self.organization, Need::TokensRead).await?;
        let now = self.attempt.context().now;
        Ok(match team {
            Some(team) => machine_token::of_team(read, &team.id, now).await?,
            None => machine_token::of_organization(read, &entered.organization.id, now).await?,
        })
    }
}

impl Question for List {
    type Answer = Result<Vec<MachineTokenInfo>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

impl Engine {
    /// The tokens of an organisation or a team, newest first.
    pub async fn list_machine_tokens(
        &self,
        cx: &Context,
        organization: String,
        owner: MachineOwner,
    ) -> Sight<Vec<MachineTokenInfo>> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().word("attempted", "list-machine-tokens"));
        let list = List { attempt: attempt.clone(), organization, owner };
        let engine = self.clone();
        self.detached(async move {
            let list = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, list).await
        })
        .await
    }

    /// Makes a token for an organisation or a team.
    pub async fn create_machine_token(
        &self,
        cx: &Context,
        organization: String,
        owner: MachineOwner,
        new: NewMachineToken,
    ) -> Answer<IssuedToken> {
        let attempt = self.attempt(cx, owner.created());
        attempt.target_names(Statement::named(None, &new.name.0));
        owner.note(&attempt);
        if !new.description.0.is_empty() {
            attempt.text(TextKey::Description, &new.description.0);
        }
        let command = Create { attempt, engine: self.clone(), organization, owner, new };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Deletes a token of an organisation or a team.
    pub async fn delete_machine_token(
        &self,
        cx: &Context,
        organization: String,
        owner: MachineOwner,
        id: String,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, owner.deleted());
        owner.note(&attempt);
        let command = Delete { attempt, organization, owner, id };
        let engine = self.clone();
        self.detached(async move {
            let deleted = engine.commit(command).await;
            engine.forget_credentials();
            deleted
        })
        .await
    }
}
