//! What each route demands, and what the log says of it.

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing.
    Open,
    /// A valid credential.
    Credential,
    /// Membership in the organisation.
    Member,
    /// The administrator's role in the organisation.
    Admin,
    /// The link of an invitation: whoever has it need not belong to the organisation yet.
    Invited,
    /// A permission on the environment.
    Environment,
}

/// A route: how it is called rightly, who may, and what is written then and when somebody may not.
pub(super) struct Row {
    /// Method and path, as the router has them.
    pub(super) route: &'static str,
    pub(super) guard: Guard,
    /// The status of success.
    pub(super) success: u16,
    pub(super) query: &'static str,
    /// Its parameters are filled in like those of the path.
    pub(super) body: &'static str,
    /// The events of a success and their outcomes; none where a success is not recorded.
    pub(super) writes: &'static [&'static str],
    /// The event of a refusal.
    pub(super) denied: &'static str,
    /// The event of an attempt on what is not there.
    pub(super) absent: &'static str,
}

impl Row {
    pub(super) fn method(&self) -> &'static str {
        self.route.split_once(' ').unwrap().0
    }

    pub(super) fn path(&self) -> &'static str {
        self.route.split_once(' ').unwrap().1
    }

    /// A success that is recorded as this one event.
    const fn writes(self, events: &'static [&'static str], event: &'static str) -> Self {
        Self { writes: events, denied: event, absent: event, ..self }
    }

    const fn denied(self, denied: &'static str) -> Self {
        Self { denied, ..self }
    }

    const fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }
}

const ROLE: &str = "auth-failure-organization-role";
const ENVIRONMENT: &str = "auth-failure-environment";
const UNAUTHORIZED: &str = "environment-unauthorized-open";

const fn row(route: &'static str, guard: Guard, success: u16) -> Row {
    let refused = match guard {
        Guard::Environment => ENVIRONMENT,
        Guard::Member | Guard::Admin => ROLE,
        Guard::Open | Guard::Credential | Guard::Invited => "",
    };
    Row { route, guard, success, query: "", body: "", writes: &[], denied: refused, absent: refused }
}

macro_rules! recorded {
    ($event:literal) => {
        (&[concat!($event, " succeeded")], $event)
    };
}

const fn one(row: Row, (events, event): (&'static [&'static str], &'static str)) -> Row {
    row.writes(events, event)
}

use Guard::{Admin, Credential, Environment, Invited, Member, Open};

const EXPORTED: (&[&str], &str) =
    (&["escriba-audit-log-exported intended", "escriba-audit-log-exported succeeded"], "escriba-audit-log-exported");

