//! The logs from the shell: their keys, the anchor, what is refused and how to go on, copies, erasure, `fsck`.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::installation::{Installation, mode};

fn anchor(installation: &Installation) -> PathBuf {
    installation.data_dir().join("escriba.anchor")
}

/// Whether the tests run on PostgreSQL.
fn is_postgres() -> bool {
    std::env::var("ESCRIBA_TEST_DATABASE_URL").is_ok_and(|url| !url.is_empty())
}

fn json(installation: &Installation, arguments: &[&str]) -> Value {
    installation.run(arguments.iter().chain(&["--json"])).succeeded().json()
}

#[test]
fn the_verifier_key_that_init_prints_is_the_organizations() {
    let installation = Installation::empty();
    let made = installation.run(["init", "--organization", "acme", "--admin", "ada", "--json"]).succeeded().json();
    let key = made["verifier_key"].as_str().unwrap();
    assert!(key.contains(".escriba/org/") && key.contains('+'), "{key}");
    assert_eq!(mode(&anchor(&installation)), 0o600);

    let of_acme = installation.run(["log", "key", "--organization", "acme"]).succeeded().stdout;
    assert_eq!(of_acme, format!("{key}\n"));
    let of_server = installation.run(["log", "key", "--server"]).succeeded().stdout;
    assert!(of_server.contains(".escriba/server/") && of_server.lines().count() == 1, "{of_server}");
    let all = json(&installation, &["log", "key"]);
    assert_eq!(all["logs"].as_array().unwrap().len(), 2);
    let nobody = installation.run(["log", "key", "--organization", "nosuch"]).failed();
    assert!(nobody.contains("there is no organization nosuch"), "{nobody}");
    // A key is made once.
    let again = installation.run(["log", "key", "--create"]).failed();
    assert!(again.contains("has a log key already"), "{again}");
}

/// A key ring from before logs were signed.
#[test]
fn a_key_ring_without_a_log_key_gets_one_where_nobody_shares_it() {
    let (installation, _) = Installation::new();
    let ring = fs::read_to_string(installation.keys()).unwrap();
    let (root, _) = ring.split_once("\n[log-key]").unwrap();
    let checksum = engine::seal::hex(&engine::seal::sha256(root.as_bytes()));
    let old = format!("{root}\n[checksum]\nsha256 = {checksum}\n");
    fs::write(installation.keys(), &old).unwrap();
    let refused = installation.run(["users", "list"]).failed();
    assert!(refused.contains("escriba log key --create"), "something was signed already: {refused}");
    fs::write(installation.keys(), ring).unwrap();
    installation.run(["users", "list"]).succeeded();

    // Where nothing was signed yet, the embedded database's own server makes one by itself.
    let fresh = Installation::empty();
    fs::create_dir(fresh.data_dir()).unwrap();
    fs::write(fresh.keys(), &old).unwrap();
    crate::installation::set_mode(&fresh.keys(), 0o600);
    let made = fresh.run(["init", "--organization", "acme"]);
    if is_postgres() {
        assert!(made.failed().contains("escriba log key --create"));
        fresh.run(["log", "key", "--create"]).succeeded();
        fresh.run(["init", "--organization", "acme"]).succeeded();
    } else {
        made.succeeded();
    }
    assert!(fs::read_to_string(fresh.keys()).unwrap().contains("[log-key]"));
    assert!(fresh.run(["fsck"]).succeeded().stdout.contains("ok "));
}

#[test]
fn a_sound_installation_passes_fsck_whether_a_server_runs_or_not() {
    let (installation, ada) = Installation::new();
    let server = installation.serve(&[]);
    server.call(&ada, "GET", "/api/orgs/acme/auditlogs", "").expect(200);
    let running = json(&installation, &["fsck"]);
    assert_eq!(running["ok"], true, "{running}");
    server.stop();
    let stopped = json(&installation, &["fsck"]);
    assert_eq!(stopped["ok"], true, "{stopped}");
    let acme = stopped["logs"].as_array().unwrap().iter().find(|log| log["organization"] == "acme").unwrap();
    assert!(acme["entries"].as_u64() >= Some(5) && acme["checkpoints"].as_u64() >= Some(1), "{acme}");
    let text = installation.run(["fsck"]).succeeded().stdout;
    assert!(text.contains("ok       the log of acme ("), "{text}");
}

