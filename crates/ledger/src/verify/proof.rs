//! A proof that travels, against the event that it is about.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::keys::Changes;
use super::report::{Fault, Report};
use super::trust::TrustRoots;
use crate::describe;
use crate::entry::Entry;
use crate::formats::{Device, Format, Writer};
use crate::leaf::OwnedLeaf;
use crate::opening::Opening;
use crate::record::VERSION;
use crate::tlog_proof::TlogProof;
use crate::tree;

/// What a fault calls the proof.
const PROOF: &str = "proof";

/// What a fault calls the event.
const EVENT: &str = "event";

/// What the catalogue says of an event. A later one may know what this one does not.
const MEANING: [&str; 2] = ["eventName", "description"];

/// Checks that a log holds an event: a line of an NDJSON export, which is what the server hands out, or a leaf alone.
pub fn verify_proof(proof: &[u8], event: &[u8], trust: &TrustRoots) -> Report {
    let mut report = Report::new();
    if let Err(fault) = check(proof, event, trust, &mut report) {
        report.fail(fault);
    }
    report
}

fn check(proof: &[u8], event: &[u8], trust: &TrustRoots, report: &mut Report) -> Result<(), Fault> {
    let of_event = |what: String| Fault::new(EVENT, None, what);
    let of_proof = |what: String| Fault::new(PROOF, None, what);
    let event = std::str::from_utf8(event).map_err(|_| of_event("it is not UTF-8".to_owned()))?;
    let event = event.strip_suffix('\n').unwrap_or(event);
    let text: EventText<'_> = serde_json::from_str(event).map_err(|_| of_event("it is not an event".to_owned()))?;
    let leaf = text.leaf.map_or(event, RawValue::get);
    let leaf = OwnedLeaf::parse(leaf.as_bytes().to_vec()).map_err(|error| of_event(error.to_string()))?;
    leaf.as_leaf().log().clone_into(&mut report.origin);

    let proof = TlogProof::parse(proof).map_err(|error| of_proof(error.to_string()))?;
    let checkpoint = trust.judge(&proof.checkpoint, &Changes::default()).map_err(of_proof)?;
    if checkpoint.origin() != report.origin {
        return Err(of_event("it is an event of another log than the proof".to_owned()));
    }
    let hash = tree::leaf_hash(leaf.as_leaf().as_bytes());
    let proved = proof.leads_to(hash, checkpoint.size(), checkpoint.root());
    proved.map_err(|error| of_proof(format!("it is not the proof of this event: {error}")))?;

    let mut entry = Entry { index: proof.index, leaf, openings: Vec::with_capacity(text.openings.len()) };
    for (number, line) in (1..).zip(&text.openings) {
        let opening = opening(&entry, line).map_err(|what| of_event(format!("opening {number}: {what}")))?;
        entry.openings.push(opening);
    }
    let is_known = entry.leaf.as_leaf().version() == VERSION && entry.leaf.as_leaf().event().is_some();
    if text.leaf.is_some() {
        for member in compare(event, &entry, is_known).map_err(of_event)? {
            report.do_not_show(format!("That its `{member}` is right: this version does not know it."));
        }
    }

    report.entries = 1;
    report.texts.opened = entry.openings.len() as u64;
    let size = checkpoint.size();
    report.show(format!("The log of {size} entries holds this one, unchanged, at index {}.", entry.index));
    report.show(format!("It says: {}.", describe::sentence(&entry)));
    let closed = entry.leaf.as_leaf().commitments().count() as u64 - report.texts.opened;
    if closed > 0 {
        report.do_not_show(format!("What {closed} of its texts said: they are not there, and nothing here says why."));
    }
    if !is_known {
        report.do_not_show("What the entry means: this version does not know its type, or its format.");
    }
    checkpoint.conclude(checkpoint.meets_policy(), report);
    report.do_not_show("That the log was right to say what it says: it is the word of the server that wrote it.");
    report.do_not_show("What else happened: a proof is about one entry.");
    Ok(())
}

/// What proves an event; all else follows from it.
#[derive(Deserialize)]
struct EventText<'a> {
    /// Absent in a leaf, which is then the whole.
    #[serde(borrow)]
    leaf: Option<&'a RawValue>,
    #[serde(default)]
    openings: Vec<String>,
}

/// An opening of the entry, verified.
fn opening(entry: &Entry, line: &str) -> Result<Opening, String> {
    let opening = Opening::parse_line(&format!("{line}\n")).map_err(|error| error.to_string())?;
    opening.verify().map_err(|error| error.to_string())?;
    let is_new = !entry.openings.iter().any(|known| known.name == opening.name);
    if entry.leaf.as_leaf().commitment(&opening.name) != Some(opening.commitment) || !is_new {
        return Err(format!("the event does not commit to this `{}`", opening.name));
    }
    Ok(opening)
}

/// Compares what an event says beside leaf and openings with what follows from them. Gives the members that it has and
/// this version does not know.
fn compare(event: &str, entry: &Entry, is_known: bool) -> Result<Vec<String>, String> {
    let mut line = String::new();
    Writer::new(Format::Ndjson, Device { host: "", organization: "" }).entry(&mut line, entry, None);
    if line.strip_suffix('\n') == Some(event) {
        return Ok(Vec::new());
    }
    let read =
        |text: &str| serde_json::from_str::<Map<String, Value>>(text).map_err(|_| "it is not an event".to_owned());
    let (expected, mut found) = (read(&line)?, read(event)?);
    for (member, expected) in expected {
        let found = found.remove(&member);
        if found.as_ref() != Some(&expected) && (is_known || !MEANING.contains(&member.as_str())) {
            return Err(format!("its `{member}` is not what leaf, openings and proof say"));
        }
    }
    if found.is_empty() && is_known {
        return Err("it is not written as a server writes it".to_owned());
    }
    Ok(found.into_iter().map(|(member, _)| member).collect())
}
