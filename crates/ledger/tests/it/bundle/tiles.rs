//! A whole log from its tiles.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ledger::checkpoint::Checkpoint;
use ledger::leaf_hash;
use ledger::tile::{Edge, TileId, TilePath, write_entry};
use ledger::verify::{Report, TileSource, TilesExpected, TrustRoots, Verdict, verify_tiles};
use proptest::prelude::*;

use super::log::TestLog;

/// The files of a log. A path that is missing is an error.
#[derive(Clone)]
pub(super) struct Files(pub(super) BTreeMap<String, Vec<u8>>);

impl TileSource for Files {
    type Error = String;

    fn fetch(&mut self, path: TilePath) -> Result<Vec<u8>, String> {
        self.0.get(&path.to_string()).cloned().ok_or(path.to_string())
    }
}

impl Files {
    pub(super) fn of(log: &TestLog) -> Self {
        let mut files = BTreeMap::new();
        let (mut edge, mut full) = (Edge::new(), Vec::new());
        for entry in &log.entries {
            edge.push(leaf_hash(entry.leaf.as_leaf().as_bytes()), &mut full);
        }
        for (id, tile) in full {
            files.insert(TilePath::Tile { id, width: 256 }.to_string(), tile.as_bytes().to_vec());
        }
        for (id, width) in TileId::partial(log.size()) {
            files.insert(TilePath::Tile { id, width }.to_string(), edge.level(id.level).as_flattened().to_vec());
        }
        for (number, entries) in (0..).zip(log.entries.chunks(256)) {
            let mut bundle = Vec::new();
            for entry in entries {
                write_entry(&mut bundle, entry.leaf.as_leaf().as_bytes()).expect("a short entry");
            }
            files.insert(TilePath::Entries { number, width: entries.len() }.to_string(), bundle);
        }
        Self(files)
    }

    /// Flips a bit of a file.
    pub(super) fn flipped(&self, path: &str, at: usize) -> Self {
        let mut files = self.clone();
        files.0.get_mut(path).expect(path)[at] ^= 1;
        files
    }
}

fn verify_against(files: &Files, log: &TestLog, earlier: &[Checkpoint], first: u64) -> Report {
    let checkpoint = log.checkpoint(log.size());
    let expected = TilesExpected { checkpoint: &checkpoint, earlier, first };
    verify_tiles(&mut files.clone(), expected, &log.trust()).expect("every file is there")
}

pub(super) fn fault(files: &Files, log: &TestLog) -> String {
    let report = verify_against(files, log, &[], 0);
    assert_eq!(report.verdict, Verdict::Tampered);
    report.fault.expect("a fault").to_string()
}

#[test]
fn a_log_of_any_size_verifies_and_extends_what_it_was() {
    for size in [0, 1, 255, 256, 257, 600] {
        let log = TestLog::of(size);
        let earlier: Vec<Checkpoint> = [0, 1, 200, 256, 300, 600]
            .into_iter()
            .filter(|earlier| *earlier <= log.size())
            .map(|earlier| Checkpoint::read(log.checkpoint(earlier).as_bytes()).expect("a checkpoint"))
            .collect();
        let report = verify_against(&Files::of(&log), &log, &earlier, 0);
        assert_eq!((report.verdict, report.entries), (Verdict::Verified, log.size()), "{report}");
    }
}

