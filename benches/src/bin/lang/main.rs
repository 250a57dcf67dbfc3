//! How fast definitions are parsed, checked and opened.
//!
//! Time is the processor time of this thread: other programs on the machine do not count, though they still take caches and
//! clock rate from it. So many short batches are measured, and the quickest and the median are told.

mod measure;
mod report;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use benches::language::{Counts, Operation, subjects};
use benches::machine::Machine;
use clap::Parser;

use crate::measure::measure;
use crate::report::{Report, Row};

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the language and prints what it takes.
#[derive(Parser)]
struct Cli {
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// How much processor time goes into each measurement.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The folder of stored examples, for the case `bench`; without it only generated definitions are measured.
    #[arg(long)]
    stored: Option<PathBuf>,
    /// Measure only the subjects whose names contain one of these words.
    subjects: Vec<String>,
}

fn main() -> Result<()> {
    let options = Cli::parse();
    let report = Report::new(options.json);
    report.header(&Machine::look(&std::env::temp_dir()), options.stored.is_some());
    let counts = counts(&options)?;
    for (subject, counts) in subjects(options.stored.as_deref())?.iter().zip(counts) {
        let is_wanted = |word: &String| subject.name.contains(word.as_str());
        if !options.subjects.is_empty() && !options.subjects.iter().any(is_wanted) {
            continue;
        }
        let parsed = subject.parse()?;
        for (operation, counts) in Operation::ALL.into_iter().zip(counts) {
            let time = measure(Duration::from_secs(options.seconds), || subject.operate(operation, &parsed))
                .with_context(|| format!("{operation} of {}", subject.name))?;
            report.row(&Row { subject, operation, time, counts });
        }
    }
    report.footer();
    Ok(())
}

/// What each operation on each subject allocates, counted by another program: this one measures time with the allocator as it is.
fn counts(options: &Cli) -> Result<Vec<[Counts; Operation::ALL.len()]>> {
    let ours = std::env::current_exe()?;
    let program = ours.parent().context("a program has a folder")?.join("lang-allocations");
    let mut command = Command::new(&program);
    if let Some(stored) = &options.stored {
        command.arg(stored);
    }
    let output = command.output().with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("the counts are not as expected")
}
