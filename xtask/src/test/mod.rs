//! `cargo xtask test`: every check and every test, part by part, and an honest account at the end.

mod cluster;
mod needs;
mod parts;
mod server;

use std::cell::OnceCell;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::process;
use crate::project::Project;
use cluster::Cluster;
use needs::{Need, Tools};
use parts::Part;

/// What `cargo xtask test` can be told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Count a part that cannot run here as failed
    #[arg(long)]
    no_skip: bool,
    /// Run only the parts whose names contain one of these words
    parts: Vec<String>,
}

/// What the parts share.
struct Setup<'a> {
    project: &'a Project,
    tools: Tools,
    cluster: OnceCell<Result<Cluster, String>>,
}

impl Setup<'_> {
    /// The private PostgreSQL, started by the first part that asks for it.
    fn cluster(&self) -> Result<&Cluster> {
        let start = || {
            let programs = self.tools.postgres.as_ref().map_err(Clone::clone)?;
            Cluster::start(programs).map_err(|error| format!("{error:#}"))
        };
        self.cluster.get_or_init(start).as_ref().map_err(|error| anyhow!("no PostgreSQL: {error}"))
    }
}

/// How a part ended.
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// Sees to it that the programs of PostgreSQL are there, for commands that start one of their own.
pub(crate) fn install_postgres(project: &Project) -> Result<()> {
    let tools = Tools::prepare(project, std::iter::once(Need::Postgres));
    tools.postgres.map(drop).map_err(anyhow::Error::msg)
}

/// Runs the parts and reports on each.
pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    let start = process::now();
    let metadata = project.metadata()?;
    let mut parts = parts::all(&metadata);
    if !arguments.parts.is_empty() {
        parts.retain(|part| arguments.parts.iter().any(|word| part.name.contains(word.as_str())));
        if parts.is_empty() {
            bail!(
                "no part has such a name; there are: {}",
                parts::all(&metadata).iter().map(|part| part.name).collect::<Vec<_>>().join(", ")
            );
        }
    }

    let tools = Tools::prepare(project, parts.iter().flat_map(|part| part.needs.iter().copied()));
    let setup = Setup { project, tools, cluster: OnceCell::new() };

    let mut report = Vec::new();
    for part in &parts {
        println!("\n── {} ──", part.name);
        let start = process::now();
        let outcome = run_part(&setup, part);
        if let Outcome::Failed(reason) | Outcome::Skipped(reason) = &outcome {
            println!("{}: {reason}", part.name);
        }
        report.push((part.name, outcome, start.elapsed()));
    }
    drop(setup);
    conclude(&report, start.elapsed(), arguments)
}

fn run_part(setup: &Setup<'_>, part: &Part) -> Outcome {
    let lacking = part.needs.iter().find_map(|need| setup.tools.lacks(*need));
    if let Some(reason) = lacking {
        return Outcome::Skipped(reason.to_owned());
    }
    match (part.run)(setup).with_context(|| part.name.to_owned()) {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(error.chain().skip(1).map(ToString::to_string).collect::<Vec<_>>().join(": ")),
    }
}

/// Prints what ran and what did not, and fails if anything did that must not.
fn conclude(report: &[(&str, Outcome, Duration)], total: Duration, arguments: &Arguments) -> Result<()> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    println!("\n── what ran ──");
    for (name, outcome, took) in report {
        let (word, reason) = match outcome {
            Outcome::Passed => ("passed", ""),
            Outcome::Failed(reason) => ("FAILED", reason.as_str()),
            Outcome::Skipped(reason) => ("skipped", reason.as_str()),
        };
        match outcome {
            Outcome::Passed => passed += 1,
            Outcome::Failed(_) => failed += 1,
            Outcome::Skipped(_) => skipped += 1,
        }
        println!(
            "{word:<8} {:>6.1} s  {name}{}{reason}",
            took.as_secs_f64(),
            if reason.is_empty() { "" } else { ": " }
        );
    }
    println!("in {:.0} s; each part counts once here, and its own tests are counted above", total.as_secs_f64());
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} parts failed");
    }
    if arguments.no_skip && skipped > 0 {
        bail!("{skipped} parts were skipped, and none may be (--no-skip)");
    }
    Ok(())
}