#[test]
fn a_changed_entry_or_tile_is_found_at_its_place() {
    let log = TestLog::of(600);
    let files = Files::of(&log);
    assert_eq!(
        fault(&files.flipped("tile/0/001", 32 * 7), &log),
        "tile/0/001: entry 263: its hash is not that of the entry"
    );
    assert_eq!(
        fault(&files.flipped("tile/1/000.p/2", 40), &log),
        "tile/1/000.p/2: hash 1 is not that of the tile below"
    );
    let salt = files.0["tile/entries/001"]
        .windows(9)
        .position(|bytes| bytes == b"\"salt\":\"A" || bytes == b"\"salt\":\"m")
        .expect("a salt")
        + 8;
    let altered = fault(&files.flipped("tile/entries/001", salt), &log);
    assert!(altered.starts_with("tile/entries/001: entry "), "{altered}");
    assert!(altered.ends_with("it is not the one whose hash the tile has"), "{altered}");
    // Entries and tiles of another log: all fits but the checkpoint.
    let mut other = log.clone();
    other.alter(599, |leaf| leaf.replace("\"rev\":7", "\"rev\":8"));
    assert_eq!(fault(&Files::of(&other), &log), "checkpoint: entries and tiles do not lead to its root");
    let mut short = files.clone();
    short.0.get_mut("tile/entries/000").expect("entries").pop();
    assert!(fault(&short, &log).starts_with("tile/entries/000: "));
}

#[test]
fn a_log_that_was_cut_and_continued_does_not_extend_what_it_was() {
    let log = TestLog::of(10);
    let earlier = Checkpoint::read(log.checkpoint(8).as_bytes()).expect("a checkpoint");
    let mut continued = TestLog::of(7);
    for _ in 0..4 {
        continued.open_environment(2, "instead");
    }
    let report = verify_against(&Files::of(&continued), &continued, std::slice::from_ref(&earlier), 0);
    assert_eq!(report.fault.expect("a fault").what, "the log does not extend the earlier one of size 8");
    let cut = TestLog::of(7);
    let report = verify_against(&Files::of(&cut), &cut, &[earlier], 0);
    assert_eq!(report.fault.expect("a fault").what, "it has 7 entries, and had 8");
}

#[test]
fn entries_that_were_pruned_leave_their_hashes() {
    let log = TestLog::of(600);
    let mut files = Files::of(&log);
    files.0.remove("tile/entries/000");
    let report = verify_against(&files, &log, &[], 256);
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, 344), "{report}");
    let report = verify_against(&files.flipped("tile/0/000", 5), &log, &[], 256);
    assert_eq!(report.fault.expect("a fault").file, "tile/1/000.p/2");
}

#[test]
fn a_missing_file_is_no_judgement() {
    let log = TestLog::of(3);
    let checkpoint = log.checkpoint(3);
    let expected = TilesExpected { checkpoint: &checkpoint, earlier: &[], first: 0 };
    let mut files = Files::of(&log);
    files.0.remove("tile/0/000.p/3");
    let missing = verify_tiles(&mut files, expected, &TrustRoots::default()).expect_err("a file is missing");
    assert_eq!(missing, "tile/0/000.p/3");
}

/// The longest log of the property. Every other one is how it was before.
static LONGEST: LazyLock<TestLog> = LazyLock::new(|| {
    let mut log = TestLog::of(400);
    log.destroy(&["actor", "detail"]);
    for person in 0..199 {
        log.open_environment(person % 3, "later");
    }
    log
});

proptest! {
    // As many cases as `PROPTEST_CASES` asks for.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_no_false_alarm(
        size in prop_oneof![0_usize..10, 250_usize..260, 505_usize..520, 0_usize..=600],
        earlier in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        pruned in any::<prop::sample::Index>(),
    ) {
        let log = LONGEST.cut(size);
        let known = |index: prop::sample::Index| log.checkpoint(index.index(size + 1) as u64);
        let earlier: Vec<Checkpoint> = earlier
            .into_iter()
            .map(|index| Checkpoint::read(known(index).as_bytes()).expect("a checkpoint"))
            .collect();
        let first = 256 * pruned.index(size / 256 + 1);
        let mut files = Files::of(&log);
        files.0.retain(|path, _| (0..first / 256).all(|number| *path != format!("tile/entries/{number:03}")));
        let report = verify_against(&files, &log, &earlier, first as u64);
        prop_assert_eq!((report.verdict, report.entries), (Verdict::Verified, (size - first) as u64), "{}", report);
    }
}
