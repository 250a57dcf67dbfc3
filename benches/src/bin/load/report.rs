//! What is printed: a table for people, or one JSON object a line for programs.

use std::time::Duration;

use benches::histogram::Histogram;
use benches::machine::Machine;
use serde::Serialize;

use crate::Database;
use crate::floor::Floor;
use crate::hostile::Harm;
use crate::workload::Operation;

/// Where results go.
pub(crate) struct Report {
    json: bool,
}

/// One measurement.
pub(crate) struct Row {
    pub(crate) operation: Operation,
    pub(crate) database: Database,
    pub(crate) clients: usize,
    pub(crate) seconds: Duration,
    pub(crate) latencies: Histogram,
    pub(crate) syncs_per_event: Option<f64>,
    pub(crate) processor: Duration,
    pub(crate) resident_bytes: u64,
}

/// What clients got, as it is shown.
pub(crate) struct Shown {
    pub(crate) per_second: f64,
    pub(crate) p99_ms: f64,
}

impl Shown {
    pub(crate) fn new(latencies: &Histogram, seconds: Duration) -> Self {
        Self { per_second: per_second(latencies, seconds), p99_ms: milliseconds(latencies.percentile(99)) }
    }
}

/// What clients got without and with a host that does harm: medians, and the medians of the ratios.
pub(crate) struct Beset {
    pub(crate) harm: Harm,
    /// How often the calls of the host were answered.
    pub(crate) calls_per_second: f64,
    pub(crate) alone: Shown,
    pub(crate) with: Shown,
    pub(crate) throughput_ratio: f64,
    pub(crate) p99_ratio: f64,
}

#[derive(Serialize)]
struct BesetLine {
    bench: &'static str,
    host: String,
    throughput_ratio: f64,
    p99_ratio: f64,
    per_second_alone: f64,
    per_second: f64,
    p99_ms_alone: f64,
    p99_ms: f64,
    calls_per_second: f64,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    operation: String,
    database: String,
    clients: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn machine(&self, machine: &Machine) {
        self.say(&format!("machine: {machine}"));
    }

    pub(crate) fn disk_floor(&self, per_second: f64) {
        self.say(&format!("floor: {per_second:.0} appends of 4 KiB with fdatasync a second"));
    }

    pub(crate) fn handler_floor(&self, clients: usize, Floor { latencies, seconds }: &Floor) {
        self.say(&format!(
            "floor: {:.0} requests/s of {clients} clients to an empty handler, p50 {:.2} ms, p99 {:.2} ms",
            per_second(latencies, *seconds),
            milliseconds(latencies.percentile(50)),
            milliseconds(latencies.percentile(99)),
        ));
    }

    pub(crate) fn header(&self) {
        self.say("");
        self.say(
            "database  operation  clients  per second   p50 ms   p99 ms  fsyncs/event  server CPU µs/op  resident MiB",
        );
    }

    pub(crate) fn row(&self, row: &Row) {
        let per_second = per_second(&row.latencies, row.seconds);
        let [p50, p99] = [50, 99].map(|percent| milliseconds(row.latencies.percentile(percent)));
        if self.json {
            let line = Line {
                bench: "opens",
                operation: row.operation.to_string(),
                database: row.database.to_string(),
                clients: row.clients,
                per_second: rounded(per_second),
                p50_ms: rounded(p50),
                p99_ms: rounded(p99),
            };
            println!("{}", serde_json::to_string(&line).expect("a line is always valid JSON"));
        }
        self.say(&format!(
            "{:<9} {:<10} {:>7}  {per_second:>10.0}  {p50:>7.2}  {p99:>7.2}  {:>12}  {:>16.1}  {:>12.0}",
            row.database,
            row.operation,
            row.clients,
            row.syncs_per_event.map_or_else(|| "-".to_owned(), |syncs| format!("{syncs:.4}")),
            row.processor.as_secs_f64() * 1e6 / as_float(row.latencies.count()).max(1.0),
            as_float(row.resident_bytes) / 1024.0 / 1024.0,
        ));
    }

    pub(crate) fn weight(&self, operation: Operation, database: Database, grown: u64, events: Option<f64>) {
        let bytes = as_float(grown);
        let each = events.map_or_else(|| "-".to_owned(), |events| format!("{:.0}", bytes / events.max(1.0)));
        self.say(&format!("{database:<9} {operation:<10} bytes on disk per event: {each}"));
    }

    pub(crate) fn footer(&self) {
        self.say("");
        self.say("Each client sends its next request when the last one is answered; the warm-up is not counted.");
        self.say("open, open-read: 16 environments in turn, each with one import, seven values and two secrets.");
        self.say("open-read: one operation is an open and a read of its session, two events.");
        self.say("update: each client stores a definition with one plaintext secret in four environments of its own.");
        self.say(
            "fsyncs: commits on SQLite, pg_stat_wal.wal_sync on PostgreSQL. CPU and memory: the server's process,",
        );
        self.say(
            "without PostgreSQL. Bytes on disk: all that grew, sessions and revisions included, after a checkpoint.",
        );
    }

    pub(crate) fn beset_header(&self) {
        self.say("");
        self.say("host       throughput ×   p99 ×  per second: alone    with  p99 ms: alone    with  calls answered/s");
    }

    pub(crate) fn beset(&self, row: &Beset) {
        let Beset { harm, calls_per_second, alone, with, throughput_ratio, p99_ratio } = row;
        if self.json {
            let line = BesetLine {
                bench: "egress",
                host: harm.to_string(),
                throughput_ratio: rounded(*throughput_ratio),
                p99_ratio: rounded(*p99_ratio),
                per_second_alone: rounded(alone.per_second),
                per_second: rounded(with.per_second),
                p99_ms_alone: rounded(alone.p99_ms),
                p99_ms: rounded(with.p99_ms),
                calls_per_second: rounded(*calls_per_second),
            };
            println!("{}", serde_json::to_string(&line).expect("a line is always valid JSON"));
        }
        self.say(&format!(
            "{harm:<9} {throughput_ratio:>13.2} {p99_ratio:>7.2} {:>18.0} {:>7.0} {:>14.2} {:>7.2} {calls_per_second:>17.1}",
            alone.per_second, with.per_second, alone.p99_ms, with.p99_ms,
        ));
    }

    pub(crate) fn beset_footer(&self, clients: u16, callers: u16, calls_per_second: u32, rounds: u32) {
        self.say("");
        self.say(&format!(
            "{clients} clients open environments, each its next when the last one is answered: in turns without"
        ));
        self.say(&format!("and with {callers} others that have the server call a host, each at most {calls_per_second} times a second."));
        self.say(&format!(
            "{rounds} rounds; the ratios are medians of each round's, the numbers medians of their own."
        ));
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

fn per_second(latencies: &Histogram, seconds: Duration) -> f64 {
    as_float(latencies.count()) / seconds.as_secs_f64()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "what is counted here stays far below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}
