//! Ends: orderly and not.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::installation::{Installation, Server, read_answer};

const PROD: &str = "/api/esc/environments/acme/web/prod";

fn with_an_environment() -> (Installation, String, Server) {
    let (installation, token) = Installation::new();
    let server = installation.serve(&[]);
    let body = r#"{"project":"web","name":"prod"}"#;
    server.call(&token, "POST", "/api/esc/environments/acme", body).expect(204);
    server.call(&token, "PATCH", PROD, "values: {a: {fn::secret: hunter2}}").expect(200);
    (installation, token, server)
}

#[test]
fn a_request_in_flight_is_finished_before_the_end() {
    let (installation, token, mut server) = with_an_environment();
    let body = "values: {a: 2}";
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "PATCH {PROD} HTTP/1.1\r\nhost: localhost\r\nauthorization: token {token}\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // That it is asked to go on shows that somebody waits for the body.
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    reader.read_line(&mut line).unwrap();

    server.signal("-TERM");
    // It has understood once nobody new is let in.
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).unwrap();
    let answer = read_answer(reader).unwrap().expect(200);
    let event = answer.event.expect("the answer names its event");

    assert_eq!(server.wait().code(), Some(0));
    let server = installation.serve(&[]);
    assert!(server.events(&token).iter().any(|(id, ..)| *id == event));
    server.stop();
}

/// Opens the environment from several threads until the server is gone, and gives the events of
/// all that was acknowledged. `end` is called once some were.
fn under_load(server: &Server, token: &str, end: impl FnOnce()) -> BTreeSet<String> {
    let (acknowledged, count) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Ok(answer) = server.try_call(token, "POST", &format!("{PROD}/open"), "") {
                    let event = answer.expect(200).event.expect("what is acknowledged has its event");
                    acknowledged.lock().unwrap().insert(event);
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        while count.load(Ordering::SeqCst) < 100 {
            std::thread::yield_now();
        }
        end();
    });
    acknowledged.into_inner().unwrap()
}

fn assert_kept(installation: &Installation, token: &str, acknowledged: &BTreeSet<String>) {
    let server = installation.serve(&[]);
    let events: BTreeSet<String> = server.events(token).into_iter().map(|(id, ..)| id).collect();
    let lost: Vec<&String> = acknowledged.difference(&events).collect();
    assert!(lost.is_empty(), "acknowledged, and not in the log: {lost:?}");
    installation.run(["log", "check"]).succeeded();
    server.call(token, "POST", &format!("{PROD}/open"), "").expect(200);
    server.stop();
    installation.run(["log", "check"]).succeeded();
}

#[test]
fn after_sigterm_under_load_everything_acknowledged_is_in_the_log() {
    let (installation, token, mut server) = with_an_environment();
    let acknowledged = under_load(&server, &token, || server.signal("-TERM"));
    assert!(acknowledged.len() >= 100);
    assert_eq!(server.wait().code(), Some(0));
    assert_kept(&installation, &token, &acknowledged);
}

#[test]
fn after_sigkill_under_load_everything_acknowledged_is_in_the_log() {
    let (installation, token, mut server) = with_an_environment();
    let acknowledged = under_load(&server, &token, || server.signal("-KILL"));
    assert!(acknowledged.len() >= 100);
    assert_eq!(server.wait().code(), None);
    assert_kept(&installation, &token, &acknowledged);
}

#[test]
fn sigint_is_an_order_to_stop_too() {
    let (_installation, _, mut server) = with_an_environment();
    server.signal("-INT");
    assert_eq!(server.wait().code(), Some(0));
}
