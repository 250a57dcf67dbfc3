//! Personal access tokens.

use ledger::{AnyId, Detail, Event, Statement, Target, TargetKind, TokenId};
use seal::{SecretString, Token, TokenKind};
use store::credential::{self, Credential};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::token_life::LongestLife;
use super::{account_of, person_of, places_of};
use crate::access::permit_lasting;
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// A token that was just made: the one time that its text is shown.
#[derive(Debug)]
pub struct IssuedToken {
    /// Its identifier.
    pub id: AnyId,
    /// Its text.
    pub text: SecretString,
}

/// A token, as a list shows it.
pub type TokenInfo = Credential;

/// The longest name of a token.
const LONGEST_NAME: usize = 256;

/// Checks the name that a token gets.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::Invalid(format!("a token's description has at most {LONGEST_NAME} characters")));
    }
    // Not every database can hold it.
    if name.contains('\0') {
        return Err(Error::Invalid("a token's description cannot hold U+0000".to_owned()));
    }
    Ok(())
}

/// Makes a credential of some kind: its row, and its text.
pub(crate) fn issue(
    engine: &Engine,
    attempt: &Attempt,
    kind: TokenKind,
    account: ledger::AccountId,
    name: &str,
    expires_at: Option<i64>,
) -> (Credential, SecretString) {
    let ambient = engine.ambient();
    let token = Token::mint_kind(kind, &*ambient.random);
    let (kind, id): (&'static str, AnyId) = match kind {
        TokenKind::Access => ("personal-token", TokenId::from_random(ambient.random()).into()),
        TokenKind::Session => ("console-session", ledger::ConsoleSessionId::from_random(ambient.random()).into()),
        TokenKind::Link => ("one-time-link", ledger::LinkId::from_random(ambient.random()).into()),
    };
    let row = Credential {
        id,
        kind,
        lookup: token.lookup(),
        digest: token.digest(),
        account,
        name: name.to_owned(),
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

struct Create {
    attempt: Attempt,
    engine: Engine,
    name: String,
    expires_at: Option<i64>,
    places: std::sync::Mutex<Vec<Place>>,
}

impl Command for Create {
    type Output = IssuedToken;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedToken>, Error> {
        let attempt = &self.attempt;
        let account = account_of(tx, attempt).await?;
        let places = places_of(tx, attempt, &account).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        permit_lasting(attempt)?;
        check_name(&self.name)?;
        let now = attempt.context().now;
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(Error::Invalid("the token would already have expired".into()));
        }
        LongestLife::of_account(tx, &account).await?.check(self.expires_at, now)?;
        let (row, text) = issue(&self.engine, attempt, TokenKind::Access, account, &self.name, self.expires_at);
        credential::insert(tx, &row).await?;
        attempt.target(Target::new(TargetKind::Token, row.id)).detail(token_detail(&row));
        let records = attempt.records_in(&places, ledger::Outcome::Succeeded);
        Ok(Done { output: IssuedToken { id: row.id, text }, records })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

/// What a record says of a new token.
pub(crate) fn token_detail(row: &Credential) -> Detail {
    let detail = Detail::new().id("token", row.id);
    match row.expires_at.and_then(|end| u64::try_from(end).ok()) {
        Some(end) => detail.integer("expires", end),
        None => detail,
    }
}

struct Delete {
    attempt: Attempt,
    id: String,
    places: std::sync::Mutex<Vec<Place>>,
}

impl Command for Delete {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let account = account_of(tx, attempt).await?;
        let places = places_of(tx, attempt, &account).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        permit_lasting(attempt)?;
        let found = credential::find(tx, &self.id).await?;
        let found = found.filter(|found| found.account == account && found.kind == "personal-token");
        let token = found.ok_or(Error::Absent(What::Token))?;
        attempt
            .target(Target::new(TargetKind::Token, token.id))
            .target_names(Statement::named(Some(account.into()), &token.name))
            .detail(Detail::new().id("token", token.id));
        if !credential::revoke(tx, token.id.as_str(), attempt.context().now).await? {
            return Err(Error::Absent(What::Token));
        }
        let records = attempt.records_in(&places, ledger::Outcome::Succeeded);
        Ok(Done { output: (), records })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

struct List(Attempt);

impl List {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<TokenInfo>, Error> {
        let account = person_of(read, &self.0).await?;
        Ok(credential::of_account(read, &account, "personal-token").await?)
    }
}

impl Question for List {
    type Answer = Result<Vec<TokenInfo>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

impl Engine {
    /// The caller's tokens, newest first.
    pub async fn list_tokens(&self, cx: &Context) -> Sight<Vec<TokenInfo>> {
        let attempt = self.attempt(cx, Event::AuthenticationFailed);
        attempt.detail(Detail::new().word("attempted", "list-tokens"));
        let engine = self.clone();
        self.detached(async move {
            let list = engine.store().ask(List(attempt.clone())).await.map_err(Into::into).flatten();
            engine.seen(&attempt, list).await
        })
        .await
    }

    /// Makes a token for the caller.
    pub async fn create_token(&self, cx: &Context, name: String, expires_at: Option<i64>) -> Answer<IssuedToken> {
        let attempt = self.attempt(cx, Event::PersonalTokenCreated);
        attempt.target_names(Statement::named(cx.account().copied().map(Into::into), &name));
        let command = Create { attempt, engine: self.clone(), name, expires_at, places: std::sync::Mutex::default() };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Deletes one of the caller's tokens.
    pub async fn delete_token(&self, cx: &Context, id: String) -> Answer<()> {
        let attempt = self.attempt(cx, Event::PersonalTokenDeleted);
        let command = Delete { attempt, id, places: std::sync::Mutex::default() };
        let engine = self.clone();
        self.detached(async move {
            let deleted = engine.commit(command).await;
            engine.forget_credentials();
            deleted
        })
        .await
    }
}
