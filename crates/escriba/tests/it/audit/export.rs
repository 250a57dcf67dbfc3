//! `escriba audit export`: a file that is whole, or not there.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::{Asked, run};

#[test]
fn an_export_is_a_whole_file_under_its_name_and_nothing_beside_it() {
    let asked = Asked::new();
    asked.create("one");
    let folder = asked.installation.path("out");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("events.csv");
    let file = file.to_str().unwrap();

    let ran = asked.run(["export", "--output", file, "--json"]).succeeded();

    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("Timestamp,Name,Login,Event,"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    let json = ran.json();
    assert_eq!((&json["format"], &json["bytes"]), (&"csv".into(), &text.len().into()));
    assert_eq!(json["rows"], lines.count());
    assert_eq!(json["event"].as_str().unwrap().len(), 36);

    let said = asked.run(["export", "--output", file]).failed();
    assert!(said.contains("is there already; --force"), "{said}");
    assert_eq!(fs::read_to_string(file).unwrap(), text);
    let said = asked.run(["export", "--output", file, "--format", "cef", "--force"]).succeeded().stderr;
    assert!(said.contains("is written: "), "{said}");
    assert!(fs::read_to_string(file).unwrap().contains("CEF:0|"));
}

#[test]
fn without_a_file_an_export_goes_to_standard_output() {
    let asked = Asked::new();
    asked.create("one");
    let export = |arguments: &[&str]| asked.run(["export"].iter().chain(arguments)).succeeded();
    let ran = export(&["--event", "environment-created", "--since", "1h"]);
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (2, ""));
    assert_eq!(export(&["--output", "-", "--until", "2000-01-01"]).stdout.lines().count(), 1);
}

#[test]
fn an_export_that_breaks_off_leaves_nothing_and_fails() {
    let asked = Asked::new();
    let compressed = {
        let file = asked.installation.path("half");
        fs::write(&file, "Timestamp,Name\n".repeat(1000)).unwrap();
        Command::new("gzip").arg("-c").arg(&file).output().unwrap().stdout
    };
    let half = &compressed[..compressed.len() - 9];
    let whole_in_form = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", half.len());
    let cut_off = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1000000\r\n\r\n".to_owned();
    for head in [whole_in_form, cut_off] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = [head.as_bytes(), half].concat();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let read = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(&answer).unwrap();
            read
        });
        let file = asked.installation.path("events.csv");
        let mut command = asked.command();
        command.args(["export", "--org", "acme", "--output"]).arg(&file).env("ESCRIBA_URL", url);
        let said = run(&mut command).failed();
        assert!(server.join().unwrap() > 0);
        assert!(said.contains("broke off") || said.contains("is not whole"), "{said}");
        assert!(!file.exists());
        let parts = fs::read_dir(file.parent().unwrap()).unwrap();
        assert!(parts.into_iter().all(|part| !part.unwrap().file_name().to_string_lossy().contains(".part")));
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_server_is_asked() {
    let asked = Asked::new();
    let events = asked.server.events(&asked.token).len();
    for output in ["nowhere/events.csv", ".", "/"] {
        let said = asked.run(["export", "--output", output]).failed();
        assert!(said.contains(output), "{said}");
    }
    assert_eq!(asked.server.events(&asked.token).len(), events + 1, "only the test itself read the log");
}
