//! Signing people in at the console by an identity provider that the operator named: the authorization code flow of
//! `OpenID` Connect Core 1.0 (section 3.1), with PKCE (RFC 7636).
//!
//! The browser is sent to the provider, with what only an answer to this very attempt can hold; what checks that answer
//! stays in the browser, sealed. The provider sends it back with a code, which the server itself exchanges for an id token.

mod code;
mod pending;
mod provider;

use std::sync::Arc;

use ledger::{Detail, Event, Outcome, Reason, Statement, Target, TargetKind};
use seal::SecretString;
use seal::jwt::JwtError;
use store::identity::Identity;
use store::{Failure, Recorded};
use thiserror::Error as ThisError;

use super::{Claims, Expected, Flaw, RelyingParty};
use crate::audit::Attempt;
use crate::context::Client;
use crate::error::Error;
use crate::identity::{SignedIn, Vouched};
use crate::{Engine, Sight};

pub use provider::{Admits, Provider};

use code::Tokens;
use pending::Pending;

/// The longest name of somebody with a provider, in characters (`OpenID` Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

/// Why somebody is not signed in whom the provider may know. Its text is shown to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum Unrecognised {
    /// It is no answer to what this browser was sent away with.
    #[error("this attempt to sign in was begun in another browser, or too long ago; please begin it again")]
    Stale,
    /// They changed their mind, or the provider does not let them use this.
    #[error("the identity provider did not let you sign in here")]
    Declined,
    /// The provider does not know the code that it gave.
    #[error("the identity provider did not take its own answer back, which it does once only; please begin again")]
    Code,
    /// There is no account for them.
    #[error("nobody here is known by this identity; ask an administrator to invite you by your e-mail address")]
    Unknown,
    /// The provider does not vouch for their e-mail address.
    #[error("the identity provider does not vouch for your e-mail address, which is what you are known by here")]
    Unverified,
    /// More than one account has their e-mail address.
    #[error("more than one account has your e-mail address; ask an administrator which one is yours")]
    Ambiguous,
    /// Somebody else whom the provider vouched for before has the account.
    #[error("the account with your e-mail address belongs to another identity of the provider; ask an administrator")]
    Taken,
}

impl Unrecognised {
    /// How the log states it.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Declined => Outcome::Failed(Reason::Cancelled),
            Self::Unknown => Outcome::Denied(Reason::CredentialUnknown),
            Self::Stale | Self::Code | Self::Unverified | Self::Ambiguous | Self::Taken => {
                Outcome::Denied(Reason::CredentialUnfit)
            }
        }
    }
}

/// Where a browser is sent, and what it keeps meanwhile.
pub struct BegunSignIn {
    /// The address at the provider.
    pub address: String,
    /// What the browser keeps.
    pub cookie: SecretString,
    /// For how many seconds.
    pub seconds: i64,
}

/// What a browser came back with.
pub struct ReturnedSignIn {
    /// What it kept.
    pub cookie: Option<SecretString>,
    /// What it was sent away with.
    pub state: String,
    /// What the provider gave it.
    pub code: SecretString,
    /// Who the provider says it is, if it does (RFC 9207).
    pub issuer: Option<String>,
    /// Why the provider gave it nothing.
    pub error: Option<String>,
    /// The address that it came back to.
    pub redirect: String,
}

impl Engine {
    /// Says by which provider people sign in. The first word counts.
    pub fn signs_in_by(&self, provider: Provider) {
        // Whoever says it again says the same.
        let _ = self.0.provider.set(Arc::new(provider));
    }

    /// The provider by which people sign in, if there is one.
    pub fn sign_in_provider(&self) -> Option<Arc<Provider>> {
        self.0.provider.get().cloned()
    }

    /// Sends somebody to the provider, who then comes back to `redirect` and goes on to `next`.
    pub async fn begin_sign_in(
        &self,
        provider: Arc<Provider>,
        redirect: String,
        next: String,
        client: Client,
    ) -> Sight<BegunSignIn> {
        let engine = self.clone();
        self.detached(async move {
            let attempt = engine.failed_by_provider(client);
            let published = engine.issuer_publishes(RelyingParty::Server, &provider.issuer, None).await;
            let begun = published.and_then(|published| {
                let pending = Pending::begin(engine.ambient(), next);
                let endpoint = published.endpoints.authorization_endpoint()?;
                let address = pending.address(endpoint, &provider, &redirect);
                let cookie = pending.seal(&engine.0.outside.ring, engine.ambient());
                Ok(BegunSignIn { address, cookie, seconds: pending::LIFETIME / 1_000_000 })
            });
            match begun {
                Ok(begun) => Ok(begun),
                Err(error) => Err(engine.refuse_by_provider(&attempt, error).await),
            }
        })
        .await
    }

