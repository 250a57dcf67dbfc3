//! What of an entry can be asked for: words of its leaf, and texts of the openings beside it.

use core::net::IpAddr;
use std::fmt;

use crate::entry::{ActorText, ClientText, ReadText, TargetText};
use crate::leaf::Leaf;
use crate::words::{StatementName, words};

words! {
    /// A kind of value that an entry may have.
    Facet {
        Actor = "actor",
        Address = "address",
        Agent = "agent",
        Behalf = "behalf",
        Credential = "credential",
        CredentialKind = "credential-kind",
        Environment = "environment",
        Event = "event",
        Login = "login",
        Name = "name",
        Outcome = "outcome",
        Peer = "peer",
        Reason = "reason",
        Secret = "secret",
        Subject = "subject",
        Target = "target",
    }
}

/// Between an environment and a path of it.
pub(super) const OF: char = '#';

impl Facet {
    /// The statement whose openings give the values; `None` for those that stand in the leaf.
    pub const fn statement(self) -> Option<StatementName> {
        match self {
            Self::Login | Self::Name => Some(StatementName::Actor),
            Self::Behalf => Some(StatementName::Behalf),
            Self::Address | Self::Peer | Self::Agent => Some(StatementName::Client),
            Self::Environment | Self::Subject => Some(StatementName::Target),
            Self::Secret => Some(StatementName::Reads),
            Self::Actor
            | Self::Credential
            | Self::CredentialKind
            | Self::Event
            | Self::Outcome
            | Self::Reason
            | Self::Target => None,
        }
    }
}

/// Gives each value that stands in a leaf.
pub fn facets_of_leaf(leaf: &Leaf<'_>, mut take: impl FnMut(Facet, &str)) {
    let members = [
        (Facet::Actor, "actor", "id"),
        (Facet::Event, "", "type"),
        (Facet::Outcome, "", "outcome"),
        (Facet::Reason, "", "reason"),
        (Facet::Credential, "cred", "id"),
        (Facet::CredentialKind, "cred", "kind"),
        (Facet::Target, "target", "id"),
    ];
    for (facet, object, key) in members {
        let value = leaf.part(object, key);
        if !value.is_empty() {
            take(facet, value);
        }
    }
}

/// Gives each value that an opening says, by the statement's name and the value of the opening. A value may come
/// twice. An opening that is not as this version writes it says nothing.
pub fn facets_of_opening(name: &str, value: &str, mut take: impl FnMut(Facet, &str)) {
    match StatementName::from_word(name) {
        Some(StatementName::Actor) => {
            if let Ok(actor) = serde_json::from_str::<ActorText>(value) {
                take(Facet::Login, &actor.login);
                take(Facet::Name, &actor.name);
            }
        }
        Some(StatementName::Behalf) => {
            if let Ok(behalf) = serde_json::from_str::<ActorText>(value) {
                take(Facet::Behalf, &behalf.login);
                take(Facet::Behalf, &behalf.name);
            }
        }
        Some(StatementName::Client) => {
            if let Ok(client) = serde_json::from_str::<ClientText>(value) {
                give_client(&client, take);
            }
        }
        Some(StatementName::Target) => {
            if let Ok(target) = serde_json::from_str::<TargetText>(value) {
                give_target(&target, take);
            }
        }
        Some(StatementName::Reads) => {
            let reads = serde_json::from_str::<Vec<ReadText>>(value).unwrap_or_default();
            for read in reads {
                for path in &read.paths {
                    take(Facet::Secret, &format!("{}{OF}{path}", read.name));
                }
            }
        }
        Some(StatementName::Definition | StatementName::Destroyed | StatementName::Detail) | None => {}
    }
}

fn give_client(client: &ClientText, mut take: impl FnMut(Facet, &str)) {
    let addresses = [(Facet::Address, &client.addr), (Facet::Peer, &client.peer)];
    for (facet, address) in addresses {
        match address.as_ref().map(|text| (text, text.parse::<IpAddr>())) {
            // One spelling for each address, so that it can be looked up.
            Some((_, Ok(address))) => take(facet, &address.to_canonical().to_string()),
            Some((text, Err(_))) => take(facet, text),
            None => {}
        }
    }
    if let Some(agent) = &client.ua {
        take(Facet::Agent, agent);
    }
}

fn give_target(target: &TargetText, mut take: impl FnMut(Facet, &str)) {
    if let Some(environment) = &target.environment {
        let project = target.project.as_deref().unwrap_or_default();
        take(Facet::Environment, &format!("{project}/{environment}"));
        return;
    }
    for text in [&target.login, &target.name, &target.project, &target.organization].into_iter().flatten() {
        take(Facet::Subject, text);
    }
}
