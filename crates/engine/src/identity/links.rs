//! One-time links: how somebody sets a first password without anybody else knowing it.

use std::sync::Mutex;

use ledger::{AccountId, AnyId, Credential, CredentialKind, Detail, Event, Outcome, Statement, Target, TargetKind};
use seal::{SecretString, Token, TokenKind, password};
use store::account::{self, Account};
use store::{Command, Done, Failure, Question, Read, Recorded, Records, StoreError, Tx, credential};

use super::{SignedIn, issue_token, places_of};
use crate::audit::{Attempt, Place};
use crate::context::{Client, Context, Facts, Who};
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// How long a link lasts: three days.
const LIFETIME: i64 = 3 * 24 * 3_600 * 1_000_000;

/// A link that was just made: the one time that its text is shown.
#[derive(Debug)]
pub struct IssuedLink {
    /// The text that goes into the address.
    pub text: SecretString,
    /// How many seconds it lasts.
    pub seconds: i64,
}

/// Whom a link is for, as its page shows it.
#[derive(Debug)]
pub struct LinkPurpose {
    /// The login.
    pub login: String,
}

/// A link that somebody presents, if it still holds.
struct FindLink {
    text: String,
    now: i64,
}

/// A link, and whose it is.
struct FoundLink {
    link: credential::Credential,
    account: Account,
}

impl Question for FindLink {
    type Answer = Option<FoundLink>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Some(presented) = Token::parse(&self.text).ok().filter(|token| token.kind() == TokenKind::Link) else {
            return Ok(None);
        };
        let rows = credential::lookup(read, presented.lookup()).await?;
        let found = rows.into_iter().find(|row| presented.matches(&row.digest));
        let good = found.filter(|link| link.revoked_at.is_none() && link.expires_at.is_none_or(|end| end > self.now));
        let Some(link) = good else { return Ok(None) };
        Ok(account::find(read, &link.account).await?.map(|account| FoundLink { link, account }))
    }
}

struct CreateLink {
    attempt: Attempt,
    engine: Engine,
    login: String,
    places: Mutex<Vec<Place>>,
}

impl Command for CreateLink {
    type Output = IssuedLink;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedLink>, Error> {
        let attempt = &self.attempt;
        let account = account::by_login(tx, &self.login).await?.ok_or(Error::Absent(What::User))?;
        let places = places_of(tx, attempt, &account.id).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        let now = attempt.context().now;
        // A newer link replaces the ones before: only one can be lying around.
        credential::revoke_all(tx, &account.id, "one-time-link", now).await?;
        let (row, text) = issue_token(&self.engine, attempt, TokenKind::Link, account.id, "", Some(now + LIFETIME));
        credential::insert(tx, &row).await?;
        attempt.target(Target::new(TargetKind::User, account.id)).target_names(named(&account)).detail(
            Detail::new()
                .integer("lifetime", LIFETIME.unsigned_abs() / 1_000_000)
                .id("link", row.id)
                .word("purpose", "set-password"),
        );
        let issued = IssuedLink { text, seconds: LIFETIME / 1_000_000 };
        Ok(Done { output: issued, records: attempt.records_in(&places, Outcome::Succeeded) })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

/// Sets a password, by a link or by an operator.
pub(crate) struct SetPassword {
    pub(crate) attempt: Attempt,
    pub(crate) login: String,
    pub(crate) hash: String,
    pub(crate) link: Option<AnyId>,
    pub(crate) places: Mutex<Vec<Place>>,
}

impl Command for SetPassword {
    type Output = AccountId;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<AccountId>, Error> {
        let attempt = &self.attempt;
        let account = account::by_login(tx, &self.login).await?.ok_or(Error::Absent(What::User))?;
        let places = places_of(tx, attempt, &account.id).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        let now = attempt.context().now;
        let method = match &self.link {
            Some(link) => {
                if !credential::revoke(tx, link.as_str(), now).await? {
                    return Err(Error::Expired(What::Link));
                }
                "one-time-link"
            }
            None => "operator",
        };
        account::set_password(tx, &account.id, &self.hash).await?;
        // Whoever knew the old password may be sitting in a session that it opened.
        let sessions = credential::revoke_all(tx, &account.id, "console-session", now).await?;
        attempt
            .target(Target::new(TargetKind::User, account.id))
            .target_names(named(&account))
            .detail(Detail::new().word("method", method).integer("sessions", sessions));
        Ok(Done { output: account.id, records: attempt.records_in(&places, Outcome::Succeeded) })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

/// Who is meant: a text of theirs.
fn named(account: &Account) -> Statement {
    Statement::user(Some(account.id.into()), &account.login)
}

/// Hashes a password off the threads that answer requests.
pub(crate) async fn hash_password(engine: &Engine, text: SecretString) -> Result<String, Error> {
    let random = std::sync::Arc::clone(&engine.ambient().random);
    let hashed = tokio::task::spawn_blocking(move || password::hash(&text, &*random, password::Cost::default())).await;
    match hashed {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(Error::Invalid(error.to_string())),
        Err(_) => Err(Error::Invalid("the password could not be hashed; try again".into())),
    }
}

impl Engine {
    /// Makes a one-time link with which the owner of a login sets a password.
    pub async fn create_link(&self, cx: &Context, login: String) -> Answer<IssuedLink> {
        let attempt = self.attempt(cx, Event::OneTimeLinkCreated);
        attempt.target(Target::unresolved(TargetKind::User)).target_names(Statement::user(None, &login));
        let command = CreateLink { attempt, engine: self.clone(), login, places: Mutex::default() };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Whom a link is for, if it still holds.
    pub async fn link_purpose(&self, text: &str) -> Sight<Option<LinkPurpose>> {
        let found = self.store().ask(FindLink { text: text.to_owned(), now: self.now() }).await;
        let found = found.map_err(Failure::Unrecorded)?;
        Ok(found.map(|found| LinkPurpose { login: found.account.login }))
    }

    /// Sets a password by a link, uses the link up, and signs its owner in.
    pub async fn use_link(&self, text: &str, new: SecretString, client: Client) -> Answer<SignedIn> {
        let engine = self.clone();
        let text = text.to_owned();
        self.detached(async move {
            let found = engine.store().ask(FindLink { text, now: engine.now() }).await;
            let Some(found) = found.map_err(Failure::Unrecorded)? else {
                let cx = engine.anonymous_context(client);
                let attempt = engine.attempt(&cx, Event::PasswordSet);
                attempt.detail(Detail::new().word("method", "one-time-link"));
                return Err(engine.refuse(&attempt, Error::Expired(What::Link)).await);
            };
            let FoundLink { link, account } = found;
            let kind = CredentialKind::OneTimeLink;
            let credential = Credential { kind, id: Some(link.id), from: Some(link.issued_by) };
            let cx = Context::new(Facts {
                who: Who::Account {
                    id: account.id,
                    login: account.login.as_str().into(),
                    name: account.name.as_str().into(),
                },
                credential,
                client: client.clone(),
                request: engine.request_id(),
                now: engine.now(),
            });
            let attempt = engine.attempt(&cx, Event::PasswordSet);
            attempt.target_names(named(&account));
            let hash = match hash_password(&engine, new).await {
                Ok(hash) => hash,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let set = SetPassword {
                attempt,
                login: account.login.clone(),
                hash,
                link: Some(link.id),
                places: Mutex::default(),
            };
            let set: Recorded<AccountId> = engine.commit(set).await?;
            engine.forget_credentials();
            engine.sign_in_after_link(*set.get(), credential, client).await
        })
        .await
    }
}