pub(super) const ROWS: &[Row] = &[
    row("GET /healthz", Open, 200),
    row("GET /readyz", Open, 200),
    row("GET /metrics", Open, 200),
    row("GET /api/user", Credential, 200),
    row("GET /api/user/organizations/default", Credential, 200),
    one(
        row("POST /api/user/organizations/{organization}/default", Member, 204),
        recorded!("escriba-default-organization-set"),
    ),
    row("GET /api/user/tokens", Credential, 200),
    one(
        row("POST /api/user/tokens", Credential, 200).body(r#"{"description":"ci","expires":0}"#),
        recorded!("escriba-personal-token-created"),
    ),
    one(row("DELETE /api/user/tokens/{token}", Credential, 204), recorded!("escriba-personal-token-deleted")),
    one(
        row("POST /api/oauth/token", Open, 200).body(
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&audience=urn:pulumi:org:acme\
             &subject_token={identity}&subject_token_type=urn:ietf:params:oauth:token-type:id_token\
             &requested_token_type=urn:pulumi:token-type:access_token:personal&scope=user:ada&expiration=7200",
        ),
        recorded!("personal-token-created-for-oidc-issuer"),
    ),
    row("GET /api/orgs/{organization}/invites", Admin, 200),
    one(
        row("POST /api/orgs/{organization}/invites/link", Admin, 200).body(r#"{"role":"member"}"#),
        recorded!("organization-invite-sent"),
    ),
    row("POST /api/orgs/{organization}/invites/batch", Admin, 200)
        .body(r#"{"invites":[{"role":"member"},{"role":"admin","email":"lin@acme.example"}]}"#)
        .writes(
            &["organization-invite-sent succeeded", "organization-invite-sent succeeded"],
            "organization-invite-sent",
        ),
    row("GET /api/orgs/{organization}/invites/{invite}", Admin, 200),
    row("PATCH /api/orgs/{organization}/invites/{invite}", Invited, 204)
        .body(r#"{"token":"{link}"}"#)
        .writes(&["organization-invite-accepted succeeded", "member-added succeeded"], "organization-invite-accepted"),
    one(row("DELETE /api/orgs/{organization}/invites/{invite}", Admin, 204), recorded!("organization-invite-canceled")),
    row("GET /api/orgs/{organization}/oidc/issuers", Admin, 200),
    one(
        row("POST /api/orgs/{organization}/oidc/issuers", Admin, 200)
            .body(r#"{"name":"ci of {login}","url":"https://ci.{login}.example","thumbprints":[]}"#),
        recorded!("oidc-issuer-registered"),
    ),
    row("GET /api/orgs/{organization}/oidc/issuers/{issuer}", Admin, 200),
    one(
        row("PATCH /api/orgs/{organization}/oidc/issuers/{issuer}", Admin, 200).body(r#"{"maxExpiration":3600}"#),
        recorded!("oidc-issuer-updated"),
    ),
    one(row("DELETE /api/orgs/{organization}/oidc/issuers/{issuer}", Admin, 204), recorded!("oidc-issuer-deleted")),
    one(
        row("POST /api/orgs/{organization}/oidc/issuers/{issuer}/regenerate-thumbprints", Admin, 200),
        recorded!("oidc-issuer-updated"),
    ),
    row("GET /api/orgs/{organization}/auth/policies/oidcissuers/{issuer}", Admin, 200),
    one(
        row("PATCH /api/orgs/{organization}/auth/policies/{policy}", Admin, 200)
            .body(r#"{"policies":[{"decision":"deny","tokenType":"organization","rules":{}}]}"#),
        recorded!("authorization-policy-updated"),
    ),
    row("GET /api/capabilities", Open, 200),
    row("GET /api/cli/version", Open, 200),
    row("GET /api/oidc/.well-known/openid-configuration", Open, 200),
    row("GET /api/oidc/.well-known/jwks", Open, 200),
    row("GET /api/esc/providers", Credential, 200),
    row("GET /api/esc/providers/{provider}/schema", Credential, 200),
    row("GET /api/esc/rotators", Credential, 200),
    row("GET /api/esc/rotators/{rotator}/schema", Credential, 200),
    row("GET /api/esc/context/schema", Credential, 200),
    row("GET /api/openapi/pulumi-spec.json", Open, 200),
    row("GET /api/orgs/{organization}", Member, 200),
    one(
        row("PATCH /api/orgs/{organization}", Admin, 200).body(r#"{"setDefaultEnvironmentPermission":"none"}"#),
        recorded!("organization-settings-changed"),
    ),
    row("GET /api/orgs/{organization}/metadata", Member, 200),
    row("GET /api/orgs/{organization}/members", Member, 200),
    one(
        row("POST /api/orgs/{organization}/members/{login}", Admin, 200).body(r#"{"role":"member"}"#),
        recorded!("member-added"),
    ),
    one(
        row("PATCH /api/orgs/{organization}/members/{login}", Admin, 204).body(r#"{"role":"admin"}"#),
        recorded!("member-role-changed"),
    ),
    one(row("DELETE /api/orgs/{organization}/members/{login}", Admin, 204), recorded!("member-removed")),
    one(row("POST /api/orgs/{organization}/members/{login}/set-admin", Admin, 204), recorded!("member-role-changed")),
    row("GET /api/orgs/{organization}/tokens", Admin, 200),
    one(
        row("POST /api/orgs/{organization}/tokens", Admin, 200).body(r#"{"name":"new-{team}","admin":true}"#),
        recorded!("organization-token-created"),
    ),
    one(row("DELETE /api/orgs/{organization}/tokens/{token}", Admin, 204), recorded!("organization-token-deleted")),
    row("GET /api/orgs/{organization}/roles", Member, 200).query("uxPurpose=role"),
    one(
        row("POST /api/orgs/{organization}/roles", Admin, 200)
            .body(r#"{"name":"new {environment}","details":{"permissions":["environment:open"]}}"#),
        recorded!("custom-role-created"),
    ),
    row("GET /api/orgs/{organization}/roles/scopes", Member, 200),
    row("GET /api/orgs/{organization}/roles/{role}", Member, 200),
    one(
        row("PATCH /api/orgs/{organization}/roles/{role}", Admin, 200)
            .body(r#"{"details":{"permissions":["audit_logs:read"]}}"#),
        recorded!("custom-role-updated"),
    ),
    one(row("DELETE /api/orgs/{organization}/roles/{role}", Admin, 204), recorded!("custom-role-deleted")),
    one(
        row("PATCH /api/orgs/{organization}/roles/{role}/default", Admin, 204),
        recorded!("organization-settings-changed"),
    ),
    row("GET /api/orgs/{organization}/roles/{role}/users", Admin, 200),
    row("GET /api/orgs/{organization}/roles/{role}/teams", Admin, 200),
    row("GET /api/orgs/{organization}/roles/{role}/tokens", Admin, 200),
    row("GET /api/orgs/{organization}/teams/{team}/roles", Member, 200),
    one(
        row("POST /api/orgs/{organization}/teams/{team}/roles", Admin, 204).body(r#"{"roleID":"{role}"}"#),
        recorded!("team-updated"),
    ),
    one(row("DELETE /api/orgs/{organization}/teams/{team}/roles/{role}", Admin, 204), recorded!("team-updated")),
    one(row("POST /api/orgs/{organization}/teams/{team}/enable-team-roles", Admin, 204), recorded!("team-updated")),
    row("GET /api/orgs/{organization}/teams/{team}/tokens", Admin, 200),
    one(
        row("POST /api/orgs/{organization}/teams/{team}/tokens", Admin, 200).body(r#"{"name":"new-{team}"}"#),
        recorded!("team-token-created"),
    ),
    one(
        row("DELETE /api/orgs/{organization}/teams/{team}/tokens/{token}", Admin, 204),
        recorded!("team-token-deleted"),
    ),
    row("GET /api/orgs/{organization}/members/{login}/teams", Member, 200),
    row("GET /api/orgs/{organization}/teams", Member, 200),
    one(
        row("POST /api/orgs/{organization}/teams/pulumi", Admin, 201)
            .body(r#"{"name":"new-{team}","displayName":"New","description":""}"#),
        recorded!("team-created"),
    ),
    row("GET /api/orgs/{organization}/teams/{team}", Member, 200),
    one(
        row("PATCH /api/orgs/{organization}/teams/{team}", Admin, 204).body(r#"{"newDescription":"Who takes money"}"#),
        recorded!("team-updated"),
    ),
    one(row("DELETE /api/orgs/{organization}/teams/{team}", Admin, 204), recorded!("team-deleted")),
    one(row("GET /api/orgs/{organization}/auditlogs", Admin, 200), recorded!("escriba-audit-log-read")),
    one(row("GET /api/orgs/{organization}/auditlogs/export", Admin, 200), EXPORTED),
    one(row("GET /api/orgs/{organization}/auditlogs/v2", Admin, 200), recorded!("escriba-audit-log-read")),
    one(row("GET /api/orgs/{organization}/auditlogs/v2/export", Admin, 200), EXPORTED),
    one(row("GET /api/orgs/{organization}/auditlogs/search", Admin, 200), recorded!("escriba-audit-log-read")),
    one(row("GET /api/orgs/{organization}/auditlogs/events/{event}", Admin, 200), recorded!("escriba-audit-log-read")),
    row("GET /api/orgs/{organization}/auditlogs/events/{event}/proof", Admin, 200),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/access", Environment, 200)
        .query("user=mallory"),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/ownership", Environment, 200)
            .body(r#"{"githubLogin":"{login}"}"#),
        recorded!("escriba-environment-owner-changed"),
    ),
    row("GET /api/orgs/{organization}/auditlogs/event-types", Admin, 200),
    row("GET /api/orgs/{organization}/auditlogs/reader-kind", Admin, 200),
    row("GET /log/{log}/checkpoint", Admin, 200),
    row("GET /log/{log}/tile/{*path}", Admin, 200),
    row("GET /api/esc/environments", Credential, 200),
    row("GET /api/esc/environments/{organization}", Member, 200),
    one(
        row("POST /api/esc/environments/{organization}", Member, 204)
            .body(r#"{"project":"web","name":"new-{environment}"}"#),
        recorded!("environment-created"),
    ),
    row("GET /api/esc/environments/{organization}/restore", Member, 200),
    one(
        row("PUT /api/esc/environments/{organization}/restore", Admin, 204)
            .body(r#"{"project":"web","name":"gone-{environment}","deletionTimestamp":"{deleted}"}"#),
        recorded!("environment-restored"),
    ),
    row("GET /api/esc/environments/{organization}/tags", Member, 200),
    one(
        row("POST /api/esc/environments/{organization}/yaml/check", Member, 200).body("values: {a: 1}"),
        recorded!("escriba-yaml-checked"),
    ),
    one(
        row("POST /api/esc/environments/{organization}/yaml/open", Member, 200).body("values: {a: 1}"),
        recorded!("environment-open"),
    )
    .denied(UNAUTHORIZED),
    one(
        row("GET /api/esc/environments/{organization}/yaml/open/{session}", Member, 200),
        recorded!("environment-read-open"),
    ),
    one(
        row("GET /api/esc/environments/{organization}/{project}/{environment}", Environment, 200),
        recorded!("environment-read"),
    ),
    row("HEAD /api/esc/environments/{organization}/{project}/{environment}", Environment, 200),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}", Member, 204).query("new=1"),
        recorded!("environment-created"),
    ),
    one(
        row("PATCH /api/esc/environments/{organization}/{project}/{environment}", Environment, 200)
            .body("values: {a: 2}"),
        recorded!("environment-updated"),
    ),
    one(
        row("DELETE /api/esc/environments/{organization}/{project}/{environment}", Environment, 204),
        recorded!("environment-deleted"),
    ),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/clone", Environment, 204)
            .body(r#"{"name":"clone-{environment}"}"#),
        (&["environment-cloned succeeded", "environment-created succeeded"], "environment-cloned"),
    )
    .denied(UNAUTHORIZED),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/metadata", Environment, 200),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/settings", Environment, 200),
    one(
        row("PATCH /api/esc/environments/{organization}/{project}/{environment}/settings", Environment, 200)
            .body(r#"{"deletionProtected":true}"#),
        recorded!("environment-deletion-protection-enabled"),
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/referrers", Environment, 200),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/check", Environment, 200),
        recorded!("environment-read"),
    ),
    one(
        row("GET /api/esc/environments/{organization}/{project}/{environment}/decrypt", Environment, 200),
        recorded!("environment-decrypted"),
    ),
    row("POST /api/esc/environments/{organization}/{project}/{environment}/encrypt-secrets", Environment, 200)
        .body(r#"{"plaintexts":["x"]}"#),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/decrypt-secrets", Environment, 200)
            .body(r#"{"ciphertexts":[]}"#),
        recorded!("environment-decrypted"),
    ),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/open", Environment, 200)
            .query("duration=1h"),
        recorded!("environment-open"),
    )
    .denied(UNAUTHORIZED),
    one(
        row("GET /api/esc/environments/{organization}/{project}/{environment}/open/{session}", Environment, 200),
        recorded!("environment-read-open"),
    ),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/rotate", Environment, 200)
            .body(r#"{"Paths":[]}"#),
        recorded!("environment-rotated"),
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/rotate/history", Environment, 200),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/tags", Environment, 200),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/tags", Environment, 200)
            .body(r#"{"name":"team","value":"payments"}"#),
        recorded!("environment-tag-created"),
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/tags/{tag}", Environment, 200),
    one(
        row("PATCH /api/esc/environments/{organization}/{project}/{environment}/tags/{tag}", Environment, 200)
            .body(r#"{"currentTag":{"value":"yes"},"newTag":{"name":"","value":"no"}}"#),
        recorded!("environment-tag-updated"),
    ),
    one(
        row("DELETE /api/esc/environments/{organization}/{project}/{environment}/tags/{tag}", Environment, 204),
        recorded!("environment-tag-deleted"),
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/schedules", Environment, 200),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/schedules", Environment, 200)
            .body(r#"{"scheduleCron":"0 3 * * *"}"#),
        recorded!("environment-schedule-created"),
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}", Environment, 200),
    one(
        row(
            "PATCH /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}",
            Environment,
            200,
        )
        .body(r#"{"scheduleCron":"0 4 * * *"}"#),
        recorded!("environment-schedule-updated"),
    ),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}", Environment, 200)
            .body(r#"{"secretRotationRequest":{"environmentPath":"key"}}"#),
        recorded!("environment-schedule-updated"),
    ),
    one(
        row(
            "DELETE /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}",
            Environment,
            200,
        ),
        recorded!("environment-schedule-deleted"),
    ),
    one(
        row(
            "POST /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}/pause",
            Environment,
            200,
        ),
        recorded!("environment-schedule-updated"),
    ),
    one(
        row(
            "POST /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}/resume",
            Environment,
            200,
        ),
        recorded!("environment-schedule-updated"),
    ),
    row(
        "GET /api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}/history",
        Environment,
        200,
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/versions", Environment, 200),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/versions/tags", Environment, 200),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/versions/tags", Environment, 204)
            .body(r#"{"name":"new","revision":1}"#),
        recorded!("environment-revision-tag-created"),
    ),
    one(
        row("GET /api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}", Environment, 200),
        recorded!("environment-revision-tag-read"),
    ),
    one(
        row("POST /api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}", Environment, 204)
            .query("new=1"),
        recorded!("environment-revision-tag-created"),
    ),
    one(
        row("PATCH /api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}", Environment, 204)
            .body(r#"{"revision":1}"#),
        recorded!("environment-revision-tag-update"),
    ),
    one(
        row(
            "DELETE /api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}",
            Environment,
            204,
        ),
        recorded!("environment-revision-tag-delete"),
    ),
    one(
        row("GET /api/esc/environments/{organization}/{project}/{environment}/versions/{version}", Environment, 200),
        recorded!("environment-read"),
    ),
    one(
        row(
            "POST /api/esc/environments/{organization}/{project}/{environment}/versions/{version}/check",
            Environment,
            200,
        )
        .query("showSecrets=true"),
        recorded!("environment-decrypted"),
    ),
    one(
        row(
            "GET /api/esc/environments/{organization}/{project}/{environment}/versions/{version}/decrypt",
            Environment,
            200,
        ),
        recorded!("environment-decrypted"),
    ),
    one(
        row(
            "POST /api/esc/environments/{organization}/{project}/{environment}/versions/{version}/open",
            Environment,
            200,
        ),
        recorded!("environment-open"),
    )
    .denied(UNAUTHORIZED),
    one(
        row(
            "POST /api/esc/environments/{organization}/{project}/{environment}/versions/{version}/retract",
            Environment,
            204,
        )
        .body(r#"{"replacement":2,"reason":"leaked"}"#),
        recorded!("environment-revision-retracted"),
    ),
    row(
        "GET /api/esc/environments/{organization}/{project}/{environment}/versions/{version}/referrers",
        Environment,
        200,
    ),
    row("GET /api/esc/environments/{organization}/{project}/{environment}/versions/{version}/tags", Environment, 200),
];
