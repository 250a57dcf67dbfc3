//! The load generator: how many audited operations a second a release server does, and at what cost.
//!
//! A closed loop: each client sends its next request when the last one is answered. Server and generator share the
//! machine's cores, so the generator builds its requests beforehand and runs on one thread.

mod egress;
mod floor;
mod hostile;
mod measure;
mod report;
mod workload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use benches::http::{Caller, Connection};
use benches::machine::Machine;
use benches::metrics::Counters;
use benches::postgres::Cluster;
use benches::server::{Installation, Server, built_beside_us};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::measure::{Window, closed_loop};
use crate::report::{Report, Row};
use crate::workload::{Operation, Workload};

/// Puts a release server under load and prints what it does.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Opens, opens with a read, and updates of environments.
    Opens(Opens),
    /// Opens, while other clients have the server call hosts that do it harm.
    Egress(egress::Options),
    /// Serves an empty answer to everything: the floor that the server is compared with.
    #[command(hide = true)]
    EmptyHandler {
        /// Gets the bound address.
        #[arg(long)]
        ready_file: PathBuf,
    },
    /// Does harm to whoever calls it.
    #[command(hide = true)]
    HostileHost {
        /// Where its certificate is.
        #[arg(long)]
        identity: PathBuf,
        /// Gets the bound ports.
        #[arg(long)]
        ready_file: PathBuf,
    },
}

#[derive(Args)]
struct Opens {
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// How long each measurement lasts; a fifth of it, at most 2 s, is spent before on warming up.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The numbers of clients.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 128])]
    clients: Vec<usize>,
    /// The databases.
    #[arg(long, value_delimiter = ',', default_values_t = [Database::Sqlite, Database::Postgres])]
    databases: Vec<Database>,
    /// The operations.
    #[arg(long, value_delimiter = ',', default_values_t = [Operation::Open, Operation::OpenRead, Operation::Update])]
    operations: Vec<Operation>,
    /// The server's program; by default the one built beside this.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the temporary data goes: the disk that is measured.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Opens(options) => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(opens(&options))
        }
        Command::Egress(options) => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(egress::run(&options))
        }
        // On one thread, so that it takes no more than one core from the server.
        Command::HostileHost { identity, ready_file } => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(hostile::serve(&identity, &ready_file)),
        Command::EmptyHandler { ready_file } => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(floor::serve_nothing(&ready_file)),
    }
}

async fn opens(options: &Opens) -> Result<()> {
    ensure!(options.clients.iter().all(|clients| *clients > 0), "a measurement needs at least one client");
    let directory = tempfile::Builder::new().prefix("escriba-bench-").tempdir_in(&options.directory)?;
    let report = Report::new(options.json);
    report.machine(&Machine::look(directory.path()));
    report.disk_floor(floor::synced_appends_per_second(directory.path(), Duration::from_secs(2))?);
    let window = Window::lasting(Duration::from_secs(options.seconds));
    for clients in &options.clients {
        report.handler_floor(*clients, &floor::empty_handler(directory.path(), *clients, window).await?);
    }

    report.header();
    for database in &options.databases {
        let cluster = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start(&options.directory).await?),
        };
        let home = directory.path().join(database.to_string());
        std::fs::create_dir(&home)?;
        let bench = Bench {
            database: *database,
            installation: Installation {
                program: match &options.server {
                    Some(program) => program.clone(),
                    None => built_beside_us()?,
                },
                directory: home,
                database_url: cluster.as_ref().map(Cluster::url),
            },
            cluster: cluster.as_ref(),
            window,
        };
        bench.run(options, &report).await.with_context(|| format!("measuring on {database}"))?;
        if let Some(cluster) = cluster {
            cluster.stop().await?;
        }
    }
    report.footer();
    Ok(())
}

/// The measurements on one database.
struct Bench<'a> {
    database: Database,
    installation: Installation,
    cluster: Option<&'a Cluster>,
    window: Window,
}

