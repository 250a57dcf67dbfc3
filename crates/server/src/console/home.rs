//! Where one is led who names no page.

use axum::response::Response;

use super::page::redirect;
use super::trouble::Trouble;
use super::views::{ErrorPage, Filter, links};
use super::visitor::Visitor;
use crate::http::OrganizationPath;

/// `GET /`: the environments of the visitor's organisation.
pub(super) async fn home(visitor: Visitor) -> Result<Response, Trouble> {
    match visitor.me.default_organization() {
        Some(organization) => Ok(redirect(&links::environments(organization))),
        None => Err(Trouble::page(nowhere())),
    }
}

/// `GET /{organization}/settings`: the first of them.
pub(super) async fn settings(_: Visitor, path: OrganizationPath) -> Response {
    redirect(&links::audit_logs(&path.organization, &Filter::default(), None))
}

fn nowhere() -> ErrorPage {
    let mut page = ErrorPage::forbidden(None);
    "You do not belong to an organisation yet".clone_into(&mut page.title);
    "Ask an administrator to add you to one, then come back.".clone_into(&mut page.message);
    page
}
