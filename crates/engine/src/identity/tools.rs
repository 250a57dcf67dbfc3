//! Signing in a tool: whoever is signed in at the console lets a command line act as themselves.

use std::sync::Mutex;

use ledger::{Detail, Event, Outcome, Statement, Target, TargetKind};
use seal::TokenKind;
use store::{Command, Done, Records, Tx, credential};

use super::token_life::LongestLife;
use super::tokens::{check_name, token_detail};
use super::{IssuedToken, issue_token, person_of, places_of};
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

/// How such a tool is signed in, as the log says it.
const METHOD: &str = "browser";
/// What is signed in, as the log says it.
const PURPOSE: &str = "command-line";

/// What is said of somebody's tool before it is known whether they let it in.
fn begun(engine: &Engine, cx: &Context, event: Event) -> Attempt {
    let attempt = engine.attempt(cx, event);
    attempt.detail(Detail::new().word("method", METHOD).word("purpose", PURPOSE));
    if let Some(account) = cx.account() {
        attempt
            .target(Target::new(TargetKind::User, *account))
            .target_names(Statement::user(Some((*account).into()), cx.login()));
    }
    attempt
}

/// Lets a tool in: its token, and the two records of that.
struct SignInTool {
    login: Attempt,
    token: Attempt,
    engine: Engine,
    name: String,
    places: Mutex<Vec<Place>>,
}

impl Command for SignInTool {
    type Output = IssuedToken;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedToken>, Error> {
        let Self { login, token, engine, name, .. } = self;
        let account = person_of(tx, login).await?;
        let places = places_of(tx, login, &account).await?;
        self.places.lock().expect("noting does not panic").clone_from(&places);
        check_name(name)?;
        // Nobody is asked how long it is to live: as long as it may.
        let end = LongestLife::of_account(tx, &account).await?.end(login.context().now);
        let (row, text) = issue_token(engine, token, TokenKind::Access, account, name, end);
        credential::insert(tx, &row).await?;
        token
            .target(Target::new(TargetKind::Token, row.id))
            .target_names(Statement::named(Some(account.into()), name))
            .detail(token_detail(&row).word("method", METHOD).word("purpose", PURPOSE))
            .cause(login.id());
        let records = login.records_in(&places, Outcome::Succeeded);
        let records = records.and_all(token.records_in(&places, Outcome::Succeeded));
        Ok(Done { output: IssuedToken { id: row.id, text }, records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.login.event(Event::UserLoginFailed);
        let places = self.places.lock().expect("noting does not panic");
        self.login.records_in(&places, error.outcome())
    }
}

/// Turns a tool away: the record of that.
struct DeclineTool {
    attempt: Attempt,
    places: Mutex<Vec<Place>>,
}

impl Command for DeclineTool {
    type Output = std::convert::Infallible;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Self::Output>, Error> {
        let account = person_of(tx, &self.attempt).await?;
        *self.places.lock().expect("noting does not panic") = places_of(tx, &self.attempt, &account).await?;
        Err(Error::Declined)
    }

    fn refused(&self, error: &Error) -> Records {
        let places = self.places.lock().expect("noting does not panic");
        self.attempt.records_in(&places, error.outcome())
    }
}

impl Engine {
    /// Lets a tool act as the caller, with a token of this name.
    pub async fn sign_in_tool(&self, cx: &Context, name: String) -> Answer<IssuedToken> {
        let command = SignInTool {
            login: begun(self, cx, Event::UserLogin),
            token: self.attempt(cx, Event::PersonalTokenCreated),
            engine: self.clone(),
            name,
            places: Mutex::default(),
        };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Turns a tool away that asked to act as the caller; the answer is always that refusal.
    pub async fn decline_tool(&self, cx: &Context) -> Answer<std::convert::Infallible> {
        let attempt = begun(self, cx, Event::UserLoginFailed);
        let command = DeclineTool { attempt, places: Mutex::default() };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
