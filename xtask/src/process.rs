//! Running other programs, and waiting for them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs a command, shows it and what it prints, and wants it to succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    run_unannounced(command)
}

/// The same without showing the command, because what it prints may be read by a program.
pub(crate) fn run_unannounced(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", name(command)))?;
    if status.success() { Ok(()) } else { bail!("{} failed ({status})", name(command)) }
}

/// The same, and ends it when `limit` is over.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    println!("$ {}", shown(command));
    let mut background = Background::start(command, "TERM")?;
    let status = wait_for(&name(command), limit, || background.ended())?;
    if status.success() { Ok(()) } else { bail!("{} failed ({status})", name(command)) }
}

/// Runs a command and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({}): {}", shown(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed what is not text", name(command)))
}

/// Whether a command can be run and succeeds. What it prints is of no interest.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where a program of this name is, in the search path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The platform that the compiler builds for by itself.
pub(crate) fn host_platform() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its platform")?.to_owned())
}

/// Starts measuring time.
#[expect(clippy::disallowed_methods, reason = "this program measures how long its parts take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Asks again and again until there is an answer, or an error, or `limit` is over.
pub(crate) fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > limit {
            bail!("waited {} s for {what}", limit.as_secs());
        }
        #[expect(clippy::disallowed_methods, reason = "other programs do not call us when they are ready")]
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program that runs in the background, and ends with us.
pub(crate) struct Background {
    child: Child,
    /// How it is asked to end.
    signal: &'static str,
}

impl Background {
    /// Starts `command`; `signal` asks it to end, as `TERM`.
    pub(crate) fn start(command: &mut Command, signal: &'static str) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot run {}", name(command)))?;
        Ok(Self { child, signal })
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks it to end and waits until it has; kills it if it does not.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        let id = self.child.id().to_string();
        run_silently(Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", self.signal, &id]))?;
        let ended = wait_for("a program to end", Duration::from_secs(30), || self.ended());
        if ended.is_err() {
            self.child.kill()?;
            self.child.wait()?;
        }
        ended
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Whoever cares how it ended has asked before.
        self.stop().ok();
    }
}

/// A program that the system will end, with this signal, should we be killed ourselves; where the system can do that.
pub(crate) fn tied(program: &Path, signal: &str) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", signal]).arg(program);
    command
}

fn run_silently(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        let name = name.to_string_lossy();
        // What is removed from the environment is of no interest, and a token is not for a build's log.
        if let Some(value) = value.filter(|_| !name.contains("TOKEN")) {
            line.extend([&*name, "=", &value.to_string_lossy(), " "]);
        }
    }
    line.push_str(&words.map(std::ffi::OsStr::to_string_lossy).collect::<Vec<_>>().join(" "));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let start = now();
        let error = run_within(Command::new("sleep").arg("100"), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.to_string(), "waited 0 s for sleep");
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_token_is_not_shown() {
        let mut command = Command::new("npm");
        command
            .arg("test")
            .env("ESCRIBA_TOKEN", "escriba_x")
            .env("ESCRIBA_URL", "http://127.0.0.1:1")
            .env_remove("PATH");
        assert_eq!(shown(&command), "ESCRIBA_URL=http://127.0.0.1:1 npm test");
    }
}
