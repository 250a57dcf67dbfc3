//! The console: pages rendered on the server that work without a script.

pub mod assets;
pub mod avatar;
pub mod views;

mod access;
mod audit_logs;
mod cli_login;
mod cookies;
mod definition;
mod entries;
mod environment;
mod environments;
mod files;
mod forms;
mod home;
mod invite;
mod log_key;
mod page;
mod provider;
mod roles;
mod sign_in;
mod trouble;
mod visitor;
mod welcome;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::routing::{any, get, post};

pub(crate) use trouble::lost;

use crate::http::App;

/// The value of `Content-Security-Policy` on every page of the console.
///
/// Neither pages nor stylesheet hold anything inline, so a string that slipped
/// through escaping still could not run or load anything.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'; connect-src 'self'";

/// The largest form, in bytes. The longest field is a password.
const LARGEST: usize = 16 << 10;

/// The pages, as a service. What leads nowhere falls through to `lost`, which the API shares.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-in/provider", get(provider::begin))
        .route("/sign-in/back", get(provider::finish))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/cli-login", get(cli_login::show).post(cli_login::decide))
        .route("/welcome/cli", get(cli_login::done))
        .route("/welcome/{link}", get(welcome::show).post(welcome::set_password))
        .route("/invite/{link}", get(invite::show).post(invite::join))
        .route("/invite/{link}/account", post(invite::join_as_new))
        .route("/{organization}/environments", get(environments::show))
        .route("/{organization}/environments/{project}/{environment}", get(environment::show))
        .route("/{organization}/environments/{project}/{environment}/access", get(access::show))
        .route(
            "/{organization}/environments/{project}/{environment}/revisions/{revision}",
            get(environment::show_revision),
        )
        .route("/{organization}/settings", get(home::settings))
        .route("/{organization}/settings/audit-logs", get(audit_logs::show))
        .route("/{organization}/settings/audit-logs.csv", get(audit_logs::download_csv))
        .route("/{organization}/settings/audit-logs/export", get(audit_logs::download))
        .route("/{organization}/settings/log-key", get(log_key::show))
        .route("/{organization}/settings/roles", get(roles::show))
        .route("/avatars/{file}", get(files::avatar))
        .route("/static/{file}", get(files::asset))
        // Otherwise `/api/environments` would be the page of an organisation.
        .route("/api/{*rest}", any(lost))
        .method_not_allowed_fallback(trouble::wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(map_response(page::guarded))
        .with_state(app)
}
