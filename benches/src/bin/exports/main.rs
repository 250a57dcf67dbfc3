//! How fast a log is exported, what that takes, and how fast a bundle of it is verified: a release server over a log of
//! a million events.
//!
//! The events are appended through the store, as commands with records that look like those of a busy organisation; a
//! million requests would take longer than what is measured.

mod measure;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use benches::clock;
use benches::fill::fill;
use benches::http::Caller;
use benches::machine::Machine;
use benches::server::{Installation, ORGANIZATION, built_beside_us};
use clap::Parser;
use ledger::verify::{TrustRoots, verify_bundle};
use store::{Ambient, Database, Store};

use crate::measure::{Line, download};

/// Measures exports of the audit log.
#[derive(Parser)]
struct Cli {
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// How many events the log has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    events: u64,
    /// The formats.
    #[arg(long, value_delimiter = ',', default_values_t = FORMATS.map(str::to_owned))]
    formats: Vec<String>,
    /// The server's program; by default the one built beside this.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the temporary data goes.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
}

/// What is exported, in this order. Each export makes two records, so the log grows by a few.
const FORMATS: [&str; 7] = ["csv", "csv-full", "cef", "json", "ndjson", "ocsf", "bundle"];

/// How many events the bundle has that is verified, of a log that has so many.
const VERIFIED: u64 = 500_000;

fn main() -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&Cli::parse()))
}

async fn run(cli: &Cli) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("escriba-bench-").tempdir_in(&cli.directory)?;
    let program = cli.server.clone().map_or_else(built_beside_us, Ok)?;
    let installation = Installation { program, directory: directory.path().to_owned(), database_url: None };
    let token = installation.init()?;
    let database = installation.data().join("escriba.db");
    let before = size(&database)?;
    let begun = clock::now();
    let store = Store::open(Database::Sqlite(&database), Ambient::system()).await?;
    fill(&store, cli.events, |_| {}).await.context("filling the log")?;
    store.close();
    let filled = begun.elapsed();
    let bytes = (size(&database)? - before) / cli.events;
    if !cli.json {
        println!("machine: {}\n", Machine::look(directory.path()));
        println!(
            "{} events appended and bundled in {:.0} s; {bytes} bytes an event on disk\n",
            cli.events,
            filled.as_secs_f64()
        );
    }

    settle(&installation, &token).await?;
    Line::header(cli.json);
    for format in &cli.formats {
        // A process of its own each: what it needed at most is that of one export.
        let server = installation.serve().await?;
        let idle = server.process.resident_peak_bytes()?;
        let caller = Caller::new(server.address, &token);
        let request =
            caller.request("GET", &format!("/api/orgs/{ORGANIZATION}/auditlogs/v2/export?format={format}"), &[]);
        let path = directory.path().join(format!("export.{format}"));
        let took = download(server.address, &request, &path).await?;
        let line = Line {
            format: format.clone(),
            events: cli.events,
            seconds: took.as_secs_f64(),
            bytes: fs::metadata(&path)?.len(),
            idle_bytes: idle,
            peak_bytes: server.process.resident_peak_bytes()?,
            server_cpu_seconds: server.process.cpu_time()?.as_secs_f64(),
        };
        println!("{}", line.show(cli.json)?);
        if format == "bundle" {
            let some = format!("/api/orgs/{ORGANIZATION}/auditlogs/v2/export?format=bundle&from=0&to={VERIFIED}");
            download(server.address, &caller.request("GET", &some, &[]), &path).await?;
            verify(&path, cli.json)?;
        }
        server.stop().await?;
        fs::remove_file(&path)?;
    }
    Ok(())
}

/// Has a server sign for all that was appended behind its back: for that it hashes every entry again, once. A bundle is
/// made under a checkpoint that covers the whole log, and one of one event takes little else.
async fn settle(installation: &Installation, token: &str) -> Result<()> {
    let server = installation.serve().await?;
    let one = format!("/api/orgs/{ORGANIZATION}/auditlogs/v2/export?format=bundle&from=0&to=1");
    let request = Caller::new(server.address, token).request("GET", &one, &[]);
    let path = installation.directory.join("one.zip");
    download(server.address, &request, &path).await?;
    fs::remove_file(&path)?;
    server.stop().await
}

/// Verifies a bundle as a program of the user's would: without the server, and with a key of nobody, for whom it trusts
/// changes nothing of the work.
fn verify(path: &Path, json: bool) -> Result<()> {
    let (begun, used) = (clock::now(), clock::thread_cpu_time());
    let report = verify_bundle(File::open(path)?, &TrustRoots::default())?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = clock::thread_cpu_time().saturating_sub(used).as_secs_f64();
    ensure!(report.fault.is_none(), "the bundle does not verify: {report}");
    let entries = report.entries;
    #[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
    let rate = |seconds: f64| entries as f64 / seconds;
    if json {
        println!("{{\"verified\":{entries},\"seconds\":{seconds:.3},\"cpu_seconds\":{cpu:.3}}}");
    } else {
        println!(
            "\n{entries} events of a bundle verified in {seconds:.2} s: {:.0} a second, {:.0} by CPU time",
            rate(seconds),
            rate(cpu)
        );
    }
    Ok(())
}

fn size(database: &Path) -> Result<u64> {
    let mut bytes = 0;
    for ending in ["", "-wal"] {
        let mut path = database.as_os_str().to_owned();
        path.push(ending);
        bytes += fs::metadata(path).map_or(0, |metadata| metadata.len());
    }
    ensure!(bytes > 0, "there is no database at {}", database.display());
    Ok(bytes)
}
