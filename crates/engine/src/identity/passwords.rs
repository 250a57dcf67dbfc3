//! Signing in at the console, with a token or a password, and signing out.

use std::sync::Mutex;

use ledger::{
    AccountId, AnyId, Credential, CredentialKind, Detail, Event, Outcome, Reason, Statement, Target, TargetKind,
};
use seal::{SecretString, Token, TokenKind, password};
use store::account::{self, Account};
use store::identity::{self, Identity};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, credential};

use super::{issue_token, places_of};
use crate::audit::{Attempt, Place};
use crate::context::{Client, Context, Facts, Who};
use crate::error::{Error, Unauthenticated};
use crate::{Answer, Engine};

/// How long a console session lasts: twelve hours.
const SESSION: i64 = 12 * 3_600 * 1_000_000;

/// Somebody who just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The text of the session's cookie.
    pub cookie: SecretString,
    /// How many seconds it lasts.
    pub seconds: i64,
}

struct FindLogin(String);

impl Question for FindLogin {
    type Answer = Option<Account>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        account::by_login(read, &self.0).await
    }
}

struct FindToken(Token8);

type Token8 = [u8; 8];

impl Question for FindToken {
    type Answer = Vec<credential::Credential>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        credential::lookup(read, self.0).await
    }
}

/// How somebody proved who they are.
pub(super) enum Proof {
    Token(AnyId),
    Password,
    Link,
    /// An identity provider vouched for them.
    Identity(Identity),
}

impl Proof {
    const fn method(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Password => "password",
            Self::Link => "one-time-link",
            Self::Identity(_) => "oidc",
        }
    }
}

struct SignIn {
    attempt: Attempt,
    engine: Engine,
    account: AccountId,
    proof: Proof,
    places: Mutex<Vec<Place>>,
}

