//! The exchange of an identity for a token (RFC 8693).

use std::sync::Arc;

use ledger::{
    AccountId, Authorization, CredentialKind, Detail, Event, GrantSource, Held, Need, Statement, Target, TargetKind,
    TextKey,
};
use seal::jwt::{self, IssuerKeys};
use seal::{SecretString, TokenKind};
use store::account::{self, Account};
use store::oidc_issuer::{self, OidcIssuer};
use store::organization::{self, Organization};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, credential};

use super::policy::stored;
use super::rules::{TokenType, Wanted, allow};
use super::{Claims, Expected, Flaw};
use crate::audit::{Attempt, Place};
use crate::context::{Client, Context, Facts, Who};
use crate::error::Error;
use crate::identity::issue_token;
use crate::{Answer, Engine};

/// How long a token lives at most where its issuer has no bound of its own: 25 hours, in seconds.
const LONGEST: i64 = 25 * 3_600;
/// Said where somebody whom the issuer vouches for may not have the token: not more, for it may be about others.
const DENIED: Error = Error::Forbidden("no policy of the issuer allows this token for this identity");

/// What is presented, and what is asked for.
pub struct Exchange {
    /// The name of the organisation.
    pub organization: String,
    /// The id token of somebody.
    pub id_token: SecretString,
    /// The login of the user as whom it is to act.
    pub of: String,
    /// How many seconds it is to live.
    pub seconds: i64,
}

/// A token that was made for an identity.
#[derive(Debug)]
pub struct Exchanged {
    /// Its text, this once.
    pub text: SecretString,
    /// How many seconds it lives.
    pub seconds: i64,
    /// The login of the user as whom it acts.
    pub of: String,
}

/// An organisation, and the one of its issuers that an identity names.
struct FindIssuer {
    organization: String,
    url: String,
    /// Of whom a token is asked for.
    login: String,
}

struct Found {
    organization: Organization,
    issuer: OidcIssuer,
    account: Option<Account>,
}

impl Question for FindIssuer {
    type Answer = Option<Found>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Some(organization) = organization::find(read, &self.organization).await? else { return Ok(None) };
        let Some(issuer) = oidc_issuer::by_url(read, &organization.id, &self.url).await? else { return Ok(None) };
        let account = account::by_login(read, &self.login).await?;
        // Whoever does not belong to the organisation is nobody to its issuers.
        let account = match account {
            Some(account) if !is_member(read, &organization, &account.id).await? => None,
            account => account,
        };
        Ok(Some(Found { organization, issuer, account }))
    }
}

async fn is_member<R: Read>(
    read: &mut R,
    organization: &Organization,
    account: &AccountId,
) -> Result<bool, StoreError> {
    let memberships = organization::of_account(read, account).await?;
    Ok(memberships.iter().any(|(of, _, _)| of.id == organization.id))
}

/// Makes a token of a user's.
struct Issue {
    attempt: Attempt,
    engine: Engine,
    organization: Organization,
    issuer: OidcIssuer,
    account: Option<Account>,
    claims: Claims,
    wanted: Wanted,
    seconds: i64,
}

