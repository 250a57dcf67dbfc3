//! The issuers that an organisation trusts: list, register, read, change, delete.

use std::sync::Arc;

use ledger::{Detail, Event, IssuerId, Need, PolicyId, Statement, Target, TargetKind};
use seal::jwt::IssuerKeys;
use store::oidc_issuer::{self, OidcIssuer, Policy};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::RelyingParty;
use crate::access::{enter_as_admin, permit_lasting};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// An issuer, as its organisation sees it.
pub type IssuerInfo = OidcIssuer;

/// The longest name, and the longest address.
const LONGEST: usize = 256;
/// The most thumbprints.
const MOST_THUMBPRINTS: usize = 20;
/// The longest that a token for an identity may be made to live: 30 days, in seconds.
const LONGEST_LIFE: i64 = 30 * 24 * 3_600;

/// An issuer to be registered.
#[derive(Clone, Debug)]
pub struct NewIssuer {
    /// What it is to be called.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Its keys, if they are not to be asked for.
    pub keys: Option<String>,
    /// The SHA-256 digests of certificates.
    pub thumbprints: Vec<String>,
    /// How many seconds a token lives at most.
    pub longest: Option<i64>,
}

/// What is to change of an issuer; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct IssuerChange {
    /// Another name.
    pub name: Option<String>,
    /// Other keys.
    pub keys: Option<String>,
    /// Other thumbprints.
    pub thumbprints: Option<Vec<String>>,
    /// Another bound; 0 is none.
    pub longest: Option<i64>,
}

fn check_name(name: &str) -> Result<(), Error> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > LONGEST || name.chars().any(char::is_control) {
        return Err(Error::Invalid(format!(
            "an issuer's name has between 1 and {LONGEST} characters, none of control"
        )));
    }
    Ok(())
}

/// Checks an issuer's address: over TLS, or on this machine; without what could not stand in `iss`.
pub(crate) fn check_url(url: &str) -> Result<(), Error> {
    let secure = url.strip_prefix("https://").filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let host = |rest: &str| rest.split('/').next().unwrap_or_default().to_owned();
    let here = url.strip_prefix("http://").map(host).is_some_and(|host| {
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        matches!(name.map_or(&*host, |(name, _)| name), "localhost" | "127.0.0.1" | "[::1]")
    });
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains(['?', '#', '@', '\\']);
    if (secure.is_some() || here) && plain && url.len() <= LONGEST {
        Ok(())
    } else {
        Err(Error::Invalid("an issuer's address begins with https:// and has no query, fragment or user".to_owned()))
    }
}

fn check_keys(keys: &str) -> Result<(), Error> {
    IssuerKeys::parse(keys.as_bytes()).map(|_| ()).map_err(|_| {
        Error::Invalid(
            "`jwks` holds no key of a kind that is accepted: RSA, EC P-256 or Ed25519, for signing".to_owned(),
        )
    })
}

fn check_longest(longest: i64) -> Result<(), Error> {
    if (1..=LONGEST_LIFE).contains(&longest) {
        Ok(())
    } else {
        Err(Error::Invalid(format!("`maxExpiration` lies between 1 and {LONGEST_LIFE} seconds")))
    }
}

/// Thumbprints as they are stored: hexadecimal, without separators.
fn thumbprints(texts: &[String]) -> Result<String, Error> {
    let plain = |text: &String| text.replace(':', "").to_ascii_lowercase();
    let all: Vec<String> = texts.iter().map(plain).collect();
    let good = |text: &String| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all.len() > MOST_THUMBPRINTS || !all.iter().all(good) {
        return Err(Error::Invalid("`thumbprints` holds hexadecimal digests of certificates".to_owned()));
    }
    Ok(serde_json::Value::from(all).to_string())
}

/// Says which issuer is meant.
pub(super) fn note(attempt: &Attempt, issuer: &OidcIssuer) {
    attempt.target(Target::new(TargetKind::OidcIssuer, issuer.id)).target_names(Statement::named(None, &issuer.name));
}

async fn found<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    organization: &str,
    id: &str,
    need: Need,
) -> Result<OidcIssuer, Error> {
    let entered = enter_as_admin(read, attempt, organization, need).await?;
    let issuer = oidc_issuer::find(read, &entered.organization.id, id).await?.ok_or(Error::Absent(What::Issuer))?;
    note(attempt, &issuer);
    Ok(issuer)
}

struct Register {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    new: NewIssuer,
}

