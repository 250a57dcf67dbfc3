//! Accounts, as an operator at the shell of the host manages them.

use std::sync::Mutex;

use ledger::{AccountId, Detail, Event, Outcome, Statement, Target, TargetKind};
use seal::{SecretString, TokenKind};
use store::account::{self, Account};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, credential};

use super::links::{SetPassword, hash_password};
use super::members::add_member;
use super::role_choice::{RoleChoice, given};
use super::token_life::LongestLife;
use super::tokens::token_detail;
use super::{IssuedToken, TokenInfo, issue_token, places_of};
use crate::access::{Role, enter};
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// What is known of a new account.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What the person types to sign in.
    pub login: String,
    /// The person's name; the login where none is given.
    pub name: Option<String>,
    /// The person's e-mail address.
    pub email: Option<String>,
}

/// Creates an account.
pub(crate) async fn create_account<T: Tx>(
    tx: &mut T,
    engine: &Engine,
    attempt: &Attempt,
    user: &NewUser,
) -> Result<Account, Error> {
    crate::name::check_login(&user.login)?;
    if account::by_login(tx, &user.login).await?.is_some() {
        return Err(Error::Exists(What::User));
    }
    let created = Account {
        id: AccountId::from_random(engine.ambient().random()),
        login: user.login.clone(),
        name: user.name.clone().unwrap_or_else(|| user.login.clone()),
        email: user.email.clone().unwrap_or_default(),
        password_hash: None,
        default_organization: None,
        created_at: attempt.context().now,
    };
    account::insert(tx, &created).await?;
    attempt
        .target(Target::new(TargetKind::User, created.id))
        .target_names(Statement::user(Some(created.id.into()), &created.login))
        .detail(Detail::new().id("account", created.id).word("method", "shell"));
    Ok(created)
}

/// Adds a person: an account if there is none yet, a membership, a token.
struct AddUser {
    attempt: Attempt,
    member: Attempt,
    token: Attempt,
    engine: Engine,
    user: NewUser,
    organization: String,
    role: Role,
}

