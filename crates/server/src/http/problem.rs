//! The only place that knows which status an error has.

use api::{ErrorBody, Position, Range, Severity};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{Error, EventId, Failure, Unauthenticated};

use super::answer::{self, Json};

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    body: ErrorBody,
    events: Vec<EventId>,
    /// In how many seconds to try again.
    after: Option<u64>,
}

impl Problem {
    /// A problem that the engine did not see: a request that makes no sense as HTTP.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let body = ErrorBody { code: status.as_u16(), message: message.into(), diagnostics: Vec::new() };
        let after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Self { status, body, events: Vec::new(), after }
    }

    /// A request that makes no sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        &self.body.message
    }

    /// What an error of the engine is on the wire.
    pub(super) fn of(error: &Error) -> Self {
        let mut problem = Self::new(status(error), error.to_string());
        if let Error::RateLimited { seconds } = error {
            problem.after = Some(*seconds);
        }
        if let Error::Diagnostics(diagnostics) = error {
            if let Some(first) = diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
                problem.body.message = first.to_string();
            }
            problem.body.diagnostics = diagnostics.iter().map(diagnostic).collect();
        }
        problem
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated(
            Unauthenticated::Missing
            | Unauthenticated::Malformed
            | Unauthenticated::Unknown
            | Unauthenticated::Expired
            | Unauthenticated::Revoked
            | Unauthenticated::Unfit
            | Unauthenticated::Password,
        )
        | Error::IdToken(_)
        | Error::SignIn(_) => StatusCode::UNAUTHORIZED,
        Error::Absent(_) | Error::Hidden(..) | Error::Expired(_) => StatusCode::NOT_FOUND,
        Error::Forbidden(_) | Error::Declined => StatusCode::FORBIDDEN,
        // The command line knows no 412: a lost race is a conflict too.
        Error::Exists(_)
        | Error::Accepted
        | Error::Precondition
        | Error::Rotating
        | Error::Protected
        | Error::RoleHeld
        | Error::LastAdmin => StatusCode::CONFLICT,
        Error::Invalid(_)
        | Error::Retracted { .. }
        | Error::Diagnostics(_)
        | Error::Ciphertext { .. }
        | Error::Issuer(_) => StatusCode::BAD_REQUEST,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Undecipherable => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Uncovered | Error::Interrupted | Error::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl From<Failure<Error>> for Problem {
    fn from(failure: Failure<Error>) -> Self {
        match failure {
            Failure::Refused(recorded) => {
                let mut problem = Self::of(recorded.get());
                problem.events = recorded.events().to_vec();
                problem
            }
            // Nothing was done, and nothing says so: the caller may try again.
            Failure::Unrecorded(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request could not be recorded");
                if let Some(frozen) = error.frozen() {
                    return Self::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        format!(
                            "the request could not be recorded in the audit log, so it was not carried out: {frozen}; \
                             tell whoever runs this server"
                        ),
                    );
                }
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the request could not be recorded in the audit log, so it was not carried out; try again, and \
                     tell whoever runs this server if it stays so",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self.body)).into_response();
        answer::name_events(response.headers_mut(), &self.events);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("token"));
        }
        if let Some(seconds) = self.after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A diagnostic on the wire.
pub(crate) fn diagnostic(diagnostic: &engine::lang::Diagnostic) -> api::Diagnostic {
    let position = |position: engine::lang::Position| Position {
        line: position.line as usize,
        column: position.column as usize,
        byte: position.byte as usize,
    };
    api::Diagnostic {
        range: diagnostic.range.as_ref().map(|range| Range {
            environment: range.environment.to_string(),
            begin: position(range.begin),
            end: position(range.end),
        }),
        summary: diagnostic.summary.clone(),
        severity: if diagnostic.is_error() { Severity::Error } else { Severity::Warning },
        path: diagnostic.path.clone(),
    }
}
