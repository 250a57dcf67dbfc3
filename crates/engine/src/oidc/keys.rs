//! The keys of issuers: as they were given, or as the issuer publishes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ledger::OrganizationId;
use seal::jwt::IssuerKeys;
use store::oidc_issuer::OidcIssuer;

use super::issuers::given_keys;
use crate::Engine;
use crate::error::Error;

/// How long keys are used before they are asked for again, in microseconds: ten minutes.
const FRESH: i64 = 600_000_000;
/// How soon they may be asked for again because one is missing, or because there was no answer: half a minute. Whoever
/// presents nonsense cannot make us ask more often.
const AGAIN: i64 = 30_000_000;
/// For how long they are used while the issuer does not answer, in microseconds: one hour.
const STALE: i64 = 3_600_000_000;
/// Of how many issuers the keys are remembered. Beyond it the memory is emptied.
const KEPT: usize = 1_000;

/// The keys that issuers published, as they were last had, by organisation and address.
#[derive(Default)]
pub(crate) struct KnownKeys(Mutex<HashMap<(OrganizationId, String), Known>>);

#[derive(Clone)]
struct Known {
    /// What they are, or why there are none.
    keys: Result<Arc<IssuerKeys>, Error>,
    /// When they were had.
    at: i64,
    /// When they were asked for last.
    asked: i64,
}

impl Known {
    /// Whether they are to be used as they are for checking this token.
    fn serves(&self, token: &str, now: i64) -> bool {
        let asked_lately = now.saturating_sub(self.asked) < AGAIN;
        match &self.keys {
            Ok(keys) if keys.could_have_signed(token) => now.saturating_sub(self.at) < FRESH || asked_lately,
            Ok(_) | Err(_) => asked_lately,
        }
    }

    /// The same after the issuer was asked in vain: what it said before holds for a while, or whoever presents nonsense
    /// while it is away would take the keys from everybody.
    fn unless_answered(self, now: i64) -> Option<Self> {
        let holds = self.keys.is_ok() && now.saturating_sub(self.at) < STALE;
        holds.then_some(Self { asked: now, ..self })
    }
}

impl KnownKeys {
    /// Forgets the keys of an issuer, so that they are asked for again.
    pub(crate) fn forget(&self, organization: OrganizationId, url: &str) {
        self.0.lock().expect("no one panics while forgetting").remove(&(organization, url.to_owned()));
    }

    fn find(&self, key: &(OrganizationId, String)) -> Option<Known> {
        self.0.lock().expect("no one panics while looking up").get(key).cloned()
    }

    fn remember(&self, key: (OrganizationId, String), known: Known) {
        let mut all = self.0.lock().expect("no one panics while remembering");
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key, known);
    }
}

impl Engine {
    /// The keys with which to check a token of an issuer.
    pub(crate) async fn issuer_keys(&self, issuer: &OidcIssuer, token: &str) -> Result<Arc<IssuerKeys>, Error> {
        match given_keys(issuer) {
            Some(keys) => Ok(keys),
            None => self.published_keys(issuer.organization, &issuer.url, token).await,
        }
    }

    /// The keys that an issuer publishes, with which to check a token.
    pub(crate) async fn published_keys(
        &self,
        organization: OrganizationId,
        url: &str,
        token: &str,
    ) -> Result<Arc<IssuerKeys>, Error> {
        let key = (organization, url.to_owned());
        let known = self.0.issuer_keys.find(&key);
        if let Some(known) = known.as_ref().filter(|known| known.serves(token, self.now())) {
            return known.keys.clone();
        }
        let keys = self.ask_for_keys(organization, url).await.map(Arc::new);
        let now = self.now();
        let before = known.filter(|_| keys.is_err()).and_then(|known| known.unless_answered(now));
        let known = before.unwrap_or(Known { keys, at: now, asked: now });
        self.0.issuer_keys.remember(key, known.clone());
        known.keys
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seal::jwt::IssuerKeys;

    use super::{AGAIN, FRESH, Known, STALE};
    use crate::error::Error;

    /// The key of RFC 8037, appendix A.
    const KEYS: &[u8] =
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    #[test]
    fn what_an_issuer_said_holds_for_a_while_when_it_does_not_answer() {
        let known = Known { keys: Ok(Arc::new(IssuerKeys::parse(KEYS).unwrap())), at: 0, asked: 0 };
        let later = known.unless_answered(FRESH).unwrap();
        assert!(later.keys.is_ok());
        assert!(later.serves("nonsense", FRESH + AGAIN - 1) && !later.serves("nonsense", FRESH + AGAIN));
        assert!(later.unless_answered(STALE).is_none());
        let failed = Known { keys: Err(Error::Issuer("no answer".into())), at: 0, asked: 0 };
        assert!(failed.serves("nonsense", AGAIN - 1) && failed.unless_answered(AGAIN).is_none());
    }
}
