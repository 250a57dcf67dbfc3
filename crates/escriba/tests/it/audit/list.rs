//! `escriba audit list` and `search`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::{Asked, sentences};

#[test]
fn a_list_has_the_newest_first_and_says_if_there_is_more() {
    let asked = Asked::new();
    asked.create("one");
    asked.create("two");

    let ran = asked.run(["list", "--limit", "2"]).succeeded();

    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    for word in ["TIME", "USER", "ADDRESS", "OUTCOME", "EVENT"] {
        assert!(lines[0].contains(word), "{}", lines[0]);
    }
    assert!(lines[1].ends_with("succeeded  Created environment \"acme/web/two\""), "{}", lines[1]);
    assert!(lines[2].contains("ada") && lines[2].contains("127.0.0.1"), "{}", lines[2]);
    assert!(!ran.stdout.contains('\u{1b}'), "nobody watches, so nothing is coloured");
    assert!(ran.stderr.contains("--all"), "{}", ran.stderr);
}

#[test]
fn as_json_each_line_is_an_event_and_pages_join_without_a_seam() {
    let asked = Asked::new();
    // More than a page has.
    for number in 0..120 {
        asked.read(&format!("e{number}"));
    }

    let ran = asked.run(["list", "--all", "--json", "--event", "Environment Read"]).succeeded();

    let expected = (0..120).rev().map(|number| format!("Tried to read environment \"acme/web/e{number}\": absent"));
    assert_eq!(sentences(&ran), expected.collect::<Vec<_>>());
    assert_eq!(ran.stderr, "");
    let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    let keys: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["description", "event", "id", "index", "outcome", "sourceIP", "timestamp", "tokenID", "tokenName", "user"];
    assert_eq!(keys, expected);
    assert_eq!((&first["outcome"], &first["event"]), (&"failed".into(), &"environment-read".into()));
}

#[test]
fn filters_are_the_servers_and_nothing_is_no_failure() {
    let asked = Asked::new();
    asked.create("one");
    let filtered = |arguments: &[&str]| sentences(&asked.run(["list", "--json"].iter().chain(arguments)).succeeded());

    assert_eq!(filtered(&["--event", "environment-created", "--user", "ada", "--since", "1h"]).len(), 1);
    assert_eq!(
        filtered(&["--event", "environment-created", "--since", "2000-01-01", "--until", "2000-12-31"]).len(),
        0
    );
    assert_eq!(filtered(&["--event", "environment-created", "--until", "1h"]).len(), 0);
    let ran = asked.run(["list", "--event", "environment-deleted"]).succeeded();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "nothing matches\n"));
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let asked = Asked::new();
    for number in 0..120 {
        asked.read(&format!("e{number}"));
    }
    let mut command = asked.command();
    let mut child = command.args(["list", "--all"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_search_asks_the_server_in_its_language() {
    let asked = Asked::new();
    asked.create("needle");
    asked.create("hay");
    asked.read("needle");
    let search = |arguments: &[&str]| asked.run(["search", "--json"].iter().chain(arguments)).succeeded();

    assert_eq!(
        sentences(&search(&["NEEDLE", "--event", "environment-created"])),
        ["Created environment \"acme/web/needle\""]
    );
    assert_eq!(sentences(&search(&["127.0.0.1", "--event", "environment-created"])).len(), 2);
    assert_eq!(sentences(&search(&["ada", "--event", "environment-read"])).len(), 1);

    assert_eq!(sentences(&search(&["env:web/needle -event:environment-created"])).len(), 1);
    assert_eq!(sentences(&search(&["env:web/needle", "--user", "ada", "--since", "1h"])).len(), 2);
    assert_eq!(sentences(&search(&["env:web/needle", "--until", "1h"])).len(), 0);

    let limited = search(&["env:web/needle", "--limit", "1"]);
    assert_eq!(sentences(&limited).len(), 1);
    assert!(limited.stderr.contains("--limit shows more"), "{}", limited.stderr);
    let none = search(&["no such text anywhere"]);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "0 events found\n"));

    let wrong = asked.run(["search", "env:web/needle usr:ada"]).failed();
    assert!(wrong.contains("at column 16: `usr` is no key; there are `user`"), "{wrong}");
    let csv = asked.run(["export", "--query", "env:web/needle event:environment-created"]).succeeded().stdout;
    assert_eq!(csv.lines().count(), 2, "{csv}");
}

#[test]
fn what_a_name_holds_cannot_write_on_the_terminal() {
    let asked = Asked::new();
    asked.read("%1b[2J%0a%e2%80%aex");
    let ran = asked.run(["list", "--limit", "1"]).succeeded();
    assert_eq!(ran.stdout.lines().count(), 2);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stdout);
}
