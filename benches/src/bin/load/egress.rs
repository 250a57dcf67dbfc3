//! Whether hosts that do harm slow down who has nothing to do with them.
//!
//! Clients open ordinary environments, in turns without and with other clients that have the server call such a host.
//! What the host and these clients themselves take of the machine's cores is not taken off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use benches::http::Caller;
use benches::machine::Machine;
use benches::server::{Installation, Server, built_beside_us};
use clap::Args;

use crate::hostile::{Callers, Harm, Hostile, identify};
use crate::measure::{Window, closed_loop};
use crate::report::{Beset, Report, Shown};
use crate::workload::{Operation, Workload};

/// What is left of the throughput, at least.
const LEAST_THROUGHPUT: f64 = 0.8;
/// By how much the 99th percentile grows, at the most.
const MOST_P99: f64 = 2.0;

#[derive(Args)]
pub(crate) struct Options {
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// How long each measurement lasts; a fifth of it, at most 2 s, is spent before on warming up.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often it is measured without and with such calls, in turns; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many clients open ordinary environments.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    clients: u16,
    /// How many other clients have the server call the host.
    #[arg(long, default_value_t = 16)]
    callers: u16,
    /// How often a second each of these does at most.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    calls_per_second: u32,
    /// What the host does.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Harm::Hangs, Harm::Refuses, Harm::Redirects, Harm::Floods, Harm::Drips])]
    harms: Vec<Harm>,
    /// The server's program; by default the one built beside this.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the temporary data goes.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("escriba-bench-").tempdir_in(&options.directory)?;
    let program = options.server.clone().map_or_else(built_beside_us, Ok)?;
    let installation = Installation { program, directory: directory.path().to_owned(), database_url: None };
    let report = Report::new(options.json);
    report.machine(&Machine::look(directory.path()));
    let certificate = identify(directory.path())?;
    let workload = Workload { token: installation.init()?, most_clients: 0 };
    let server = installation.serve_trusting(&certificate).await?;
    workload.set_up(server.address).await.context("setting the environments up")?;

    let bench = Bench { options, directory: directory.path(), workload: &workload, server: &server };
    report.beset_header();
    let mut missed = Vec::new();
    for harm in &options.harms {
        let row = bench.row(*harm).await.with_context(|| format!("with a host that {harm}"))?;
        report.beset(&row);
        if row.throughput_ratio < LEAST_THROUGHPUT || row.p99_ratio > MOST_P99 {
            missed.push(harm.to_string());
        }
    }
    report.beset_footer(options.clients, options.callers, options.calls_per_second, options.rounds);
    server.stop().await?;
    ensure!(
        missed.is_empty(),
        "more than {LEAST_THROUGHPUT} × and {MOST_P99} × allow: a host that {}",
        missed.join(", ")
    );
    Ok(())
}

struct Bench<'a> {
    options: &'a Options,
    directory: &'a Path,
    workload: &'a Workload,
    server: &'a Server,
}

impl Bench<'_> {
    /// Measures without and with the host, in turns.
    async fn row(&self, harm: Harm) -> Result<Beset> {
        let window = Window::lasting(Duration::from_secs(self.options.seconds));
        let mut row = Rounds::default();
        for round in 0..self.options.rounds {
            row.alone.push(self.opens(window, None).await?.0);
            let (beset, answered) = self.opens(window, Some((harm, round))).await?;
            row.beset.push(beset);
            row.answered += answered;
        }
        Ok(row.sum_up(harm, window.length))
    }

    /// Measures ordinary opens; with a host, gives how many of its calls were answered meanwhile.
    async fn opens(&self, window: Window, harm: Option<(Harm, u32)>) -> Result<(Shown, u64)> {
        let workers = self.workload.workers(Operation::Open, self.options.clients.into(), self.server.address).await?;
        let (start, end) = window.opening_now();
        let hostile = match harm {
            None => None,
            Some((harm, round)) => {
                let callers = Callers {
                    count: self.options.callers.into(),
                    pace: Duration::from_secs(1) / self.options.calls_per_second,
                };
                let caller = Caller::new(self.server.address, &self.workload.token);
                let name = format!("{harm}-{round}");
                Some(Hostile::start(harm, &name, self.directory, &caller, callers, (start, end)).await?)
            }
        };
        let latencies = closed_loop(workers, start, end).await?;
        let answered = match hostile {
            None => 0,
            Some(hostile) => hostile.end().await?,
        };
        Ok((Shown::new(&latencies, window.length), answered))
    }
}

/// What was measured, round by round.
#[derive(Default)]
struct Rounds {
    alone: Vec<Shown>,
    beset: Vec<Shown>,
    answered: u64,
}

impl Rounds {
    fn sum_up(&self, harm: Harm, length: Duration) -> Beset {
        let ratio = |of: fn(&Shown) -> f64| {
            median(self.alone.iter().zip(&self.beset).map(|(alone, beset)| of(beset) / of(alone)).collect())
        };
        let middle = |rounds: &[Shown], of: fn(&Shown) -> f64| median(rounds.iter().map(of).collect());
        let both = |rounds: &[Shown]| Shown {
            per_second: middle(rounds, |shown| shown.per_second),
            p99_ms: middle(rounds, |shown| shown.p99_ms),
        };
        #[expect(clippy::cast_precision_loss, reason = "calls are far fewer than 2^52")]
        let calls = self.answered as f64;
        Beset {
            harm,
            calls_per_second: calls / (length.as_secs_f64() * f64::from(u32::try_from(self.beset.len()).unwrap_or(1))),
            alone: both(&self.alone),
            with: both(&self.beset),
            throughput_ratio: ratio(|shown| shown.per_second),
            p99_ratio: ratio(|shown| shown.p99_ms),
        }
    }
}

/// The middle one; of an even number, the greater of the two.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
