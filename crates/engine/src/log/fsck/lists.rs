//! The lists of heads that entries of the server's log commit to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{Event, Leaf, LogKind};
use store::anchor_list::{self, AnchorList};
use store::tree::LogState;
use store::{Ask, LogKey, Question, Read, StoreError, entry};

use super::{Finding, Report};
use crate::log::anchors;
use crate::log::recompute::edge_at;
use crate::log::trust::Name;

/// A list, and the entry that commits to it.
struct Numbered {
    number: u64,
    servers: Vec<LogKey>,
}

impl Question for Numbered {
    type Answer = Option<(AnchorList, Option<Vec<u8>>)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Some(list) = anchor_list::at(read, self.number).await? else { return Ok(None) };
        for server in &self.servers {
            if let Some(index) = entry::index_of(read, *server, list.event).await? {
                let leaf = entry::at(read, *server, index).await?.map(|stored| stored.leaf);
                return Ok(Some((list, leaf)));
            }
        }
        Ok(Some((list, None)))
    }
}

/// Whether a line of a list is the head that its log had.
struct IsHead(LogKey, crate::log::anchor::TreeHead);

impl Question for IsHead {
    type Answer = bool;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<bool, StoreError> {
        Ok(edge_at(read, self.0, self.1).await?.is_ok())
    }
}

/// Checks every list against its entry, and the heads of the newest against the logs.
pub(super) async fn check<A: Ask>(
    source: &A,
    logs: &[(Name, LogState)],
    report: &mut Report,
) -> Result<(), StoreError> {
    let is_server = |(name, _): &&(Name, LogState)| name.origin.kind() == LogKind::Server;
    let servers: Vec<LogKey> = logs.iter().filter(is_server).map(|(_, state)| state.log).collect();
    let mut newest = None;
    for number in 0.. {
        let found = match source.ask(Numbered { number, servers: servers.clone() }).await {
            Err(StoreError::BadValue { .. }) => {
                report.findings.push(Finding::of_all(format!("the list {number} of heads cannot be read")));
                continue;
            }
            found => found?,
        };
        let Some((list, leaf)) = found else { break };
        match wrong(&list, leaf.as_deref()) {
            Some(what) => report.findings.push(Finding::of_all(format!("the list {number} of heads {what}"))),
            None => newest = Some(list),
        }
    }
    match newest {
        Some(newest) => check_heads(source, logs, &newest, report).await,
        None => Ok(()),
    }
}

fn wrong(list: &AnchorList, leaf: Option<&[u8]>) -> Option<&'static str> {
    let lines = std::str::from_utf8(&list.list).ok().and_then(anchors::lines);
    let Some(lines) = lines else { return Some("is none") };
    let root = anchors::root_of(lines);
    if root != list.root {
        return Some("is not the one that its root is of");
    }
    // An entry that waits in the outbox has no leaf yet.
    let leaf = Leaf::parse(leaf?).ok()?;
    let said = leaf.detail("root").map(|value| value.to_string());
    let is_said = leaf.event() == Some(Event::LogsAnchored) && said == Some(STANDARD.encode(root));
    (!is_said).then_some("is not the one that its entry commits to")
}

async fn check_heads<A: Ask>(
    source: &A,
    logs: &[(Name, LogState)],
    newest: &AnchorList,
    report: &mut Report,
) -> Result<(), StoreError> {
    let text = String::from_utf8_lossy(&newest.list);
    for line in anchors::lines(&text).unwrap_or_default() {
        let Some((slot, origin, head)) = anchors::said(line) else {
            report.findings.push(Finding::of_all("a line of the newest list of heads is none"));
            continue;
        };
        let log = logs.iter().find(|(name, _)| name.origin == origin);
        let fits = match log {
            Some((_, state)) if head.size <= state.size => source.ask(IsHead(state.log, head)).await?,
            _ => false,
        };
        if !fits {
            let what =
                format!("the log {origin}, at slot {slot} of the newest list of heads, does not extend what it says");
            report.findings.push(Finding::of_all(what));
        }
    }
    Ok(())
}