#[test]
fn fsck_says_where_and_fails_with_one_and_where_it_cannot_look_with_two() {
    let (installation, _) = Installation::new();
    installation.tamper("UPDATE log_opening SET value = value || ' ' WHERE log_id = 2");
    let ran = installation.run(["fsck"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("TROUBLE  the log of acme (") && ran.stdout.contains("of entry 0"), "{}", ran.stdout);
    let as_json = installation.run(["fsck", "--json"]).json();
    assert_eq!(as_json["ok"], false);

    fs::remove_file(installation.keys()).unwrap();
    let ran = installation.run(["fsck"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    let nothing = Installation::empty();
    assert_eq!(nothing.run(["fsck"]).code, Some(2));
}

#[test]
fn without_its_anchor_a_server_does_not_start_until_it_is_adopted() {
    if is_postgres() {
        eprintln!("not tested: a replica beside others adopts what they signed");
        return;
    }
    let (installation, ada) = Installation::new();
    fs::rename(anchor(&installation), installation.path("kept")).unwrap();
    for arguments in
        [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["users", "remove", "ada", "--organization", "acme"]]
    {
        let refused = installation.run(arguments).failed();
        assert!(refused.contains("is missing") && refused.contains("escriba log adopt"), "{refused}");
    }
    let adopted = json(&installation, &["log", "adopt"]);
    assert_eq!(adopted["adopted"].as_array().unwrap().len(), 2);
    let server = installation.serve(&[]);
    server.call(&ada, "GET", "/api/user", "").expect(200);
    let nothing = installation.run(["log", "adopt"]).succeeded().stdout;
    assert!(nothing.contains("nothing to adopt"), "{nothing}");
    server.stop();
    assert_eq!(json(&installation, &["fsck"])["ok"], true);
}

#[test]
fn yesterday_s_database_is_refused_and_goes_on_as_new_logs() {
    let (installation, ada) = Installation::new();
    let server = installation.serve(&[]);
    server.stop();
    let copy = installation.copy_database();
    installation.run(["users", "add", "lin", "--organization", "acme"]).succeeded();
    let server = installation.serve(&[]);
    server.stop();
    installation.bring_back(copy);

    let refused = installation.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    for words in
        ["the log of acme (", "is anchored at size", "and found at size", "escriba log resume", "newer database"]
    {
        assert!(refused.contains(words), "{refused}");
    }
    let before = installation.run(["log", "key", "--organization", "acme"]).succeeded().stdout;
    let found = installation.run(["fsck"]);
    assert!(found.code == Some(1) && found.stdout.contains("against the anchor"), "{}", found.stdout);

    let resumed = installation.run(["log", "resume"]).succeeded().stdout;
    assert!(resumed.contains("GOES ON AS") && resumed.contains("acme"), "{resumed}");
    let server = installation.serve(&[]);
    let events = server.events(&ada);
    let types: Vec<&str> = events.iter().rev().map(|(_, event, _)| event.as_str()).collect();
    assert_eq!(types[..2], ["escriba-log-opened", "escriba-log-resumed"]);
    assert!(types.iter().all(|event| *event != "member-added"), "{types:?}");
    server.stop();
    assert_ne!(installation.run(["log", "key", "--organization", "acme"]).succeeded().stdout, before);
    assert_eq!(json(&installation, &["fsck"])["ok"], true, "{}", installation.run(["fsck"]).stdout);
}

#[test]
fn a_rotated_key_is_printed_first_and_the_one_before_after_it() {
    let (installation, _) = Installation::new();
    let before = installation.run(["log", "key", "--organization", "acme"]).succeeded().stdout;
    let server = installation.serve(&[]);
    let rotated = json(&installation, &["log", "rotate-key"]);
    assert!(rotated["until"].as_str().unwrap().ends_with('Z'), "{rotated}");
    let after = installation.run(["log", "key", "--organization", "acme"]).succeeded().stdout;
    assert_eq!(after.lines().count(), 2);
    assert!(after.ends_with(&before), "{after}");
    server.stop();
    installation.serve(&[]).stop();
    assert_eq!(json(&installation, &["fsck"])["ok"], true);
}
