//! The verifier of the documentation, which shares no code with this one, judges the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use ledger::StatementName;
use ledger::note::Signer as _;
use ledger::verify::TrustRoots;

use super::log::{STEP, TIME, TestLog, Wanted};
use super::verify;
use crate::parts::Parts;

/// Judges every bundle with one run of Python, with the key and without.
const JUDGE: &str = "
import contextlib, io, sys
sys.path.insert(0, sys.argv[1])
import verify
for path in sys.argv[3:]:
    with contextlib.redirect_stdout(io.StringIO()):
        codes = verify.main([path, sys.argv[2]]), verify.main([path])
    print(*codes)
";

#[test]
fn both_verifiers_judge_alike() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3");
        return;
    }
    let mut log = TestLog::of(11);
    log.destroy(&["client"]);
    log.open_environment(0, "later");
    let folder = tempfile::tempdir().expect("a folder for the bundles");
    let bundles = bundles(&log);
    let paths: Vec<_> = (0..bundles.len()).map(|number| folder.path().join(format!("{number}.zip"))).collect();
    for ((_, bundle), path) in bundles.iter().zip(&paths) {
        fs::write(path, bundle).expect("the bundle can be written");
    }
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut judge = Command::new("python3");
    judge.env("PYTHONDONTWRITEBYTECODE", "1").args(["-c", JUDGE]).arg(documents);
    let output = judge.arg(log.signer().key().to_string()).args(&paths).output().expect("Python runs");
    let codes = String::from_utf8(output.stdout).expect("numbers");
    let problem = String::from_utf8_lossy(&output.stderr);
    let codes: Vec<&str> = codes.lines().collect();
    assert_eq!(codes.len(), bundles.len(), "{problem}");
    for ((what, bundle), codes) in bundles.iter().zip(codes) {
        let ours = [log.trust(), TrustRoots::default()].map(|trust| verify(bundle, &trust).verdict.exit_code());
        assert_eq!(codes, format!("{} {}", ours[0], ours[1]), "{what}");
    }
}

/// What somebody does to the lines of a member.
type Edit = fn(&mut Vec<String>);

/// Clean ones and others, each with its name.
fn bundles(log: &TestLog) -> Vec<(String, Vec<u8>)> {
    let clean = Wanted::default();
    let server = log.server(7);
    let wanted = [
        ("everything", clean.clone()),
        ("nothing", Wanted { places: Some(4..4), ..clean.clone() }),
        ("a range", Wanted { places: Some(3..10), ..clean.clone() }),
        ("a choice", Wanted { rows: Some(&[0, 5, 6, 12]), ..clean.clone() }),
        ("an empty choice", Wanted { rows: Some(&[]), ..clean.clone() }),
        ("without actors", Wanted { withheld: &[StatementName::Actor], ..clean.clone() }),
        ("a span", Wanted { places: Some(2..6), window: Some(TIME + 3 * STEP..TIME + 5 * STEP), ..clean.clone() }),
        ("too short a span", Wanted { places: Some(2..6), window: Some(TIME..TIME + 5 * STEP), ..clean.clone() }),
        ("an anchored log", Wanted { server: Some((&server, 7)), ..clean.clone() }),
    ];
    let mut bundles: Vec<_> = wanted.iter().map(|(what, wanted)| ((*what).to_owned(), log.bundle(wanted))).collect();
    bundles.push(("another signer".to_owned(), log.signed_by(9).range(3..10)));

    for (kind, bundle) in [("range", log.range(3..10)), ("choice", bundles[3].1.clone())] {
        let parts = Parts::of(&bundle);
        let edits: [(&str, &str, Edit); 11] = [
            ("an altered leaf", "events.jsonl", |lines| lines[1] = lines[1].replace("\"rev\":7", "\"rev\":8")),
            ("a leaf with a blank", "events.jsonl", |lines| lines[1] = lines[1].replace("\"v\":1", "\"v\": 1")),
            ("the first deleted", "events.jsonl", |lines| drop(lines.remove(0))),
            ("the last deleted", "events.jsonl", |lines| drop(lines.pop())),
            ("two swapped", "events.jsonl", |lines| lines.swap(0, 2)),
            ("one repeated", "events.jsonl", |lines| lines.insert(1, lines[1].clone())),
            ("an opening altered", "openings.tsv", |lines| {
                lines[0] = lines[0].replace("ada", "eve").replace("acme", "acne");
            }),
            ("an opening deleted", "openings.tsv", |lines| drop(lines.remove(0))),
            ("an explanation deleted", "explain/entries.jsonl", Vec::clear),
            ("a checkpoint of another size", "checkpoint", |lines| "14".clone_into(&mut lines[1])),
            ("a checkpoint without signatures", "checkpoint", |lines| lines.truncate(3)),
        ];
        for (what, member, edit) in edits {
            let mut parts = parts.clone();
            parts.edit(member, edit);
            bundles.push((format!("{kind}: {what}"), parts.zip()));
            bundles.push((format!("{kind}: {what}, with sums"), parts.zip_with_sums()));
        }
        for at in (0..bundle.len()).step_by(997) {
            let mut flipped = bundle.clone();
            flipped[at] ^= 1 << (at % 8);
            bundles.push((format!("{kind}: byte {at}"), flipped));
        }
        bundles.push((format!("{kind}: a byte more"), [&bundle[..], b"\0"].concat()));
        bundles.push((format!("{kind}: a byte less"), bundle[..bundle.len() - 1].to_vec()));
    }
    bundles
}
