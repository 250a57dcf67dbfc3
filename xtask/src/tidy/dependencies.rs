//! The crates: who may use whom, and what may be used from outside.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::licence::is_met;
use crate::project::{Metadata, Project};

/// Which crate of ours may use which others, as the architecture has it.
const GRAPH: [(&str, &[&str]); 11] = [
    ("lang", &[]),
    ("ledger", &[]),
    ("seal", &[]),
    ("api", &[]),
    ("store", &["ledger", "seal"]),
    ("engine", &["store", "lang", "ledger", "seal"]),
    ("server", &["engine", "api"]),
    ("escriba", &["server", "engine", "ledger", "api"]),
    // It drives the built program from outside, as its users do; the language and the format of the log are measured as
    // they are, and a log of a million events is made with the store.
    ("benches", &["lang", "ledger", "store"]),
    ("conformance", &["lang", "ledger"]),
    ("xtask", &[]),
];

/// What the tests of a crate may use beyond the graph, and why. The list only shrinks.
const IN_TESTS: [(&str, &str, &str); 0] = [];

/// The crates that compute and do nothing else.
const PURE: [&str; 3] = ["lang", "ledger", "api"];

/// What would let a pure crate reach the world: runtimes, databases, networks, generators.
const IMPURE: [&str; 16] = [
    "async-std",
    "axum",
    "fastrand",
    "getrandom",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "tokio-postgres",
    "tracing-subscriber",
];

/// What the checks read.
pub(super) struct Dependencies {
    metadata: Metadata,
    deny: Deny,
}

impl Dependencies {
    pub(super) fn read(project: &Project) -> Result<Self> {
        let deny = fs::read_to_string(project.root.join("deny.toml")).context("cannot read deny.toml")?;
        let deny = toml::from_str(&deny).context("deny.toml is not as expected")?;
        Ok(Self { metadata: project.metadata()?, deny })
    }
}

/// What `deny.toml` says, as far as it is checked here.
#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    clarify: Vec<Clarified>,
}

#[derive(Deserialize)]
struct Clarified {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// Our crates use each other as the architecture allows.
pub(super) fn graph(Dependencies { metadata, .. }: &Dependencies) -> Vec<String> {
    let ours: BTreeSet<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut complaints = Vec::new();
    for package in metadata.members() {
        let Some((_, allowed)) = GRAPH.iter().find(|(name, _)| *name == package.name) else {
            complaints.push(format!("{} is not in the architecture; it needs a place and a reason", package.name));
            continue;
        };
        let used = package.dependencies.iter().filter(|used| ours.contains(used.name.as_str()));
        for used in used.filter(|used| !allowed.contains(&used.name.as_str())) {
            let is_in_tests = used.kind.as_deref() == Some("dev");
            let is_excepted = IN_TESTS.iter().any(|(user, name, _)| *user == package.name && *name == used.name);
            if !(is_in_tests && is_excepted) {
                complaints.push(format!("{} must not depend on {}", package.name, used.name));
            }
        }
    }
    complaints
}

/// The readme's `cargo run` names no program: there must be one, and it is the product.
pub(super) fn default_program(Dependencies { metadata, .. }: &Dependencies) -> Vec<String> {
    let names: Vec<&str> = metadata.default_members().map(|package| package.name.as_str()).collect();
    if names == ["escriba"] {
        return Vec::new();
    }
    vec![format!("`cargo run` must mean escriba alone: `default-members` in Cargo.toml are {}", names.join(", "))]
}

/// The crates that only compute contain nothing that does more.
pub(super) fn purity(Dependencies { metadata, .. }: &Dependencies) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in PURE {
        let parts = metadata.parts_of(member);
        let impure = IMPURE.iter().filter(|name| parts.contains(*name));
        complaints.extend(impure.map(|name| format!("{member} must not contain {name}")));
    }
    complaints
}

/// Every dependency may be used under a licence that `deny.toml` allows.
pub(super) fn licences(Dependencies { metadata, deny }: &Dependencies) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in &metadata.packages {
        let clarified = deny.licenses.clarify.iter().find(|clarified| clarified.name == package.name);
        let expression = clarified.map(|clarified| &clarified.expression).or(package.license.as_ref());
        if !expression.is_some_and(|expression| is_met(expression, &deny.licenses.allow)) {
            complaints.push(format!(
                "{} has {}, which is not allowed",
                package.name,
                expression.map_or("no licence", |e| e)
            ));
        }
    }
    complaints
}

/// Every dependency comes from the one public registry, and none is banned.
pub(super) fn sources_and_bans(Dependencies { metadata, deny }: &Dependencies) -> Vec<String> {
    let members: BTreeSet<&str> = metadata.members().map(|package| package.id.as_str()).collect();
    let registries: BTreeSet<&str> = metadata
        .packages
        .iter()
        .filter_map(|package| package.source.as_deref())
        .filter(|source| source.starts_with("registry+"))
        .collect();
    let mut complaints = Vec::new();
    if registries.len() > 1 {
        complaints.push(format!("dependencies come from several registries: {registries:?}"));
    }
    for package in &metadata.packages {
        let is_known = match &package.source {
            Some(source) => source.starts_with("registry+"),
            None => members.contains(package.id.as_str()),
        };
        if !is_known {
            let source = package.source.as_deref().unwrap_or("a folder outside the workspace");
            complaints.push(format!("{} comes from {source}", package.name));
        }
        if let Some(banned) = deny.bans.deny.iter().find(|banned| banned.name == package.name) {
            complaints.push(format!("{} is banned: {}", package.name, banned.reason));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_in_the_graph_exists_and_the_graph_has_no_circle() {
        let metadata = Project::find().unwrap().metadata().unwrap();
        let members: BTreeSet<&str> = metadata.members().map(|package| package.name.as_str()).collect();
        let mut before = BTreeSet::new();
        for (name, allowed) in GRAPH {
            assert!(members.contains(name), "{name}");
            assert!(allowed.iter().all(|used| before.contains(used)), "{name} uses what comes after it");
            before.insert(name);
        }
    }

    #[test]
    fn the_purity_check_sees_through_other_crates() {
        let metadata = Project::find().unwrap().metadata().unwrap();
        assert!(metadata.parts_of("engine").contains("libsqlite3-sys"));
    }
}
