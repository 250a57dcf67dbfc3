//! People who call, what they send, and what they get.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use server::http::Peer;
use tower::ServiceExt;

use super::{Replica, Service, TestApp, peer};

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct User<'a> {
    app: &'a TestApp,
    token: Option<String>,
    /// The replica that is called instead.
    replica: Option<Service>,
}

impl<'a> User<'a> {
    pub(super) fn new(app: &'a TestApp, token: Option<String>) -> Self {
        Self { app, token, replica: None }
    }

    /// The same person, who calls another replica.
    pub(crate) fn at(self, replica: &Replica) -> Self {
        Self { replica: Some(replica.service.clone()), ..self }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn head(&self, path: &str) -> Call {
        self.call(Method::HEAD, path)
    }

    /// A request, to be awaited.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer()));
        if let Some(token) = &self.token {
            let value = HeaderValue::from_str(&format!("token {token}")).unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let service = self.replica.clone().unwrap_or_else(|| self.app.service());
        Call { service, request }
    }
}

/// A request on its way: awaiting it gives the answer.
pub(crate) struct Call {
    service: Service,
    request: Request<Body>,
}

impl Call {
    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.request.headers_mut().append(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// From another address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.request.extensions_mut().insert(Peer(address.parse().unwrap()));
        self
    }

    async fn send(self) -> Answer {
        let response = self.service.oneshot(self.request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// This answer, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// What an error says, once its shape was found right.
    #[track_caller]
    pub(crate) fn message(&self) -> String {
        let body = self.json();
        assert_eq!(body["code"], self.status.as_u16(), "the code in the body is the status");
        assert_eq!(self.header("content-type"), Some("application/json"));
        body["message"].as_str().expect("an error has a message").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The event that the answer names.
    pub(crate) fn event(&self) -> Option<&str> {
        self.header("escriba-event")
    }

    /// All that tells this answer from another: status, headers and body, but for the name of
    /// the event, of which it only matters whether there is one.
    pub(crate) fn looks(&self) -> String {
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| match name.as_str() {
                "escriba-event" => "escriba-event: …".to_owned(),
                name => format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())),
            })
            .collect();
        headers.sort();
        format!("{}\n{}\n\n{}", self.status, headers.join("\n"), self.text())
    }
}
