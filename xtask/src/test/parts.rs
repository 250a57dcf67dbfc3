//! The parts of the test run, in order: what is quick and often wrong comes first.

use std::process::Command;

use anyhow::{Result, bail};

use super::Setup;
use super::needs::{IDENTITY_PROVIDER, Need};
use super::server::TestServer;
use crate::process::{self, run};
use crate::project::Metadata;
use crate::tidy;

/// How many rounds of the kill test belong to every run; `cargo xtask kill` does more.
const KILL_ROUNDS: &str = "20";

/// The crates whose tests depend on which database they use.
const ON_DATABASE: [&str; 4] = ["store", "engine", "server", "escriba"];

/// One part of the run. It passes or fails as a whole.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) needs: &'static [Need],
    pub(super) run: fn(&Setup<'_>) -> Result<()>,
}

/// Which database a part is about.
#[derive(Clone, Copy)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

/// All parts that the project has today.
pub(super) fn all(metadata: &Metadata) -> Vec<Part> {
    let part = |name, needs, run| Part { name, needs, run };
    let mut parts = vec![
        part("format", &[][..], |setup| run(setup.project.cargo("fmt").args(["--all", "--check"]))),
        part("tidy", &[], |setup| tidy::run(setup.project)),
        part("clippy", &[], |setup| {
            let mut clippy = setup.project.cargo("clippy");
            run(clippy.args(["--workspace", "--all-targets", "--", "--deny", "warnings"]))
        }),
        part("documentation", &[], |setup| {
            let mut doc = setup.project.cargo("doc");
            doc.args(["--workspace", "--no-deps", "--document-private-items", "--quiet"]);
            run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
        }),
        part("tests on SQLite", &[], |setup| rust_tests(setup, Database::Sqlite)),
        part("tests on PostgreSQL", &[Need::Postgres], |setup| rust_tests(setup, Database::Postgres)),
        part("rotation of real databases", &[Need::Postgres, Need::MariaDb], targets),
        part("others' test cases", &[], |setup| match setup.project.conformance() {
            Some(folder) => crate::conformance(setup.project, &folder),
            None => {
                println!("not present: they stand beside the project in some places, and not here");
                Ok(())
            }
        }),
        part("examples in the documentation", &[], |setup| {
            run(setup.project.cargo("test").args(["--workspace", "--doc", "--quiet"]))
        }),
        part("TypeScript SDK on SQLite", &[Need::Node], |setup| typescript(setup, Database::Sqlite)),
        part("TypeScript SDK on PostgreSQL", &[Need::Node, Need::Postgres], |setup| {
            typescript(setup, Database::Postgres)
        }),
        part("Python SDK on SQLite", &[Need::Python], |setup| python(setup, Database::Sqlite)),
        part("Python SDK on PostgreSQL", &[Need::Python, Need::Postgres], |setup| python(setup, Database::Postgres)),
        part("exports in others' readers", &[Need::Python], readers),
        part("providers on OpenBao", &[Need::Python], openbao),
        part("console in Chromium", &[Need::Chromium], console),
        part("signing in by an identity provider", &[Need::IdentityProvider, Need::Chromium], identity_provider),
    ];
    // Checked more thoroughly where it is installed; `tidy` checks the main points everywhere.
    if process::find("cargo-deny").is_some() {
        parts.insert(2, part("dependencies", &[], |setup| run(setup.project.cargo("deny").args(["check"]))));
    }
    if metadata.has_bench_program("kill") {
        parts.push(part("kill test on SQLite", &[], |setup| kill(setup, Database::Sqlite, &[])));
        parts.push(part("kill test on PostgreSQL", &[Need::Postgres], |setup| kill(setup, Database::Postgres, &[])));
        parts.push(part("kill test of rotation on SQLite", &[Need::Postgres], |setup| {
            kill(setup, Database::Sqlite, &["--rotations"])
        }));
        parts.push(part("kill test of rotation on PostgreSQL", &[Need::Postgres], |setup| {
            kill(setup, Database::Postgres, &["--rotations"])
        }));
        let schedules = |setup: &Setup<'_>| kill(setup, Database::Sqlite, &["--schedules"]);
        parts.push(part("kill test of schedules on SQLite", &[], schedules));
        let schedules = |setup: &Setup<'_>| kill(setup, Database::Postgres, &["--schedules"]);
        parts.push(part("kill test of schedules on PostgreSQL", &[Need::Postgres], schedules));
    }
    parts
}

