//! `escriba users erase`, as somebody at a shell does it.

use serde_json::json;

use crate::installation::Installation;

#[test]
fn a_script_says_yes_and_reads_what_was_done() {
    let (installation, ada) = Installation::new();
    let added = installation.run([
        "users",
        "add",
        "lin",
        "--organization",
        "acme",
        "--name",
        "Lin Wu",
        "--email",
        "lin@acme.test",
        "--json",
    ]);
    let lin = added.succeeded().json()["token"].as_str().unwrap().to_owned();
    let server = installation.serve(&[]);
    server.call(&lin, "GET", "/api/user", "").expect(200);

    let said = installation.run(["users", "erase", "lin"]).failed();
    assert!(said.contains("--yes"), "{said}");
    server.call(&lin, "GET", "/api/user", "").expect(200);
    let erased = installation.run(["users", "erase", "lin", "--yes", "--json"]).succeeded().json();

    let keys: Vec<&str> = erased.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["account", "exports", "left", "login", "logs", "organization", "sessions", "tokens", "unfinished"];
    assert_eq!(keys, expected);
    assert_eq!((&erased["left"], &erased["tokens"], &erased["unfinished"]), (&json!(["acme"]), &json!(1), &json!([])));
    assert_eq!(erased["logs"][0]["organization"], "acme");
    assert!(erased["logs"][0]["actor"].as_str().unwrap().starts_with("m_"));
    server.call(&lin, "GET", "/api/user", "").expect(401);
    let log = server.call(&ada, "GET", "/api/orgs/acme/auditlogs/v2", "").expect(200).body;
    assert!(!log.contains("Lin Wu") && !log.contains("\"lin\"") && log.contains("[erased]"), "{log}");

    // Again: nothing is there, and that is no failure.
    let again = installation.run(["users", "erase", "lin", "--yes"]).succeeded().stdout;
    assert!(again.contains("Nothing here speaks of lin"), "{again}");
    server.stop();
    installation.run(["fsck"]).succeeded();
}

#[test]
fn people_read_what_stays_and_what_is_out_of_reach() {
    let (installation, ada) = Installation::new();
    installation.run(["users", "add", "lin", "--organization", "acme"]).succeeded();
    let server = installation.serve(&[]);
    server.call(&ada, "GET", "/api/orgs/acme/auditlogs/v2/export", "");
    server.stop();

    let last = installation.run(["users", "erase", "ada", "--yes"]).failed();
    assert!(last.contains("without an administrator; make somebody else one first"), "{last}");
    let elsewhere = installation.run(["users", "erase", "lin", "--organization", "nowhere", "--yes"]).failed();
    assert!(elsewhere.contains("organization not found"), "{elsewhere}");
    let said = installation.run(["users", "erase", "lin", "--yes"]).succeeded().stdout;

    for words in [
        "lin is erased:",
        "texts in the log of acme",
        "the membership in acme",
        "one access token and 0 sessions ended",
        "The log of acme was exported once since it first spoke of them",
        "`escriba-backup-made`",
        "Every proof of it holds.",
        "The account u_",
    ] {
        assert!(said.contains(words), "{words} is missing:\n{said}");
    }
    assert!(!said.contains("NOT FINISHED"), "{said}");
}