impl Command for AddUser {
    type Output = IssuedToken;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedToken>, Error> {
        let Self { attempt, member, token, engine, user, .. } = self;
        let entered = enter(tx, member, &self.organization).await?;
        let place = Place { log: entered.organization.log, actor: None, outsider: false };
        attempt.place(place);
        token.place(place);
        let (account, created) = match account::by_login(tx, &user.login).await? {
            Some(account) => (account, false),
            None => (create_account(tx, engine, attempt, user).await?, true),
        };
        let choice = if self.role == Role::Admin { self.role.into() } else { RoleChoice::Newcomer };
        let given = given(tx, &entered.organization, choice).await?;
        let whom = (&account.id, account.login.as_str());
        add_member(tx, engine, member, &entered.organization, whom, &given).await?;
        let end = LongestLife::of_account(tx, &account.id).await?.end(attempt.context().now);
        let (row, text) = issue_token(engine, token, TokenKind::Access, account.id, "first token", end);
        credential::insert(tx, &row).await?;
        token
            .target(Target::new(TargetKind::Token, row.id))
            .target_names(Statement::named(Some(account.id.into()), &row.name))
            .detail(token_detail(&row));
        let records = member.records(Outcome::Succeeded).and_all(token.records(Outcome::Succeeded));
        let records = if created { attempt.records(Outcome::Succeeded).and_all(records) } else { records };
        Ok(Done { output: IssuedToken { id: row.id, text }, records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.member.records(error.outcome())
    }
}

struct IssueFor {
    attempt: Attempt,
    engine: Engine,
    login: String,
    name: String,
    expires_at: Option<i64>,
    places: Mutex<Vec<Place>>,
}

impl Command for IssueFor {
    type Output = IssuedToken;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedToken>, Error> {
        let attempt = &self.attempt;
        let account = account::by_login(tx, &self.login).await?.ok_or(Error::Absent(What::User))?;
        let places = places_of(tx, attempt, &account.id).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        super::tokens::check_name(&self.name)?;
        LongestLife::of_account(tx, &account.id).await?.check(self.expires_at, attempt.context().now)?;
        let (row, text) =
            issue_token(&self.engine, attempt, TokenKind::Access, account.id, &self.name, self.expires_at);
        credential::insert(tx, &row).await?;
        attempt
            .target(Target::new(TargetKind::Token, row.id))
            .target_names(Statement::named(Some(account.id.into()), &self.name))
            .detail(token_detail(&row));
        let records = attempt.records_in(&places, Outcome::Succeeded);
        Ok(Done { output: IssuedToken { id: row.id, text }, records })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

struct Revoke {
    attempt: Attempt,
    id: String,
    places: Mutex<Vec<Place>>,
}

impl Command for Revoke {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let found = credential::find(tx, &self.id).await?.filter(|found| found.kind == "personal-token");
        let token = found.ok_or(Error::Absent(What::Token))?;
        let places = places_of(tx, attempt, &token.account).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        attempt
            .target(Target::new(TargetKind::Token, token.id))
            .target_names(Statement::named(Some(token.account.into()), &token.name))
            .detail(Detail::new().id("token", token.id));
        if !credential::revoke(tx, token.id.as_str(), attempt.context().now).await? {
            return Err(Error::Absent(What::Token));
        }
        Ok(Done { output: (), records: attempt.records_in(&places, Outcome::Succeeded) })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

struct Users;

impl Question for Users {
    type Answer = Vec<(Account, Vec<(String, String)>)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut all = Vec::new();
        for account in account::all(read).await? {
            let memberships = store::organization::of_account(read, &account.id).await?;
            let memberships =
                memberships.into_iter().map(|(organization, role, _)| (organization.name, role)).collect();
            all.push((account, memberships));
        }
        Ok(all)
    }
}

struct TokensOf(String);

impl Question for TokensOf {
    type Answer = Option<Vec<TokenInfo>>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        match account::by_login(read, &self.0).await? {
            Some(account) => Ok(Some(credential::of_account(read, &account.id, "personal-token").await?)),
            None => Ok(None),
        }
    }
}

impl Engine {
    /// Adds a person to an organisation, with an account if there is none yet, and a token.
    pub async fn add_user(&self, cx: &Context, user: NewUser, organization: String, role: Role) -> Answer<IssuedToken> {
        let member = self.attempt(cx, Event::MemberAdded);
        member.target_names(Statement::member(None, &organization, &user.login));
        let command = AddUser {
            attempt: self.attempt(cx, Event::UserCreated),
            token: self.attempt(cx, Event::PersonalTokenCreated),
            member,
            engine: self.clone(),
            user,
            organization,
            role,
        };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Makes a token for somebody else.
    pub async fn issue_token_for(
        &self,
        cx: &Context,
        login: String,
        name: String,
        expires_at: Option<i64>,
    ) -> Answer<IssuedToken> {
        let attempt = self.attempt(cx, Event::PersonalTokenCreated);
        attempt.target_names(Statement::named(None, &name));
        let command = IssueFor { attempt, engine: self.clone(), login, name, expires_at, places: Mutex::default() };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Revokes somebody else's token.
    pub async fn revoke_token(&self, cx: &Context, id: String) -> Answer<()> {
        let attempt = self.attempt(cx, Event::PersonalTokenDeleted);
        let engine = self.clone();
        self.detached(async move {
            let revoked = engine.commit(Revoke { attempt, id, places: Mutex::default() }).await;
            engine.forget_credentials();
            revoked
        })
        .await
    }

    /// Sets somebody's password.
    pub async fn set_password(&self, cx: &Context, login: String, new: SecretString) -> Answer<AccountId> {
        let attempt = self.attempt(cx, Event::PasswordSet);
        attempt.target(Target::unresolved(TargetKind::User)).target_names(Statement::user(None, &login));
        let engine = self.clone();
        self.detached(async move {
            let hash = match hash_password(&engine, new).await {
                Ok(hash) => hash,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let set = SetPassword { attempt, login, hash, link: None, places: Mutex::default() };
            let set = engine.commit(set).await;
            engine.forget_credentials();
            set
        })
        .await
    }

    /// All accounts, with the organisations they belong to and their roles there.
    pub async fn list_users(&self) -> Sight<Vec<(Account, Vec<(String, String)>)>> {
        self.store().ask(Users).await.map_err(store::Failure::Unrecorded)
    }

    /// The tokens of a login, if there is such a login.
    pub async fn tokens_of(&self, login: String) -> Sight<Option<Vec<TokenInfo>>> {
        self.store().ask(TokensOf(login)).await.map_err(store::Failure::Unrecorded)
    }
}
