//! The console: pages rendered on the server that work without a script.

pub mod assets;
pub mod avatar;
pub mod views;

/// The value of `Content-Security-Policy` on every page of the console.
///
/// Neither pages nor stylesheet hold anything inline, so a string that slipped
/// through escaping still could not run or load anything.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'; connect-src 'self'";

/// The pages, as a service.
pub fn router(app: crate::http::App) -> axum::Router {
    axum::Router::new().with_state(app)
}
