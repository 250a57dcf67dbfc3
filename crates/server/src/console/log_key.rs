//! What signs an organisation's audit log, and what it signed last.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::Failure;

use super::audit_logs::refused;
use super::entries::moment;
use super::page::page;
use super::trouble::Trouble;
use super::views::{LogKey, Section, Signed};
use super::visitor::Visitor;
use crate::http::{App, OrganizationPath, Parameters};

/// `GET /{organization}/settings/log-key`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    parameters.only(&[]).map_err(|problem| visitor.senseless(super::trouble::sentence(problem.message())))?;
    let organization = path.organization;
    let found = match app.engine.log_identity(&visitor.cx, organization.clone()).await {
        Ok(found) => found,
        Err(Failure::Refused(refusal)) => return refused(&app, &visitor, organization, refusal).await,
        Err(failure) => return Err(visitor.trouble(failure)),
    };
    let checkpoint = found.newest.map(|newest| Signed {
        size: newest.size,
        newer: found.size.saturating_sub(newest.size),
        root: STANDARD.encode(newest.root),
        signed: moment(newest.signed_at, visitor.cx.now),
        note: newest.note,
    });
    let shown = LogKey {
        shell: visitor.shell(&organization, Section::LogKey),
        origin: found.origin.to_string(),
        keys: found.keys,
        checkpoint,
    };
    Ok(page(StatusCode::OK, &shown))
}
