//! An attempt to sign in, while its browser is away at the provider.
//!
//! The browser itself keeps it, sealed, so that whoever comes back is who was sent away, on whichever replica they arrive.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seal::{Binding, Purpose, Ring, SecretBytes, SecretString, sha256};
use store::Ambient;

use super::Provider;
use crate::egress::escape;

/// How long somebody may be away: ten minutes, in microseconds.
pub(super) const LIFETIME: i64 = 600_000_000;

/// An attempt whose browser is away.
pub(super) struct Pending {
    /// What the answer must bring back (RFC 6749, section 10.12).
    pub(super) state: String,
    /// What the id token must hold (`OpenID` Connect Core 1.0, section 15.5.2).
    pub(super) nonce: String,
    /// What proves that the code was asked for here (RFC 7636).
    pub(super) verifier: SecretString,
    /// Where they wanted to go.
    pub(super) next: String,
    /// Until when they may come back.
    until: i64,
}

const BINDING: Binding<'static> =
    Binding { organization: "", environment: "", purpose: Purpose::SignIn, extra: "pending" };

impl Pending {
    pub(super) fn begin(ambient: &Ambient, next: String) -> Self {
        let random = || URL_SAFE_NO_PAD.encode(ambient.random::<32>());
        Self {
            state: random(),
            nonce: random(),
            verifier: SecretString::new(random()),
            next,
            until: ambient.clock.wall() + LIFETIME,
        }
    }

    /// Where the browser is sent.
    pub(super) fn address(&self, endpoint: &str, provider: &Provider, redirect: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(sha256(self.verifier.expose().as_bytes()));
        let parameters = [
            ("response_type", "code"),
            ("client_id", &provider.client_id),
            ("redirect_uri", redirect),
            ("scope", &provider.scopes.join(" ")),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| format!("{name}={}", escape(value))).join("&");
        // An endpoint may have parameters of its own (RFC 6749, section 3.1).
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{separator}{parameters}")
    }

    /// What the browser keeps.
    pub(super) fn seal(&self, ring: &Ring, ambient: &Ambient) -> SecretString {
        let Self { state, nonce, verifier, next, until } = self;
        let text = SecretString::new(format!("{state}\n{nonce}\n{}\n{until}\n{next}", verifier.expose()));
        let sealed = ring.seal(text.expose().as_bytes(), &BINDING, &*ambient.random);
        SecretString::new(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads what a browser kept, if it was sealed here and is not over.
    pub(super) fn open(cookie: &SecretString, ring: &Ring, now: i64) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie.expose()).ok()?;
        let text: SecretBytes = ring.open(&sealed, &BINDING).ok()?;
        let mut parts = std::str::from_utf8(text.expose()).ok()?.splitn(5, '\n');
        let mut part = || parts.next().map(str::to_owned);
        let (state, nonce, verifier) = (part()?, part()?, SecretString::new(part()?));
        let until = part()?.parse().ok()?;
        let pending = Self { state, nonce, verifier, next: part()?, until };
        (now < pending.until).then_some(pending)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seal::{Ring, SecretString, SystemRandom};
    use store::Ambient;

    use super::{LIFETIME, Pending};
    use crate::oidc::{Admits, Provider};

    fn provider() -> Provider {
        Provider {
            name: "Acme".into(),
            issuer: "https://idp.example".into(),
            client_id: "a b".into(),
            client_secret: None,
            scopes: vec!["openid".into(), "email".into()],
            admits: Admits::Known,
        }
    }

    #[test]
    fn what_a_browser_keeps_opens_here_and_for_ten_minutes() {
        let (folder, ambient) = (tempfile::tempdir().unwrap(), Ambient::system());
        let ring = |name| Ring::create(&folder.path().join(name), &SystemRandom).unwrap();
        let (here, elsewhere) = (ring("one"), ring("two"));
        let pending = Pending::begin(&ambient, "/acme?a=b".to_owned());
        let cookie = pending.seal(&here, &ambient);
        let opened = Pending::open(&cookie, &here, pending.until - 1).unwrap();
        assert_eq!((opened.state, opened.nonce, opened.next), (pending.state, pending.nonce, pending.next));
        assert_eq!(opened.verifier.expose(), pending.verifier.expose());
        assert!(Pending::open(&cookie, &here, opened.until).is_none());
        assert!(Pending::open(&cookie, &elsewhere, opened.until - LIFETIME).is_none());
        for nonsense in ["", "a", "AQID", &cookie.expose()[..cookie.expose().len() - 4]] {
            assert!(Pending::open(&SecretString::new(nonsense.to_owned()), &here, 0).is_none(), "{nonsense}");
        }
    }

    #[test]
    fn the_provider_gets_a_challenge_and_not_what_proves_it() {
        let ambient = Ambient::new(Ambient::system().clock, Arc::new(SystemRandom));
        let mut pending = Pending::begin(&ambient, String::new());
        // The example of RFC 7636, appendix B.
        pending.verifier = SecretString::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        let address = pending.address("https://idp.example/auth?tenant=1", &provider(), "https://here.example/back");
        let (state, nonce) = (&pending.state, &pending.nonce);
        assert_eq!(
            address,
            format!(
                "https://idp.example/auth?tenant=1&response_type=code&client_id=a%20b&redirect_uri=https%3A//here.example/back\
                 &scope=openid%20email&state={state}&nonce={nonce}\
                 &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
            )
        );
        assert!(state != nonce && state.len() == 43);
    }
}
