//! `escriba doctor`: says what is wrong, and does not change anything.

use std::fs;

use crate::installation::{Installation, Ran, set_mode};

/// What is wrong, by what was looked at.
fn troubles(ran: &Ran) -> Vec<(String, String)> {
    let json = ran.json();
    let findings = json["findings"].as_array().unwrap();
    let troubles = findings.iter().filter(|finding| finding["ok"] == false);
    troubles
        .map(|finding| (finding["what"].as_str().unwrap().to_owned(), finding["message"].as_str().unwrap().to_owned()))
        .collect()
}

fn doctor(installation: &Installation) -> Ran {
    installation.run(["doctor", "--json"])
}

#[track_caller]
fn assert_trouble(ran: &Ran, what: &str, message: &str) {
    assert_eq!(ran.code, Some(1));
    let troubles = troubles(ran);
    let found = troubles.iter().any(|(about, said)| about == what && said.contains(message));
    assert!(found, "{what} should say `{message}`: {troubles:?}");
}

#[test]
fn a_healthy_installation_is_well_whether_a_server_runs_or_not() {
    let (installation, _) = Installation::new();
    let still = doctor(&installation).succeeded();
    assert_eq!((still.json()["ok"].as_bool(), troubles(&still)), (Some(true), vec![]));
    let server = installation.serve(&[]);
    let running = doctor(&installation).succeeded();
    assert_eq!(troubles(&running), []);
    server.stop();
    assert!(installation.run(["doctor"]).succeeded().stdout.lines().all(|line| line.starts_with("ok ")));
}

#[test]
fn where_nothing_is_the_doctor_says_so_and_makes_nothing() {
    let installation = Installation::empty();
    assert_trouble(&doctor(&installation), "data directory", "is not there");
    assert!(!installation.keys().exists());
}

#[test]
fn missing_keys_are_named_and_no_server_starts_without_them() {
    let (installation, _) = Installation::new();
    let kept = installation.path("kept");
    fs::rename(installation.keys(), &kept).unwrap();

    assert_trouble(&doctor(&installation), "key ring", "there is no key file");
    let said = installation.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(said.contains("is missing, but the database was made with one"), "{said}");
    assert!(!installation.keys().exists(), "a new ring would hide that the old one is gone");

    fs::rename(kept, installation.keys()).unwrap();
    doctor(&installation).succeeded();
}

#[test]
fn foreign_keys_are_told_from_the_right_ones() {
    let (installation, _) = Installation::new();
    let (other, _) = Installation::new();
    fs::copy(other.keys(), installation.keys()).unwrap();

    assert_trouble(&doctor(&installation), "database", "the key ring is not the one that this database was made with");
    let said = installation.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(said.contains("the key ring is not the one"), "{said}");
}

#[test]
fn keys_that_others_may_read_are_refused_with_the_command_that_helps() {
    let (installation, _) = Installation::new();
    set_mode(&installation.keys(), 0o644);

    assert_trouble(&doctor(&installation), "key ring", "run: chmod 600");
    let said = installation.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(said.contains("run: chmod 600"), "{said}");

    set_mode(&installation.keys(), 0o600);
    doctor(&installation).succeeded();
}

#[test]
fn damaged_keys_are_told() {
    let (installation, _) = Installation::new();
    let ring = fs::read(installation.keys()).unwrap();
    fs::write(installation.keys(), &ring[..ring.len() / 2]).unwrap();
    assert_eq!(doctor(&installation).code, Some(1));
    assert!(troubles(&doctor(&installation)).iter().any(|(what, _)| what == "key ring"));
}

#[test]
fn a_data_directory_that_others_may_enter_is_told() {
    let (installation, _) = Installation::new();
    set_mode(&installation.data_dir(), 0o755);
    assert_trouble(&doctor(&installation), "data directory", "chmod 700");
}

#[test]
fn an_address_open_to_the_network_without_tls_is_told() {
    let (installation, _) = Installation::new();
    let ran = installation.run(["doctor", "--json", "--listen", "0.0.0.0:8080"]);
    assert_trouble(&ran, "address", "without TLS");
}

#[test]
fn a_log_that_is_not_what_was_signed_is_told_with_the_ways_out() {
    let (installation, _) = Installation::new();
    installation.run(["doctor"]).succeeded();
    installation.tamper("UPDATE log SET size = 1 WHERE id = 2");
    let ran = installation.run(["doctor"]);
    assert!(ran.code == Some(1) && ran.stdout.contains("TROUBLE  signatures"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the log of acme (") && ran.stdout.contains("escriba log resume"), "{}", ran.stdout);

    installation.tamper("UPDATE log SET frozen = 'it was changed' WHERE id = 2");
    let ran = installation.run(["doctor"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
}
