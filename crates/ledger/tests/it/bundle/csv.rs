//! A full CSV can be checked cell by cell.

use std::collections::BTreeMap;

use ledger::formats::{Format, Writer, csv_full};
use ledger::verify::{Report, Verdict, verify_csv_full};
use ledger::{Hash, leaf_hash};
use proptest::prelude::*;

use super::log::TestLog;
use crate::sample;

fn verify(text: &str) -> Report {
    verify_csv_full(text.as_bytes(), None).expect("memory can be read")
}

fn file(log: &TestLog) -> String {
    let (mut text, writer) = (String::new(), Writer::new(Format::CsvFull, sample::DEVICE));
    writer.start(&mut text);
    log.entries.iter().rev().for_each(|entry| writer.entry(&mut text, entry, None));
    text
}

#[test]
fn rows_as_they_were_written_are_consistent_and_in_a_verified_log_authentic() {
    let mut log = TestLog::of(12);
    log.destroy(&["client"]);
    let text = file(&log);
    let report = verify(&text);
    assert_eq!((report.verdict, report.entries, &report.fault), (Verdict::SignerUnknown, 13, &None));
    assert_eq!(report.texts.opened, 12 * 3 + 2);

    let places: BTreeMap<Hash, u64> =
        log.entries.iter().map(|entry| (leaf_hash(entry.leaf.as_leaf().as_bytes()), entry.index)).collect();
    let mut find = |hash: &Hash| places.get(hash).copied();
    let report = verify_csv_full(text.as_bytes(), Some(&mut find)).expect("memory can be read");
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let mut find = |hash: &Hash| places.get(hash).copied().filter(|place| *place != 9);
    let report = verify_csv_full(text.as_bytes(), Some(&mut find)).expect("memory can be read");
    assert_eq!(report.fault.expect("a fault").what, "its entry does not stand in the log");
}

#[test]
fn every_edited_cell_is_found_and_named() {
    let mut log = TestLog::of(3);
    log.append(sample::record(ledger::Event::EnvironmentUpdated, sample::OUTCOMES[2], 1));
    let text = file(&log);
    let rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .collect::<Result<_, _>>()
        .expect("CSV");
    for row in 1..rows.len() {
        for (column, name) in csv_full::COLUMNS.iter().enumerate() {
            for value in ["", "x", "true", "=1+1"] {
                if rows[row][column] == *value {
                    continue;
                }
                let mut writer = csv::Writer::from_writer(Vec::new());
                for (number, record) in rows.iter().enumerate() {
                    let cells = record.iter().enumerate();
                    let edited = cells.map(|(at, cell)| if (number, at) == (row, column) { value } else { cell });
                    writer.write_record(edited).expect("a vector takes everything");
                }
                let text = String::from_utf8(writer.into_inner().expect("a vector")).expect("UTF-8");
                let report = verify(&text);
                let fault = report.fault.unwrap_or_else(|| panic!("{name} of row {row} set to {value:?}"));
                // Without its openings a row is another row: its texts are gone.
                assert!(fault.what.contains(name) || *name == "Openings", "{name}: {fault}");
            }
        }
    }
}

#[test]
fn repeated_rows_other_columns_and_other_files_are_refused() {
    let log = TestLog::of(3);
    let text = file(&log);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let fault = |text: &str| verify(text).fault.expect("a fault").to_string();
    assert_eq!(fault(""), "CSV: it has no header");
    assert_eq!(fault("a,b\n"), "CSV, line 1: it does not name the columns of a full CSV");
    assert_eq!(
        fault(&[&text, *lines.last().expect("a row")].concat()),
        format!("CSV, line {}: its entry stands in a row before", text.matches('\n').count() + 1)
    );
    assert_eq!(fault(&format!("{}x,y\n", lines[0])), "CSV, line 2: it has 2 cells");
    let other = file(&{
        let mut other = TestLog::new(2);
        other.open_environment(0, "prod");
        other
    });
    let alien = other.split_once('\n').expect("a header").1;
    assert!(fault(&format!("{text}{alien}")).ends_with("it is an entry of another log than the rows before"));
}

proptest! {
    // As many cases as `PROPTEST_CASES` asks for.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_no_false_alarm(
        count in 0_usize..40,
        kinds in prop::collection::vec((prop::sample::select(ledger::Event::ALL), 0..sample::OUTCOMES.len(), any::<u8>()), 0..6),
        destroyed in prop::option::of(prop::sample::subsequence(vec!["actor", "client", "target", "detail"], 1..4)),
        rows in prop::option::of(prop::collection::btree_set(0_usize..48, 0..8)),
        is_checked_against_log: bool,
    ) {
        let mut log = TestLog::of(count);
        for (event, outcome, seed) in kinds {
            log.append(sample::record(event, sample::OUTCOMES[outcome], seed));
        }
        if let Some(names) = destroyed {
            log.destroy(&names);
            log.open_environment(1, "later");
        }
        if let Some(rows) = rows {
            let mut index = 0;
            log.entries.retain(|_| { index += 1; rows.contains(&(index - 1)) });
        }
        let mut find = |hash: &Hash| {
            let mut entries = log.entries.iter();
            let found = entries.find(|entry| leaf_hash(entry.leaf.as_leaf().as_bytes()) == *hash);
            found.map(|entry| entry.index)
        };
        let find: Option<&mut ledger::verify::FindEntry<'_>> = if is_checked_against_log { Some(&mut find) } else { None };
        let report = verify_csv_full(file(&log).as_bytes(), find).expect("memory can be read");
        let expected = if is_checked_against_log { Verdict::Verified } else { Verdict::SignerUnknown };
        prop_assert_eq!((report.verdict, report.entries), (expected, log.entries.len() as u64), "{}", report);
    }
}
