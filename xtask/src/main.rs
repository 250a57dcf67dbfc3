//! The commands of this repository: test, tidy, bench, fuzz, kill.
//!
//! They are a program and not scripts, so that they are read, checked and tested like the rest.

mod fuzz;
mod process;
mod project;
mod test;
mod tidy;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

/// The commands of this repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and every test, on both databases; install first what is missing, where that is possible
    Test(test::Arguments),
    /// Check what compilers do not: headings, lengths, names, links, dependencies
    Tidy,
    /// Measure a release build: `opens`, with a server and a load generator, or `ledger`, without (`… opens --help`)
    #[command(disable_help_flag = true)]
    Bench {
        /// What to measure, and how to print it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Look for texts that break what must hold for any text; needs the nightly compiler and cargo-fuzz
    Fuzz(fuzz::Arguments),
    /// Kill a loaded server again and again, and compare what it acknowledged with what it kept
    Kill {
        /// How often
        #[arg(long, default_value_t = 200)]
        rounds: u32,
        /// On which database
        #[arg(long, default_value = "both", value_parser = ["sqlite", "postgres", "both"])]
        database: String,
        /// Replays the moments of an earlier run
        #[arg(long)]
        seed: Option<u64>,
    },
}

fn main() -> ExitCode {
    let outcome = Project::find().and_then(|project| match Arguments::parse().command {
        Command::Test(arguments) => test::run(&project, &arguments),
        Command::Tidy => tidy::run(&project),
        Command::Bench { arguments } => bench(&project, arguments),
        Command::Fuzz(arguments) => fuzz::run(&project, &arguments),
        Command::Kill { rounds, database, seed } => kill(&project, rounds, &database, seed),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(project: &Project, mut arguments: Vec<OsString>) -> anyhow::Result<()> {
    // The format of the log needs neither a server nor a database.
    if arguments.first().is_some_and(|first| first == "ledger") {
        return process::run(project.bench_program("ledger").args(&arguments[1..]));
    }
    // Without a name it measures what matters most.
    let first = arguments.first().map(|first| first.to_string_lossy().into_owned()).unwrap_or_default();
    if first.is_empty() || (first.starts_with('-') && first != "--help") {
        arguments.insert(0, "opens".into());
    }
    test::install_postgres(project)?;
    project.build_release()?;
    process::run(project.bench_program("load").args(arguments))
}

fn kill(project: &Project, rounds: u32, database: &str, seed: Option<u64>) -> anyhow::Result<()> {
    let databases = match database {
        "both" => vec!["sqlite", "postgres"],
        one => vec![one],
    };
    if databases.contains(&"postgres") {
        test::install_postgres(project)?;
    }
    project.build_release()?;
    for database in databases {
        let mut command = project.bench_program("kill");
        command.args(["--rounds", &rounds.to_string(), "--database", database]);
        if let Some(seed) = seed {
            command.args(["--seed", &seed.to_string()]);
        }
        process::run(&mut command)?;
    }
    Ok(())
}
