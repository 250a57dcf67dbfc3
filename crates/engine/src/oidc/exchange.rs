//! The exchange of an identity for a token (RFC 8693).

use std::sync::Arc;

use ledger::{
    AnyId, Authorization, CredentialKind, Detail, Event, GrantSource, Held, Need, Statement, Target, TargetKind,
    TextKey,
};
use seal::jwt::{self, IssuerKeys};
use seal::{SecretString, TokenKind};
use store::account::{self, Account};
use store::machine_token::{self, MachineToken};
use store::oidc_issuer::{self, OidcIssuer};
use store::organization::{self, Organization};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, credential, team};

use super::policy::stored;
use super::rules::{TokenType, WantedToken, allow};
use super::{Claims, Expected, Flaw};
use crate::audit::{Attempt, Place};
use crate::context::{Client, Context, Facts, Who};
use crate::error::Error;
use crate::identity::{LongestLife, MachineTokenOwner, issue_token};
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
    /// The token that is wanted.
    pub wanted: WantedToken,
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
    /// What it is.
    pub token: WantedToken,
}

/// An organisation, and the one of its issuers that an identity names.
struct FindIssuer {
    organization: String,
    url: String,
}

struct Found {
    organization: Organization,
    issuer: OidcIssuer,
}

impl Question for FindIssuer {
    type Answer = Option<Found>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Some(organization) = organization::find(read, &self.organization).await? else { return Ok(None) };
        let issuer = oidc_issuer::by_url(read, &organization.id, &self.url).await?;
        Ok(issuer.map(|issuer| Found { organization, issuer }))
    }
}

/// Who acts with a token.
enum Owner {
    Person(Account),
    Machine(MachineTokenOwner),
}

impl Owner {
    fn who(&self) -> Who {
        match self {
            Self::Person(account) => Who::Account {
                id: account.id,
                login: account.login.as_str().into(),
                name: account.name.as_str().into(),
            },
            Self::Machine(owner) => owner.who(),
        }
    }

    /// How long a token of theirs may live.
    async fn longest_life<R: Read>(
        &self,
        read: &mut R,
        organization: &Organization,
    ) -> Result<LongestLife, StoreError> {
        match self {
            Self::Person(account) => LongestLife::of_account(read, &account.id).await,
            Self::Machine(_) => LongestLife::within(read, organization).await,
        }
    }
}

/// Makes a token of a user's, of a team's or of the organisation's.
struct Issue {
    /// What is recorded if nothing comes of it: whom no policy lets act as somebody stays a stranger.
    refusal: Attempt,
    engine: Engine,
    organization: Organization,
    issuer: OidcIssuer,
    claims: Claims,
    wanted: WantedToken,
    seconds: i64,
}

impl Command for Issue {
    type Output = Exchanged;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Exchanged>, Error> {
        let Self { refusal, organization, claims, wanted, .. } = self;
        // The issuer may have been changed since it was found, or be gone.
        let issuer = oidc_issuer::by_url(tx, &organization.id, &self.issuer.url).await?;
        let issuer = issuer.filter(|issuer| issuer.id == self.issuer.id).ok_or(Error::IdToken(Flaw::Issuer))?;
        let allowed = allow(&stored(&issuer), wanted, claims);
        let owner = if allowed { self.owner(tx).await? } else { None };
        let owner = owner.ok_or_else(|| self.denied())?;
        let attempt = self.attempt_as(owner.who());
        let seconds = self.seconds.min(issuer.longest.unwrap_or(LONGEST));
        let now = refusal.context().now;
        let latest = owner.longest_life(tx, organization).await?.end(now);
        let seconds = latest.map_or(seconds, |latest| seconds.min((latest - now) / 1_000_000));
        let expires_at = now + seconds * 1_000_000;
        let name = format!("{}: {}", issuer.name, subject(claims));
        let detail = Detail::new()
            .integer("expires", expires_at.unsigned_abs())
            .id("issuer", issuer.id)
            .integer("lifetime", seconds.unsigned_abs());
        let (id, text): (AnyId, SecretString) = match owner {
            Owner::Person(account) => {
                let (row, text) =
                    issue_token(&self.engine, &attempt, TokenKind::Access, account.id, &name, Some(expires_at));
                let row = credential::Credential { issuer: Some(issuer.id), ..row };
                credential::insert(tx, &row).await?;
                attempt
                    .target_names(Statement::named(Some(account.id.into()), &name))
                    .detail(detail.id("token", row.id));
                (row.id, text)
            }
            Owner::Machine(owner) => {
                let (row, text) = owner.issue(&self.engine, &attempt, wanted.role, Some(expires_at));
                // A name in a log means one token of the organisation, and an identity may come again and again.
                let name = format!("{name} ({})", row.id);
                let row = MachineToken { name, issuer: Some(issuer.id), ..row };
                machine_token::insert(tx, &row).await?;
                let detail = detail.word("role", wanted.role.as_str());
                let detail = match row.team {
                    Some(team) => detail.id("team", team),
                    None => detail,
                };
                attempt.target_names(Statement::named(None, &row.name)).detail(detail.id("token", row.id));
                (row.id.into(), text)
            }
        };
        oidc_issuer::used(tx, &issuer.id, now).await?;
        attempt.target(Target::new(TargetKind::Token, id));
        Ok(attempt.done(Exchanged { text, seconds, token: wanted.clone() }))
    }

