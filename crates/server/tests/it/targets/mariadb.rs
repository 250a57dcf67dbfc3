//! A private MariaDB, with a user who manages two others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::{Process, as_account, free_port};

/// What is there before a test: `manager` may set the passwords of `one` and `two`.
const SET_UP: &str =
    "CREATE USER manager@'%' IDENTIFIED BY 'manager-password'; GRANT CREATE USER ON *.* TO manager@'%';
    CREATE USER powerless@'%' IDENTIFIED BY 'powerless-password'; CREATE USER one@'%', two@'%';";

/// A MariaDB of one test.
pub(crate) struct MariaDbTarget {
    // Before the folder, so that it has ended when that is removed.
    _process: Process,
    folder: TempDir,
    pub(crate) port: u16,
}

impl MariaDbTarget {
    /// Starts one, if MariaDB is installed.
    pub(crate) async fn start() -> Option<Self> {
        let (Some(server), Some(install)) = (find("mariadbd"), find("mariadb-install-db")) else {
            super::missing("MariaDB");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("escriba-target-").tempdir().unwrap();
        let data = format!("--datadir={}", folder.path().join("data").display());
        let mut set_up = as_account(&install, "nobody", folder.path());
        let set_up =
            set_up.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &data]);
        // Elsewhere two at once would meet in the names of their temporary tables.
        let temporary = format!("--tmpdir={}", folder.path().display());
        let set_up = set_up.arg(&temporary).output().unwrap();
        assert!(set_up.status.success(), "{}", String::from_utf8_lossy(&set_up.stderr));
        let port = free_port();
        let init = folder.path().join("init.sql");
        fs::write(&init, SET_UP.replace("; ", ";\n")).unwrap();
        let mut command = as_account(&server, "nobody", folder.path());
        command.args(["--no-defaults", &data, &format!("--port={port}"), "--bind-address=127.0.0.1", &temporary]);
        command.arg(format!("--socket={}", folder.path().join("socket").display()));
        command.arg(format!("--init-file={}", init.display())).arg("--general-log");
        command.arg(format!("--general-log-file={}", folder.path().join("general.log").display()));
        let mut process = Process::start(&mut command);
        let target = |process| Self { _process: process, folder, port };
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(process.is_running(), "the target ended");
            tokio::task::yield_now().await;
        }
        Some(target(process))
    }

    /// All that it wrote to its log.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("general.log")).unwrap()).into_owned()
    }

    /// Whether somebody may log in, if there is a client that can be asked.
    pub(crate) fn lets_in(&self, user: &str, password: &str) -> Option<bool> {
        let mut client = Command::new(find("mariadb")?);
        client.args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", &format!("--port={}", self.port)]);
        client.args([&format!("--user={user}"), &format!("--password={password}"), "--execute=SELECT 1"]);
        Some(client.output().unwrap().status.success())
    }
}

fn find(program: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
        .map(|folder| Path::new(folder).join(program))
        .into_iter()
        .find(|path| path.is_file())
}
