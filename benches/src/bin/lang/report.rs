//! What is printed: a table for people, or one JSON object a line for programs.

use benches::language::{Counts, Operation, Subject};
use benches::machine::Machine;
use serde::Serialize;

use crate::measure::Time;

/// What the evaluator in Go takes for parsing and opening, in nanoseconds on a core of 2.6 GHz, and how often it allocates
/// where that is known.
const GO: [(&str, f64, Option<f64>); 4] =
    [("bench", 2.7e6, Some(20_000.0)), ("10 keys", 0.35e6, None), ("100 keys", 3.6e6, None), ("1000 keys", 60e6, None)];

/// Where results go.
pub(crate) struct Report {
    json: bool,
}

/// One measurement.
pub(crate) struct Row<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) operation: Operation,
    pub(crate) time: Time,
    pub(crate) counts: Counts,
}

#[derive(Serialize)]
struct Line<'a> {
    bench: &'static str,
    subject: &'a str,
    operation: &'static str,
    ns: f64,
    median_ns: f64,
    allocations: u64,
    bytes: u64,
    /// How often this fits into the time of the evaluator in Go.
    times_faster_than_go: Option<f64>,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn header(&self, machine: &Machine, has_stored: bool) {
        self.say(&format!("machine: {machine}"));
        if !has_stored {
            self.say("the case `bench` is not present");
        }
        self.say("");
        self.say(
            "subject    operation     ns/op   median  ns/op/key  allocations     bytes  Go's time  Go's allocations",
        );
    }

    pub(crate) fn row(&self, Row { subject, operation, time, counts }: &Row<'_>) {
        // Only both together are what Go's numbers are about.
        let go = GO.iter().find(|(name, ..)| *name == subject.name && *operation == Operation::ParseOpen);
        let faster = go.map(|(_, time_of_go, _)| time_of_go / time.least);
        let leaner = go.and_then(|(.., allocations)| Some((*allocations)? / as_float(counts.allocations)));
        if self.json {
            let line = Line {
                bench: "lang",
                subject: &subject.name,
                operation: operation.name(),
                ns: time.least.round(),
                median_ns: time.median.round(),
                allocations: counts.allocations,
                bytes: counts.bytes,
                times_faster_than_go: faster.map(|times| (times * 10.0).round() / 10.0),
            };
            println!("{}", serde_json::to_string(&line).expect("a line is always valid JSON"));
        }
        let per_key =
            subject.keys.map_or_else(|| "-".to_owned(), |keys| format!("{:.0}", time.least / f64::from(keys)));
        let times = |times: Option<f64>| times.map_or_else(|| "-".to_owned(), |times| format!("1/{times:.1}"));
        self.say(&format!(
            "{:<10} {:<10} {:>8.0} {:>8.0} {per_key:>10} {:>12} {:>9} {:>10} {:>17}",
            subject.name,
            operation.name(),
            time.least,
            time.median,
            counts.allocations,
            counts.bytes,
            times(faster),
            times(leaner),
        ));
    }

    pub(crate) fn footer(&self) {
        self.say("");
        self.say("ns/op: processor time of one thread, the quickest of many batches of about 2 ms, and their median.");
        self.say("check, open: what is parsed already, with the answers to all that the evaluation asks for.");
        self.say("bytes: all that is allocated on the way, with each growth; much of it is freed at once.");
        self.say("Go's: this number as a part of what the evaluator in Go is known to take on a core of 2.6 GHz.");
    }

    /// For people: on the standard output, unless programs read that.
    fn say(&self, text: &str) {
        if self.json {
            eprintln!("{text}");
        } else {
            println!("{text}");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is counted here stays far below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}