impl Bench<'_> {
    async fn run(&self, options: &Opens, report: &Report) -> Result<()> {
        let token = self.installation.init()?;
        let most_clients = options.clients.iter().copied().max().unwrap_or_default();
        let workload = Workload { token, most_clients };

        let server = self.installation.serve().await?;
        workload.set_up(server.address).await.context("setting the environments up")?;
        server.stop().await?;

        // Each operation has a server of its own: at its clean end the database is in rest and can be weighed.
        for operation in &options.operations {
            let weight_before = self.weight()?;
            let server = self.installation.serve().await?;
            let mut control = Control::connect(&server, &workload.token).await?;
            let entries_before = control.counters().await?.entries;
            for clients in &options.clients {
                report.row(&self.row(&server, &mut control, &workload, *operation, *clients).await?);
            }
            self.settle().await;
            let entries_after = control.counters().await?.entries;
            drop(control);
            server.stop().await?;

            let grown = self.weight()?.saturating_sub(weight_before);
            let events = entries_after.zip(entries_before).map(|(after, before)| after - before);
            report.weight(*operation, self.database, grown, events);
        }
        Ok(())
    }

    async fn row(
        &self,
        server: &Server,
        control: &mut Control,
        workload: &Workload,
        operation: Operation,
        clients: usize,
    ) -> Result<Row> {
        let workers = workload.workers(operation, clients, server.address).await?;
        let (start, end) = self.window.opening_now();
        let measuring = tokio::spawn(closed_loop(workers, start, end));

        tokio::time::sleep_until(start.into()).await;
        let before = self.usage(server, control).await?;
        tokio::time::sleep_until(end.into()).await;
        let after = self.usage(server, control).await?;
        let latencies = measuring.await?.with_context(|| format!("{clients} clients doing {operation}"))?;

        let events = after.counters.entries.zip(before.counters.entries).map(|(after, before)| after - before);
        let syncs = after.syncs.zip(before.syncs).map(|(after, before)| after - before);
        Ok(Row {
            operation,
            database: self.database,
            clients,
            seconds: self.window.length,
            latencies,
            syncs_per_event: syncs.zip(events).map(|(syncs, events)| syncs / events.max(1.0)),
            processor: after.processor.saturating_sub(before.processor),
            resident_bytes: server.process.resident_bytes()?,
        })
    }

    async fn usage(&self, server: &Server, control: &mut Control) -> Result<Usage> {
        let processor = server.process.cpu_time()?;
        let counters = control.counters().await?;
        let syncs = match self.cluster {
            None => counters.commits,
            Some(cluster) => Some(cluster.query("SELECT wal_sync FROM pg_stat_wal")?.parse()?),
        };
        Ok(Usage { processor, counters, syncs })
    }

    /// What the database occupies, in rest.
    fn weight(&self) -> Result<u64> {
        match self.cluster {
            None => bytes_below(&self.installation.data()),
            Some(cluster) => {
                cluster.query("CHECKPOINT")?;
                Ok(cluster.query("SELECT pg_database_size(current_database())")?.parse()?)
            }
        }
    }

    /// Gives the sequencer of PostgreSQL time to append what waits.
    async fn settle(&self) {
        if self.cluster.is_some() {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
}

struct Usage {
    processor: Duration,
    counters: Counters,
    syncs: Option<f64>,
}

/// A connection beside the load, to ask for the metrics.
struct Control {
    connection: Connection,
    caller: Caller,
}

impl Control {
    async fn connect(server: &Server, token: &str) -> Result<Self> {
        let connection = Connection::open(server.address).await?;
        Ok(Self { connection, caller: Caller::new(server.address, token) })
    }

    async fn counters(&mut self) -> Result<Counters> {
        Counters::read(&mut self.connection, &self.caller).await
    }
}

fn bytes_below(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_below(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
