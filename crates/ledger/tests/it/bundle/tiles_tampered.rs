//! A tile directory in which something was changed: in the files alone, and in all of them so that they fit each other.

use ledger::checkpoint::Checkpoint;
use ledger::tile::{read_entries, write_entry};
use ledger::verify::{Report, TilesExpected, Verdict, verify_tiles};

use super::log::{TestLog, base64};
use super::tiles::{Files, fault};

impl Files {
    /// Edits the entries of a full bundle, and leaves the tiles as they are.
    fn edited(&self, number: u64, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Self {
        let path = format!("tile/entries/{number:03}");
        let mut entries: Vec<Vec<u8>> =
            read_entries(&self.0[&path], 256).expect("entries").into_iter().map(<[u8]>::to_vec).collect();
        edit(&mut entries);
        let mut bundle = Vec::new();
        for entry in &entries {
            write_entry(&mut bundle, entry).expect("a short entry");
        }
        let mut files = self.clone();
        files.0.insert(path, bundle);
        files
    }
}

fn verify_with(files: &Files, log: &TestLog, checkpoint: &str, earlier: &[Checkpoint]) -> Report {
    let expected = TilesExpected { checkpoint, earlier, first: 0 };
    verify_tiles(&mut files.clone(), expected, &log.trust()).expect("every file is there")
}

#[test]
fn entries_that_are_deleted_swapped_repeated_or_added_are_found_at_their_place() {
    type Edit = fn(&mut Vec<Vec<u8>>);
    const OTHER: &str = "it is not the one whose hash the tile has";
    const EARLIER: &str = "its time is before that of the entry before it";
    let log = TestLog::of(600);
    let files = Files::of(&log);
    let short = "the bundle ends within entry 255";
    let last = log.entries[511].leaf.as_leaf().as_bytes();
    // With the two bytes of its length.
    let surplus = last.len() + 2;
    let edits: [(&str, String, Edit); 9] = [
        ("the first deleted", short.to_owned(), |entries| drop(entries.remove(0))),
        ("one in the middle deleted", short.to_owned(), |entries| drop(entries.remove(100))),
        ("the last deleted", short.to_owned(), |entries| drop(entries.pop())),
        ("one repeated", format!("the bundle has {surplus} bytes after its last entry"), |entries| {
            entries.insert(44, entries[44].clone());
        }),
        ("two swapped", format!("entry 259: {EARLIER}"), |entries| entries.swap(2, 3)),
        // As many as there were.
        ("one repeated over the next", format!("entry 301: {OTHER}"), |entries| entries[45] = entries[44].clone()),
        ("one inserted, the last dropped", format!("entry 301: {OTHER}"), |entries| {
            entries.insert(45, entries[44].clone());
            entries.pop();
        }),
        ("one deleted, the last repeated", format!("entry 300: {OTHER}"), |entries| {
            entries.remove(44);
            entries.push(entries[254].clone());
        }),
        ("a text altered", format!("entry 258: {OTHER}"), |entries| {
            entries[2] = String::from_utf8_lossy(&entries[2]).replace("\"rev\":7", "\"rev\":8").into_bytes();
        }),
    ];
    for (what, place, edit) in edits {
        assert_eq!(fault(&files.edited(1, edit), &log), format!("tile/entries/001: {place}"), "{what}");
    }
}

/// Who has the files can derive all tiles again; the checkpoint is signed for others.
#[test]
fn a_log_that_was_rewritten_with_all_its_tiles_does_not_have_the_root_that_was_signed() {
    let log = TestLog::of(600);
    for removed in [0, 300, 599] {
        let mut other = log.clone();
        other.entries.remove(removed);
        other.open_environment(0, "instead");
        assert_eq!(
            fault(&Files::of(&other), &log),
            "checkpoint: entries and tiles do not lead to its root",
            "without entry {removed}"
        );
    }
}

#[test]
fn a_flipped_bit_at_the_right_edge_is_found() {
    let log = TestLog::of(600);
    let files = Files::of(&log);
    for at in [0, 50, 87] {
        let entry = 512 + at;
        assert_eq!(
            fault(&files.flipped("tile/0/002.p/88", 32 * at + 5), &log),
            format!("tile/0/002.p/88: entry {entry}: its hash is not that of the entry")
        );
    }
    let mut short = files.clone();
    short.0.get_mut("tile/1/000.p/2").expect("a tile").truncate(32);
    assert_eq!(fault(&short, &log), "tile/1/000.p/2: it does not have 2 hashes");
}

#[test]
fn another_root_other_signatures_and_none_are_found() {
    let log = TestLog::of(300);
    let (files, checkpoint) = (Files::of(&log), log.checkpoint(300));
    let judge = |checkpoint: &str| verify_with(&files, &log, checkpoint, &[]);
    let tampered = |checkpoint: &str| {
        let report = judge(checkpoint);
        assert_eq!(report.verdict, Verdict::Tampered);
        report.fault.expect("a fault").to_string()
    };
    let forged = format!("checkpoint: the signature of {} is not over this text", log.origin);
    assert_eq!(tampered(&checkpoint.replace(&base64(&log.root(300)), &base64(&[7; 32]))), forged);
    assert_eq!(tampered(&checkpoint.replace("\n300\n", "\n299\n")), forged);
    let text = checkpoint.split_inclusive('\n').take(4).collect::<String>();
    assert_eq!(tampered(&text), "checkpoint: a note without signatures");
    // Signed by somebody else: all fits, and nobody whom the user knows says so.
    assert_eq!(judge(&log.signed_by(66).checkpoint(300)).verdict, Verdict::SignerUnknown);
    assert_eq!(judge(&checkpoint).verdict, Verdict::Verified);
}

#[test]
fn two_logs_that_were_swapped_are_found() {
    let log = TestLog::of(10);
    let mut other = TestLog::new(2);
    for _ in 0..10 {
        other.open_environment(0, "prod");
    }
    let files = Files::of(&other);
    assert_eq!(fault(&files, &log), "tile/entries/000.p/10: entry 0: it is an entry of another log");
    // With its checkpoint it is a sound log, under its own name; whoever saw this one before is told.
    let earlier = Checkpoint::read(log.checkpoint(8).as_bytes()).expect("a checkpoint");
    let report = verify_with(&files, &log, &other.checkpoint(10), &[earlier]);
    let found = report.fault.expect("a fault").to_string();
    assert_eq!(found, format!("checkpoint: the earlier one is of another log, {}", log.origin));
    let report = verify_with(&files, &log, &other.checkpoint(10), &[]);
    assert_eq!(report.origin, other.origin.as_str());
}

#[test]
fn yesterday_s_copy_is_found_by_whoever_saw_today_s() {
    let (today, yesterday) = (TestLog::of(600), TestLog::of(590));
    let seen = Checkpoint::read(today.checkpoint(600).as_bytes()).expect("a checkpoint");
    let report = verify_with(&Files::of(&yesterday), &yesterday, &yesterday.checkpoint(590), &[seen]);
    assert_eq!(report.verdict, Verdict::Tampered);
    assert_eq!(report.fault.expect("a fault").to_string(), "checkpoint: it has 590 entries, and had 600");
}
