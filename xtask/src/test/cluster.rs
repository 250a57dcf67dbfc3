//! A private PostgreSQL: made, used and thrown away, whatever else runs on this machine.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process::{self, Background};

const SUPERUSER: &str = "escriba";

/// Whom PostgreSQL runs as. It refuses to run as root.
struct Account {
    user: u32,
    group: u32,
}

/// A running PostgreSQL with a folder, a port and databases of its own. Dropping it stops it and removes the folder.
pub(super) struct Cluster {
    // Before the folder, so that it has ended when that is removed.
    _server: Background,
    folder: TempDir,
    port: u16,
    programs: PathBuf,
}

impl Cluster {
    /// Makes a cluster with the programs of this folder and starts it.
    ///
    /// Nothing in it outlives the run, so it lies in memory where that is possible: the server refuses a database
    /// that does not sync, and there syncing costs nothing.
    pub(super) fn start(programs: &Path) -> Result<Self> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("escriba-postgres-");
        let folder = folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir())?;
        let account = if fs::metadata("/proc/self")?.uid() == 0 { Some(postgres_account()?) } else { None };
        if let Some(account) = &account {
            chown(folder.path(), Some(account.user), Some(account.group))?;
        }
        let command = |mut command: Command| {
            if let Some(account) = &account {
                command.uid(account.user).gid(account.group);
            }
            command.current_dir(folder.path()).env("LC_ALL", "C");
            command
        };
        let data = folder.path().join("data");

        let mut initdb = command(Command::new(programs.join("initdb")));
        initdb.args([
            "--auth=trust",
            "--username",
            SUPERUSER,
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--pgdata",
        ]);
        process::output(initdb.arg(&data))?;

        let log = folder.path().join("log");
        let port = free_port()?;
        // Its fast shutdown: connections are ended, not waited for.
        let signal = "INT";
        let mut postgres = command(process::tied(&programs.join("postgres"), signal));
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-p", &port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "max_connections=300", "full_page_writes=off"] {
            postgres.args(["-c", setting]);
        }
        postgres.stdout(fs::File::create(&log)?).stderr(fs::File::options().append(true).open(&log)?);
        let mut server = Background::start(&mut postgres, signal)?;

        process::wait_for("PostgreSQL to start", Duration::from_mins(1), || {
            if let Some(status) = server.ended()? {
                bail!("PostgreSQL ended ({status}): {}", fs::read_to_string(&log)?.trim());
            }
            let mut ask = Command::new(programs.join("pg_isready"));
            let is_ready = process::succeeds(ask.args(["-h", "127.0.0.1", "-p", &port.to_string()]));
            Ok(is_ready.then_some(()))
        })?;
        Ok(Self { _server: server, folder, port, programs: programs.to_owned() })
    }

    /// The URL of a database that tests make theirs beside.
    pub(super) fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes an empty database and returns its URL.
    pub(super) fn create_database(&self, name: &str) -> Result<String> {
        let mut createdb = Command::new(self.programs.join("createdb"));
        createdb.arg("-h").arg(self.folder.path());
        createdb.args(["-p", &self.port.to_string(), "-U", SUPERUSER, name]);
        process::output(&mut createdb)?;
        Ok(self.url_of(name))
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }
}

/// A port that nobody uses. Another program may take it before PostgreSQL does; then it says so, and the run fails.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The account that the system's package of PostgreSQL made for it.
fn postgres_account() -> Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    let account = accounts.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some(Account { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    });
    account.context("PostgreSQL does not run as root, and there is no user `postgres`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::needs;

    #[test]
    fn a_private_cluster_answers_and_leaves_nothing_behind() {
        let Some(programs) = needs::postgres_programs() else {
            eprintln!("not tested: PostgreSQL is not installed");
            return;
        };
        let cluster = Cluster::start(&programs).unwrap();
        let url = cluster.create_database("suite").unwrap();
        let mut psql = Command::new(programs.join("psql"));
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", "SHOW max_connections", &url]);
        assert_eq!(process::output(&mut psql).unwrap(), "300\n");

        let (folder, port) = (cluster.folder.path().to_owned(), cluster.port);
        drop(cluster);
        assert!(!folder.exists());
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
