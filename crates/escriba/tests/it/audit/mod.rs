//! `escriba audit` against a real server: what people and scripts get, and what they are told.

mod asking;
mod ended;
mod export;
mod forger;
mod formats;
mod list;
mod prove;
mod tail;
mod verify_data;
mod verify_log;
mod walk;

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::installation::{Installation, Ran, Server};

/// A server, and an administrator who asks it.
struct Asked {
    installation: Installation,
    server: Server,
    token: String,
}

impl Asked {
    fn new() -> Self {
        let (installation, token) = Installation::new();
        let server = installation.serve(&[]);
        Self { installation, server, token }
    }

    /// Makes an environment, which is one event.
    fn create(&self, name: &str) {
        self.server.call(&self.token, "POST", &format!("/api/esc/environments/acme/web/{name}"), "").expect(204);
    }

    /// Reads an environment, which is one event, also if it is not there.
    fn read(&self, name: &str) {
        self.server.call(&self.token, "GET", &format!("/api/esc/environments/acme/web/{name}"), "");
    }

    /// `escriba audit`, with nothing in its environment that the test does not know.
    fn unset(&self) -> Command {
        let mut command = self.installation.command();
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PULUMI_")) {
            command.env_remove(name);
        }
        command.env("HOME", self.installation.path("home")).env_remove("XDG_STATE_HOME").arg("audit");
        command
    }

    /// `escriba audit`, which knows the server and the token.
    fn command(&self) -> Command {
        let mut command = self.unset();
        command.env("ESCRIBA_URL", format!("http://{}", self.server.address())).env("ESCRIBA_TOKEN", &self.token);
        command
    }

    /// The verifier key of the organization's log, as its operator hands it over.
    fn key(&self) -> String {
        let ran = self.installation.run(["log", "key", "--organization", "acme"]).succeeded();
        ran.stdout.trim_end().to_owned()
    }

    /// The id of the newest event of a type.
    fn newest(&self, event: &str) -> String {
        let newest = self.server.events(&self.token).into_iter().find(|(_, of, _)| of == event);
        newest.expect("there is one").0
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        run(self.command().args(arguments))
    }
}

fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The sentences of a JSON list, in its order.
fn sentences(ran: &Ran) -> Vec<String> {
    let events = ran.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    events.map(|event| event["description"].as_str().unwrap().to_owned()).collect()
}
