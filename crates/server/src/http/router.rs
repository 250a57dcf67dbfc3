//! Every route of the API, on one page.
//!
//! The matrix tests walk this table: each route has an authorisation test and, where it reveals
//! or changes something, an audit test.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodRouter, delete, get, head, patch, post, put};

use super::body::LARGEST;
use super::problem::Problem;
use super::{
    App, auditlogs, esc, exchange, invites, issuers, log, machine_tokens, oidc, openapi, orgs, probes, roles, teams,
    user,
};

/// A route.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters.
    pub path: &'static str,
    /// The activity, as the log names it where a caller was not even recognised.
    pub activity: &'static str,
    handler: fn() -> MethodRouter<App>,
}

macro_rules! routes {
    ($($method:ident $path:literal $activity:literal => $handler:expr;)+) => {
        vec![$(Route {
            method: Method::$method,
            path: $path,
            activity: $activity,
            handler: || routes!(@ $method, $handler),
        }),+]
    };
    (@ GET, $handler:expr) => { get($handler) };
    (@ HEAD, $handler:expr) => { head($handler) };
    (@ POST, $handler:expr) => { post($handler) };
    (@ PUT, $handler:expr) => { put($handler) };
    (@ PATCH, $handler:expr) => { patch($handler) };
    (@ DELETE, $handler:expr) => { delete($handler) };
}

