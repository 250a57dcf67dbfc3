//! What the log of the server says of another log: its size and root at some time, among those of all others.

use super::keys::Changes;
use super::report::{Fault, Report};
use super::trust::{Judged, TrustRoots};
use crate::bundle::{self, AnchorText};
use crate::event::Event;
use crate::id::{LogKind, Origin};
use crate::leaf::{Leaf, LeafValue};
use crate::proof::{consistency, inclusion};
use crate::tree;

/// Checks the anchor of the log that the checkpoint is of. Gives the judgement of the server's own checkpoint.
pub(super) fn check(
    anchor: &str,
    server: &str,
    checkpoint: &Judged,
    trust: &TrustRoots,
    changes: &Changes,
    report: &mut Report,
) -> Result<Judged, Fault> {
    let server = trust.judge(server, changes).map_err(|what| Fault::new(bundle::SERVER, None, what))?;
    let wrong = |what: &str| Fault::new(bundle::ANCHOR, None, what);
    let anchor = anchor.strip_suffix('\n').and_then(AnchorText::read).ok_or_else(|| wrong("it is no anchor"))?;
    let leaf = Leaf::parse(anchor.leaf().as_bytes()).map_err(|error| wrong(&error.to_string()))?;
    if leaf.event() != Some(Event::LogsAnchored) || leaf.outcome_word() != Some("succeeded") {
        return Err(wrong("its entry does not anchor logs"));
    }
    if leaf.log() != server.origin() || !is_server_of(server.origin(), checkpoint.origin()) {
        return Err(wrong("its entry is not of the log of the same server"));
    }
    let hashes = |hashes: Option<Vec<tree::Hash>>| hashes.ok_or_else(|| wrong("it has something that is no hash"));
    let proof = hashes(anchor.proof())?;
    inclusion::verify(tree::leaf_hash(leaf.as_bytes()), anchor.index, server.size(), server.root(), &proof)
        .map_err(|error| wrong(&format!("its entry: {error}")))?;
    let list = match leaf.detail("root") {
        Some(LeafValue::Text(root)) => bundle::hash(root),
        _ => None,
    };
    let list = list.ok_or_else(|| wrong("its entry names no root"))?;
    if leaf.detail("logs") != Some(LeafValue::Integer(anchor.logs)) {
        return Err(wrong("its entry names another number of logs"));
    }
    let root = anchor.root().ok_or_else(|| wrong("it has something that is no hash"))?;
    let line = bundle::anchor_line(anchor.slot, checkpoint.origin(), anchor.size, &root);
    let proof = hashes(anchor.list())?;
    inclusion::verify(tree::leaf_hash(line.as_bytes()), anchor.place, anchor.logs, &list, &proof)
        .map_err(|error| wrong(&format!("the line of this log: {error}")))?;
    let proof = hashes(anchor.consistency())?;
    let (there, here) = ((anchor.size, &root), (checkpoint.size(), checkpoint.root()));
    let (old, new) = if there.0 <= here.0 { (there, here) } else { (here, there) };
    consistency::verify(old.0, old.1, new.0, new.1, &proof)
        .map_err(|error| wrong(&format!("both trees of this log: {error}")))?;
    report.show(format!(
        "The log of the server, at entry {} of {}, names this log at size {}, and both agree.",
        anchor.index,
        server.size(),
        anchor.size,
    ));
    Ok(server)
}

/// Whether the first is the log of the server that keeps the second.
fn is_server_of(server: &str, log: &str) -> bool {
    let instance = |origin: &str| origin.split_once('.').map(|(instance, _)| instance.to_owned());
    let is_server = server.parse::<Origin>().is_ok_and(|origin| origin.kind() == LogKind::Server);
    is_server && instance(server) == instance(log)
}