impl Command for Register {
    type Output = IssuerInfo;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuerInfo>, Error> {
        let Self { attempt, new, .. } = self;
        let entered = enter_as_admin(tx, attempt, &self.organization, Need::IssuersWrite).await?;
        permit_lasting(attempt)?;
        check_name(&new.name)?;
        check_url(&new.url)?;
        new.keys.as_deref().map_or(Ok(()), check_keys)?;
        new.longest.map_or(Ok(()), check_longest)?;
        let organization = entered.organization.id;
        let others = oidc_issuer::list(tx, &organization).await?;
        if others.iter().any(|other| other.name == new.name || other.url == new.url) {
            return Err(Error::Exists(What::Issuer));
        }
        let (ambient, now) = (self.engine.ambient(), attempt.context().now);
        let policy = Policy {
            id: PolicyId::from_random(ambient.random()),
            version: 1,
            // Nobody gets a token before somebody says who.
            rules: "[]".to_owned(),
            modified_at: now,
        };
        let issuer = OidcIssuer {
            id: IssuerId::from_random(ambient.random()),
            organization,
            name: new.name.clone(),
            url: new.url.clone(),
            keys: new.keys.clone(),
            thumbprints: thumbprints(&new.thumbprints)?,
            longest: new.longest,
            created_at: now,
            modified_at: now,
            last_used_at: None,
            policy,
        };
        oidc_issuer::insert(tx, &issuer).await?;
        note(attempt, &issuer);
        let detail = Detail::new().id("issuer", issuer.id).id("policy", issuer.policy.id);
        attempt.detail(with_longest(detail, issuer.longest));
        Ok(attempt.done(issuer))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

fn with_longest(detail: Detail, longest: Option<i64>) -> Detail {
    match longest {
        Some(longest) => detail.integer("lifetime", longest.unsigned_abs()),
        None => detail,
    }
}

struct Update {
    attempt: Attempt,
    organization: String,
    id: String,
    change: IssuerChange,
}

impl Command for Update {
    type Output = IssuerInfo;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuerInfo>, Error> {
        let Self { attempt, organization, id, change } = self;
        let mut issuer = found(tx, attempt, organization, id, Need::IssuersWrite).await?;
        permit_lasting(attempt)?;
        let mut fields = Vec::new();
        if let Some(name) = &change.name {
            check_name(name)?;
            let others = oidc_issuer::list(tx, &issuer.organization).await?;
            if others.iter().any(|other| other.name == *name && other.id != issuer.id) {
                return Err(Error::Exists(What::Issuer));
            }
            issuer.name.clone_from(name);
            fields.push("name");
        }
        if let Some(keys) = &change.keys {
            check_keys(keys)?;
            issuer.keys = Some(keys.clone());
            fields.push("keys");
        }
        if let Some(texts) = &change.thumbprints {
            issuer.thumbprints = thumbprints(texts)?;
            fields.push("thumbprints");
        }
        if let Some(longest) = change.longest {
            issuer.longest = (longest != 0).then_some(longest);
            issuer.longest.map_or(Ok(()), check_longest)?;
            fields.push("longest");
        }
        if fields.is_empty() {
            return Err(Error::Invalid(
                "give at least one of `name`, `jwks`, `thumbprints`, `maxExpiration`".to_owned(),
            ));
        }
        issuer.modified_at = attempt.context().now;
        oidc_issuer::update(tx, &issuer).await?;
        let detail = Detail::new().words("fields", fields).id("issuer", issuer.id);
        attempt.detail(with_longest(detail, issuer.longest));
        Ok(attempt.done(issuer))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Notes that what is kept of an issuer was had again; as a question, finds it as somebody who may do so.
struct Refresh {
    attempt: Attempt,
    organization: String,
    id: String,
}

impl Question for Refresh {
    type Answer = Result<IssuerInfo, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(found(read, &self.attempt, &self.organization, &self.id, Need::IssuersWrite).await)
    }
}

impl Command for Refresh {
    type Output = IssuerInfo;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuerInfo>, Error> {
        let Self { attempt, organization, id } = self;
        let mut issuer = found(tx, attempt, organization, id, Need::IssuersWrite).await?;
        issuer.modified_at = attempt.context().now;
        oidc_issuer::update(tx, &issuer).await?;
        attempt.detail(Detail::new().words("fields", ["published-keys"]).id("issuer", issuer.id));
        Ok(attempt.done(issuer))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Delete {
    attempt: Attempt,
    organization: String,
    id: String,
}

impl Command for Delete {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let issuer = found(tx, attempt, &self.organization, &self.id, Need::IssuersWrite).await?;
        let ended = oidc_issuer::delete(tx, &issuer.id, attempt.context().now).await?;
        attempt.detail(Detail::new().id("issuer", issuer.id).integer("tokens", ended));
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Looks at all issuers, or at one.
struct Look {
    attempt: Attempt,
    organization: String,
    id: Option<String>,
}

impl Question for Look {
    type Answer = Result<Vec<IssuerInfo>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Self { attempt, organization, id } = self;
        Ok(match id {
            Some(id) => found(read, attempt, organization, id, Need::IssuersRead).await.map(|issuer| vec![issuer]),
            None => match enter_as_admin(read, attempt, organization, Need::IssuersRead).await {
                Ok(entered) => Ok(oidc_issuer::list(read, &entered.organization.id).await?),
                Err(error) => Err(error),
            },
        })
    }
}

impl Engine {
    /// The issuers that an organisation trusts, by name.
    pub async fn list_issuers(&self, cx: &Context, organization: String) -> Sight<Vec<IssuerInfo>> {
        self.look_at_issuers(cx, organization, None, "list-issuers").await
    }

    /// One of the issuers that an organisation trusts.
    pub async fn issuer(&self, cx: &Context, organization: String, id: String) -> Sight<IssuerInfo> {
        let mut found = self.look_at_issuers(cx, organization, Some(id), "read-issuer").await?;
        Ok(found.pop().expect("whoever is found is one"))
    }

    async fn look_at_issuers(
        &self,
        cx: &Context,
        organization: String,
        id: Option<String>,
        attempted: &'static str,
    ) -> Sight<Vec<IssuerInfo>> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.target_names(Statement::organization(&organization)).detail(Detail::new().word("attempted", attempted));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt: attempt.clone(), organization, id };
            let found = engine.store().ask(look).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }

    /// Lets an organisation trust an issuer. Its policy lets nobody have a token yet.
    pub async fn register_issuer(&self, cx: &Context, organization: String, new: NewIssuer) -> Answer<IssuerInfo> {
        let attempt = self.attempt(cx, Event::OidcIssuerRegistered);
        attempt.target(Target::unresolved(TargetKind::OidcIssuer)).target_names(Statement::named(None, &new.name));
        let command = Register { attempt, engine: self.clone(), organization, new };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Changes an issuer.
    pub async fn update_issuer(
        &self,
        cx: &Context,
        organization: String,
        id: String,
        change: IssuerChange,
    ) -> Answer<IssuerInfo> {
        let attempt = self.attempt(cx, Event::OidcIssuerUpdated);
        attempt.target(Target::unresolved(TargetKind::OidcIssuer));
        let command = Update { attempt, organization, id, change };
        let engine = self.clone();
        self.detached(async move {
            let updated = engine.commit(command).await?;
            engine.0.issuers.forget(RelyingParty::Organization(updated.get().organization), &updated.get().url);
            Ok(updated)
        })
        .await
    }

    /// Has the keys of an issuer again, whatever is known of them.
    pub async fn refresh_issuer(&self, cx: &Context, organization: String, id: String) -> Answer<IssuerInfo> {
        let attempt = self.attempt(cx, Event::OidcIssuerUpdated);
        attempt.target(Target::unresolved(TargetKind::OidcIssuer));
        let engine = self.clone();
        self.detached(async move {
            let look = Refresh { attempt: attempt.clone(), organization: organization.clone(), id: id.clone() };
            let found = match engine.store().ask(look).await.map_err(Into::into).flatten() {
                Ok(found) => found,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let party = RelyingParty::Organization(found.organization);
            engine.0.issuers.forget(party, &found.url);
            if found.keys.is_none()
                && let Err(error) = engine.issuer_publishes(party, &found.url, None).await
            {
                attempt.event(Event::OidcIssuerValidationFailed).detail(Detail::new().id("issuer", found.id));
                return Err(engine.refuse(&attempt, error).await);
            }
            engine.commit(Refresh { attempt, organization, id }).await
        })
        .await
    }

    /// Stops trusting an issuer, and ends the tokens that were made for its identities.
    pub async fn delete_issuer(&self, cx: &Context, organization: String, id: String) -> Answer<()> {
        let attempt = self.attempt(cx, Event::OidcIssuerDeleted);
        attempt.target(Target::unresolved(TargetKind::OidcIssuer));
        let engine = self.clone();
        self.detached(async move {
            let deleted = engine.commit(Delete { attempt, organization, id }).await;
            engine.forget_credentials();
            deleted
        })
        .await
    }
}

/// The keys of an issuer that were given, and are not to be asked for.
pub(super) fn given_keys(issuer: &OidcIssuer) -> Option<Arc<IssuerKeys>> {
    issuer.keys.as_ref().and_then(|keys| IssuerKeys::parse(keys.as_bytes()).ok()).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::check_url;

    #[test]
    fn an_issuer_is_reached_over_tls_or_on_this_machine() {
        for good in [
            "https://idp.example",
            "https://idp.example:8443/a/b",
            "http://localhost:80",
            "http://127.0.0.1:1/x",
            "http://[::1]:9",
        ] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "idp.example",
            "https://",
            "https:///x",
            "http://idp.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost:80@evil.example",
            "https://user@idp.example",
            "https://idp.example?x",
            "https://idp.example#x",
            "https://idp .example",
            "ftp://idp.example",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }
}
