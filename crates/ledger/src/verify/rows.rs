//! A full CSV: every cell follows from the leaf and the openings of its row.

use std::collections::BTreeSet;
use std::io::{self, Read};

use super::report::{Fault, Report, Verdict};
use crate::entry::Entry;
use crate::formats::csv_full::{COLUMNS, MEANING, with_cells};
use crate::leaf::OwnedLeaf;
use crate::opening::Opening;
use crate::record::VERSION;
use crate::tree::{self, Hash};

/// Where a row's entry stands in a log that was verified; `None` if it does not.
pub type FindEntry<'a> = dyn FnMut(&Hash) -> Option<u64> + 'a;

/// Checks a full CSV row by row. A row by itself is consistent at most: anybody can write a leaf. With a log that was
/// verified, by a bundle or by its tiles, its entries are looked up there by their hashes.
///
/// Rows may be missing: a CSV says nothing of what is not in it.
pub fn verify_csv_full<R: Read>(source: R, mut find: Option<&mut FindEntry<'_>>) -> io::Result<Report> {
    let mut report = Report::new();
    let mut rows = Rows { ids: BTreeSet::new(), unknown: 0 };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source);
    let mut record = csv::StringRecord::new();
    let mut is_header = true;
    let fault = loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) if is_header => break Some(Fault::new("CSV", None, "it has no header")),
            Ok(false) => break None,
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => return Err(error),
                _ => break Some(Fault::new("CSV", line, "it is not CSV in UTF-8")),
            },
        }
        let checked = if is_header { header(&record) } else { rows.check(&record, find.as_deref_mut(), &mut report) };
        is_header = false;
        if let Err(what) = checked {
            break Some(Fault::new("CSV", line, what));
        }
    };
    match fault {
        Some(fault) => report.fail(fault),
        None => rows.conclude(find.is_some(), &mut report),
    }
    Ok(report)
}

/// What is remembered of the rows before.
struct Rows {
    ids: BTreeSet<crate::EventId>,
    unknown: u64,
}

fn header(record: &csv::StringRecord) -> Result<(), String> {
    if record.iter().eq(COLUMNS) { Ok(()) } else { Err("it does not name the columns of a full CSV".to_owned()) }
}

impl Rows {
    fn check(
        &mut self,
        record: &csv::StringRecord,
        find: Option<&mut FindEntry<'_>>,
        report: &mut Report,
    ) -> Result<(), String> {
        if record.len() != COLUMNS.len() {
            return Err(format!("it has {} cells", record.len()));
        }
        let entry = entry(&record[COLUMNS.len() - 2], &record[COLUMNS.len() - 1])?;
        let leaf = entry.leaf.as_leaf();
        if report.entries == 0 {
            leaf.log().clone_into(&mut report.origin);
        } else if leaf.log() != report.origin {
            return Err("it is an entry of another log than the rows before".to_owned());
        }
        if !self.ids.insert(leaf.id()) {
            return Err("its entry stands in a row before".to_owned());
        }
        // A later catalogue may know what this one does not.
        let known = leaf.version() == VERSION && leaf.event().is_some();
        self.unknown += u64::from(!known);
        let wrong = with_cells(&entry, |cells| {
            let mut columns = COLUMNS.iter().zip(cells).zip(record);
            columns
                .find(|((column, cell), found)| *cell != found && (known || !MEANING.contains(column)))
                .map(|((column, _), _)| *column)
        });
        if let Some(column) = wrong {
            return Err(format!("its {column} is not what its leaf and openings say"));
        }
        if let Some(find) = find {
            let hash = tree::leaf_hash(leaf.as_bytes());
            find(&hash).ok_or("its entry does not stand in the log")?;
        }
        let opened = entry.openings.len() as u64;
        report.entries += 1;
        report.texts.opened += opened;
        report.texts.missing += leaf.commitments().count() as u64 - opened;
        Ok(())
    }

    fn conclude(self, in_log: bool, report: &mut Report) {
        report.show(format!("In {} rows every cell is what the row's leaf and openings say.", report.entries));
        if in_log {
            report.show("Each entry stands in the log that was verified.");
        } else {
            report.lower(Verdict::SignerUnknown);
            report
                .do_not_show("That the entries are authentic: a row alone has no proof. A bundle of the same log has.");
        }
        if report.texts.missing > 0 {
            let missing = std::mem::take(&mut report.texts.missing);
            report.do_not_show(format!("Why {missing} texts are not there: a CSV cannot say; a bundle can."));
        }
        if self.unknown > 0 {
            report.do_not_show(format!(
                "What {} of the entries mean: this version does not know their type, or their format.",
                self.unknown
            ));
        }
        report.do_not_show("That no row is missing.");
    }
}

/// The entry of a row, whose openings were verified against its leaf.
fn entry(leaf: &str, openings: &str) -> Result<Entry, String> {
    let leaf = OwnedLeaf::parse(leaf.as_bytes().to_vec()).map_err(|error| format!("its Leaf: {error}"))?;
    let fields: Vec<&str> = if openings.is_empty() { Vec::new() } else { openings.split('\t').collect() };
    let (lines, []) = fields.as_chunks::<4>() else { return Err("its Openings are no openings".to_owned()) };
    let mut openings: Vec<Opening> = Vec::with_capacity(lines.len());
    for line in lines {
        let opening = Opening::parse_line(&format!("{}\n", line.join("\t")));
        let opening = opening.and_then(|opening| opening.verify().map(|()| opening));
        let opening = opening.map_err(|error| format!("its Openings: {error}"))?;
        let commitment = leaf.as_leaf().commitment(&opening.name);
        let is_new = !openings.iter().any(|known| known.name == opening.name);
        if commitment != Some(opening.commitment) || !is_new {
            return Err(format!("its Openings: the leaf does not commit to that of `{}`", opening.name));
        }
        openings.push(opening);
    }
    Ok(Entry { index: 0, leaf, openings })
}
