//! The server under test: one data directory, and the processes that serve it one after the other.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::process::Process;

/// The organisation that every run works in.
pub const ORGANIZATION: &str = "acme";
/// Its administrator.
pub const ADMIN: &str = "ada";

/// A data directory with its keys, and the database that belongs to it.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The program, `escriba`.
    pub program: PathBuf,
    /// A directory of our own; the data directory and the server's output stand in it.
    pub directory: PathBuf,
    /// The PostgreSQL database, if it is not to be SQLite.
    pub database_url: Option<String>,
}

/// What `escriba init` and `escriba users add` print and we need.
#[derive(Deserialize)]
struct Credentials {
    token: String,
}

/// What `escriba log check` says of one log.
#[derive(Debug, Deserialize)]
pub struct LogReport {
    /// The origin of the log.
    pub log: String,
    /// How many entries it has.
    pub entries: u64,
    /// Whether its indexes are 0, 1, 2, … without gap or double.
    pub contiguous: bool,
}

/// What `escriba fsck` says of everything.
#[derive(Debug, Deserialize)]
pub struct Checked {
    /// What is wrong, and of no log in particular.
    pub findings: Vec<Finding>,
    /// The logs.
    pub logs: Vec<CheckedLog>,
}

/// What `escriba fsck` says of a log.
#[derive(Debug, Deserialize)]
pub struct CheckedLog {
    /// Which log.
    pub log: String,
    /// How many entries it has.
    pub entries: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// What.
    pub what: String,
}

#[derive(Deserialize)]
struct LogReports {
    logs: Vec<LogReport>,
}

impl Installation {
    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Sets the server up and returns the administrator's token.
    pub fn init(&self) -> Result<String> {
        let printed = self.administer::<Credentials>(&["init", "--organization", ORGANIZATION, "--admin", ADMIN])?;
        Ok(printed.token)
    }

    /// Adds a member without any right of their own and returns their token.
    pub fn add_member(&self, login: &str) -> Result<String> {
        let command = ["users", "add", login, "--organization", ORGANIZATION, "--role", "member"];
        Ok(self.administer::<Credentials>(&command)?.token)
    }

    /// Another replica on the same database, with the same keys, once this one is set up.
    pub fn replica(&self, name: &str) -> Result<Self> {
        let replica = Self { directory: self.directory.join(name), ..self.clone() };
        fs::create_dir_all(replica.data())?;
        let key_file = "escriba.keys";
        fs::copy(self.data().join(key_file), replica.data().join(key_file)).context("giving a replica the key ring")?;
        Ok(replica)
    }

    /// Has the server look at the indexes of all its logs.
    pub fn check_logs(&self) -> Result<Vec<LogReport>> {
        Ok(self.administer::<LogReports>(&["log", "check"])?.logs)
    }

    /// Starts the server and waits until it listens.
    pub async fn serve(&self) -> Result<Server> {
        self.start()?.ready().await
    }

    /// Starts a server that believes hosts with certificates of these authorities, and waits until it listens.
    pub async fn serve_trusting(&self, authorities: &Path) -> Result<Server> {
        self.start_with(&["--egress-ca-cert".as_ref(), authorities.as_os_str()])?.ready().await
    }

    /// Starts the server and does not wait.
    pub fn start(&self) -> Result<Starting> {
        self.start_with(&[])
    }

    fn start_with(&self, more: &[&OsStr]) -> Result<Starting> {
        let ready_file = self.directory.join("ready");
        if ready_file.exists() {
            fs::remove_file(&ready_file)?;
        }
        let output = File::options().create(true).append(true).open(self.output())?;
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        // What it may have to call is ours, and on this machine.
        command.args(["--egress-allow", "127.0.0.0/8"]);
        // It is measured how fast the server is, not how fast it lets a caller be.
        command.args(["--rate-limit-token", "off", "--rate-limit-address", "off"]);
        command.args(more);
        command.arg("--ready-file").arg(&ready_file).stdout(output.try_clone()?).stderr(output);
        Ok(Starting { process: Process::start("the server", &mut command)?, ready_file, output: self.output() })
    }

    /// Derives everything that is stored of the logs again, beside a running server or without one.
    pub fn fsck(&self) -> Result<Checked> {
        let output = self.command(&["fsck"]).arg("--json").output().context("starting `escriba fsck`")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        // It fails with 1 if something is wrong, and says what all the same.
        ensure!(matches!(output.status.code(), Some(0 | 1)), "`escriba fsck` could not look: {}", complaint.trim());
        serde_json::from_slice(&output.stdout).context("reading what `escriba fsck` printed")
    }

    fn output(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    fn administer<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T> {
        let name = format!("`escriba {}`", arguments.join(" "));
        let output = self.command(arguments).arg("--json").output().with_context(|| format!("starting {name}"))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{name} failed ({}): {}", output.status, complaint.trim());
        serde_json::from_slice(&output.stdout).with_context(|| format!("reading what {name} printed"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--data-dir").arg(self.data());
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        command
    }
}

/// A server that may not listen yet.
#[derive(Debug)]
pub struct Starting {
    process: Process,
    ready_file: PathBuf,
    output: PathBuf,
}

impl Starting {
    /// Waits until it listens.
    pub async fn ready(mut self) -> Result<Server> {
        let ready_file = self.ready_file;
        let bound = || fs::read_to_string(&ready_file).ok().filter(|text| text.ends_with('\n'));
        let text = self.process.until(bound).await.with_context(|| last_lines(&self.output))?;
        let address = text.trim().parse().context("reading the bound address")?;
        Ok(Server { process: self.process, address })
    }

    /// Kills it before it is ready, or after.
    pub fn kill(self) -> Result<()> {
        self.process.kill().with_context(|| last_lines(&self.output))
    }
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Ends it as a failing machine would.
    pub fn kill(self) -> Result<()> {
        self.process.kill()
    }

    /// Ends it as an operator would.
    pub async fn stop(self) -> Result<()> {
        self.process.stop("TERM").await
    }
}

/// The `escriba` that was built beside the program that runs.
pub fn built_beside_us() -> Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let program = ours.parent().context("a program has a folder")?.join("escriba");
    ensure!(program.exists(), "{} is not there; build it, or name it with --server", program.display());
    Ok(program)
}

fn last_lines(output: &Path) -> String {
    let text = fs::read_to_string(output).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    format!("the server wrote last:\n{}", lines.join("\n"))
}