impl Command for SignIn {
    type Output = SignedIn;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<SignedIn>, Error> {
        let attempt = &self.attempt;
        let places = places_of(tx, attempt, &self.account).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        let now = attempt.context().now;
        let good = match &self.proof {
            Proof::Token(id) => {
                let token = credential::find(tx, id.as_str()).await?;
                token.is_some_and(|token| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now))
            }
            Proof::Identity(identity) => identity::account(tx, identity).await? == Some(self.account),
            Proof::Password | Proof::Link => true,
        };
        if !good {
            return Err(Error::Unauthenticated(Unauthenticated::Revoked));
        }
        let (row, cookie) =
            issue_token(&self.engine, attempt, TokenKind::Session, self.account, "", Some(now + SESSION));
        credential::insert(tx, &row).await?;
        attempt.detail(
            Detail::new()
                .integer("lifetime", SESSION.unsigned_abs() / 1_000_000)
                .word("method", self.proof.method())
                .id("session", row.id),
        );
        let signed_in = SignedIn { cookie, seconds: SESSION / 1_000_000 };
        Ok(Done { output: signed_in, records: attempt.records_in(&places, Outcome::Succeeded) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.event(Event::UserLoginFailed);
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

struct SignInFailed {
    attempt: Attempt,
    /// The account whose password was not it, if the login names one.
    account: Option<AccountId>,
    places: Mutex<Vec<Place>>,
}

impl Command for SignInFailed {
    type Output = std::convert::Infallible;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Self::Output>, Error> {
        let places = match &self.account {
            // What concerns an account concerns every organisation it belongs to.
            Some(account) => places_of(tx, &self.attempt, account).await?,
            None => vec![Place::SERVER],
        };
        *self.places.lock().expect("noting does not panic") = places;
        Err(Error::Unauthenticated(Unauthenticated::Password))
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        let outcome = match (error, &self.account) {
            (Error::Unauthenticated(_), None) => Outcome::Denied(Reason::CredentialUnknown),
            _ => error.outcome(),
        };
        self.attempt.records_in(&places, outcome)
    }
}

struct SignOut {
    attempt: Attempt,
    account: AccountId,
    session: AnyId,
    places: Mutex<Vec<Place>>,
}

impl Command for SignOut {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let places = places_of(tx, &self.attempt, &self.account).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        credential::revoke(tx, self.session.as_str(), self.attempt.context().now).await?;
        self.attempt.detail(Detail::new().id("session", self.session));
        Ok(Done { output: (), records: self.attempt.records_in(&places, Outcome::Succeeded) })
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

impl Engine {
    /// Signs somebody in who presents an access token.
    pub async fn sign_in_with_token(&self, text: &SecretString, client: Client) -> Answer<SignedIn> {
        let presented = Token::parse(text.expose().trim()).ok().filter(|token| token.kind() == TokenKind::Access);
        let engine = self.clone();
        self.detached(async move {
            let found = match &presented {
                Some(presented) => engine
                    .store()
                    .ask(FindToken(presented.lookup()))
                    .await
                    .map_err(store::Failure::Unrecorded)?
                    .into_iter()
                    // A token that came of an identity makes no session, which would outlive it.
                    .find(|row| row.issuer.is_none() && presented.matches(&row.digest)),
                None => None,
            };
            match found {
                Some(row) => {
                    let kind = CredentialKind::PersonalToken;
                    let credential = Credential { kind, id: Some(row.id), from: Some(row.issued_by) };
                    engine.sign_in(row.account, Proof::Token(row.id), credential, client).await
                }
                None => engine.sign_in_failed(None, None, "token", client).await,
            }
        })
        .await
    }

    /// Signs somebody in with login and password. An unknown login costs the same time as a
    /// wrong password, and gives the same answer.
    pub async fn sign_in_with_password(&self, login: &str, text: SecretString, client: Client) -> Answer<SignedIn> {
        let (engine, login) = (self.clone(), login.to_owned());
        self.detached(async move {
            let account = engine.store().ask(FindLogin(login.clone())).await.map_err(store::Failure::Unrecorded)?;
            let stored = account.as_ref().and_then(|account| account.password_hash.clone());
            let right = tokio::task::spawn_blocking(move || match stored {
                Some(hash) => password::verify(&text, &hash),
                None => {
                    password::verify_dummy(&text, password::Cost::default());
                    false
                }
            })
            .await
            .unwrap_or(false);
            let Some(account) = account.filter(|_| right) else {
                let known = engine.store().ask(FindLogin(login.clone())).await.ok().flatten();
                return engine.sign_in_failed(known.map(|account| account.id), Some(&login), "password", client).await;
            };
            let credential = Credential { kind: CredentialKind::Password, id: None, from: None };
            engine.sign_in(account.id, Proof::Password, credential, client).await
        })
        .await
    }

    /// Signs somebody in who has proved who they are.
    pub(super) async fn sign_in(
        &self,
        account: AccountId,
        proof: Proof,
        credential: Credential,
        client: Client,
    ) -> Answer<SignedIn> {
        let who = self.who(account).await.map_err(store::Failure::Unrecorded)?;
        let cx = Context::new(Facts { who, credential, client, request: self.request_id(), now: self.now() });
        let attempt = self.attempt(&cx, Event::UserLogin);
        let command = SignIn { attempt, engine: self.clone(), account, proof, places: Mutex::default() };
        self.commit(command).await
    }

    /// Signs in whoever just set a password by a one-time link.
    pub(super) async fn sign_in_after_link(
        &self,
        account: AccountId,
        credential: Credential,
        client: Client,
    ) -> Answer<SignedIn> {
        self.sign_in(account, Proof::Link, credential, client).await
    }

    /// Records that somebody was not let try to sign in, since too many tried before, and gives what is told.
    pub async fn sign_in_limited(
        &self,
        login: Option<&str>,
        method: &'static str,
        client: Client,
        seconds: u64,
    ) -> store::Failure<Error> {
        let attempt = self.attempt(&self.anonymous_context(client), Event::UserLoginFailed);
        attempt.detail(Detail::new().word("method", method)).target(Target::unresolved(TargetKind::User));
        if let Some(login) = login {
            // Whether there is such an account was not even looked at.
            attempt.target_names(Statement::user(None, login));
        }
        let engine = self.clone();
        self.detached(async move { engine.refuse(&attempt, Error::RateLimited { seconds }).await }).await
    }

    async fn sign_in_failed(
        &self,
        account: Option<AccountId>,
        login: Option<&str>,
        method: &'static str,
        client: Client,
    ) -> Answer<SignedIn> {
        let cx = self.anonymous_context(client);
        let attempt = self.attempt(&cx, Event::UserLoginFailed);
        attempt.detail(Detail::new().word("method", method)).target(Target::unresolved(TargetKind::User));
        if let Some(login) = login {
            attempt.target_names(Statement::user(account.map(Into::into), login));
        }
        match self.commit(SignInFailed { attempt, account, places: Mutex::default() }).await {
            Ok(never) => match never.into_parts().0 {},
            Err(failure) => Err(failure),
        }
    }

    async fn who(&self, account: AccountId) -> Result<Who, StoreError> {
        let found = self.store().ask(FindAccount(account)).await?;
        let (login, name) = found.map(|account| (account.login, account.name)).unwrap_or_default();
        Ok(Who::Account { id: account, login: login.into(), name: name.into() })
    }

    /// Ends the caller's console session.
    pub async fn sign_out(&self, cx: &Context) -> Answer<()> {
        let attempt = self.attempt(cx, Event::UserSignedOut);
        let (Some(account), Some(session)) = (cx.account().copied(), cx.credential.id) else {
            return Err(self.refuse(&attempt, Error::Unauthenticated(Unauthenticated::Missing)).await);
        };
        let engine = self.clone();
        self.detached(async move {
            let out = engine.commit(SignOut { attempt, account, session, places: Mutex::default() }).await;
            engine.forget_credentials();
            out
        })
        .await
    }
}

struct FindAccount(AccountId);

impl Question for FindAccount {
    type Answer = Option<Account>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        account::find(read, &self.0).await
    }
}
