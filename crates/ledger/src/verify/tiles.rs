//! A whole log from its tiles and entries: in a folder, behind an address, or in the data of a server.

use super::keys::Changes;
use super::report::{Fault, Report};
use super::trust::TrustRoots;
use crate::checkpoint::Checkpoint;
use crate::leaf::Leaf;
use crate::record::VERSION;
use crate::tile::{Edge, TILE_WIDTH, TileId, TilePath, read_entries};
use crate::tree::{self, Hash};

/// Where tiles and entries come from.
pub trait TileSource {
    /// Why one cannot be had.
    type Error;

    /// The bytes of a tile or an entry bundle, not compressed. Only those are asked for that the log has at the size
    /// of the checkpoint, from left to right.
    fn fetch(&mut self, path: TilePath) -> Result<Vec<u8>, Self::Error>;
}

/// What a log is checked against.
#[derive(Clone, Copy, Debug)]
pub struct TilesExpected<'a> {
    /// The signed checkpoint.
    pub checkpoint: &'a str,
    /// Checkpoints of this log that the user knows from before: it must extend each of them.
    pub earlier: &'a [Checkpoint],
    /// Entries before this one were pruned, and only their hashes are there. A multiple of 256.
    pub first: u64,
}

enum Stop<E> {
    Source(E),
    Fault(Fault),
}

/// Derives everything again: leaves, tiles of every level, the root of the checkpoint, those of earlier ones.
pub fn verify_tiles<S: TileSource>(
    source: &mut S,
    expected: TilesExpected<'_>,
    trust: &TrustRoots,
) -> Result<Report, S::Error> {
    let mut report = Report::new();
    match check(source, expected, trust, &mut report) {
        Ok(()) => Ok(report),
        Err(Stop::Source(error)) => Err(error),
        Err(Stop::Fault(fault)) => {
            report.fail(fault);
            Ok(report)
        }
    }
}

fn check<S: TileSource>(
    source: &mut S,
    expected: TilesExpected<'_>,
    trust: &TrustRoots,
    report: &mut Report,
) -> Result<(), Stop<S::Error>> {
    let wrong = |what: String| Fault::new("checkpoint", None, what);
    let checkpoint = trust.judge(expected.checkpoint, &Changes::default()).map_err(wrong)?;
    checkpoint.origin().clone_into(&mut report.origin);
    let mut walk =
        Walk { source, edge: Edge::new(), done: 0, size: checkpoint.size(), suspect: None, last: i64::MIN, unknown: 0 };
    let mut earlier: Vec<&Checkpoint> = expected.earlier.iter().collect();
    earlier.sort_by_key(|checkpoint| checkpoint.size);
    for known in &earlier {
        if known.origin != checkpoint.origin() {
            return Err(wrong(format!("the earlier one is of another log, {}", known.origin)).into());
        }
        if known.size > checkpoint.size() {
            return Err(wrong(format!("it has {} entries, and had {}", checkpoint.size(), known.size)).into());
        }
    }
    let mut earlier = earlier.into_iter().peekable();
    let mut extends = |walk: &Walk<'_, S>| {
        while let Some(known) = earlier.next_if(|known| known.size == walk.done) {
            if known.root != walk.edge.root() {
                return Err(wrong(format!("the log does not extend the earlier one of size {}", known.size)));
            }
        }
        Ok(())
    };
    extends(&walk)?;
    for number in 0..checkpoint.size().div_ceil(TILE_WIDTH as u64) {
        let pruned = number.saturating_mul(TILE_WIDTH as u64) < expected.first;
        for hash in walk.leaves(number, pruned, &report.origin)? {
            walk.push(hash)?;
            extends(&walk)?;
        }
    }
    walk.edges()?;
    if walk.edge.root() != *checkpoint.root() {
        let nothing = || wrong("entries and tiles do not lead to its root".to_owned());
        return Err(walk.suspect.take().map_or_else(nothing, |(fault, _)| fault).into());
    }
    // The entries are right, so it is the tile that is not.
    if let Some((_, fault)) = walk.suspect {
        return Err(fault.into());
    }
    let first = expected.first.min(checkpoint.size());
    report.entries = checkpoint.size() - first;
    report.show(format!(
        "The log has exactly the {} entries of the checkpoint, and its tiles are theirs.",
        checkpoint.size()
    ));
    if first > 0 {
        report.do_not_show(format!("What the entries before {first} said: they were pruned. Their hashes are there."));
    }
    if walk.unknown > 0 {
        let what = "of the entries mean: this version does not know their type, or their format.";
        report.do_not_show(format!("What {} {what}", walk.unknown));
    }
    for known in expected.earlier {
        report.show(format!("It extends the log as it was at size {}.", known.size));
    }
    checkpoint.conclude(checkpoint.meets_policy(), report);
    report.do_not_show("What the texts were that the entries commit to: tiles have none.");
    report.do_not_show("That the log was right to say what it says: it is the word of the server that wrote it.");
    Ok(())
}

