//! Who is calling.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header;
use axum::http::request::Parts;
use engine::{Client, Context};

use super::App;
use super::client::{Peer, client_of};
use super::problem::Problem;
use super::router::activity;

/// The caller of an API endpoint, recognised by its access token. A handler that takes one runs
/// only for somebody; everybody else gets 401, and a record.
pub(crate) struct Caller(pub(crate) Context);

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(credential);
        let path = parts.extensions.get::<MatchedPath>().map_or("", |path| path.as_str());
        let attempted = activity(&parts.method, path);
        Ok(Self(app.engine.authenticate(token, client(parts, app), attempted).await?))
    }
}

/// The caller of an endpoint that may be for anybody: recognised if there is a credential, unknown if there is none.
pub(crate) struct Anybody(pub(crate) Context);

impl FromRequestParts<App> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let Caller(cx) = Caller::from_request_parts(parts, app).await?;
            return Ok(Self(cx));
        }
        Ok(Self(app.engine.anonymous_context(client(parts, app))))
    }
}

/// The sender of a request that carries no credential of ours: only from where.
pub(crate) struct Stranger(pub(crate) Client);

impl FromRequestParts<App> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(client(parts, app)))
    }
}

fn client(parts: &Parts, app: &App) -> Client {
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
    client_of(&parts.headers, peer, &app.settings.trusted_proxies)
}

/// The credential of `Authorization: token …` or `Bearer …`, in any case.
pub(super) fn credential(header: &str) -> Option<&str> {
    let (scheme, credential) = header.trim().split_once(' ')?;
    let known = ["token", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    known.then(|| credential.trim()).filter(|credential| !credential.is_empty())
}
