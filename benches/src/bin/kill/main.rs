//! The kill test: servers are killed at random moments under load, and afterwards the log must tell exactly what happened.
//!
//! Each round puts clients on the server, kills it, starts it again and compares three things: what the clients were
//! told, what the log says, and what can be seen. A request that was answered has exactly one record; one that was not
//! has at most one; and an environment is as its records say. On PostgreSQL there are two servers with clients on both,
//! of which mostly one is killed: the other one goes on, cuts nobody off, and what either acknowledged is in one log.

mod audit;
mod check;
mod clients;
mod journal;
mod replicas;
mod rotations;
mod schedules;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use benches::clock::{self, Random};
use benches::http::Caller;
use benches::postgres::Cluster;
use benches::server::{Installation, built_beside_us};
use clap::{Parser, ValueEnum};
use tempfile::TempDir;

use crate::check::{Checker, Verdict};
use crate::clients::{Crowd, People};
use crate::replicas::Replicas;
use crate::rotations::Rotations;
use crate::schedules::Schedules;

/// A member without any right.
const STRANGER: &str = "mallory";

/// Kills servers at random moments under load, and checks that the log tells exactly what happened.
///
/// Without --rotations or --schedules the clients create, change, open, read and delete environments. On PostgreSQL two
/// servers share the database; each round kills one of them, or every third time both, and starts again what it killed.
#[derive(Parser)]
struct Cli {
    /// How often servers are killed.
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// How many servers share the database; one is killed, or all. By default 2 on PostgreSQL, and the 1 that SQLite takes.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=4))]
    replicas: Option<u16>,
    /// The database.
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// How many clients are at work, shared out among the servers.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Replays the choices of an earlier run; the moments at which the kernel acts are its own.
    #[arg(long)]
    seed: Option<u64>,
    /// Kill servers while they rotate passwords of a PostgreSQL beside them, instead of at everything else. Afterwards
    /// every login that an environment gives must let in.
    #[arg(long, conflicts_with_all = ["crash_postgres", "schedules"])]
    rotations: bool,
    /// Kill servers around the moment at which schedules are due. Each time must run once, or be closed as unknown.
    #[arg(long)]
    schedules: bool,
    /// Crash PostgreSQL too, every other time.
    #[arg(long)]
    crash_postgres: bool,
    /// The server's program, `escriba`; by default the one built beside this.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the temporary data goes.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let seed = cli.seed.unwrap_or_else(clock::seed);
    println!("kill: {} rounds, seed {seed}", cli.rounds);
    let directory = tempfile::Builder::new().prefix("escriba-kill-").tempdir_in(&cli.directory)?;
    let cluster = match cli.database {
        Database::Sqlite => None,
        Database::Postgres => Some(Cluster::start(&cli.directory).await?),
    };
    let installation = Installation {
        program: match &cli.server {
            Some(program) => program.clone(),
            None => built_beside_us()?,
        },
        directory: directory.path().to_owned(),
        database_url: cluster.as_ref().map(Cluster::url),
    };

    let replicas = match (cli.replicas.map(usize::from), cli.database) {
        (Some(count @ 2..), Database::Sqlite) => bail!("{count} servers cannot share SQLite; add --database postgres"),
        (Some(count), _) => count,
        (None, Database::Sqlite) => 1,
        (None, Database::Postgres) => 2,
    };

    if cli.rotations {
        let target = Cluster::start(&cli.directory).await?;
        let outcome = Rotations::run(installation, replicas, target, cli.rounds, Random::new(seed)).await;
        if let Some(cluster) = cluster {
            cluster.stop().await?;
        }
        return Ok(conclude(directory, seed, outcome.map(|outcome| (outcome.to_string(), outcome.violations))));
    }
    if cli.schedules {
        let outcome = Schedules::run(installation, replicas, cli.rounds, Random::new(seed)).await;
        if let Some(cluster) = cluster {
            cluster.stop().await?;
        }
        return Ok(conclude(directory, seed, outcome.map(|outcome| (outcome.to_string(), outcome.violations))));
    }
    let verdict = Test { cli: &cli, cluster, random: Random::new(seed) }.run(installation, replicas).await;
    Ok(conclude(directory, seed, verdict.map(|verdict| (verdict.to_string(), verdict.violations))))
}

/// Says how it ended; after a failure the data stays.
fn conclude(directory: TempDir, seed: u64, verdict: Result<(String, Vec<String>)>) -> ExitCode {
    match verdict {
        Ok((summary, violations)) if violations.is_empty() => {
            println!("kill: passed: {summary}, seed {seed}");
            ExitCode::SUCCESS
        }
        failed => {
            match failed {
                Ok((summary, _)) => println!("kill: FAILED: {summary}, seed {seed}"),
                Err(error) => println!("kill: FAILED to finish: {error:#}; seed {seed}"),
            }
            println!("kill: the data stays in {}", directory.keep().display());
            ExitCode::FAILURE
        }
    }
}

struct Test<'a> {
    cli: &'a Cli,
    cluster: Option<Cluster>,
    random: Random,
}

impl Test<'_> {
    async fn run(mut self, installation: Installation, count: usize) -> Result<Verdict> {
        let people = People { admin: installation.init()?, stranger: installation.add_member(STRANGER)? };
        let mut checker = Checker::new(self.cli.crash_postgres);
        let mut replicas = Replicas::start(installation, count).await?;
        for round in 1..=self.cli.rounds {
            let crowd = Crowd::start(&people, &replicas.addresses(), round, self.cli.clients, &mut self.random);
            let moment = self.kill_under_load(&mut replicas).await?;
            let there = replicas.addresses();
            if !there.is_empty() {
                // Those that are left go on without the others.
                tokio::time::sleep(Duration::from_millis(self.random.below(1_000))).await;
            }
            let journal = crowd.leave(&there).await?;
            replicas.disturb(&mut self.random).await?;
            replicas.restart().await.context("starting again after a kill")?;
            let admin = Caller::new(replicas.address(round), &people.admin);
            let summary = checker.round(&admin, journal).await.context("checking a round")?;
            // Beside the servers that run, which go on signing meanwhile.
            checker.sound(&replicas.fsck()?);
            println!("round {round:>4}: {} of {count} killed after {moment:>4} ms; {summary}", count - there.len());
        }
        println!("kill: the whole log and all environments are compared");
        for address in replicas.addresses() {
            checker.whole(&Caller::new(address, &people.admin)).await.context("checking the whole")?;
        }
        replicas.stop().await?;
        checker.indexes(&replicas.installation().check_logs()?);
        checker.sound(&replicas.fsck()?);
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(checker.verdict())
    }

    /// Kills servers at a moment that nobody chose with care, and returns it in milliseconds. If that was asked for, the
    /// database goes first, every other time.
    async fn kill_under_load(&mut self, replicas: &mut Replicas) -> Result<u64> {
        // Mostly soon, so that start and first use are hit too, and sometimes after a good while of work.
        let most = if self.random.one_in(4) { 2_000 } else { 500 };
        let moment = self.random.below(most);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        if self.cli.crash_postgres
            && self.random.one_in(2)
            && let Some(cluster) = &mut self.cluster
        {
            cluster.crash().await?;
        }
        replicas.kill_some(&mut self.random)?;
        Ok(moment)
    }
}
