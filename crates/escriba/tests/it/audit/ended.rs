//! A log that lost its end and is continued by another one: both are reached, and both verify.

use std::fs;

use serde_json::Value;

use super::formats::theirs;
use super::{Asked, run, sentences};
use crate::installation::Installation;

/// A server that goes on from yesterday's database, the id of the log that ended, and the token of a member, who
/// acted in both.
fn resumed() -> (Asked, String, String) {
    let (installation, token) = Installation::new();
    let added = installation.run(["users", "add", "ben", "--organization", "acme", "--json"]).succeeded().json();
    let ben = added["token"].as_str().unwrap().to_owned();
    let server = installation.serve(&[]);
    server.call(&ben, "GET", "/api/esc/environments/acme/web/before", "");
    server.stop();
    let copy = installation.copy_database();
    installation.run(["users", "add", "lin", "--organization", "acme"]).succeeded();
    installation.serve(&[]).stop();
    installation.bring_back(copy);
    let resumed = installation.run(["log", "resume", "--json"]).succeeded().json();
    let of_acme = |log: &&Value| log["organization"] == "acme";
    let ended = resumed["resumed"].as_array().unwrap().iter().find(of_acme).unwrap()["log"].as_str().unwrap();
    let ended = ended.rsplit('/').next().unwrap().to_owned();
    let server = installation.serve(&[]);
    server.call(&ben, "GET", "/api/esc/environments/acme/web/after", "");
    (Asked { installation, server, token }, ended, ben)
}

#[test]
fn lists_and_exports_name_the_log_that_ended_and_reach_it() {
    let (asked, ended, _) = resumed();

    let today = asked.run(["list", "--all", "--json"]).succeeded();
    assert!(sentences(&today).iter().all(|sentence| !sentence.contains("web/before")), "{}", today.stdout);
    let says = format!("what happened before: --log {ended}");
    assert!(today.stderr.contains(&says), "{}", today.stderr);
    assert!(!asked.run(["list", "-n", "1"]).succeeded().stderr.contains(&says), "there are newer ones to see first");
    for arguments in [&["search", "ben"][..], &["export"]] {
        assert!(asked.run(arguments).succeeded().stderr.contains(&says), "{arguments:?}");
    }

    let before = asked.run(["list", "--all", "--json", "--log", &ended]).succeeded();
    let told = sentences(&before);
    assert!(told.iter().any(|sentence| sentence.contains("web/before")), "{told:?}");
    assert!(told.iter().all(|sentence| !sentence.contains("web/after")), "{told:?}");
    assert_eq!(before.stderr, "", "no log was before that one");
    let csv = asked.run(["export", "--log", &ended, "--user", "ben"]).succeeded().stdout;
    assert!(csv.contains("web/before") && !csv.contains("web/after"), "{csv}");

    let file = asked.installation.path("ended.zip");
    let mut command = asked.command();
    let said = run(command.args(["export", "--format", "bundle", "--log", &ended, "--output"]).arg(&file)).failed();
    assert!(said.contains("`escriba audit verify`") && !file.exists(), "{said}");
    let nobody = asked.run(["list", "--log", "rf26ggh4sztli7x4"]).failed();
    assert!(nobody.contains("log not found"), "{nobody}");
    let misspelt = asked.run(["list", "--log", "acme"]).failed();
    assert!(misspelt.contains("the id of a log"), "{misspelt}");
    // What was read is recorded where the log goes on.
    let read = asked.run(["export", "--event", "escriba-audit-log-read", "--format", "ndjson"]).succeeded();
    assert!(read.stdout.contains(&ended), "{}", read.stdout);
    asked.server.stop();
    asked.installation.run(["fsck"]).succeeded();
}

#[test]
fn the_keys_of_logs_that_ended_are_listed_after_those_that_go_on() {
    let (asked, ended, _) = resumed();
    let keys = asked.key();
    let keys: Vec<&str> = keys.lines().collect();
    assert_eq!(keys.len(), 2);
    assert!(!keys[0].contains(&ended) && keys[1].contains(&ended), "{keys:?}");
    let all = asked.installation.run(["log", "key", "--json"]).succeeded().json();
    let ends = all["logs"].as_array().unwrap().iter().map(|log| !log["continued_by"].is_null());
    assert_eq!(ends.collect::<Vec<_>>(), [false, false, true, true]);
    let table = asked.installation.run(["log", "key"]).succeeded().stdout;
    assert_eq!(table.lines().filter(|line| line.contains(" ended ")).count(), 2, "{table}");
}

/// What is erased from a log that ended is recorded in the one that goes on.
#[test]
fn bundles_of_the_log_that_goes_on_verify_when_both_forget_somebody() {
    let (asked, ended, _) = resumed();
    let erased = asked.installation.run(["users", "erase", "ben", "--yes", "--json"]).succeeded().json();
    let of_acme = |log: &&Value| log["organization"] == "acme";
    assert_eq!(erased["logs"].as_array().unwrap().iter().filter(of_acme).count(), 2, "{erased}");
    let (key, keys) = (asked.key(), asked.installation.path("keys"));
    fs::write(&keys, &key).unwrap();

    for filter in [&[][..], &["--event", "environment-read"], &["--to", "4"]] {
        let bundle = asked.installation.path("acme.zip");
        let mut command = asked.command();
        run(command.args(["export", "--force", "--format", "bundle", "--output"]).arg(&bundle).args(filter))
            .succeeded();
        let mut command = asked.unset();
        let report = run(command.arg("verify").arg(&bundle).arg("--json").arg("--key").arg(&keys)).succeeded().json();
        assert_eq!(report["verdict"], "verified", "{filter:?}: {report}");
        if let Some(python) = theirs(&bundle, &[key.lines().next().unwrap()]) {
            assert_eq!(python.code, Some(0), "{filter:?}: {}", python.stdout);
        }
    }
    // What is left of the other is served and verifies, and says nothing of them any more.
    let url = format!("http://{}/log/{ended}/", asked.server.address());
    asked.run(["verify", "--no-remember", &url, "--key", keys.to_str().unwrap()]).succeeded();
    let before = asked.run(["export", "--log", &ended, "--format", "csv-full"]).succeeded().stdout;
    assert!(before.contains("[erased]") && !before.contains(",ben,"), "{before}");
    asked.server.stop();
    asked.installation.run(["fsck"]).succeeded();
}
