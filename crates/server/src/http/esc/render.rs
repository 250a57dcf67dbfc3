//! What several answers have in common.

use std::fmt::Write as _;
use std::sync::Arc;

use api::{EnvironmentSettings, OrgEnvironment, ReferrerMetadata, UserInfo};
use axum::http::StatusCode;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderValue};
use engine::{CheckedDefinition, Listed, SessionAnswer};

use crate::http::App;
use crate::http::answer::JsonText;
use crate::http::problem::diagnostic;

/// A time as RFC 3339 with microseconds, which is what it takes to name a deletion.
pub(crate) fn time(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| String::new(), |time| format!("{time:.6}"))
}

/// An environment in a list.
pub(super) fn listed(app: &App, row: Listed) -> OrgEnvironment {
    let environment = row.environment;
    OrgEnvironment {
        id: environment.id.to_string(),
        organization: row.organization_name,
        project: environment.project_name,
        name: environment.name,
        created: time(environment.created_at),
        modified: time(environment.modified_at),
        owned_by: UserInfo {
            avatar_url: app.settings.avatar(&row.owner_login),
            name: row.owner_name,
            github_login: row.owner_login,
            email: None,
        },
        referrer_metadata: ReferrerMetadata::default(),
        settings: EnvironmentSettings { deletion_protected: environment.deletion_protected },
        tags: row.tags.into_iter().collect(),
        deleted_at: environment.deleted_at.map(time),
    }
}

/// What a definition means, with its warnings beside it.
pub(super) fn checked(checked: Arc<CheckedDefinition>) -> JsonText {
    let mut text =
        checked.environment.as_ref().map_or_else(|| "{}".to_owned(), engine::lang::Environment::to_check_json);
    if !checked.warnings.is_empty() {
        let warnings: Vec<api::Diagnostic> = checked.warnings.iter().map(diagnostic).collect();
        let warnings = serde_json::to_string(&warnings).expect("diagnostics are JSON");
        text.pop();
        let comma = if text.ends_with('{') { "" } else { "," };
        write!(text, "{comma}\"diagnostics\":{warnings}}}").expect("a string takes everything");
    }
    text.push('\n');
    JsonText(text.into_bytes())
}

/// Values out of a session.
pub(super) fn values(answer: Arc<SessionAnswer>) -> JsonText {
    JsonText(answer.0.expose().clone())
}

/// The status of a creation or deletion of an environment: 204, but one released client throws
/// on that after the change was made, and wants 200.
pub(super) fn bare_status(headers: &HeaderMap) -> StatusCode {
    let agent = headers.get(USER_AGENT).map_or(&[][..], HeaderValue::as_bytes);
    let text = String::from_utf8_lossy(agent);
    let old = text
        .split_once("esc-sdk/ts/")
        .map(|(_, version)| version.trim_start_matches('v'))
        .and_then(|version| version.strip_prefix("0."))
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(minor, _)| matches!(minor, "9" | "10" | "11" | "12"));
    if old { StatusCode::OK } else { StatusCode::NO_CONTENT }
}

#[cfg(test)]
mod tests {
    use super::bare_status;
    use axum::http::{HeaderMap, StatusCode};

    #[test]
    fn only_the_released_clients_that_throw_on_204_get_200() {
        let status = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("user-agent", agent.parse().unwrap());
            bare_status(&headers)
        };
        for old in ["esc-sdk/ts/v0.12.4", "esc-sdk/ts/0.9.0", "axios/1 esc-sdk/ts/0.10.1"] {
            assert_eq!(status(old), StatusCode::OK, "{old}");
        }
        for other in ["esc-sdk/ts/0.13.0", "esc-sdk/python/v0.12.4", "esc-cli/1 (0.25.0; linux)", ""] {
            assert_eq!(status(other), StatusCode::NO_CONTENT, "{other}");
        }
    }
}
