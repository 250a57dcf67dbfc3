//! `escriba audit tail`: each event once, whatever happens in between.

use std::io::{BufRead as _, BufReader};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::Asked;

/// A running `tail`.
struct Tail {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Tail {
    fn start(mut command: Command, arguments: &[&str]) -> Self {
        command.args(["tail", "--json", "--interval", "200ms"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// The next event's sentence.
    fn next(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            let mut said = String::new();
            self.stderr.read_line(&mut said).unwrap();
            panic!("{error}: `{line}`, and said: {said}")
        });
        event["description"].as_str().unwrap().to_owned()
    }

    fn said(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    fn interrupt(mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn created(name: &str) -> String {
    format!("Created environment \"acme/web/{name}\"")
}

#[test]
fn each_event_comes_once_in_order_without_the_records_of_reading_them() {
    let asked = Asked::new();
    asked.create("before");
    let mut tail = Tail::start(asked.command(), &["--lines", "1"]);
    assert_eq!(tail.next(), created("before"));
    // Several at once, and more than a page.
    for number in 0..150 {
        asked.create(&format!("e{number}"));
    }
    for number in 0..150 {
        assert_eq!(tail.next(), created(&format!("e{number}")));
    }
    asked.create("after");
    assert_eq!(tail.next(), created("after"));
    assert_eq!(tail.interrupt(), Some(0));
}

#[test]
fn it_begins_with_what_is_asked_for() {
    let asked = Asked::new();
    asked.create("one");
    asked.create("two");
    let mut since = Tail::start(asked.command(), &["--since", "1h", "--event", "environment-created", "--user", "ada"]);
    assert_eq!([since.next(), since.next()], [created("one"), created("two")]);
    asked.create("three");
    assert_eq!(since.next(), created("three"));
    let mut own = Tail::start(asked.command(), &["--lines", "0", "--own", "--event", "escriba-audit-log-read"]);
    assert_eq!(own.next(), "Read the audit log of \"acme\"");
}

#[test]
fn what_never_happened_before_is_not_missed() {
    let asked = Asked::new();
    asked.create("one");
    let kim = ["users", "add", "kim", "--organization", "acme", "--role", "admin", "--json"];
    let kim = asked.installation.run(kim).succeeded().json();
    let mut command = asked.command();
    command.env("ESCRIBA_TOKEN", kim["token"].as_str().unwrap());
    let mut tail = Tail::start(command, &["--event", "Environment Deleted"]);
    // It begins with two questions; the third is a round.
    let by_kim = |(_, event, login): &&(String, String, String)| event == "escriba-audit-log-read" && login == "kim";
    while asked.server.events(&asked.token).iter().filter(by_kim).count() < 3 {}
    asked.server.call(&asked.token, "DELETE", "/api/esc/environments/acme/web/one", "").expect(204);
    assert_eq!(tail.next(), "Deleted environment \"acme/web/one\"");
}

#[test]
fn a_server_that_went_away_and_came_back_leaves_no_gap() {
    let asked = Asked::new();
    let gate = Gate::new(asked.server.address());
    let mut command = asked.command();
    command.env("ESCRIBA_URL", gate.url());
    asked.create("one");
    let mut tail = Tail::start(command, &["--lines", "1", "--event", "environment-created"]);
    assert_eq!(tail.next(), created("one"));

    gate.close();
    assert!(tail.said().contains("trying again"));
    asked.create("two");
    asked.create("three");
    gate.open();

    assert!(tail.said().contains("answers again"));
    assert_eq!([tail.next(), tail.next()], [created("two"), created("three")]);
}

#[test]
fn what_will_not_change_by_waiting_ends_it() {
    let asked = Asked::new();
    let mut command = asked.command();
    command.env("ESCRIBA_TOKEN", "escriba_wrong");
    let mut tail = Tail::start(command, &[]);
    assert!(tail.said().contains("ESCRIBA_TOKEN"));
    assert_eq!(tail.child.wait().unwrap().code(), Some(1));
}

/// A way to the server that can be closed.
struct Gate {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    streams: Vec<TcpStream>,
}

impl Gate {
    fn new(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (server, shared) = (server.to_owned(), Arc::clone(&state));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut state = shared.lock().unwrap();
                if state.is_closed {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    // A connection that ends is the point of this.
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                state.streams.extend([client, server]);
            }
        });
        Self { url, state }
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn close(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_closed = true;
        for stream in state.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) {
        self.state.lock().unwrap().is_closed = false;
    }
}