/// All routes of the API.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    routes! {
        GET "/healthz" "health" => probes::health;
        GET "/readyz" "readiness" => probes::readiness;
        GET "/metrics" "metrics" => probes::metrics;

        GET "/api/user" "read-user" => user::read_user;
        GET "/api/user/organizations/default" "read-default-organization" => user::read_default_organization;
        POST "/api/user/organizations/{organization}/default" "set-default-organization" => user::set_default_organization;
        GET "/api/user/tokens" "list-tokens" => user::list_tokens;
        POST "/api/user/tokens" "create-token" => user::create_token;
        DELETE "/api/user/tokens/{token}" "delete-token" => user::delete_token;
        POST "/api/oauth/token" "exchange-token" => exchange::exchange;
        GET "/api/capabilities" "capabilities" => user::capabilities;
        GET "/api/cli/version" "cli-version" => user::cli_version;
        GET "/api/openapi/pulumi-spec.json" "read-openapi" => openapi::document;

        GET "/api/orgs/{organization}" "read-organization" => orgs::read_organization;
        PATCH "/api/orgs/{organization}" "update-organization" => orgs::update_organization;
        GET "/api/orgs/{organization}/metadata" "read-organization-metadata" => orgs::read_metadata;
        GET "/api/orgs/{organization}/members" "list-members" => orgs::list_members;
        POST "/api/orgs/{organization}/members/{login}" "add-member" => orgs::add_member;
        PATCH "/api/orgs/{organization}/members/{login}" "change-member" => orgs::change_member;
        DELETE "/api/orgs/{organization}/members/{login}" "remove-member" => orgs::remove_member;
        POST "/api/orgs/{organization}/members/{login}/set-admin" "set-admin" => orgs::set_admin;
        GET "/api/orgs/{organization}/members/{login}/teams" "list-teams-of-member" => teams::of_member;
        GET "/api/orgs/{organization}/invites" "list-invites" => invites::list;
        POST "/api/orgs/{organization}/invites/link" "send-invite" => invites::create;
        POST "/api/orgs/{organization}/invites/batch" "send-invites" => invites::create_several;
        GET "/api/orgs/{organization}/invites/{invite}" "read-invite" => invites::read;
        PATCH "/api/orgs/{organization}/invites/{invite}" "accept-invite" => invites::accept;
        DELETE "/api/orgs/{organization}/invites/{invite}" "cancel-invite" => invites::cancel;
        GET "/api/orgs/{organization}/roles" "list-roles" => roles::list;
        POST "/api/orgs/{organization}/roles" "create-role" => roles::create;
        GET "/api/orgs/{organization}/roles/scopes" "list-scopes" => roles::list_scopes;
        GET "/api/orgs/{organization}/roles/{role}" "read-role" => roles::read;
        PATCH "/api/orgs/{organization}/roles/{role}" "update-role" => roles::update;
        DELETE "/api/orgs/{organization}/roles/{role}" "delete-role" => roles::delete;
        PATCH "/api/orgs/{organization}/roles/{role}/default" "set-default-role" => roles::set_default;
        GET "/api/orgs/{organization}/roles/{role}/users" "list-users-of-role" => roles::users;
        GET "/api/orgs/{organization}/roles/{role}/teams" "list-teams-of-role" => roles::teams_with;
        GET "/api/orgs/{organization}/roles/{role}/tokens" "list-tokens-of-role" => roles::tokens;
        GET "/api/orgs/{organization}/teams" "list-teams" => teams::list;
        POST "/api/orgs/{organization}/teams/pulumi" "create-team" => teams::create;
        GET "/api/orgs/{organization}/teams/{team}" "read-team" => teams::read;
        PATCH "/api/orgs/{organization}/teams/{team}" "update-team" => teams::update;
        DELETE "/api/orgs/{organization}/teams/{team}" "delete-team" => teams::delete;
        GET "/api/orgs/{organization}/teams/{team}/roles" "list-team-roles" => roles::of_team;
        POST "/api/orgs/{organization}/teams/{team}/roles" "give-team-role" => roles::give_to_team;
        DELETE "/api/orgs/{organization}/teams/{team}/roles/{role}" "take-team-role" => roles::take_from_team;
        POST "/api/orgs/{organization}/teams/{team}/enable-team-roles" "enable-team-roles" => roles::enable_for_team;
        GET "/api/orgs/{organization}/teams/{team}/tokens" "list-machine-tokens" => machine_tokens::list_of_team;
        POST "/api/orgs/{organization}/teams/{team}/tokens" "create-machine-token" => machine_tokens::create_for_team;
        DELETE "/api/orgs/{organization}/teams/{team}/tokens/{token}" "delete-machine-token" => machine_tokens::delete_of_team;
        GET "/api/orgs/{organization}/tokens" "list-machine-tokens" => machine_tokens::list;
        POST "/api/orgs/{organization}/tokens" "create-machine-token" => machine_tokens::create;
        DELETE "/api/orgs/{organization}/tokens/{token}" "delete-machine-token" => machine_tokens::delete;

        GET "/api/orgs/{organization}/oidc/issuers" "list-issuers" => issuers::list;
        POST "/api/orgs/{organization}/oidc/issuers" "register-issuer" => issuers::register;
        GET "/api/orgs/{organization}/oidc/issuers/{issuer}" "read-issuer" => issuers::read;
        PATCH "/api/orgs/{organization}/oidc/issuers/{issuer}" "update-issuer" => issuers::update;
        DELETE "/api/orgs/{organization}/oidc/issuers/{issuer}" "delete-issuer" => issuers::delete;
        POST "/api/orgs/{organization}/oidc/issuers/{issuer}/regenerate-thumbprints" "refresh-issuer" => issuers::refresh;
        GET "/api/orgs/{organization}/auth/policies/oidcissuers/{issuer}" "read-policy" => issuers::read_policy;
        PATCH "/api/orgs/{organization}/auth/policies/{policy}" "update-policy" => issuers::update_policy;

        GET "/api/orgs/{organization}/auditlogs" "read-audit-log" => auditlogs::list_v1;
        GET "/api/orgs/{organization}/auditlogs/export" "export-audit-log" => auditlogs::export_v1;
        GET "/api/orgs/{organization}/auditlogs/v2" "read-audit-log" => auditlogs::list_v2;
        GET "/api/orgs/{organization}/auditlogs/v2/export" "export-audit-log" => auditlogs::export_v2;
        GET "/api/orgs/{organization}/auditlogs/search" "search-audit-log" => auditlogs::search;
        GET "/api/orgs/{organization}/auditlogs/events/{event}" "read-event" => auditlogs::read_event;
        GET "/api/orgs/{organization}/auditlogs/events/{event}/proof" "prove-event" => auditlogs::prove_event;
        GET "/api/orgs/{organization}/auditlogs/event-types" "list-event-types" => auditlogs::event_types;
        GET "/api/orgs/{organization}/auditlogs/reader-kind" "read-reader-kind" => auditlogs::reader_kind;

        GET "/log/{log}/checkpoint" "read-checkpoint" => log::checkpoint;
        GET "/log/{log}/tile/{*path}" "read-tile" => log::tile;

        GET "/api/oidc/.well-known/openid-configuration" "read-openid-configuration" => oidc::configuration;
        GET "/api/oidc/.well-known/jwks" "read-identity-keys" => oidc::keys;

        GET "/api/esc/providers" "list-providers" => esc::providers::list_providers;
        GET "/api/esc/providers/{provider}/schema" "read-provider-schema" => esc::providers::provider_schema;
        GET "/api/esc/rotators" "list-rotators" => esc::providers::list_rotators;
        GET "/api/esc/rotators/{rotator}/schema" "read-rotator-schema" => esc::providers::rotator_schema;
        GET "/api/esc/context/schema" "read-context-schema" => esc::providers::context_schema;

        GET "/api/esc/environments" "list-environments" => esc::list_all;
        GET "/api/esc/environments/{organization}" "list-environments" => esc::list;
        POST "/api/esc/environments/{organization}" "create-environment" => esc::create;
        GET "/api/esc/environments/{organization}/restore" "list-deleted-environments" => esc::list_deleted;
        PUT "/api/esc/environments/{organization}/restore" "restore-environment" => esc::restore;
        GET "/api/esc/environments/{organization}/tags" "list-tags" => esc::tags::list_values;
        POST "/api/esc/environments/{organization}/yaml/check" "check-yaml" => esc::check_yaml;
        POST "/api/esc/environments/{organization}/yaml/open" "open-yaml" => esc::open_yaml;
        GET "/api/esc/environments/{organization}/yaml/open/{session}" "read-open-yaml" => esc::read_open_yaml;

        GET "/api/esc/environments/{organization}/{project}/{environment}" "read-environment" => esc::read;
        HEAD "/api/esc/environments/{organization}/{project}/{environment}" "head-environment" => esc::stat;
        POST "/api/esc/environments/{organization}/{project}/{environment}" "create-environment" => esc::create_here;
        PATCH "/api/esc/environments/{organization}/{project}/{environment}" "update-environment" => esc::update;
        DELETE "/api/esc/environments/{organization}/{project}/{environment}" "delete-environment" => esc::delete;
        GET "/api/esc/environments/{organization}/{project}/{environment}/access" "explain-access" => esc::access::explain;
        POST "/api/esc/environments/{organization}/{project}/{environment}/ownership" "change-owner" => esc::access::change_owner;
        POST "/api/esc/environments/{organization}/{project}/{environment}/clone" "clone-environment" => esc::clone;
        GET "/api/esc/environments/{organization}/{project}/{environment}/metadata" "read-metadata" => esc::metadata;
        GET "/api/esc/environments/{organization}/{project}/{environment}/settings" "read-settings" => esc::read_settings;
        PATCH "/api/esc/environments/{organization}/{project}/{environment}/settings" "update-settings" => esc::update_settings;
        GET "/api/esc/environments/{organization}/{project}/{environment}/referrers" "list-referrers" => esc::referrers;
        POST "/api/esc/environments/{organization}/{project}/{environment}/check" "check-environment" => esc::check;
        GET "/api/esc/environments/{organization}/{project}/{environment}/decrypt" "decrypt-environment" => esc::decrypt;
        POST "/api/esc/environments/{organization}/{project}/{environment}/encrypt-secrets" "encrypt-secrets" => esc::secrets::encrypt;
        POST "/api/esc/environments/{organization}/{project}/{environment}/decrypt-secrets" "decrypt-secrets" => esc::secrets::decrypt;
        POST "/api/esc/environments/{organization}/{project}/{environment}/open" "open-environment" => esc::open;
        GET "/api/esc/environments/{organization}/{project}/{environment}/open/{session}" "read-open-environment" => esc::read_open;

        POST "/api/esc/environments/{organization}/{project}/{environment}/rotate" "rotate-environment" => esc::rotation::rotate;
        GET "/api/esc/environments/{organization}/{project}/{environment}/rotate/history" "list-rotations" => esc::rotation::history;

        GET "/api/esc/environments/{organization}/{project}/{environment}/tags" "list-tags" => esc::tags::list;
        POST "/api/esc/environments/{organization}/{project}/{environment}/tags" "create-tag" => esc::tags::create;
        GET "/api/esc/environments/{organization}/{project}/{environment}/tags/{tag}" "read-tag" => esc::tags::read;
        PATCH "/api/esc/environments/{organization}/{project}/{environment}/tags/{tag}" "update-tag" => esc::tags::update;
        DELETE "/api/esc/environments/{organization}/{project}/{environment}/tags/{tag}" "delete-tag" => esc::tags::delete;

        GET "/api/esc/environments/{organization}/{project}/{environment}/schedules" "list-schedules" => esc::schedules::list;
        POST "/api/esc/environments/{organization}/{project}/{environment}/schedules" "create-schedule" => esc::schedules::create;
        GET "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}" "read-schedule" => esc::schedules::read;
        PATCH "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}" "update-schedule" => esc::schedules::change;
        POST "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}" "update-schedule" => esc::schedules::change;
        DELETE "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}" "delete-schedule" => esc::schedules::delete;
        POST "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}/pause" "pause-schedule" => esc::schedules::pause;
        POST "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}/resume" "resume-schedule" => esc::schedules::resume;
        GET "/api/esc/environments/{organization}/{project}/{environment}/schedules/{schedule}/history" "read-schedule-history" => esc::schedules::history;

        GET "/api/esc/environments/{organization}/{project}/{environment}/versions" "list-revisions" => esc::revisions;
        GET "/api/esc/environments/{organization}/{project}/{environment}/versions/tags" "list-revision-tags" => esc::revision_tags::list;
        POST "/api/esc/environments/{organization}/{project}/{environment}/versions/tags" "create-revision-tag" => esc::revision_tags::create;
        GET "/api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}" "read-revision-tag" => esc::revision_tags::read;
        POST "/api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}" "create-revision-tag" => esc::revision_tags::create_here;
        PATCH "/api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}" "update-revision-tag" => esc::revision_tags::update;
        DELETE "/api/esc/environments/{organization}/{project}/{environment}/versions/tags/{tag}" "delete-revision-tag" => esc::revision_tags::delete;
        GET "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}" "read-environment" => esc::read;
        POST "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}/check" "check-environment" => esc::check;
        GET "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}/decrypt" "decrypt-environment" => esc::decrypt;
        POST "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}/open" "open-environment" => esc::open;
        POST "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}/retract" "retract-revision" => esc::retract;
        GET "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}/referrers" "list-referrers" => esc::referrers;
        GET "/api/esc/environments/{organization}/{project}/{environment}/versions/{version}/tags" "list-revision-tags" => esc::revision_tags::list;
    }
});

/// The activity of a route.
pub fn activity(method: &Method, path: &str) -> &'static str {
    ROUTES.iter().find(|route| route.method == *method && route.path == path).map_or("unknown", |route| route.activity)
}

/// The API as a service. Paths must be [cleaned](super::path::clean) before they come here.
pub fn router(app: App) -> Router {
    let api = ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.handler)()));
    api.method_not_allowed_fallback(|| async {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
    })
    .fallback(crate::console::lost)
    .layer(DefaultBodyLimit::max(LARGEST))
    .with_state(app)
}