/// From left to right through the log.
struct Walk<'a, S> {
    source: &'a mut S,
    edge: Edge,
    /// How many leaves the edge has, and will have.
    done: u64,
    size: u64,
    /// The first place where entries and tiles disagree: the fault if the entries are wrong, and if the tile is.
    suspect: Option<(Fault, Fault)>,
    last: i64,
    unknown: u64,
}

impl<S: TileSource> Walk<'_, S> {
    /// The hashes of the leaves of a tile of level 0.
    fn leaves(&mut self, number: u64, pruned: bool, origin: &str) -> Result<Vec<Hash>, Stop<S::Error>> {
        let id = TileId { level: 0, number };
        let width = id.width(self.size);
        if pruned {
            return self.tile(id, width);
        }
        let path = TilePath::Entries { number, width };
        let bundle = self.source.fetch(path).map_err(Stop::Source)?;
        let wrong = |place: usize, what: &str| {
            let entry = number * TILE_WIDTH as u64 + place as u64;
            Stop::Fault(Fault::new(&path.to_string(), None, format!("entry {entry}: {what}")))
        };
        let whole = |error: &dyn std::fmt::Display| Stop::Fault(Fault::new(&path.to_string(), None, error.to_string()));
        let entries = read_entries(&bundle, width).map_err(|error| whole(&error))?;
        let mut hashes = Vec::with_capacity(width);
        for (place, entry) in entries.into_iter().enumerate() {
            let leaf = Leaf::parse(entry).map_err(|error| wrong(place, &error.to_string()))?;
            if leaf.log() != origin {
                return Err(wrong(place, "it is an entry of another log"));
            }
            if leaf.ts() < self.last {
                return Err(wrong(place, "its time is before that of the entry before it"));
            }
            self.last = leaf.ts();
            self.unknown += u64::from(leaf.version() != VERSION || leaf.event().is_none());
            hashes.push(tree::leaf_hash(entry));
        }
        let stored = self.tile(id, width)?;
        if let Some(place) = hashes.iter().zip(&stored).position(|(hash, stored)| hash != stored) {
            let entry = number * TILE_WIDTH as u64 + place as u64;
            let of_tile = TilePath::Tile { id, width }.to_string();
            let fault = |file: &str, what| Fault::new(file, None, format!("entry {entry}: {what}"));
            self.suspect.get_or_insert((
                fault(&path.to_string(), "it is not the one whose hash the tile has"),
                fault(&of_tile, "its hash is not that of the entry"),
            ));
        }
        Ok(hashes)
    }

    /// Appends a leaf, and compares the tiles that it completes with those that are stored.
    fn push(&mut self, hash: Hash) -> Result<(), Stop<S::Error>> {
        let mut full = Vec::new();
        self.edge.push(hash, &mut full);
        self.done += 1;
        for (id, tile) in full.into_iter().filter(|(id, _)| id.level > 0) {
            self.compare(id, tile.hashes())?;
        }
        Ok(())
    }

    /// Compares the tiles at the right edge, which are not full.
    fn edges(&mut self) -> Result<(), Stop<S::Error>> {
        for (id, _) in TileId::partial(self.size).filter(|(id, _)| id.level > 0) {
            let hashes = self.edge.level(id.level).to_vec();
            self.compare(id, &hashes)?;
        }
        Ok(())
    }

    fn compare(&mut self, id: TileId, derived: &[Hash]) -> Result<(), Stop<S::Error>> {
        let stored = self.tile(id, derived.len())?;
        if let Some(place) = stored.iter().zip(derived).position(|(stored, derived)| stored != derived) {
            let path = TilePath::Tile { id, width: derived.len() }.to_string();
            let what = format!("hash {place} is not that of the tile below");
            let fault = Fault::new(&path, None, what);
            self.suspect.get_or_insert((fault.clone(), fault));
        }
        Ok(())
    }

    fn tile(&mut self, id: TileId, width: usize) -> Result<Vec<Hash>, Stop<S::Error>> {
        let path = TilePath::Tile { id, width };
        let bytes = self.source.fetch(path).map_err(Stop::Source)?;
        match bytes.as_chunks() {
            (hashes, []) if hashes.len() == width => Ok(hashes.to_vec()),
            _ => Err(Stop::Fault(Fault::new(&path.to_string(), None, format!("it does not have {width} hashes")))),
        }
    }
}

impl<E> From<Fault> for Stop<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
