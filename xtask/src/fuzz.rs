//! `cargo xtask fuzz`: looks for texts that break the laws of the language, and for bytes that break those of the log.
//!
//! The targets are a workspace of their own in `fuzz/`, because they need the nightly compiler. What they find becomes a
//! file in `fuzz/regressions/`, which the ordinary tests read.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::Project;

/// Longer texts are slow, and find nothing that shorter ones do not.
const LONGEST: u32 = 2 << 10;

/// What is read of a log is longer: a whole bundle, or a tile.
const LONGEST_OF_LOG: u32 = 32 << 10;

/// The most memory that reading anything so short may take, in MiB, with all that the fuzzer itself keeps.
const MEMORY: u32 = 512;

/// What `cargo xtask fuzz` can be told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The targets, one after the other; all of them if none is named
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
}

/// Runs the targets, and fails at the first finding.
pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    let known = targets(project)?;
    if let Some(unknown) = arguments.targets.iter().find(|name| !known.contains(name)) {
        bail!("{unknown} is no target; there are: {}", known.join(", "));
    }
    if process::find("cargo-fuzz").is_none() {
        bail!("cargo-fuzz is missing: cargo install cargo-fuzz --locked");
    }
    if !process::succeeds(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])) {
        bail!("the nightly compiler is missing: rustup toolchain install nightly --profile minimal");
    }
    let targets = if arguments.targets.is_empty() { &known } else { &arguments.targets };
    for target in targets {
        println!("\n── {target} ──");
        fuzz(project, target, arguments.minutes).with_context(|| {
            format!("{target}: the input is in fuzz/artifacts/{target}, unless it says otherwise above")
        })?;
    }
    Ok(())
}

/// The names of all targets, sorted.
fn targets(project: &Project) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(project.root.join("fuzz/targets")).context("cannot list the fuzz targets")? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn fuzz(project: &Project, target: &str, minutes: u64) -> Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    fs::create_dir_all(project.root.join(&corpus))?;
    // Nothing was found there yet, and an empty folder is in no repository.
    fs::create_dir_all(project.root.join("fuzz/regressions").join(target))?;
    let mut command = project.program("rustup");
    // There is no unsafe code of ours to watch, and without a sanitizer it is twice as fast.
    command.args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", "none", target]);
    let is_of_log = target.starts_with("ledger_");
    let (seeds, longest) = if is_of_log {
        (format!("fuzz/seeds/{target}"), LONGEST_OF_LOG)
    } else {
        ("fuzz/seeds/lang".to_owned(), LONGEST)
    };
    // New inputs go to the first folder.
    command.args([corpus, format!("fuzz/regressions/{target}"), seeds, "--".to_owned()]);
    if !is_of_log {
        command.arg("-dict=fuzz/definition.dict");
    }
    command.args(["-timeout=10", "-print_final_stats=1"]);
    command.args([format!("-rss_limit_mb={MEMORY}"), format!("-max_len={longest}")]);
    command.arg(format!("-max_total_time={}", minutes * 60));
    process::run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_is_answered_with_the_known_ones() {
        let arguments = Arguments { targets: vec!["yml".to_owned()], minutes: 1 };
        let error = run(&Project::find().unwrap(), &arguments).unwrap_err().to_string();
        assert!(error.starts_with("yml is no target; there are: ") && error.ends_with(", yaml"), "{error}");
    }
}
