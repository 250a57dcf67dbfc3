//! The process of a target, and the account that it runs as.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that ends with the test.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Whether it still runs.
    pub(super) fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its data goes with the test: there is nothing to end in order, but its children must go too.
        let _ = Command::new("kill").args(["-QUIT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// A command that runs as an account which is not root's, where the test runs as root; the folder becomes that account's.
pub(super) fn as_account(program: &Path, account: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        let accounts = fs::read_to_string("/etc/passwd").unwrap();
        let line = accounts.lines().find(|line| line.starts_with(&format!("{account}:"))).unwrap();
        let ids: Vec<u32> = line.split(':').skip(2).take(2).map(|id| id.parse().unwrap()).collect();
        chown(folder, Some(ids[0]), Some(ids[1])).unwrap();
        command.uid(ids[0]).gid(ids[1]);
    }
    command
}

/// A port that nobody uses.
pub(super) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
