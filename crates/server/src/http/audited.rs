//! Answers that reveal or change something: only a finished commit makes one.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::Recorded;

use super::answer::name_events;

/// An answer whose record is durable. There is no other way to make one than from a
/// [`Recorded`] value, and no other way to make that than by committing.
pub(crate) struct Audited<T> {
    recorded: Recorded<T>,
    status: Option<StatusCode>,
}

impl<T> Audited<T> {
    /// An answer with another status than its body has by itself.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }
}

impl<T> From<Recorded<T>> for Audited<T> {
    fn from(recorded: Recorded<T>) -> Self {
        Self { recorded, status: None }
    }
}

impl<T: IntoResponse> IntoResponse for Audited<T> {
    fn into_response(self) -> Response {
        let (value, events) = self.recorded.into_parts();
        let mut response = value.into_response();
        if let Some(status) = self.status {
            *response.status_mut() = status;
        }
        name_events(response.headers_mut(), &events);
        response
    }
}

/// The answer to something that was recorded, with a body that takes more than the recorded value to make.
pub(crate) fn answered<T>(recorded: &Recorded<T>, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    name_events(response.headers_mut(), recorded.events());
    response
}
