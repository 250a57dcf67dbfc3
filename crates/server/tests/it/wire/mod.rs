//! The protocol as official clients speak it.

mod bodies;
mod clones;
mod definitions;
mod exchange;
mod exchange_for_machines;
mod invites;
mod issuer_keys;
mod lifecycle;
mod limits;
mod machine_tokens;
mod oidc_issuers;
mod ownership;
mod paths;
mod referrers;
mod retraction;
mod revision_tags;
mod revisions;
mod roles;
mod schedules;
mod secrets;
mod tags;
mod teams;
mod token_life;

/// The environment that these tests act on.
const PROD: &str = "/api/esc/environments/acme/web/prod";
