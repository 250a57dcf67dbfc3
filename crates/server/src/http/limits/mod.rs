//! How often callers may come: each access token, each network of clients, each login at the console.
//!
//! A request is counted before anything is looked up for it. The first refusal of a minute is recorded;
//! those after it are only counted, or a flood of requests would be a flood of records.

mod buckets;

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::Error;
use engine::seal::sha256;

use super::App;
use super::caller::credential;
use super::client::{Peer, client_of};
use super::problem::Problem;
use super::router::activity;
use buckets::{Buckets, Rate, Refused};

/// How many seconds' worth of requests may come at once.
const AT_ONCE: u32 = 20;
/// Attempts to sign in from one network: so many in so many seconds, and so many at once.
const SIGN_IN: (u32, u32, u32) = (10, 60, 30);
/// The same for one login from one network.
const LOGIN: (u32, u32, u32) = (6, 60, 10);
/// What is free: a load balancer asks often, and a page fetches its parts at once.
const FREE: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/static/{file}"];

/// From where a request comes: what one customer of a network usually has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Network {
    /// A /24.
    V4([u8; 3]),
    /// A /56.
    V6([u8; 7]),
    /// Nowhere that is known.
    Unknown,
}

impl Network {
    fn of(address: Option<&str>) -> Self {
        match address.and_then(|address| address.parse().ok()) {
            Some(IpAddr::V4(address)) => address.octets().first_chunk().copied().map_or(Self::Unknown, Self::V4),
            Some(IpAddr::V6(address)) => address.octets().first_chunk().copied().map_or(Self::Unknown, Self::V6),
            None => Self::Unknown,
        }
    }
}

/// How often callers may come. The default is as often as they like.
#[derive(Debug, Default)]
pub struct Limits {
    /// By the digest of a token, whether it is good or not: nothing was looked up yet.
    tokens: Option<Buckets<[u8; 32]>>,
    networks: Option<Buckets<Network>>,
    sign_ins: Option<SignIns>,
}

#[derive(Debug)]
struct SignIns {
    networks: Buckets<Network>,
    /// A login is limited from each network apart, so that nobody can lock somebody else out.
    logins: Buckets<(Network, [u8; 32])>,
}

/// An attempt to sign in that comes too early.
#[derive(Clone, Copy, Debug)]
pub struct SignInLimit {
    /// In how many seconds the next one is taken.
    pub seconds: u64,
    /// Whether it is the first one for a minute, and so to be recorded.
    pub first: bool,
}

impl Limits {
    /// So many requests a second for each token and each network.
    pub fn new(token: Option<u32>, network: Option<u32>) -> Self {
        let rate = |rate: u32| Rate::new(rate, 1, rate.saturating_mul(AT_ONCE));
        let fixed = |(requests, seconds, holds)| Rate::new(requests, seconds, holds);
        let sign_ins = || SignIns { networks: Buckets::new(fixed(SIGN_IN)), logins: Buckets::new(fixed(LOGIN)) };
        Self {
            tokens: token.map(|token| Buckets::new(rate(token))),
            networks: network.map(|network| Buckets::new(rate(network))),
            sign_ins: network.map(|_| sign_ins()),
        }
    }

    fn take(&self, token: Option<&str>, address: Option<&str>, now: i64) -> Result<(), Refused> {
        if let Some(networks) = &self.networks {
            networks.take(Network::of(address), now)?;
        }
        match (&self.tokens, token) {
            (Some(tokens), Some(token)) => tokens.take(sha256(token.as_bytes()), now),
            _ => Ok(()),
        }
    }

    /// Counts an attempt to sign in, with a login or (without one) with a token.
    pub(crate) fn sign_in(&self, login: Option<&str>, address: Option<&str>, now: i64) -> Result<(), SignInLimit> {
        let Some(SignIns { networks, logins }) = &self.sign_ins else { return Ok(()) };
        let network = Network::of(address);
        let taken = networks.take(network.clone(), now).and_then(|()| match login {
            Some(login) => logins.take((network, sha256(login.as_bytes())), now),
            None => Ok(()),
        });
        taken.map_err(|Refused { seconds, first }| SignInLimit { seconds, first })
    }
}

/// Turns away requests that come too often.
pub(crate) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let limits = &app.settings.limits;
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    if FREE.contains(&path.as_str()) || limits.tokens.is_none() && limits.networks.is_none() {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let client = client_of(request.headers(), peer, &app.settings.trusted_proxies);
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(credential);
    let now = app.engine.ambient().clock.steady();
    let Err(Refused { seconds, first }) = limits.take(token, client.address.as_deref(), now) else {
        return next.run(request).await;
    };
    if first {
        let attempted = activity(request.method(), &path);
        let failure = app.engine.rate_limited(token, client, attempted, seconds).await;
        return Problem::from(failure).into_response();
    }
    Problem::of(&Error::RateLimited { seconds }).into_response()
}

#[cfg(test)]
mod tests {
    use super::{Limits, Network};

    #[test]
    fn neighbours_are_one_network_and_strangers_are_not() {
        let same = |a: &str, b: &str| Network::of(Some(a)) == Network::of(Some(b));
        assert!(same("203.0.113.7", "203.0.113.200") && !same("203.0.113.7", "203.0.112.7"));
        assert!(same("2001:db8:0:1200::1", "2001:db8:0:12ff::9") && !same("2001:db8:0:1200::1", "2001:db8:0:1300::1"));
        assert!(!same("203.0.113.7", "::203.0.113.7"));
        assert_eq!(Network::of(None), Network::of(Some("unix")));
    }

    #[test]
    fn a_login_is_limited_from_each_network_apart() {
        let limits = Limits::new(None, Some(1));
        let [here, there] = ["203.0.113.7", "198.51.100.7"].map(Some);
        for _ in 0..10 {
            limits.sign_in(Some("ada"), here, 0).unwrap();
        }
        assert!(limits.sign_in(Some("ada"), here, 0).unwrap_err().first);
        limits.sign_in(Some("ada"), there, 0).unwrap();
        for other in 0..19 {
            limits.sign_in(Some(&format!("login-{other}")), here, 0).unwrap();
        }
        assert!(limits.sign_in(Some("login-20"), here, 0).is_err(), "and the network as a whole");
        assert!(Limits::default().sign_in(Some("ada"), here, 0).is_ok());
    }
}
