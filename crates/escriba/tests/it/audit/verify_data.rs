//! `escriba audit verify` of the data of a server.

use super::{Asked, run};

#[test]
fn the_data_of_a_server_is_verified_while_it_runs_and_after_it_was_killed() {
    let asked = Asked::new();
    asked.create("one");
    asked.run(["prove", &asked.newest("environment-created")]).succeeded();
    let keys = asked.installation.path("keys");
    let all = asked.installation.run(["log", "key", "--json"]).succeeded().json();
    let all: Vec<&str> = all["logs"].as_array().unwrap().iter().filter_map(|log| log["keys"][0].as_str()).collect();
    std::fs::write(&keys, all.join("\n")).unwrap();
    let data = asked.installation.data_dir();
    let verify = |arguments: &[&str]| {
        let mut command = asked.unset();
        command.env_remove("ESCRIBA_DATA_DIR").arg("verify").arg(&data).args(arguments);
        run(&mut command)
    };

    let running = verify(&["--json"]).succeeded().json();
    assert_eq!((&running["verdict"], &running["fault"]), (&"verified".into(), &serde_json::Value::Null));
    assert_eq!(running["logs"].as_array().unwrap().len(), 2);
    assert!(verify(&[]).succeeded().stdout.contains("Verified against the key ring"));
    assert!(verify(&["--key", keys.to_str().unwrap()]).succeeded().stdout.contains("keys that you named"));
    let other = Asked::new();
    assert_eq!(verify(&["--key", &other.key()]).code, Some(3));
    assert_eq!(verify(&["--policy", keys.to_str().unwrap()]).code, Some(2));
    asked.server.signal("-KILL");
    verify(&[]).succeeded();
}

#[test]
fn what_was_changed_in_the_database_is_named() {
    let asked = Asked::new();
    asked.create("one");
    asked.run(["prove", &asked.newest("environment-created")]).succeeded();
    let (installation, token) = (asked.installation, asked.token);
    asked.server.stop();
    // The last two entries of the organization's log change places.
    let log = "(SELECT max(id) FROM log)";
    let swap = |from: &str, to: &str| {
        installation.tamper(&format!("UPDATE log_entry SET seq = {to} WHERE log_id = {log} AND seq = {from}"));
    };
    swap("3", "1003");
    swap("4", "3");
    swap("1003", "4");

    let ran = installation.run(["audit", "verify", installation.data_dir().to_str().unwrap(), "--json"]);

    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let fault = &ran.json()["fault"];
    assert_eq!(fault["entry"], 3, "{fault}");
    assert!(fault["file"].as_str().unwrap().contains("the log of acme"), "{fault}");
    assert!(!ran.stdout.contains(&token));
}

#[test]
fn texts_that_are_gone_without_a_record_are_told_from_what_was_changed() {
    let asked = Asked::new();
    asked.create("one");
    asked.run(["prove", &asked.newest("environment-created")]).succeeded();
    let installation = asked.installation;
    asked.server.stop();
    let verify = |arguments: &[&str]| {
        let data = installation.data_dir();
        installation.run([&["audit", "verify", data.to_str().unwrap()][..], arguments].concat())
    };
    let log = "log_id = (SELECT max(id) FROM log)";

    installation.tamper(&format!("DELETE FROM log_opening WHERE {log} AND name = 'target'"));
    let ran = verify(&["--json"]);
    assert_eq!((ran.code, &ran.json()["verdict"]), (Some(4), &"openings-missing".into()), "{}", ran.stdout);
    let what = ran.json()["fault"]["what"].as_str().unwrap().to_owned();
    assert!(what.contains("nothing says that it was destroyed"), "{what}");
    let said = verify(&[]);
    assert!(
        said.code == Some(4) && said.stdout.ends_with("\nTexts are missing without a record.\n"),
        "{}",
        said.stdout
    );

    installation.tamper(&format!("UPDATE log_opening SET value = value || ' ' WHERE {log} AND name = 'actor'"));
    let ran = verify(&["--json"]);
    assert_eq!((ran.code, &ran.json()["verdict"]), (Some(1), &"tampered".into()), "{}", ran.stdout);
}

#[test]
fn a_directory_without_data_cannot_be_checked() {
    let asked = Asked::new();
    std::fs::create_dir(asked.installation.path("empty")).unwrap();
    let mut command = asked.unset();
    command.env_remove("ESCRIBA_DATABASE_URL").args(["verify", "empty"]);
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("there is no installation in"), "{}", ran.stderr);
}
