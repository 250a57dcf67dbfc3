//! An installation of a test alone, and the program run on it.

mod database;
mod exchange;
mod server;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use database::{Database, DatabaseCopy};
pub(crate) use exchange::read_answer;
pub(crate) use server::Server;

/// A data directory and a database of one test alone.
pub(crate) struct Installation {
    folder: TempDir,
    database: Database,
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// What it said when it did not succeed.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert!(self.code.is_some_and(|code| code != 0), "it succeeded: {}\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Installation {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: Database::new() }
    }

    /// One that `escriba init` made, and the administrator's token.
    pub(crate) fn new() -> (Self, String) {
        let this = Self::empty();
        let made = this.run(["init", "--organization", "acme", "--admin", "ada", "--json"]).succeeded().json();
        (this, made["token"].as_str().unwrap().to_owned())
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.data_dir().join("escriba.keys")
    }

    /// The program, to be run on this installation.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_escriba"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ESCRIBA_")) {
            command.env_remove(name);
        }
        command.env("ESCRIBA_DATA_DIR", self.data_dir()).current_dir(self.folder.path());
        if let Some(url) = self.database.url() {
            command.env("ESCRIBA_DATABASE_URL", url);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs the program to its end, with this on standard input.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>, input: &str) -> Ran {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that reads nothing may have closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Does to the database what somebody does who can write it.
    pub(crate) fn tamper(&self, statement: &str) {
        self.database.execute(&self.data_dir(), statement);
    }

    /// Copies the database as it is. No server may run.
    pub(crate) fn copy_database(&self) -> DatabaseCopy {
        self.database.copy(&self.data_dir(), self.path("copy"))
    }

    /// Puts a copy in the place of the database. No server may run.
    pub(crate) fn bring_back(&self, copy: DatabaseCopy) {
        self.database.bring_back(&self.data_dir(), copy);
    }

    /// Starts a server.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        Server::start(self.command(), arguments)
    }
}

/// The permission bits of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
