//! How fast the log is grown, proved and verified: functions of bytes, on one thread, without a server.
//!
//! Each work is done several times and its median is printed, by the clock and by the CPU time of the thread. On a
//! machine that does other things besides, the second is the one that says something about the program.

mod measure;
mod tree;

use anyhow::{Result, ensure};
use benches::machine::Machine;
use clap::Parser;

use crate::measure::Work;

/// Measures the log as a format.
#[derive(Parser)]
struct Cli {
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// How many entries the log has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1 << 32))]
    entries: u64,
    /// How often each work is done.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Only the works whose names contain this.
    filter: Option<String>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut works: Vec<Work> = tree::works(cli.entries);
    if let Some(filter) = &cli.filter {
        works.retain(|work| work.name.contains(filter.as_str()));
        ensure!(!works.is_empty(), "no work has {filter} in its name");
    }
    if !cli.json {
        println!("machine: {}\n", Machine::look(&std::env::temp_dir()));
        println!("| work | a second, by the clock | a second, by CPU time | slowest … fastest round |");
        println!("|---|---|---|---|");
    }
    for work in works {
        println!("{}", work.measure(cli.rounds).show(cli.json)?);
    }
    Ok(())
}