    /// Signs somebody in who came back from the provider; gives where they wanted to go.
    pub async fn finish_sign_in(
        &self,
        provider: Arc<Provider>,
        returned: ReturnedSignIn,
        client: Client,
    ) -> Result<(Recorded<SignedIn>, String), Failure<Error>> {
        let engine = self.clone();
        self.detached(async move {
            let attempt = engine.failed_by_provider(client.clone());
            match engine.recognise_returned(&provider, returned, &attempt).await {
                Ok((vouched, next)) => {
                    Ok((engine.sign_in_vouched(vouched, provider.admits, attempt, client).await?, next))
                }
                Err(error) => Err(engine.refuse_by_provider(&attempt, error).await),
            }
        })
        .await
    }

    /// What is recorded if nobody is signed in.
    fn failed_by_provider(&self, client: Client) -> Attempt {
        let attempt = self.attempt(&self.anonymous_context(client), Event::UserLoginFailed);
        attempt.detail(Detail::new().word("method", "oidc")).target(Target::unresolved(TargetKind::User));
        attempt
    }

    async fn refuse_by_provider(&self, attempt: &Attempt, error: Error) -> Failure<Error> {
        if let Error::Issuer(why) = &error {
            tracing::warn!(why, "nobody can sign in by the identity provider, which does not answer as it should");
        }
        self.refuse(attempt, error).await
    }

    /// Whom the provider vouches for, and where they wanted to go.
    async fn recognise_returned(
        &self,
        provider: &Provider,
        returned: ReturnedSignIn,
        attempt: &Attempt,
    ) -> Result<(Vouched, String), Error> {
        let stale = Error::SignIn(Unrecognised::Stale);
        let now = attempt.context().now;
        let pending = returned.cookie.and_then(|cookie| Pending::open(&cookie, &self.0.outside.ring, now));
        let pending = pending.filter(|pending| pending.state == returned.state).ok_or(stale.clone())?;
        // An answer of another provider, which was mixed up with this one (RFC 9207, section 2.4).
        if returned.issuer.is_some_and(|issuer| issuer != provider.issuer) {
            return Err(stale);
        }
        match returned.error.as_deref() {
            None => {}
            Some("access_denied") => return Err(Error::SignIn(Unrecognised::Declined)),
            Some(_) => return Err(Error::Issuer("it sent somebody back with an error".to_owned())),
        }
        let tokens = self.exchange_code(provider, &returned.code, &pending, &returned.redirect).await?;
        let claims = self.verified(provider, &tokens, &pending, now).await?;
        let subject = claims.text("sub").unwrap_or_default();
        let length = subject.chars().count();
        if !(1..=LONGEST_SUBJECT).contains(&length) || subject.contains('\0') {
            return Err(Error::IdToken(Flaw::Token(JwtError::Malformed)));
        }
        let identity = Identity { issuer: provider.issuer.clone(), subject: subject.to_owned() };
        let claims = if self.is_linked(&identity).await? || claims.text("email").is_some() {
            claims
        } else {
            self.more_claims(provider, &tokens, claims, &identity.subject).await?
        };
        let vouched = vouched(identity, &claims);
        let shown = vouched.email.as_ref().unwrap_or(&vouched.identity.subject);
        attempt.target_names(Statement::user(None, shown));
        Ok((vouched, pending.next))
    }

    /// What the id token says, if it answers this attempt.
    async fn verified(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        pending: &Pending,
        now: i64,
    ) -> Result<Claims, Error> {
        let token = tokens.id_token.expose();
        let published = self.issuer_publishes(RelyingParty::Server, &provider.issuer, Some(token)).await?;
        let claims: Claims = published.keys.verify(token).map_err(|error| Error::IdToken(Flaw::Token(error)))?;
        let expected = Expected { issuer: &provider.issuer, audience: &provider.client_id, now };
        claims.check(&expected).map_err(Error::IdToken)?;
        // Section 3.1.3.7: a token for several is for whom it was issued to.
        if claims.text("azp").is_some_and(|party| party != provider.client_id) {
            return Err(Error::IdToken(Flaw::Audience));
        }
        if claims.text("nonce") != Some(&pending.nonce) {
            return Err(Error::IdToken(Flaw::Nonce));
        }
        Ok(claims)
    }
}

fn vouched(identity: Identity, claims: &Claims) -> Vouched {
    let text = |name| claims.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    Vouched {
        identity,
        // What is not verified may be anybody's.
        email: text("email").filter(|_| claims.says("email_verified", |word| word == "true")),
        name: text("name"),
        login: text("preferred_username"),
    }
}
