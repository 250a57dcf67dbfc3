//! The event of the V1 and V2 lists.

use serde::Serialize;

use super::Shown;
use crate::entry::Entry;

/// An entry as the hosted product's API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogEvent {
    /// Unix time in seconds.
    pub timestamp: i64,
    /// The caller's address; empty if unknown.
    #[serde(rename = "sourceIP")]
    pub source_ip: String,
    /// The identifier of the event.
    pub event: String,
    /// The sentence.
    pub description: String,
    /// Who acted.
    pub user: AuditLogUser,
    /// The access token used.
    #[serde(rename = "tokenID", skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// Whether only an administrator can cause the event.
    #[serde(skip_serializing_if = "is_false")]
    pub req_org_admin: bool,
    /// Whether only an administrator of a stack can; never, here.
    #[serde(skip_serializing_if = "is_false")]
    pub req_stack_admin: bool,
    /// Whether permission or authentication failed.
    #[serde(skip_serializing_if = "is_false")]
    pub auth_failure: bool,
    /// The actor, if it is not a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
}

/// Who acted, as the lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogUser {
    /// The name that people see.
    pub name: String,
    /// The name to sign in with.
    pub github_login: String,
    /// Where a picture is.
    pub avatar_url: String,
}

impl AuditLogEvent {
    /// Shows an entry. A picture's address is the prefix and the actor's id; the name of the access token is that of
    /// the event that issued it.
    pub fn new(entry: &Entry, avatar_prefix: &str, token_name: Option<&str>) -> Self {
        let shown = Shown::of(entry);
        let avatar_url = shown.actor.map(|actor| format!("{avatar_prefix}{actor}")).unwrap_or_default();
        Self {
            timestamp: shown.seconds,
            source_ip: shown.address.into_owned(),
            event: shown.event.to_owned(),
            description: shown.description,
            token_name: token_name.filter(|_| shown.token.is_some()).map(str::to_owned),
            token_id: shown.token.map(str::to_owned),
            req_org_admin: shown.requires_org_admin,
            req_stack_admin: false,
            auth_failure: shown.authentication_failure,
            actor_name: entry.is_automatic().then(|| shown.name.clone().into_owned()),
            user: AuditLogUser { name: shown.name.into_owned(), github_login: shown.login.into_owned(), avatar_url },
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_false(value: &bool) -> bool {
    !*value
}
