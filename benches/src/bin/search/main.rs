//! How fast questions about a log are answered, how large the index is that answers them, and how long it takes to
//! build: a release server over a log of a million events, or of more.
//!
//! Each question is asked over HTTP, one after the other. A search is recorded before it is answered, so the time of a
//! commit is in each.

mod questions;
mod size;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context as _, Result, ensure};
use benches::clock;
use benches::fill::fill;
use benches::histogram::Histogram;
use benches::http::{Caller, Connection};
use benches::machine::Machine;
use benches::postgres::Cluster;
use benches::server::{Installation, ORGANIZATION, built_beside_us};
use clap::Parser;
use serde_json::json;
use store::{Ambient, Clock, Database, Store, SystemClock};

use crate::questions::{Question, questions};

/// Measures searches in the audit log.
#[derive(Parser)]
struct Cli {
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// How many events the log has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    events: u64,
    /// How often each question is asked.
    #[arg(long, default_value_t = 200)]
    times: u64,
    /// On which databases.
    #[arg(long, value_delimiter = ',', default_values_t = ["sqlite".to_owned(), "postgres".to_owned()])]
    databases: Vec<String>,
    /// The server's program; by default the one built beside this.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the temporary data goes.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
}

/// How much time lies between two events: ten million fill a hundred days.
const BETWEEN: i64 = 864_000;

fn main() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let cli = Cli::parse();
        for database in &cli.databases {
            run(&cli, database).await.with_context(|| format!("on {database}"))?;
        }
        Ok(())
    })
}

async fn run(cli: &Cli, database: &str) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("escriba-bench-").tempdir_in(&cli.directory)?;
    let cluster = match database {
        "postgres" => Some(Cluster::start(directory.path()).await?),
        "sqlite" => None,
        other => anyhow::bail!("there is no database {other}: sqlite, postgres"),
    };
    let program = cli.server.clone().map_or_else(built_beside_us, Ok)?;
    let database_url = cluster.as_ref().map(Cluster::url);
    let installation = Installation { program, directory: directory.path().to_owned(), database_url };
    let token = installation.init()?;
    let file = installation.data().join("escriba.db");
    let opened = installation.database_url.as_ref().map_or(Database::Sqlite(&file), |url| Database::Postgres(url));
    let passing = Arc::new(Passing { real: SystemClock::new(), ahead: AtomicI64::new(0) });
    let ambient = Ambient { clock: Arc::clone(&passing) as _, ..Ambient::system() };
    let store = Store::open(opened, ambient).await?;
    let begun = clock::now();
    let events = i64::try_from(cli.events)?;
    fill(&store, cli.events, |count| passing.pass(i64::try_from(count).unwrap_or(events) * BETWEEN)).await?;
    let filled = begun.elapsed();
    let before = size::database(&file, cluster.as_ref())?;
    let begun = clock::now();
    let blocks = store.index(u64::MAX).await?;
    let built = begun.elapsed();
    store.close();
    drop(store);
    let bytes = size::database(&file, cluster.as_ref())?.saturating_sub(before) / cli.events;
    if cli.json {
        let line = json!({ "database": database, "events": cli.events, "fill_seconds": filled.as_secs_f64(),
            "index_seconds": built.as_secs_f64(), "index_blocks": blocks, "index_bytes_an_event": bytes });
        println!("{line}");
    } else {
        println!("machine: {}\n", Machine::look(directory.path()));
        println!(
            "{database}: {} events appended in {:.0} s; {blocks} blocks indexed in {:.1} s; {bytes} bytes of index an event\n",
            cli.events,
            filled.as_secs_f64(),
            built.as_secs_f64()
        );
        println!("| question | matches on the first page | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|");
    }
    let server = installation.serve().await?;
    let caller = Caller::new(server.address, &token);
    let mut connection = Connection::open(server.address).await?;
    for question in questions(cli.events) {
        let line = ask(cli, &caller, &mut connection, &question).await?;
        let Line { found, latencies } = line;
        let [p50, p95, p99] = [50, 95, 99].map(|percent| latencies.percentile(percent).as_secs_f64() * 1e3);
        if cli.json {
            let line = json!({ "database": database, "events": cli.events, "question": question.name,
                "found": found, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99 });
            println!("{line}");
        } else {
            println!("| {} | {found} | {p50:.1} | {p95:.1} | {p99:.1} |", question.name);
        }
    }
    server.stop().await?;
    if let Some(cluster) = cluster {
        cluster.stop().await?;
    }
    Ok(())
}

struct Line {
    found: usize,
    latencies: Histogram,
}

async fn ask(cli: &Cli, caller: &Caller, connection: &mut Connection, question: &Question) -> Result<Line> {
    let path = format!("/api/orgs/{ORGANIZATION}/auditlogs/search?{}", question.parameters);
    let request = caller.request("GET", &path, &[]);
    let (mut latencies, mut found) = (Histogram::default(), 0);
    // The first one warms what the others find warm.
    for round in 0..=cli.times {
        let begun = clock::now();
        let answer = connection.send(&request).await?;
        let took = begun.elapsed();
        ensure!(answer.status == 200, "{}: {} {}", path, answer.status, String::from_utf8_lossy(answer.body));
        if round > 0 {
            latencies.record(took);
        } else {
            let body: serde_json::Value = serde_json::from_slice(answer.body)?;
            found = body["events"].as_array().map_or(0, Vec::len);
        }
    }
    Ok(Line { found, latencies })
}

/// A clock that goes as it is told: into the future, since the log has entries of today, and time never falls in it.
struct Passing {
    real: SystemClock,
    ahead: AtomicI64,
}

impl Passing {
    fn pass(&self, micros: i64) {
        self.ahead.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for Passing {
    fn wall(&self) -> i64 {
        self.real.wall() + self.ahead.load(Ordering::Relaxed)
    }

    fn steady(&self) -> i64 {
        self.real.steady() + self.ahead.load(Ordering::Relaxed)
    }
}
