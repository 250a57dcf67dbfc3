//! The matrix: one row for each route, and two tests that walk all of them.

mod audit;
mod authorization;
mod fixture;
mod rows;

use std::collections::BTreeSet;

use fixture::Fixture;
use rows::{Guard, ROWS, Row};
use server::http::ROUTES;

#[test]
fn every_route_has_one_row_and_every_row_a_route() {
    let routes: BTreeSet<String> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(rows.len(), ROWS.len(), "a route has two rows");
    assert_eq!(routes, rows);
}

/// Routes that ask for no credential. Each needs a reason, and the list should only get shorter.
const OPEN: &[(&str, &str)] = &[
    ("GET /healthz", "a load balancer has no credential, and the answer tells nothing"),
    ("GET /readyz", "a load balancer has no credential, and the answer tells nothing"),
    ("GET /metrics", "counts of the process only: no name, no address, nothing that anybody did"),
    ("GET /api/capabilities", "the command line asks before it has signed in; it is a constant"),
    ("GET /api/oidc/.well-known/openid-configuration", "whoever is shown an ID token reads how to verify it"),
    ("GET /api/oidc/.well-known/jwks", "whoever is shown an ID token verifies it; public halves of keys only"),
    ("GET /api/openapi/pulumi-spec.json", "it is a constant, and stands in the repository"),
    ("POST /api/oauth/token", "what is presented is the credential: an identity, which becomes a token"),
    ("GET /api/cli/version", "the command line asks before it has signed in; it is a constant"),
];

#[test]
fn only_the_listed_routes_ask_for_no_credential() {
    let open: BTreeSet<&str> = ROWS.iter().filter(|row| row.guard == Guard::Open).map(|row| row.route).collect();
    assert_eq!(open, OPEN.iter().map(|(route, _)| *route).collect());
}
