//! Who plays, and from where. Addresses are those that RFC 5737 and RFC 3849 keep for examples; the office is
//! `203.0.113.0/24`.

use engine::Role;

use super::stage::Caller;

const CLI: &str = "esc/0.25.0 (linux; amd64)";
const MAC: &str = "esc/0.25.0 (darwin; arm64)";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Somebody with an account: login, name, role.
pub(super) const PEOPLE: [(&str, &str, Role); 6] = [
    ("ben", "Ben Okafor", Role::Member),
    ("carol", "Carol Lindqvist", Role::Admin),
    ("dan", "Dan Moreau", Role::Member),
    ("erin", "Erin Tanaka", Role::Admin),
    ("frank", "Frank Oliveira", Role::Member),
    ("grace", "Grace Mbeki", Role::Member),
];

/// Each with a token of their own, where they usually sit.
pub(super) const ADMIN: Caller = Caller { token: "admin", address: "203.0.113.10", agent: BROWSER };
pub(super) const BEN: Caller = Caller { token: "ben", address: "203.0.113.21", agent: MAC };
pub(super) const CAROL: Caller = Caller { token: "carol", address: "203.0.113.22", agent: CLI };
pub(super) const CAROL_AT_HOME: Caller = Caller { token: "carol", address: "198.51.100.61", agent: CLI };
pub(super) const DAN: Caller = Caller { token: "dan", address: "203.0.113.23", agent: CLI };
pub(super) const ERIN: Caller = Caller { token: "erin", address: "203.0.113.24", agent: BROWSER };
pub(super) const FRANK: Caller = Caller { token: "frank", address: "203.0.113.25", agent: MAC };
pub(super) const FRANK_AT_HOME: Caller = Caller { token: "frank", address: "198.51.100.77", agent: MAC };
pub(super) const GRACE: Caller = Caller { token: "grace", address: "203.0.113.26", agent: MAC };
/// The token that Ben's laptop has, while it is only there.
pub(super) const LAPTOP: Caller = Caller { token: "laptop", address: "203.0.113.21", agent: MAC };
/// The pipeline that tests and deploys.
pub(super) const PIPELINE: Caller =
    Caller { token: "deploy", address: "192.0.2.14", agent: "pulumi-esc-sdk/0.14.0 (python)" };
/// The machine that backs the database up.
pub(super) const BACKUP: Caller = Caller { token: "backup", address: "192.0.2.40", agent: CLI };
/// Whoever found a token that was not theirs.
pub(super) const STRANGER: Caller = Caller { token: "laptop", address: "2001:db8:bad:1::7", agent: "curl/8.14.1" };