fn rust_tests(setup: &Setup<'_>, database: Database) -> Result<()> {
    let mut command = test_runner(setup);
    match database {
        Database::Sqlite => command.arg("--workspace"),
        Database::Postgres => {
            command.env("ESCRIBA_TEST_DATABASE_URL", setup.cluster()?.url());
            command.args(ON_DATABASE.iter().flat_map(|package| ["--package", package]))
        }
    };
    run(&mut command)
}

/// The tests of rotators alone, with the servers that these act on. Everywhere else they say which of them they lack.
fn targets(setup: &Setup<'_>) -> Result<()> {
    run(test_runner(setup).args(["--package", "server", "rotation"]).env("ESCRIBA_TEST_TARGETS", "required"))
}

/// The test that hands exports to readers that are not ours. Everywhere else it says that it lacks them.
fn readers(setup: &Setup<'_>) -> Result<()> {
    let python = setup.project.root.join("compat/python/.venv/bin/python");
    run(test_runner(setup).args(["--package", "ledger", "readers_that_are_not_ours"]).env("ESCRIBA_READERS", python))
}

/// The tests that ask a real `OpenBao`, which comes with the Python packages. Everywhere else they say that they lack it.
fn openbao(setup: &Setup<'_>) -> Result<()> {
    let bao = setup.project.root.join("compat/python/.venv/bin/bao");
    run(test_runner(setup).args(["--package", "server", "openbao"]).env("ESCRIBA_TEST_BAO", bao))
}

/// The tests named `console…` alone, with what they need to drive a browser. Everywhere else they say that they lack it.
fn console(setup: &Setup<'_>) -> Result<()> {
    let Ok(driver) = &setup.tools.chromedriver else { bail!("there is no ChromeDriver") };
    let mut command = test_runner(setup);
    command.args(["--package", "server", "--package", "escriba", "console"]);
    run(command.env("ESCRIBA_CHROMEDRIVER", driver))
}

/// The tests that sign in by a real identity provider. Everywhere else they say that they lack it.
fn identity_provider(setup: &Setup<'_>) -> Result<()> {
    let Ok(driver) = &setup.tools.chromedriver else { bail!("there is no ChromeDriver") };
    let mut command = test_runner(setup);
    command.args(["--package", "server", "identity_provider"]).env("ESCRIBA_CHROMEDRIVER", driver);
    run(command.env("ESCRIBA_TEST_IDENTITY_PROVIDER", setup.project.root.join(IDENTITY_PROVIDER)))
}

/// `cargo nextest run`, or `cargo test` where that is missing.
fn test_runner(setup: &Setup<'_>) -> Command {
    let has_nextest = process::find("cargo-nextest").is_some();
    let mut command = setup.project.cargo(if has_nextest { "nextest run" } else { "test" });
    command.arg("--no-fail-fast");
    if !has_nextest {
        // Its examples in the documentation are a part of their own.
        command.arg("--all-targets");
    }
    command
}

fn typescript(setup: &Setup<'_>, database: Database) -> Result<()> {
    let server = TestServer::start(setup, database)?;
    let mut suite = setup.project.program("npm");
    suite.args(["test", "--silent"]).current_dir(setup.project.root.join("compat/typescript"));
    server.drive(&mut suite)
}

fn python(setup: &Setup<'_>, database: Database) -> Result<()> {
    let server = TestServer::start(setup, database)?;
    let folder = setup.project.root.join("compat/python");
    let mut suite = setup.project.program(folder.join(".venv/bin/python"));
    suite.args(["-m", "unittest", "discover"]).current_dir(folder);
    server.drive(&mut suite)
}

fn kill(setup: &Setup<'_>, database: Database, options: &[&str]) -> Result<()> {
    setup.project.build_release()?;
    let mut program = setup.project.bench_program("kill");
    let database = match database {
        Database::Sqlite => "sqlite",
        Database::Postgres => "postgres",
    };
    run(program.args(["--rounds", KILL_ROUNDS, "--database", database]).args(options))
}
