//! A real server for the suites that are not written in Rust.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;

use super::Setup;
use super::parts::Database;
use crate::process::{self, Background, run};

const ORGANIZATION: &str = "acme";

/// A suite takes seconds. One that takes this long waits for something that will not come.
const SUITE_LIMIT: Duration = Duration::from_mins(10);

/// A server with one organization, in a folder of its own.
pub(super) struct TestServer {
    process: Background,
    log: PathBuf,
    url: String,
    token: String,
    // Last, so that the server has ended when it is removed.
    _folder: TempDir,
}

/// What `escriba init --json` prints, as far as it is of use here.
#[derive(Deserialize)]
struct Credentials {
    token: String,
}

impl TestServer {
    /// Builds the server, sets it up on a new database, and waits until it listens.
    pub(super) fn start(setup: &Setup<'_>, database: Database) -> Result<Self> {
        run(setup.project.cargo("build").args(["--package", "escriba"]))?;
        let program = setup.project.target().join("debug/escriba");
        let folder = tempfile::Builder::new().prefix("escriba-server-").tempdir()?;
        let data = folder.path().join("data");
        let mut place = vec!["--data-dir".into(), data.into_os_string()];
        if let Database::Postgres = database {
            // Named by the folder, which is unique: every part has a database of its own.
            let unique = folder.path().file_name().context("a folder has a name")?.to_string_lossy().to_lowercase();
            place.extend(["--database-url".into(), setup.cluster()?.create_database(&unique)?.into()]);
        }

        let mut init = setup.project.program(&program);
        init.args(["init", "--organization", ORGANIZATION, "--admin", "ada", "--json"]).args(&place);
        let printed = process::output(&mut init)?;
        let Credentials { token } =
            serde_json::from_str(&printed).context("cannot read what `escriba init` printed")?;

        let log = folder.path().join("log");
        let ready = folder.path().join("ready");
        let signal = "TERM";
        let mut serve = setup.project.tied_program(&program, signal);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--ready-file"]).arg(&ready).args(&place);
        serve.stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let mut process = Background::start(&mut serve, signal)?;
        let listening = process::wait_for("the server to listen", Duration::from_secs(30), || {
            if let Some(status) = process.ended()? {
                bail!("the server ended ({status})");
            }
            let written = fs::read_to_string(&ready).unwrap_or_default();
            Ok(written.strip_suffix('\n').map(str::to_owned))
        });
        let address = listening.inspect_err(|_| print_end_of(&log))?;
        let url = if address.contains("://") { address } else { format!("http://{address}") };
        Ok(Self { process, log, url, token, _folder: folder })
    }

    /// Runs a suite against the server, then wants the server to end well.
    pub(super) fn drive(mut self, suite: &mut Command) -> Result<()> {
        suite.env("ESCRIBA_URL", &self.url).env("ESCRIBA_ORGANIZATION", ORGANIZATION).env("ESCRIBA_TOKEN", &self.token);
        let outcome = process::run_within(suite, SUITE_LIMIT);
        let ended = self.process.stop().context("the server did not end when asked to");
        let outcome = outcome
            .and(ended)
            .and_then(|status| if status.success() { Ok(()) } else { bail!("the server ended badly ({status})") });
        outcome.inspect_err(|_| print_end_of(&self.log))
    }
}

fn print_end_of(log: &Path) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    println!("The server's last words:");
    for line in lines.iter().skip(lines.len().saturating_sub(40)) {
        println!("  {line}");
    }
}