impl Command for Issue {
    type Output = Exchanged;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Exchanged>, Error> {
        let Self { attempt, organization, claims, wanted, .. } = self;
        // The issuer may have been changed since it was found, or be gone.
        let issuer = oidc_issuer::by_url(tx, &organization.id, &self.issuer.url).await?;
        let issuer = issuer.filter(|issuer| issuer.id == self.issuer.id).ok_or(Error::IdToken(Flaw::Issuer))?;
        let account = self.account.as_ref().filter(|_| allow(&stored(&issuer), wanted, claims));
        let account = match account {
            Some(account) if is_member(tx, organization, &account.id).await? => account,
            _ => return Err(self.denied()),
        };
        let seconds = self.seconds.min(issuer.longest.unwrap_or(LONGEST));
        let now = attempt.context().now;
        let name = format!("{}: {}", issuer.name, subject(claims));
        let expires_at = Some(now + seconds * 1_000_000);
        let (row, text) = issue_token(&self.engine, attempt, TokenKind::Access, account.id, &name, expires_at);
        let row = credential::Credential { issuer: Some(issuer.id), ..row };
        credential::insert(tx, &row).await?;
        oidc_issuer::used(tx, &issuer.id, now).await?;
        attempt
            .target(Target::new(TargetKind::Token, row.id))
            .target_names(Statement::named(Some(account.id.into()), &name))
            .detail(
                Detail::new()
                    .integer("expires", (now + seconds * 1_000_000).unsigned_abs())
                    .id("issuer", issuer.id)
                    .integer("lifetime", seconds.unsigned_abs())
                    .id("token", row.id),
            );
        Ok(attempt.done(Exchanged { text, seconds, of: wanted.of.clone() }))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Issue {
    fn denied(&self) -> Error {
        self.attempt.authorization(Authorization {
            by: GrantSource::None,
            id: None,
            need: Need::TokensWrite,
            held: Some(Held::None),
            policy: self.organization.access_version,
        });
        DENIED
    }
}

/// Of whom an identity speaks, cut to what the name of a token can hold.
fn subject(claims: &Claims) -> String {
    let subject = claims.text("sub").unwrap_or_default();
    subject.chars().filter(|character| *character != '\0').take(200).collect()
}

impl Engine {
    /// Exchanges an identity for a short-lived token.
    pub async fn exchange_token(&self, exchange: Exchange, client: Client) -> Answer<Exchanged> {
        let engine = self.clone();
        self.detached(async move {
            let cx = engine.anonymous_context(client);
            let attempt = engine.attempt(&cx, Event::PersonalTokenCreatedForOidcIssuer);
            attempt.target(Target::unresolved(TargetKind::Token));
            match engine.recognise_identity(&exchange, &attempt).await {
                Ok((found, claims)) => engine.issue_for(exchange, found, claims, &cx).await,
                Err(error) => Err(engine.refuse(&attempt, error).await),
            }
        })
        .await
    }

    /// Whom an organisation's issuer vouches for. A refusal goes to the log of the server, but for those that the issuer
    /// itself caused: before a signature holds, there is no saying whose business it is.
    async fn recognise_identity(&self, exchange: &Exchange, attempt: &Attempt) -> Result<(Found, Claims), Error> {
        let flaw = |error| Error::IdToken(Flaw::Token(error));
        let token = exchange.id_token.expose();
        let claimed: Claims = jwt::unverified(token).map_err(flaw)?;
        let url = claimed.text("iss").ok_or(Error::IdToken(Flaw::Issuer))?.to_owned();
        let login = exchange.of.clone();
        let find = FindIssuer { organization: exchange.organization.clone(), url: url.clone(), login };
        let found = self.store().ask(find).await?.ok_or(Error::IdToken(Flaw::Issuer))?;
        let keys = self.keys_of(&found, attempt, token).await?;
        let claims: Claims = keys.verify(token).map_err(flaw)?;
        let audience = format!("urn:pulumi:org:{}", exchange.organization);
        let expected = Expected { issuer: &url, audience: &audience, now: attempt.context().now };
        claims.check(&expected).map_err(Error::IdToken)?;
        Ok((found, claims))
    }

    async fn keys_of(&self, found: &Found, attempt: &Attempt, token: &str) -> Result<Arc<IssuerKeys>, Error> {
        let keys = self.issuer_keys(&found.issuer, token).await;
        if matches!(keys, Err(Error::Issuer(_))) {
            let place = Place { log: found.organization.log, actor: None, outsider: false };
            attempt.event(Event::OidcIssuerValidationFailed).place(place);
            super::issuers::note(attempt, &found.issuer);
            attempt.detail(Detail::new().id("issuer", found.issuer.id));
        }
        keys
    }

    async fn issue_for(&self, exchange: Exchange, found: Found, claims: Claims, cx: &Context) -> Answer<Exchanged> {
        let Found { organization, issuer, account } = found;
        let known = account.as_ref().map(|account| Who::Account {
            id: account.id,
            login: account.login.as_str().into(),
            name: account.name.as_str().into(),
        });
        let wanted = Wanted { token: TokenType::Personal, of: exchange.of, admin: false };
        let may = known.is_some() && allow(&stored(&issuer), &wanted, &claims);
        // Only whom the policy lets act as a user acts as them; everybody else stays a stranger.
        let cx = Context::new(Facts {
            who: known.filter(|_| may).unwrap_or(Who::Anonymous),
            credential: ledger::Credential { kind: CredentialKind::OidcToken, id: None, from: None },
            client: cx.client.clone(),
            request: cx.request,
            now: cx.now,
        });
        let attempt = self.attempt(&cx, Event::PersonalTokenCreatedForOidcIssuer);
        attempt
            .place(Place { log: organization.log, actor: None, outsider: false })
            .target(Target::unresolved(TargetKind::Token))
            .text(TextKey::Subject, subject(&claims))
            .detail(Detail::new().id("issuer", issuer.id));
        if !wanted.of.is_empty() {
            attempt.text(TextKey::User, &wanted.of);
        }
        let seconds = exchange.seconds;
        let engine = self.clone();
        self.commit(Issue { attempt, engine, organization, issuer, account, claims, wanted, seconds }).await
    }
}
