//! What issuers publish of themselves, their keys above all: as it was given, or as it was last had from them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use seal::jwt::IssuerKeys;
use store::oidc_issuer::OidcIssuer;
use tokio::sync::Mutex as Turn;

use super::RelyingParty;
use super::discovery::Discovered;
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
/// Of how many issuers it is remembered. Beyond it the memory is emptied.
const KEPT: usize = 1_000;

/// What an issuer publishes.
#[derive(Debug)]
pub(crate) struct Published {
    /// Where it does what.
    pub(crate) endpoints: Discovered,
    /// Its keys.
    pub(crate) keys: Arc<IssuerKeys>,
}

/// What issuers published, as it was last had, by who relies on them and by address.
#[derive(Default)]
pub(crate) struct KnownIssuers(Mutex<HashMap<Key, Arc<Place>>>);

type Key = (RelyingParty, String);

/// What is known of one issuer.
#[derive(Default)]
struct Place {
    known: Mutex<Option<Known>>,
    /// Whoever asks the issuer has it. The others wait, and then know what was answered.
    asking: Turn<()>,
}

#[derive(Clone)]
struct Known {
    /// What it published, or why that is not known.
    said: Result<Arc<Published>, Error>,
    /// When it was had.
    at: i64,
    /// When it was asked for last.
    asked: i64,
}

impl Known {
    /// Whether it is to be used as it is, for checking this token if there is one.
    fn serves(&self, token: Option<&str>, now: i64) -> bool {
        let asked_lately = now.saturating_sub(self.asked) < AGAIN;
        let fits = |said: &Published| token.is_none_or(|token| said.keys.could_have_signed(token));
        match &self.said {
            Ok(said) if fits(said) => now.saturating_sub(self.at) < FRESH || asked_lately,
            Ok(_) | Err(_) => asked_lately,
        }
    }

    /// The same after the issuer was asked in vain: what it said before holds for a while, or whoever presents nonsense
    /// while it is away would take the keys from everybody.
    fn unless_answered(self, now: i64) -> Option<Self> {
        let holds = self.said.is_ok() && now.saturating_sub(self.at) < STALE;
        holds.then_some(Self { asked: now, ..self })
    }
}

impl Place {
    fn known(&self) -> Option<Known> {
        self.known.lock().expect("no one panics while looking up").clone()
    }

    fn serving(&self, token: Option<&str>, now: i64) -> Option<Result<Arc<Published>, Error>> {
        self.known().filter(|known| known.serves(token, now)).map(|known| known.said)
    }

    fn remember(&self, known: Known) {
        *self.known.lock().expect("no one panics while remembering") = Some(known);
    }
}

impl KnownIssuers {
    /// Forgets what an issuer published, so that it is asked again.
    pub(crate) fn forget(&self, party: RelyingParty, url: &str) {
        self.0.lock().expect("no one panics while forgetting").remove(&(party, url.to_owned()));
    }

    fn place(&self, key: Key) -> Arc<Place> {
        let mut all = self.0.lock().expect("no one panics while looking up");
        if all.len() >= KEPT && !all.contains_key(&key) {
            all.clear();
        }
        Arc::clone(all.entry(key).or_default())
    }
}

impl Engine {
    /// The keys with which to check a token of an issuer that an organisation trusts.
    pub(crate) async fn issuer_keys(&self, issuer: &OidcIssuer, token: &str) -> Result<Arc<IssuerKeys>, Error> {
        if let Some(keys) = given_keys(issuer) {
            return Ok(keys);
        }
        let party = RelyingParty::Organization(issuer.organization);
        let published = self.issuer_publishes(party, &issuer.url, Some(token)).await?;
        Ok(Arc::clone(&published.keys))
    }

    /// What an issuer publishes, with a key to check a token with if there is one to be checked. However many want to know
    /// at once, it is asked once.
    pub(crate) async fn issuer_publishes(
        &self,
        party: RelyingParty,
        url: &str,
        token: Option<&str>,
    ) -> Result<Arc<Published>, Error> {
        let place = self.0.issuers.place((party, url.to_owned()));
        if let Some(said) = place.serving(token, self.now()) {
            return said;
        }
        let _turn = place.asking.lock().await;
        if let Some(said) = place.serving(token, self.now()) {
            return said;
        }
        let said = self.ask_issuer(party, url).await.map(Arc::new);
        let now = self.now();
        let before = place.known().filter(|_| said.is_err()).and_then(|known| known.unless_answered(now));
        let known = before.unwrap_or(Known { said, at: now, asked: now });
        place.remember(known.clone());
        known.said
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seal::jwt::IssuerKeys;

    use super::super::discovery::Discovered;
    use super::{AGAIN, FRESH, Known, Published, STALE};
    use crate::error::Error;

    /// The key of RFC 8037, appendix A.
    const KEYS: &[u8] =
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    #[test]
    fn what_an_issuer_said_holds_for_a_while_when_it_does_not_answer() {
        let keys = Arc::new(IssuerKeys::parse(KEYS).unwrap());
        let published = Published { endpoints: Discovered::default(), keys };
        let known = Known { said: Ok(Arc::new(published)), at: 0, asked: 0 };
        assert!(known.serves(None, FRESH - 1) && !known.serves(None, FRESH));
        let later = known.unless_answered(FRESH).unwrap();
        assert!(later.said.is_ok());
        let nonsense = Some("nonsense");
        assert!(later.serves(nonsense, FRESH + AGAIN - 1) && !later.serves(nonsense, FRESH + AGAIN));
        assert!(later.unless_answered(STALE).is_none());
        let failed = Known { said: Err(Error::Issuer("no answer".into())), at: 0, asked: 0 };
        assert!(failed.serves(nonsense, AGAIN - 1) && failed.unless_answered(AGAIN).is_none());
    }
}
