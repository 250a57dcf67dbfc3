//! Stored rows: what a format wrote of an entry once, it writes for ever.

use std::fs;
use std::path::Path;

use ledger::formats::{Format, Writer};
use ledger::{Entry, Event, Outcome, Reason};

use crate::sample;

/// The files are never rewritten: a format that must change becomes another one.
#[test]
fn every_format_writes_the_rows_that_are_stored() {
    for format in Format::ALL {
        let path = format!("tests/vectors/v1/rows/{format}.{}", format.extension());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = rows(format);
        if !path.exists() && std::env::var_os("LEDGER_NEW_VECTORS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
            fs::write(&path, &text).expect("the rows can be written");
        }
        assert_eq!(fs::read_to_string(path).expect("the rows are there"), text, "{format}");
    }
}

fn rows(format: Format) -> String {
    let (mut text, writer) = (String::new(), Writer::new(format, sample::DEVICE));
    writer.start(&mut text);
    let kinds = [
        (Event::EnvironmentReadOpen, Outcome::Succeeded),
        (Event::EnvironmentUpdated, Outcome::Failed(Reason::Precondition)),
        (Event::EnvironmentUnauthorizedOpen, Outcome::Denied(Reason::PermissionMissing)),
        (Event::MemberAdded, Outcome::Intended),
        (Event::OpeningsDestroyed, Outcome::Succeeded),
        (Event::ServerStarted, Outcome::Unknown(Reason::Interrupted)),
    ];
    for (seed, (event, outcome)) in (1..).zip(kinds) {
        let entry = sample::entry(&sample::record(event, outcome, seed), seed);
        writer.entry(&mut text, &entry, Some("ci laptop"));
        writer.entry(&mut text, &Entry { openings: Vec::new(), ..entry }, None);
    }
    text
}
