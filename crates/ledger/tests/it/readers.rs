//! Readers that are not ours read the exports back.

use std::fs;
use std::path::Path;
use std::process::Command;

use ledger::formats::{Format, Writer};
use ledger::{Client, Entry, Event, EventId, Outcome, Reason, Statement, sentence};
use serde_json::json;

use crate::sample;

/// Rows of the formats that others defined, and of ours, which are longer.
const ROWS: u32 = 100_000;
const LONG_ROWS: u32 = 5_000;

/// Pieces of what hostile people send.
const PIECES: [&str; 24] = [
    "ada",
    "\"",
    "'",
    ",",
    ";",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "=",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+1",
    "-1",
    "|",
    "\\",
    "\\n",
    "\u{2028}",
    "\u{85}",
    "\u{202e}",
    "\u{1f600}",
    "\u{7f}",
    " suser=root",
    "CEF:0|a|b|c|d|e|1|",
];

#[test]
fn readers_that_are_not_ours_read_a_hundred_thousand_rows_back() {
    let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compat/python");
    let Some(python) = std::env::var_os("ESCRIBA_READERS").filter(|path| !path.is_empty()) else {
        eprintln!("skipped: ESCRIBA_READERS does not name a Python with `compat/python/requirements.txt`");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder for the exports");
    write(folder.path());
    let output =
        Command::new(python).arg(compat.join("read_formats.py")).arg(folder.path()).output().expect("Python runs");
    let (read, problem) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{read}{problem}");
    assert_eq!(read, format!("csv {ROWS}\ncef {ROWS}\ncsv-full {LONG_ROWS}\nndjson {LONG_ROWS}\nocsf {LONG_ROWS}\n"));
}

fn write(folder: &Path) {
    let files = [
        ("rows.csv", Format::Csv, ROWS),
        ("rows.cef", Format::Cef, ROWS),
        ("full.csv", Format::CsvFull, LONG_ROWS),
        ("rows.ndjson", Format::Ndjson, LONG_ROWS),
        ("rows.ocsf", Format::Ocsf, LONG_ROWS),
    ];
    let mut texts = files.map(|(_, format, _)| {
        let mut text = String::new();
        Writer::new(format, sample::DEVICE).start(&mut text);
        text
    });
    let mut expected = String::new();
    for number in 0..ROWS {
        let (entry, row) = entry(number);
        expected.push_str(&row.to_string());
        expected.push('\n');
        for ((_, format, rows), text) in files.iter().zip(&mut texts) {
            if number < *rows {
                Writer::new(*format, sample::DEVICE).entry(text, &entry, None);
            }
        }
    }
    for ((name, ..), text) in files.iter().zip(texts) {
        fs::write(folder.join(name), text).expect("the export can be written");
    }
    fs::write(folder.join("expected.jsonl"), expected).expect("what is expected can be written");
}

/// An entry, and what readers should find of it.
fn entry(number: u32) -> (Entry, serde_json::Value) {
    let mut drawn = number.wrapping_mul(2_654_435_761);
    let mut text = |pieces: u32| {
        let mut text = String::new();
        for _ in 0..=drawn % pieces {
            drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(PIECES[(drawn >> 16) as usize % PIECES.len()]);
        }
        text
    };
    let (login, name, address) = (text(4), text(4), text(2));
    let outcome = [Outcome::Succeeded, Outcome::Denied(Reason::PermissionMissing)][number as usize % 2];
    let mut record = sample::record(Event::EnvironmentOpen, outcome, 3);
    record.id = EventId::new(u64::from(number), [3; 10]);
    let actor = record.actor.id.expect("a user");
    let client = Client { addr: Some(&address), how: None, peer: None, ua: None };
    record.statements = vec![
        Statement::actor(actor, &login, &name),
        Statement::client(Some(actor.into()), &client).expect("known"),
        // The parser takes neither equals signs nor escapes in the header, which the format allows.
        Statement::environment("acme", "web", ["prod", "pr\u{f6}d \u{1f600}", "<b>", "x'y, z"][number as usize % 4]),
    ];
    let entry = sample::entry(&record, 3);
    let row = json!({
        "Timestamp": "2026-03-01T09:15:03Z",
        "Name": name,
        "Login": login,
        "Event": "Environment Open",
        "EventID": entry.leaf.as_leaf().id().to_string(),
        "Description": sentence(&entry),
        "SourceIP": address,
        "TokenID": entry.leaf.as_leaf().credential_id().expect("a token").to_string(),
    });
    (entry, row)
}
