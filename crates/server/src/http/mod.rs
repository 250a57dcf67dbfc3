//! The wire: from bytes to the engine and back.
//!
//! A handler parses, calls one method of the engine, and renders.

mod answer;
mod audited;
mod body;
mod caller;
mod client;
mod compression;
mod limits;
mod parameters;
mod path;
mod problem;
pub mod router;

mod auditlogs;
mod esc;
mod exchange;
mod invites;
mod issuers;
mod log;
mod machine_tokens;
mod oidc;
mod openapi;
mod orgs;
mod probes;
mod roles;
mod teams;
mod user;

use std::sync::Arc;

use engine::Engine;
use ipnet::IpNet;

pub(crate) use answer::name_events;
pub(crate) use auditlogs::{Cursor, export};
pub use client::{Peer, client_of};
pub(crate) use compression::compress;
pub(crate) use esc::time;
pub(crate) use limits::limit;
pub use limits::{Limits, SignInLimit};
pub(crate) use parameters::{Parameters, duration};
pub use path::clean;
pub(crate) use path::{EnvironmentPath, OrganizationPath};
pub(crate) use problem::Problem;
pub use router::{ROUTES, Route, router};

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    /// The product.
    pub engine: Engine,
    /// What the configuration says that handlers need.
    pub settings: Arc<Settings>,
    /// Counts and durations.
    pub metrics: Arc<crate::telemetry::Metrics>,
}

/// What the configuration says that handlers need.
#[derive(Debug)]
pub struct Settings {
    /// Where users reach the server, without a slash at the end.
    pub public_url: String,
    /// The proxies whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether cookies may only travel over TLS.
    pub secure_cookies: bool,
    /// How often callers may come.
    pub limits: Limits,
}

impl Settings {
    /// The address of somebody's picture.
    pub fn avatar(&self, login: &str) -> String {
        format!("{}{}", self.public_url, crate::console::views::links::avatar(login))
    }
}
