//! What the log of the server says of a log: its head at some time, among those of all others.

use ledger::proof::{TileNodes, inclusion};
use ledger::tile::{Edge, TileId};
use ledger::{Hash, Origin, OwnedLeaf, leaf_hash};
use store::anchor_list::{self, AnchorList};
use store::checkpoint::{self, Checkpoint};
use store::{LogKey, Question, Read, StoreError, entry, tree};

use crate::log::anchor::TreeHead;
use crate::log::anchors::{lines, said};
use crate::log::scan;

/// The newest list that the log of the server commits to, as a bundle of one log needs it.
pub(super) struct FindAnchor {
    pub(super) server: LogKey,
    pub(super) log: LogKey,
    pub(super) origin: Origin,
    /// How many entries the log has under the checkpoint of the bundle.
    pub(super) size: u64,
}

/// What a bundle says of the anchor of its log.
pub(super) struct Anchored {
    leaf: OwnedLeaf,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: Checkpoint,
    line: Line,
    consistency: Vec<Hash>,
}

/// The line of the log in the list.
struct Line {
    slot: u64,
    place: u64,
    logs: u64,
    head: TreeHead,
    proof: Vec<Hash>,
}

impl Anchored {
    pub(super) fn as_anchor(&self) -> ledger::bundle::Anchor<'_> {
        ledger::bundle::Anchor {
            leaf: self.leaf.as_leaf(),
            index: self.index,
            proof: &self.proof,
            checkpoint: &self.checkpoint.note,
            slot: self.line.slot,
            place: self.line.place,
            logs: self.line.logs,
            list: &self.line.proof,
            size: self.line.head.size,
            root: self.line.head.root,
            consistency: &self.consistency,
        }
    }
}

impl Question for FindAnchor {
    type Answer = Option<Anchored>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Some(list) = anchor_list::newest(read).await? else { return Ok(None) };
        let Some(line) = Line::find(&list, &self.origin) else { return Ok(None) };
        let Some(checkpoint) = checkpoint::newest(read, self.server).await? else { return Ok(None) };
        let Some(index) = entry::index_of(read, self.server, list.event).await? else { return Ok(None) };
        let Some(stored) = entry::at(read, self.server, index).await? else { return Ok(None) };
        let (_, leaf) = scan::leaf(self.server, stored)?;
        // The list can be so new that no checkpoint of the server's log covers it.
        let Some(proof) = tree::inclusion(read, self.server, index, checkpoint.size).await? else { return Ok(None) };
        let (old, new) = (line.head.size.min(self.size), line.head.size.max(self.size));
        let consistency = tree::consistency(read, self.log, old, new).await?;
        Ok(consistency.map(|consistency| Anchored { leaf, index, proof, checkpoint, line, consistency }))
    }
}

impl Line {
    /// The line of a log in a list, with the proof that it stands there.
    fn find(list: &AnchorList, origin: &Origin) -> Option<Self> {
        let lines = lines(std::str::from_utf8(&list.list).ok()?)?;
        let logs = lines.len() as u64;
        let place = lines.iter().position(|line| said(line).is_some_and(|(_, named, _)| named == *origin))?;
        let (slot, _, head) = said(lines[place])?;
        let (mut edge, mut full) = (Edge::new(), Vec::new());
        for line in &lines {
            edge.push(leaf_hash(line.as_bytes()), &mut full);
        }
        let mut nodes = TileNodes::new();
        for (id, tile) in full {
            nodes.insert(id, tile.hashes().to_vec());
        }
        for (id, _) in TileId::partial(logs) {
            nodes.insert(id, edge.level(id.level).to_vec());
        }
        let proof = inclusion::make(&mut nodes, place as u64, logs).ok()?;
        Some(Self { slot: slot as u64, place: place as u64, logs, head, proof })
    }
}
