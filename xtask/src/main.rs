//! The commands of this repository: test, tidy, conformance, bench, fuzz, kill.
//!
//! They are a program and not scripts, so that they are read, checked and tested like the rest.

mod fuzz;
mod process;
mod project;
mod test;
mod tidy;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
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
    /// Compare the language and the log with others' test cases
    Conformance {
        /// The folder of the cases: of one, of a suite, or of several suites
        folder: PathBuf,
    },
    /// Measure a release build: `opens` with a load generator, `egress` to hosts that do harm, `exports` of a log, `search`es in one, the format in `ledger`, or `lang` (`… opens --help`)
    #[command(disable_help_flag = true)]
    Bench {
        /// What to measure, and how to print it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Look for texts that break what must hold for any text; needs the nightly compiler and cargo-fuzz
    Fuzz(fuzz::Arguments),
    /// Kill loaded servers again and again, and compare what they acknowledged with what they kept
    Kill(Kill),
}

/// What `cargo xtask kill` can be told.
#[derive(clap::Args)]
struct Kill {
    /// How often
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// On which database: on PostgreSQL two servers share it, of which one is killed, or both
    #[arg(long, default_value = "both", value_parser = ["sqlite", "postgres", "both"])]
    database: String,
    /// Replays the moments of an earlier run
    #[arg(long)]
    seed: Option<u64>,
    /// While they rotate passwords of a PostgreSQL, instead of under a load of everything else
    #[arg(long)]
    rotations: bool,
    /// While they run schedules, instead of under a load of everything else
    #[arg(long, conflicts_with = "rotations")]
    schedules: bool,
    /// How many servers share PostgreSQL; 2 if it is not said
    #[arg(long)]
    replicas: Option<u16>,
}

fn main() -> ExitCode {
    let outcome = Project::find().and_then(|project| match Arguments::parse().command {
        Command::Test(arguments) => test::run(&project, &arguments),
        Command::Tidy => tidy::run(&project),
        Command::Conformance { folder } => conformance(&project, &folder),
        Command::Bench { arguments } => bench(&project, arguments),
        Command::Fuzz(arguments) => fuzz::run(&project, &arguments),
        Command::Kill(arguments) => kill(&project, &arguments),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the cases in a folder; each has a line, and a failure is an error.
fn conformance(project: &Project, folder: &Path) -> anyhow::Result<()> {
    let mut command = project.cargo("run");
    command.args(["--quiet", "--package", "conformance", "--"]);
    process::run(command.arg(std::path::absolute(folder)?))
}

fn bench(project: &Project, mut arguments: Vec<OsString>) -> anyhow::Result<()> {
    let first = arguments.first().map(|first| first.to_string_lossy().into_owned()).unwrap_or_default();
    match first.as_str() {
        // The format of the log first, which needs neither a server nor a database. Its options mean nothing to exports.
        "ledger" => {
            process::run(project.bench_program("ledger").args(&arguments[1..]))?;
            if arguments.len() == 1 { bench_exports(project, &[]) } else { Ok(()) }
        }
        "exports" => bench_exports(project, &arguments[1..]),
        "search" => {
            test::install_postgres(project)?;
            project.build_release()?;
            process::run(project.bench_program("search").args(&arguments[1..]))
        }
        "egress" => {
            project.build_release()?;
            process::run(project.bench_program("load").args(arguments))
        }
        "lang" => bench_lang(project, &arguments[1..]),
        _ => {
            // Without a name it measures what matters most.
            if first.is_empty() || (first.starts_with('-') && first != "--help") {
                arguments.insert(0, "opens".into());
            }
            test::install_postgres(project)?;
            project.build_release()?;
            process::run(project.bench_program("load").args(arguments))
        }
    }
}

fn bench_exports(project: &Project, arguments: &[OsString]) -> anyhow::Result<()> {
    project.build_release()?;
    process::run(project.bench_program("exports").args(arguments))
}

fn bench_lang(project: &Project, arguments: &[OsString]) -> anyhow::Result<()> {
    // It runs the program that counts, which must be there and be as new.
    let mut build = project.cargo("build");
    process::run_unannounced(build.args(["--release", "--package", "benches", "--bin", "lang-allocations"]))?;
    let mut command = project.bench_program("lang");
    if let Some(folder) = project.conformance() {
        command.arg("--stored").arg(folder);
    }
    process::run_unannounced(command.args(arguments))
}

fn kill(project: &Project, arguments: &Kill) -> anyhow::Result<()> {
    let databases = match arguments.database.as_str() {
        "both" => vec!["sqlite", "postgres"],
        one => vec![one],
    };
    if arguments.rotations || databases.contains(&"postgres") {
        test::install_postgres(project)?;
    }
    project.build_release()?;
    for database in databases {
        let mut command = project.bench_program("kill");
        command.args(["--rounds", &arguments.rounds.to_string(), "--database", database]);
        if let Some(seed) = arguments.seed {
            command.args(["--seed", &seed.to_string()]);
        }
        if let Some(replicas) = arguments.replicas.filter(|_| database == "postgres") {
            command.args(["--replicas", &replicas.to_string()]);
        }
        if arguments.rotations {
            command.arg("--rotations");
        }
        if arguments.schedules {
            command.arg("--schedules");
        }
        process::run(&mut command)?;
    }
    Ok(())
}
