//! Logs of the program itself, and metrics.
//!
//! Neither holds anything that a user typed: no name, no path, no address, no secret.

use std::io;

use engine::Engine;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tracing_subscriber::EnvFilter;

/// What the program's log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Sends the program's log to standard error. `filter` is what `RUST_LOG` takes.
pub fn init(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("the log filter is not valid: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let set = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    set.map_err(|error| format!("the log cannot be set up: {error}"))
}

/// Counts and durations of this process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    duration: Histogram,
    store: StoreMetrics,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    status: u16,
}

struct StoreMetrics {
    commits: Counter,
    failed: Counter,
    entries: Counter,
    retries: Counter,
    doubts: Gauge,
    checkpoints: Counter,
    frozen: Gauge,
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("escriba");
        let requests = Family::<Request, Counter>::default();
        registry.register("http_requests", "Requests answered, by method and status", requests.clone());
        let duration = Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        registry.register_with_unit("http_request_duration", "Time to answer", Unit::Seconds, duration.clone());
        let store = StoreMetrics {
            commits: Counter::default(),
            failed: Counter::default(),
            entries: Counter::default(),
            retries: Counter::default(),
            doubts: Gauge::default(),
            checkpoints: Counter::default(),
            frozen: Gauge::default(),
        };
        let commits = "Commits, each of them one sync of the disk; on SQLite one holds many commands";
        registry.register("store_commits", commits, store.commits.clone());
        registry.register("store_failed_commits", "Commits that failed and did nothing", store.failed.clone());
        registry.register("log_entries", "Entries appended to audit logs", store.entries.clone());
        registry.register("store_retries", "Commands run again after a conflict", store.retries.clone());
        registry.register("log_clock_adoptions", "Times a doubted clock was believed", store.doubts.clone());
        registry.register("log_checkpoints", "Checkpoints signed by this process", store.checkpoints.clone());
        registry.register("log_frozen", "Logs that take no entries because they are not sound", store.frozen.clone());
        Self { registry, requests, duration, store }
    }

    /// Counts one request.
    pub fn request(&self, method: &'static str, status: u16, seconds: f64) {
        self.requests.get_or_create(&Request { method, status }).inc();
        self.duration.observe(seconds);
    }

    /// Everything, as `OpenMetrics` text.
    pub fn text(&self, engine: &Engine) -> String {
        let now = engine.statistics();
        catch_up(&self.store.commits, now.commits);
        catch_up(&self.store.failed, now.failed_commits);
        catch_up(&self.store.entries, now.entries);
        catch_up(&self.store.retries, now.retries);
        self.store.doubts.set(i64::try_from(now.clock_adoptions).unwrap_or(i64::MAX));
        let (checkpoints, frozen) = engine.published();
        catch_up(&self.store.checkpoints, checkpoints);
        self.store.frozen.set(i64::try_from(frozen).unwrap_or(i64::MAX));
        let mut text = String::new();
        if text::encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Raises a counter to what the store counted itself.
fn catch_up(counter: &Counter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}
