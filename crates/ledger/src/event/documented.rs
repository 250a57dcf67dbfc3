//! Events of the hosted product that this server never writes.

use super::Event;

/// Whether the text is an identifier or display name of any documented event, whatever the case: a filter by one that
/// is never written here answers with an empty list instead of an error.
pub fn documented(text: &str) -> bool {
    let spelled = |id: &str| {
        let mut letters = text.bytes();
        let same = |byte: u8, letter: u8| {
            let letter = letter.to_ascii_lowercase();
            byte == letter || byte == b'-' && letter == b' '
        };
        id.len() == text.len() && id.bytes().all(|byte| letters.next().is_some_and(|letter| same(byte, letter)))
    };
    Event::parse(text).is_some()
        || ELSEWHERE.iter().any(|id| spelled(id))
        || OTHER_NAMES.iter().any(|name| name.eq_ignore_ascii_case(text))
}

/// Identifiers; the display name is the same with spaces.
const ELSEWHERE: &[&str] = &[
    "auth-failure-change-request",
    "auth-failure-cloud-account",
    "auth-failure-insights-account",
    "auth-failure-scim-access-token",
    "auth-failure-stack-permission",
    "change-gate-created",
    "change-gate-deleted",
    "change-gate-updated",
    "customer-managed-key-added",
    "customer-managed-key-disabled",
    "customer-managed-key-disabled-all",
    "customer-managed-key-set-default",
    "deployment-runner-token-created-for-oidc-issuer",
    "environment-draft-open",
    "environment-draft-read-open",
    "environment-oidc-token-issued",
    "org-downgraded-to-free",
    "org-plan-migrated",
    "org-upgraded-to-pro",
    "organization-backend-changed",
    "organization-deployment-default-role-updated",
    "retrial-ended",
    "retrial-expiration-updated",
    "retrial-started",
    "saml-configuration-updated",
    "secret-decrypted",
    "secrets-batch-decrypted",
    "service-created",
    "service-deleted",
    "service-updated",
    "stack-created-from-template",
    "stack-deleted",
    "stack-deployments-paused",
    "stack-deployments-resumed",
    "stack-provider-open",
    "stack-transferred-to-organization",
    "user-added-new-identity-to-their-account",
    "vcs-github-installation-linked",
];

/// Display names, current and older, that are not the identifier with spaces.
const OTHER_NAMES: &[&str] =
    &["Organization Downgraded To Free", "Organization Plan Migrated", "Organization Upgraded To Pro"];
