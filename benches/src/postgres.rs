//! A private PostgreSQL: made, started and stopped by us, durable as in production.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::process::Process;

const DATABASE: &str = "escriba";

/// A cluster in a temporary directory; dropping it stops it and removes the directory.
#[derive(Debug)]
pub struct Cluster {
    // Before the directory, so that it has ended when that is removed.
    process: Option<Process>,
    directory: TempDir,
    binaries: PathBuf,
    account: Option<Account>,
    port: u16,
}

/// Whom PostgreSQL runs as, since it refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Makes a cluster below `parent`, starts it, and creates an empty database in it.
    pub async fn start(parent: &Path) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("escriba-postgres-").tempdir_in(parent)?;
        let account = if fs::metadata("/proc/self")?.is_owned_by_root() { Some(Account::postgres()?) } else { None };
        if let Some(Account { uid, gid }) = account {
            chown(directory.path(), Some(uid), Some(gid))?;
        }
        let port = free_port()?;
        let mut cluster = Self { process: None, directory, binaries: binaries()?, account, port };
        let data = cluster.data();
        let mut initdb = cluster.command("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata"]).arg(&data);
        run(&mut initdb)?;
        cluster.restart().await?;
        cluster.query_in("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
        Ok(cluster)
    }

    /// How the server reaches the database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{DATABASE}", self.port)
    }

    /// Where it listens on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets in nobody but its superuser without a password, from now on.
    pub fn ask_for_passwords(&self) -> Result<()> {
        let rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(self.data().join("pg_hba.conf"), rules)?;
        self.query("SELECT pg_reload_conf()").map(drop)
    }

    /// Whether somebody may log in with a password.
    pub fn lets_in(&self, user: &str, password: &str) -> Result<bool> {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-d",
            "postgres",
            "-w",
            "-c",
            "SELECT 1",
        ]);
        let output = psql.args(["-U", user]).env("PGPASSWORD", password).stdin(Stdio::null()).output()?;
        Ok(output.status.success())
    }

    /// Runs one statement and returns its answer as text.
    pub fn query(&self, sql: &str) -> Result<String> {
        self.query_in(DATABASE, sql)
    }

    /// Ends all its processes without a checkpoint, as a crash would, and starts it again.
    pub async fn crash(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.end("QUIT").await?;
        }
        self.restart().await
    }

    /// Stops it.
    pub async fn stop(mut self) -> Result<()> {
        match self.process.take() {
            Some(process) => process.stop("INT").await,
            None => Ok(()),
        }
    }

    async fn restart(&mut self) -> Result<()> {
        let log = fs::File::options().create(true).append(true).open(self.directory.path().join("postgres.log"))?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).arg("-k").arg(self.directory.path());
        postgres.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300"]);
        // Said aloud, since test clusters often turn it off: what is measured here is durable.
        postgres.args(["-c", "fsync=on", "-c", "synchronous_commit=on"]);
        postgres.stdout(log.try_clone()?).stderr(log);
        let mut process = Process::start("PostgreSQL", &mut postgres)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        process
            .until(|| TcpStream::connect(address).ok().and_then(|_| self.query_in("postgres", "SELECT 1").ok()))
            .await?;
        self.process = Some(process);
        Ok(())
    }

    fn query_in(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]);
        run(psql.args(["-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("cluster")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(self.directory.path());
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // A killed postmaster would leave its children to end by themselves; a fast shutdown does not.
            let _ = process.signal("INT");
            process.wait_for(Duration::from_secs(30));
        }
    }
}

impl Account {
    fn postgres() -> Result<Self> {
        let accounts = fs::read_to_string("/etc/passwd")?;
        let found =
            accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == "postgres");
        let fields = found.context("PostgreSQL does not run as root, and there is no user postgres")?;
        let number = |at: usize| fields.get(at).and_then(|digits| digits.parse().ok()).context("reading /etc/passwd");
        Ok(Self { uid: number(2)?, gid: number(3)? })
    }
}

trait Owned {
    fn is_owned_by_root(&self) -> bool;
}

impl Owned for fs::Metadata {
    fn is_owned_by_root(&self) -> bool {
        std::os::unix::fs::MetadataExt::uid(self) == 0
    }
}

/// The folder of PostgreSQL's programs: Debian keeps one a version, others have it on the path.
fn binaries() -> Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("postgres").exists().then_some((version, folder))
        })
        .collect();
    versions.sort();
    if let Some((_, folder)) = versions.pop() {
        return Ok(folder);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("postgres").exists() && folder.join("initdb").exists())
        .context("PostgreSQL's programs were not found")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed ({}): {}", output.status, complaint.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
