//! The kill test: a server is killed at random moments under load, and afterwards its log must tell exactly what happened.
//!
//! Each round puts clients on the server, kills it, starts it again and compares three things: what the clients were
//! told, what the log says, and what can be seen. A request that was answered has exactly one record; one that was not
//! has at most one; and an environment is as its records say.

mod audit;
mod check;
mod clients;
mod journal;
mod rotations;
mod schedules;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use benches::clock::{self, Random};
use benches::http::Caller;
use benches::postgres::Cluster;
use benches::server::{Installation, Server, built_beside_us};
use clap::{Parser, ValueEnum};
use tempfile::TempDir;

use crate::check::{Checker, Verdict};
use crate::clients::{Crowd, People};
use crate::rotations::Rotations;
use crate::schedules::Schedules;

/// A member without any right.
const STRANGER: &str = "mallory";

/// Kills a server at random moments under load, and checks that its log tells exactly what happened.
#[derive(Parser)]
struct Cli {
    /// How often the server is killed.
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// The database.
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// How many clients are at work.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Replays the choices of an earlier run; the moments at which the kernel acts are its own.
    #[arg(long)]
    seed: Option<u64>,
    /// Kill it while it rotates passwords of a PostgreSQL beside it, instead of at everything else.
    #[arg(long, conflicts_with_all = ["crash_postgres", "schedules"])]
    rotations: bool,
    /// Kill servers that run schedules, and not those that answer; on PostgreSQL two of them.
    #[arg(long)]
    schedules: bool,
    /// Crash PostgreSQL too, every other time.
    #[arg(long)]
    crash_postgres: bool,
    /// The server's program; by default the one built beside this.
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

    if cli.rotations {
        let target = Cluster::start(&cli.directory).await?;
        let outcome = Rotations::run(&installation, target, cli.rounds, Random::new(seed)).await;
        if let Some(cluster) = cluster {
            cluster.stop().await?;
        }
        return Ok(conclude(directory, seed, outcome.map(|outcome| (outcome.to_string(), outcome.violations))));
    }
    if cli.schedules {
        let outcome = Schedules::new(installation, Random::new(seed))?.run(cli.rounds).await;
        if let Some(cluster) = cluster {
            cluster.stop().await?;
        }
        return Ok(conclude(directory, seed, outcome.map(|outcome| (outcome.to_string(), outcome.violations))));
    }
    let verdict = Test { cli: &cli, installation, cluster, random: Random::new(seed) }.run().await;
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
    installation: Installation,
    cluster: Option<Cluster>,
    random: Random,
}

impl Test<'_> {
    async fn run(mut self) -> Result<Verdict> {
        let people = People { admin: self.installation.init()?, stranger: self.installation.add_member(STRANGER)? };
        let mut checker = Checker::new(self.cli.crash_postgres);
        let mut server = self.installation.serve().await?;
        for round in 1..=self.cli.rounds {
            let crowd = Crowd::start(&people, server.address, round, self.cli.clients, &mut self.random);
            let moment = self.kill_under_load(server).await?;
            let journal = crowd.leave().await?;
            self.disturb().await?;
            server = self.installation.serve().await.context("starting again after a kill")?;
            let admin = Caller::new(server.address, &people.admin);
            let summary = checker.round(&admin, journal).await.context("checking a round")?;
            // Beside the server that runs, which goes on signing meanwhile.
            checker.sound(&self.installation.fsck()?);
            println!("round {round:>4}: killed after {moment:>4} ms; {summary}");
        }
        let admin = Caller::new(server.address, &people.admin);
        println!("kill: the whole log and all environments are compared");
        checker.whole(&admin).await.context("checking the whole")?;
        server.stop().await.context("stopping at the end")?;
        checker.indexes(&self.installation.check_logs()?);
        checker.sound(&self.installation.fsck()?);
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(checker.verdict())
    }

    /// Kills the server at a moment that nobody chose with care, and returns it in milliseconds. If that was asked for,
    /// the database goes first, every other time.
    async fn kill_under_load(&mut self, server: Server) -> Result<u64> {
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
        server.kill()?;
        Ok(moment)
    }

    /// Now and then, kills servers that are just starting.
    async fn disturb(&mut self) -> Result<()> {
        while self.random.one_in(4) {
            let starting = self.installation.start()?;
            tokio::time::sleep(Duration::from_millis(self.random.below(80))).await;
            starting.kill().context("killing a server that starts")?;
        }
        Ok(())
    }
}
