//! A running server.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use super::exchange::{Exchange, exchange, request};

/// A server that runs until it is stopped, or dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    lines: Mutex<Receiver<String>>,
}

impl Server {
    /// Starts a server on a free port, and waits until it listens.
    pub(super) fn start(mut command: Command, arguments: &[&str]) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody listens any more once the test is over; the pipe is emptied all the same.
                let _ = sender.send(line);
            }
        });
        let mut this = Self { child, address: String::new(), lines: Mutex::new(lines) };
        let started = this.wait_for("listening");
        started["address"].as_str().expect("it says where it listens").clone_into(&mut this.address);
        this
    }

    /// Waits for a line of the program's log.
    pub(crate) fn wait_for(&self, message: &str) -> Value {
        let mut seen = Vec::new();
        loop {
            let Ok(line) = self.lines.lock().unwrap().recv() else {
                panic!("it ended without `{message}`: {}", seen.join("\n"))
            };
            match serde_json::from_str::<Value>(&line) {
                Ok(value) if value["message"] == message => return value,
                _ => seen.push(line),
            }
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request and reads the answer.
    pub(crate) fn call(&self, token: &str, method: &str, path: &str, body: &str) -> Exchange {
        self.try_call(token, method, path, body).unwrap()
    }

    /// Sends a request and reads the answer, if there is one.
    pub(crate) fn try_call(&self, token: &str, method: &str, path: &str, body: &str) -> io::Result<Exchange> {
        exchange(&self.address, &request(method, path, token, body))
    }

    /// The identifiers of all events in the log of `acme`, newest first.
    pub(crate) fn events(&self, token: &str) -> Vec<(String, String, String)> {
        let (mut events, mut next) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/orgs/acme/auditlogs/v2?continuationToken={next}");
            let page = self.call(token, "GET", &path, "").expect(200).json();
            for event in page["auditLogEvents"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                events.push((text(&event["id"]), text(&event["event"]), text(&event["user"]["githubLogin"])));
            }
            match page["continuationToken"].as_str() {
                Some(token) if !token.is_empty() => token.clone_into(&mut next),
                _ => return events,
            }
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Stops it in an orderly way.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        let status = self.wait();
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
