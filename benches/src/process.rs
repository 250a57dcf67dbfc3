//! Child processes that end with the handle that started them, by their own id.

use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::clock;

/// The kernel counts CPU time in hundredths of a second (`USER_HZ`, fixed on every Linux that matters here).
const TICKS_PER_SECOND: u64 = 100;

const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(2);

/// A running child process; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a process without input.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// Fails if the process has ended by itself.
    pub fn ensure_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself: {status}", self.name),
        }
    }

    /// Waits until `ready` yields something, for as long as the process runs.
    pub async fn until<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
        let begun = clock::now();
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            self.ensure_running()?;
            ensure!(begun.elapsed() < PATIENCE, "{} did not get ready", self.name);
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Ends the process at once, as a failing machine would (SIGKILL).
    pub fn kill(mut self) -> Result<()> {
        self.ensure_running()?;
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks the process to end, with a signal by name, and waits until it has.
    pub async fn stop(mut self, signal: &str) -> Result<()> {
        let status = self.end(signal).await?;
        ensure!(status.success(), "{} did not end cleanly: {status}", self.name);
        Ok(())
    }

    /// Sends a signal by name, waits for the end of the process, and returns how it ended.
    pub async fn end(&mut self, signal: &str) -> Result<ExitStatus> {
        self.signal(signal)?;
        let begun = clock::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(begun.elapsed() < PATIENCE, "{} did not end on SIG{signal}", self.name);
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Sends a signal by name and returns at once.
    pub fn signal(&self, signal: &str) -> Result<()> {
        // The shell's own `kill`: there is one wherever there is a shell, and no unsafe code is needed.
        let script = "kill -s \"$1\" \"$2\"";
        let status = Command::new("sh").args(["-c", script, "sh", signal, &self.child.id().to_string()]).status()?;
        ensure!(status.success(), "cannot send SIG{signal} to {}", self.name);
        Ok(())
    }

    /// Waits for the end of the process, whatever its status, and says whether it came in time.
    #[expect(clippy::disallowed_methods, reason = "called where nothing can be awaited: in a drop")]
    pub fn wait_for(&mut self, patience: Duration) -> bool {
        let begun = clock::now();
        while begun.elapsed() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            std::thread::sleep(GLANCE);
        }
        false
    }

    /// The resident memory, in bytes.
    pub fn resident_bytes(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory that it ever had, in bytes.
    pub fn resident_peak_bytes(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes =
            line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|digits| digits.trim().parse::<u64>().ok());
        Ok(kibibytes.with_context(|| format!("no {name} in /proc"))? * 1024)
    }

    /// The CPU time that all its threads have used so far.
    pub fn cpu_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program may hold anything, so fields are counted from its closing parenthesis.
        let (_, fields) = stat.rsplit_once(") ").context("no name in /proc")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let [user, system] =
            [fields.get(11), fields.get(12)].map(|field| field.and_then(|digits| digits.parse::<u64>().ok()));
        let ticks = user.context("no utime in /proc")? + system.context("no stime in /proc")?;
        Ok(Duration::from_millis(ticks * (1000 / TICKS_PER_SECOND)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
