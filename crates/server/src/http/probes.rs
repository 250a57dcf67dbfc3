//! Is it alive, is it ready, how is it doing: for load balancers and Prometheus. They tell
//! nothing of what anybody does, so they ask for no credential.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;

/// `GET /healthz`: the process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers too.
pub(super) async fn readiness(State(app): State<App>) -> Result<&'static str, Problem> {
    match app.engine.is_ready().await {
        Ok(()) => Ok("ready\n"),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready: the database does not answer");
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"))
        }
    }
}

/// `GET /metrics`, as `OpenMetrics` text.
pub(super) async fn metrics(State(app): State<App>) -> Response {
    const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, KIND)], app.metrics.text(&app.engine)).into_response()
}
