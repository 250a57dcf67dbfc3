//! Where the month is played: a server that nobody else reaches, and callers with tokens and addresses.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, header};
use engine::{Engine, Failure, NewUser, Role};
use serde_json::Value;
use tower::util::{MapRequest, MapRequestLayer};
use tower::{Layer as _, ServiceExt as _};

use super::DemoError;
use super::clock::PastClock;
use crate::http::{App, Limits, Peer, Settings, clean};
use crate::telemetry::Metrics;

/// The longest answer that is read.
const LONGEST: usize = 16 << 20;

/// Who calls: with which token, by the name under which the stage keeps it, from where, and with what program.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) token: &'static str,
    pub(super) address: &'static str,
    pub(super) agent: &'static str,
}

/// Something that somebody does.
#[derive(Clone)]
pub(super) struct Deed {
    /// When: microseconds UTC.
    pub(super) at: i64,
    pub(super) who: Caller,
    pub(super) method: Method,
    /// The path. `{org}` and what the stage kept stand in braces.
    pub(super) path: String,
    pub(super) body: String,
    /// What of the answer is kept: its fields, and under which names.
    pub(super) keep: Vec<(&'static str, &'static str)>,
    /// Whether it is turned away.
    pub(super) is_refused: bool,
    /// What the same caller does at once with the answer.
    pub(super) then: Option<Box<Deed>>,
}

impl Deed {
    /// The same, with a body.
    pub(super) fn with(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The same, with a field of the answer kept under a name.
    pub(super) fn keeping(mut self, field: &'static str, name: &'static str) -> Self {
        self.keep.push((field, name));
        self
    }

    /// The same, and what is done at once with the answer.
    pub(super) fn and(self, then: Self) -> Self {
        Self { then: Some(Box::new(then)), ..self }
    }

    /// The same, that is turned away.
    pub(super) fn refused(self) -> Self {
        Self { is_refused: true, ..self }
    }
}

/// All that would listen on a port.
type Service = MapRequest<Router, fn(Request<Body>) -> Request<Body>>;

/// A server that nobody else reaches.
pub(super) struct Stage {
    engine: Engine,
    clock: Arc<PastClock>,
    service: Service,
    organization: String,
    /// Tokens and identifiers, by name.
    kept: HashMap<&'static str, String>,
}

impl Stage {
    pub(super) fn new(engine: &Engine, clock: Arc<PastClock>, organization: &str, public_url: &str) -> Self {
        engine.reached_at(public_url);
        let settings = Settings {
            public_url: public_url.trim_end_matches('/').to_owned(),
            trusted_proxies: Vec::new(),
            secure_cookies: false,
            limits: Limits::new(None, None),
        };
        let app = App { engine: engine.clone(), settings: Arc::new(settings), metrics: Arc::new(Metrics::new()) };
        let clean: fn(Request<Body>) -> Request<Body> = clean::<Body>;
        Self {
            engine: engine.clone(),
            clock,
            service: MapRequestLayer::new(clean).layer(crate::service(app)),
            organization: organization.to_owned(),
            kept: HashMap::from([("org", organization.to_owned())]),
        }
    }

    /// Keeps a text under a name.
    pub(super) fn keep(&mut self, name: &'static str, text: &str) {
        self.kept.insert(name, text.to_owned());
    }

    /// Adds somebody from the shell of the host, and keeps their token under their login.
    pub(super) async fn add(&mut self, at: i64, login: &'static str, name: &str, role: Role) -> Result<(), DemoError> {
        self.clock.forward_to(at);
        let email = Some(format!("{login}@acme.example"));
        let user = NewUser { login: login.to_owned(), name: Some(name.to_owned()), email };
        let operator = self.engine.operator_context("root");
        let added = self.engine.add_user(&operator, user, self.organization.clone(), role).await;
        let token = added.map_err(|failure| DemoError::Refused(refusal(failure)))?.into_parts().0;
        self.keep(login, token.text.expose());
        Ok(())
    }

    /// Does something once its time has come, and what follows from it.
    pub(super) async fn play(&mut self, deed: Deed) -> Result<(), DemoError> {
        let mut next = Some(Box::new(deed));
        while let Some(mut deed) = next {
            next = deed.then.take();
            self.call(*deed).await?;
        }
        Ok(())
    }

    async fn call(&mut self, deed: Deed) -> Result<(), DemoError> {
        self.clock.forward_to(deed.at);
        let path = self.filled(&deed.path);
        let senseless = || DemoError::Story(path.clone());
        let token = self.kept.get(deed.who.token).ok_or_else(senseless)?;
        let kind = if deed.body.starts_with('{') { "application/json" } else { "application/x-yaml" };
        let request = Request::builder()
            .method(&deed.method)
            .uri(&path)
            .header(header::AUTHORIZATION, format!("token {token}"))
            .header(header::USER_AGENT, HeaderValue::from_static(deed.who.agent))
            .header(header::CONTENT_TYPE, kind);
        let mut request = request.body(Body::from(deed.body)).map_err(|_| senseless())?;
        let address: IpAddr = deed.who.address.parse().map_err(|_| senseless())?;
        request.extensions_mut().insert(Peer(SocketAddr::from((address, 443))));
        let response = match self.service.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let body = to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
        let is_expected = if deed.is_refused { status.is_client_error() } else { status.is_success() };
        if !is_expected {
            let said = String::from_utf8_lossy(&body).chars().take(300).collect();
            return Err(DemoError::Answered { method: deed.method, path, status, said });
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        for (field, name) in deed.keep {
            let text = answer[field].as_str().ok_or_else(senseless)?;
            self.keep(name, text);
        }
        Ok(())
    }

    /// What the server does by itself at the end of a day.
    pub(super) async fn end_day(&self, at: i64) -> Result<(), DemoError> {
        self.clock.forward_to(at);
        self.engine.run_due_schedules().await?;
        self.engine.sequence_all().await?;
        self.engine.publish().await?;
        self.engine.anchor_logs().await?;
        Ok(())
    }

    /// A path with what was kept in place of the names in braces.
    fn filled(&self, path: &str) -> String {
        self.kept.iter().fold(path.to_owned(), |path, (name, text)| path.replace(&format!("{{{name}}}"), text))
    }
}

fn refusal(failure: Failure<engine::Error>) -> String {
    match failure {
        Failure::Refused(recorded) => recorded.into_parts().0.to_string(),
        Failure::Unrecorded(error) => error.to_string(),
    }
}
