//! A private PostgreSQL that asks everybody for a password, with a user who manages two others.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

use super::process::{Process, as_account, free_port};

/// What is there before a test: `manager` may set the passwords of `one` and `two`.
const SET_UP: &str = "SET password_encryption = 'md5';
    CREATE ROLE manager LOGIN CREATEROLE PASSWORD 'manager-password';
    SET password_encryption = 'scram-sha-256';
    CREATE ROLE powerless LOGIN PASSWORD 'powerless-password';
    SET ROLE manager; CREATE ROLE one LOGIN; CREATE ROLE two LOGIN;";

/// A PostgreSQL of one test.
pub(crate) struct PostgresTarget {
    // Before the folder, so that it has ended when that is removed.
    _process: Process,
    folder: TempDir,
    pub(crate) port: u16,
}

impl PostgresTarget {
    /// Starts one, if PostgreSQL is installed.
    pub(crate) async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            super::missing("PostgreSQL");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("escriba-target-").tempdir().unwrap();
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        fs::write(&password, "root-password").unwrap();
        let mut initdb = as_account(&programs.join("initdb"), "postgres", folder.path());
        initdb.args(["--auth=md5", "--username=root", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"]);
        let initdb = initdb.arg(&data).arg("--pwfile").arg(&password).output().unwrap();
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        let port = free_port();
        let mut server = as_account(&programs.join("postgres"), "postgres", folder.path());
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-p", &port.to_string()]);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "log_statement=all"]);
        server.args(["-c", "logging_collector=on", "-c", "log_directory=log"]);
        let mut process = Process::start(&mut server);
        let mut root = None;
        while root.is_none() {
            assert!(process.is_running(), "the target ended");
            root = connect(port, "root", "root-password").await;
            tokio::task::yield_now().await;
        }
        root.unwrap().batch_execute(SET_UP).await.unwrap();
        Some(Self { _process: process, folder, port })
    }

    /// Whether somebody may log in.
    pub(crate) async fn lets_in(&self, user: &str, password: &str) -> bool {
        connect(self.port, user, password).await.is_some()
    }

    /// All that it wrote to its log.
    pub(crate) fn log(&self) -> String {
        let files = fs::read_dir(self.folder.path().join("data/log")).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }
}

async fn connect(port: u16, user: &str, password: &str) -> Option<Client> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user(user).password(password).dbname("postgres");
    let (client, connection) = config.connect(NoTls).await.ok()?;
    tokio::spawn(async {
        // Whoever waits for an answer hears of a lost connection.
        connection.await.ok();
    });
    Some(client)
}

/// The folder of the newest PostgreSQL server that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.filter_map(|version| {
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        Some((number, version.path().join("bin")))
    });
    let newest = versions.filter(|(_, programs)| programs.join("initdb").is_file()).max()?;
    Some(newest.1)
}
