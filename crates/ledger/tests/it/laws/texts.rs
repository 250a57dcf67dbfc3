//! Texts and bytes by themselves: what is read is written again as it was.

use ledger::checkpoint::{self, Checkpoint};
use ledger::formats::{Device, Format, Writer};
use ledger::note::{Note, VerifierKey};
use ledger::policy::Policy;
use ledger::tile::{Edge, Tile, TileId, TilePath, read_entries, write_entry};
use ledger::tlog_proof::TlogProof;
use ledger::verify::{TrustRoots, Verdict, verify_csv_full, verify_proof};
use ledger::{Entry, Frontier, Leaf, Opening, Origin, OwnedLeaf, leaf_hash, sentence};

use super::archive::key;

/// No tree has as many leaves.
const TOO_LARGE: u64 = 1 << 63;

/// Whose rows are written.
const DEVICE: Device<'_> = Device { host: "esc.example.net", organization: "o_aaaaaaaaaaaaaaaa" };

pub(super) fn notes_are_read_as_they_are_written(data: &[u8]) {
    if let Ok(note) = Note::parse(data) {
        let signatures = data.strip_prefix(note.text().as_bytes()).expect("the text comes first");
        assert!(signatures.len() > 1 && !note.signatures().is_empty());
        // Whoever verifies nothing believes nothing.
        assert!(note.verify(&[]).is_ok_and(|signed| signed.is_empty()));
        let _ = note.verify(&[key()]);
    }
    let read = Checkpoint::read(data);
    if let Ok(verified) = checkpoint::open(data, &[key()]) {
        assert_eq!(read.as_ref().ok(), Some(&verified.checkpoint));
        assert!(!verified.signatures.is_empty());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(origin) = text.parse::<Origin>() {
        assert_eq!(origin.as_str(), text);
    }
    if let Ok(policy) = Policy::parse(text) {
        let _ = (policy.is_met(&[]), policy.open(data));
    }
}

pub(super) fn proofs_are_read_as_they_are_written(data: &[u8]) {
    if let Ok(proof) = TlogProof::parse(data) {
        assert_eq!(proof.to_string().as_bytes(), data);
        let _ = proof.verify([7; 32], &[key()]);
    }
    let report = verify_proof(data, b"", &TrustRoots::new(vec![key()], None));
    assert_ne!(report.verdict, Verdict::Verified);
}

pub(super) fn leaves_have_one_spelling(data: &[u8]) {
    if let Ok(leaf) = Leaf::parse(data) {
        assert_eq!(leaf.as_bytes(), data);
        let entry = Entry { index: 0, leaf: leaf.to_owned(), openings: Vec::new() };
        // Everything that asks a leaf for something.
        assert!(!sentence(&entry).is_empty());
        let rows = [Format::Csv, Format::CsvFull, Format::Cef, Format::Ndjson, Format::Ocsf].map(|format| {
            let mut row = String::new();
            Writer::new(format, DEVICE).entry(&mut row, &entry, None);
            row
        });
        assert!(rows.iter().all(|row| !row.is_empty()));
        assert_eq!(leaf.causes().count().min(ledger::MAX_CAUSES), leaf.causes().count());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(opening) = Opening::parse_line(text) {
        assert_eq!(opening.line(), text);
        let _ = (opening.verify(), opening.destroyed());
    }
}

pub(super) fn entries_are_read_as_they_are_written(data: &[u8]) {
    let Some((count, bundle)) = data.split_first() else { return };
    let Ok(entries) = read_entries(bundle, usize::from(*count)) else { return };
    assert_eq!(entries.len(), usize::from(*count));
    let mut again = Vec::new();
    for entry in entries {
        write_entry(&mut again, entry).expect("it was read from a bundle");
        let _ = OwnedLeaf::parse(entry.to_vec());
    }
    assert_eq!(again, bundle);
}

pub(super) fn tiles_are_read_as_they_are_written(data: &[u8]) {
    if let Some(tile) = Tile::from_bytes(data) {
        assert_eq!(tile.as_bytes(), data);
        assert_eq!(Tile::from_hashes(tile.hashes()).map(|tile| tile.root()), Some(tile.root()));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(path) = text.parse::<TilePath>()
    {
        assert_eq!(path.to_string(), text);
    }
    let Some((size, bytes)) = data.split_first_chunk() else { return };
    let size = u64::from_be_bytes(*size);
    if let Some(frontier) = Frontier::from_bytes(size, bytes) {
        assert_eq!((frontier.size(), frontier.to_bytes().as_slice()), (size, bytes));
        grow(frontier);
    }
    let hashes = bytes.as_chunks::<32>().0;
    let mut levels = vec![Vec::new(); 8];
    let mut rest = hashes;
    for (id, width) in TileId::partial(size) {
        let Some((level, after)) = rest.split_at_checked(width) else { return };
        levels[usize::from(id.level)] = level.to_vec();
        rest = after;
    }
    let edge = Edge::load(size, levels);
    assert_eq!(edge.is_some(), size < TOO_LARGE, "each level has the width that the size asks for");
    if let Some(edge) = edge {
        assert_eq!(edge.root(), edge.frontier().root());
    }
}

/// A tree that can grow has one size more then.
fn grow(mut frontier: Frontier) {
    let more = frontier.size() + 1;
    if more < TOO_LARGE {
        frontier.push(leaf_hash(b""));
        assert_eq!(frontier.size(), more);
    }
}

pub(super) fn rows_are_consistent_or_refused(data: &[u8]) {
    let report = verify_csv_full(data, None).expect("memory can be read");
    // Nobody knows a log, so nothing is authentic.
    assert_ne!(report.verdict, Verdict::Verified);
    assert_eq!(report.fault.is_some(), report.verdict == Verdict::Tampered);
}
