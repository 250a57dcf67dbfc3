//! `escriba audit prove`, and `verify` of what it saved.

use std::fs;

use super::{Asked, forger::Forger, run};
use crate::installation::Installation;

#[test]
fn an_event_is_proved_at_once_and_can_be_verified_elsewhere_with_the_binary_alone() {
    let asked = Asked::new();
    asked.create("one");
    let event = asked.newest("environment-created");
    let proof = asked.installation.path("one.tlog-proof");
    let saved = asked.installation.path("one.json");
    let key = asked.key();
    let mut command = asked.command();
    command.args(["prove", &event, "--key", &key, "--output"]).arg(&proof).arg("--save-event").arg(&saved);

    let ran = run(&mut command).succeeded();

    assert!(ran.stdout.starts_with("Verified"), "{}", ran.stdout);
    assert!(ran.stdout.contains("It says: Created environment \"acme/web/one\"."), "{}", ran.stdout);
    assert!(ran.stdout.contains(&key), "{}", ran.stdout);
    assert!(fs::read_to_string(&proof).unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));
    assert!(run(&mut command).failed().contains("--force"));

    // Elsewhere: no server, no token, no installation.
    asked.server.stop();
    let elsewhere = Installation::empty();
    let keys = elsewhere.path("acme.vkey");
    fs::write(&keys, format!("# The key of acme, by telephone.\n{key}\n")).unwrap();
    let verify = |arguments: &[&str]| {
        let mut command = elsewhere.command();
        command.env_remove("HOME").args(["audit", "verify"]).arg(&proof).arg("--event").arg(&saved).args(arguments);
        run(&mut command)
    };
    let by_file = verify(&["--key", keys.to_str().unwrap(), "--json"]).succeeded().json();
    assert_eq!((&by_file["verdict"], &by_file["entries"]), (&"verified".into(), &1.into()));
    assert_eq!(verify(&["--key", &key]).code, Some(0));
    let unknown = verify(&["--json"]);
    assert_eq!((unknown.code, &unknown.json()["verdict"]), (Some(3), &"signer-unknown".into()));

    let event = fs::read_to_string(&saved).unwrap();
    fs::write(&saved, event.replacen("acme/web/one", "acme/web/two", 1)).unwrap();
    let tampered = verify(&["--key", &key, "--json"]);
    assert_eq!(tampered.code, Some(1));
    assert_eq!(tampered.json()["fault"]["file"], "event");
    assert!(tampered.json()["fault"]["what"].as_str().unwrap().contains("`description`"), "{}", tampered.stdout);
}

#[test]
fn a_proof_goes_to_standard_output_and_what_it_shows_beside_it() {
    let asked = Asked::new();
    let event = asked.newest("escriba-log-opened");

    let ran = asked.run(["prove", &event]).succeeded();

    assert!(ran.stdout.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("It says: Opened the log of \"acme\"."), "{}", ran.stderr);
    let json = asked.run(["prove", &event, "--json"]).succeeded().json();
    assert_eq!((&json["verdict"], &json["event"]["id"]), (&"signer-unknown".into(), &event.into()));
    assert!(json["proof"].as_str().unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));
}

#[test]
fn what_is_no_event_and_who_is_no_signer_is_told() {
    let asked = Asked::new();
    let event = asked.newest("escriba-log-opened");
    let absent = asked.run(["prove", "019ca8ad-fa9b-7e29-8367-f904b1a56908"]);
    assert_eq!(absent.code, Some(1), "{}", absent.stderr);
    assert!(
        absent.stderr.contains("event not found") && absent.stderr.contains("`Escriba-Event`"),
        "{}",
        absent.stderr
    );
    let misspelt = asked.run(["prove", "../../user"]);
    assert_eq!(misspelt.code, Some(2), "{}", misspelt.stderr);
    assert!(misspelt.stderr.contains("no id of an event"), "{}", misspelt.stderr);
    let other = Asked::new();
    let foreign = asked.run(["prove", &event, "--key", &other.key()]);
    assert_eq!(foreign.code, Some(3), "{}", foreign.stderr);
}

#[test]
fn a_forged_answer_is_noticed() {
    let asked = Asked::new();
    asked.create("one");
    let event = asked.newest("environment-created");
    let forger = Forger::new(asked.server.address(), |path, body| {
        if path.contains("/events/") && !path.ends_with("/proof") {
            *body = String::from_utf8_lossy(body).replace("web", "wxb").into_bytes();
        }
    });
    let mut command = asked.command();
    command.args(["prove", &event, "--key", &asked.key()]).env("ESCRIBA_URL", forger.url());
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("TAMPERED"), "{}", ran.stderr);

    let forger = Forger::new(asked.server.address(), |path, body| {
        if path.contains("/events/") && !path.ends_with("/proof") {
            *body = b"no event".to_vec();
        }
    });
    let mut command = asked.command();
    let ran = run(command.args(["prove", &event, "--json"]).env("ESCRIBA_URL", forger.url()));
    assert_eq!((ran.code, &ran.json()["verdict"]), (Some(1), &"tampered".into()), "{}", ran.stderr);
}