    fn refused(&self, error: &Error) -> Records {
        self.refusal.records(error.outcome())
    }
}

impl Issue {
    /// Who acts with the token, if it is somebody of the organisation: whoever is not is nobody to its issuers.
    async fn owner<T: Tx>(&self, tx: &mut T) -> Result<Option<Owner>, StoreError> {
        let Self { organization, wanted, engine, .. } = self;
        match wanted.token {
            TokenType::Personal => {
                let Some(account) = account::by_login(tx, &wanted.of).await? else { return Ok(None) };
                let memberships = organization::of_account(tx, &account.id).await?;
                let is_member = memberships.iter().any(|(of, _, _)| of.id == organization.id);
                Ok(is_member.then_some(Owner::Person(account)))
            }
            TokenType::Organization => {
                let owner = MachineTokenOwner::of(tx, engine, organization, None).await?;
                Ok(Some(Owner::Machine(owner)))
            }
            TokenType::Team => {
                let Some(team) = team::find(tx, &organization.id, &wanted.of).await? else { return Ok(None) };
                let owner = MachineTokenOwner::of(tx, engine, organization, Some(&team)).await?;
                Ok(Some(Owner::Machine(owner)))
            }
            TokenType::DeploymentRunner => Ok(None),
        }
    }

    /// What is recorded of the token, by whoever acts with it.
    fn attempt_as(&self, who: Who) -> Attempt {
        begun(&self.engine, self.refusal.context(), who, &self.wanted, &self.organization, &self.claims)
    }

    fn denied(&self) -> Error {
        self.refusal.authorization(Authorization {
            by: GrantSource::None,
            id: None,
            need: Need::TokensWrite,
            held: Some(Held::None),
            policy: self.organization.access_version,
        });
        DENIED
    }
}

/// What a record says of an exchange, whatever comes of it.
fn begun(
    engine: &Engine,
    cx: &Context,
    who: Who,
    wanted: &WantedToken,
    organization: &Organization,
    claims: &Claims,
) -> Attempt {
    let cx = Context::new(Facts {
        who,
        credential: ledger::Credential { kind: CredentialKind::OidcToken, id: None, from: None },
        client: cx.client.clone(),
        request: cx.request,
        now: cx.now,
    });
    let attempt = engine.attempt(&cx, event(wanted.token));
    attempt
        .place(Place { log: organization.log, actor: None, outsider: false })
        .target(Target::unresolved(TargetKind::Token))
        .text(TextKey::Subject, subject(claims));
    match wanted.token {
        TokenType::Personal => attempt.text(TextKey::User, &wanted.of),
        TokenType::Team => attempt.text(TextKey::Name, &wanted.of),
        TokenType::Organization | TokenType::DeploymentRunner => &attempt,
    };
    attempt
}

const fn event(token: TokenType) -> Event {
    match token {
        TokenType::Organization => Event::OrganizationTokenCreatedForOidcIssuer,
        TokenType::Team => Event::TeamTokenCreatedForOidcIssuer,
        TokenType::Personal | TokenType::DeploymentRunner => Event::PersonalTokenCreatedForOidcIssuer,
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
            let attempt = engine.attempt(&cx, event(exchange.wanted.token));
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
        let find = FindIssuer { organization: exchange.organization.clone(), url: url.clone() };
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
        let Found { organization, issuer } = found;
        let Exchange { wanted, seconds, .. } = exchange;
        let refusal = begun(self, cx, Who::Anonymous, &wanted, &organization, &claims);
        refusal.detail(Detail::new().id("issuer", issuer.id));
        let engine = self.clone();
        self.commit(Issue { refusal, engine, organization, issuer, claims, wanted, seconds }).await
    }
}
