//! The first start, and configurations that are refused.

use std::fs;

use crate::installation::{Installation, mode};

#[test]
fn init_prints_one_json_object_and_makes_files_that_are_its_owners_alone() {
    let installation = Installation::empty();

    let ran = installation.run(["init", "--organization", "acme", "--admin", "ada", "--json"]).succeeded();

    assert_eq!(ran.stdout.lines().count(), 1);
    let made = ran.json();
    let keys: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["login", "organization", "token", "url", "verifier_key"]);
    assert_eq!((&made["organization"], &made["login"]), (&"acme".into(), &"ada".into()));
    assert_eq!(made["url"], "http://127.0.0.1:8080");
    assert!(!made["token"].as_str().unwrap().starts_with("token"));
    assert_eq!(mode(&installation.data_dir()), 0o700);
    for file in fs::read_dir(installation.data_dir()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    // The token works.
    let server = installation.serve(&[]);
    let user = server.call(made["token"].as_str().unwrap(), "GET", "/api/user", "").expect(200).json();
    assert_eq!(user["githubLogin"], "ada");
    server.stop();
}

#[test]
fn a_second_init_fails_and_changes_nothing() {
    let (installation, token) = Installation::new();

    let said = installation.run(["init", "--organization", "other", "--admin", "eve"]).failed();

    assert!(said.contains("there is an installation in") && said.contains("already"), "{said}");
    let server = installation.serve(&[]);
    server.call(&token, "GET", "/api/user", "").expect(200);
    server.stop();
}

#[test]
fn names_that_cannot_be_used_leave_nothing_behind() {
    for arguments in [["--organization", "a b"], ["--organization", ""], ["--admin", "../x"]] {
        let installation = Installation::empty();
        installation.run(["init"].iter().chain(&arguments)).failed();
        installation.run(["init", "--organization", "acme"]).succeeded();
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
    let installation = Installation::empty();
    let config = installation.path("escriba.toml");
    let run = |text: &str| {
        fs::write(&config, text).unwrap();
        installation.run(["--config", config.to_str().unwrap(), "init"]).failed()
    };

    let said = run("data_dir = \"x\"\n");
    assert!(said.contains("`data_dir` is no key; did you mean `data-dir`?"), "{said}");
    let said = run("listen = 8080\n");
    assert!(said.contains("escriba.toml") && said.contains("listen"), "{said}");
    let said = run("tls-cert = \"a.pem\"\n");
    assert!(said.contains("--tls-key"), "{said}");
    assert!(!installation.data_dir().exists());
    assert!(!installation.path("x").exists());
}

#[test]
fn two_servers_on_one_data_directory_are_one_too_many() {
    let (installation, token) = Installation::new();
    let server = installation.serve(&[]);

    let said = installation.run(["serve", "--listen", "127.0.0.1:0"]).failed();

    assert!(said.contains("is in use by another process"), "{said}");
    server.call(&token, "GET", "/api/user", "").expect(200);
    server.stop();
}

#[test]
fn a_port_that_is_taken_is_named_and_leaves_nothing_behind() {
    let installation = Installation::empty();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let said = installation.run(["serve", "--listen", &address]).failed();

    assert!(said.contains(&address), "{said}");
    assert!(!installation.data_dir().exists());
}

#[test]
fn the_ready_file_gets_the_address_as_one_line() {
    let (installation, _) = Installation::new();
    let ready = installation.path("ready");
    let server = installation.serve(&["--ready-file", ready.to_str().unwrap()]);
    // It is written after the line that the test waited for, and before anything is served.
    server.call("x", "GET", "/healthz", "").expect(200);
    assert_eq!(fs::read_to_string(ready).unwrap(), format!("{}\n", server.address()));
    server.stop();
}
