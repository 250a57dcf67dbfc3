//! Administration from the shell: the same whether a server runs or not.

use serde_json::Value;

use crate::installation::{Installation, Server};

#[test]
fn administration_works_while_the_server_runs() {
    let (installation, ada) = Installation::new();
    let server = installation.serve(&[]);
    let tokens = administer(&installation);
    check(&server, &ada, &tokens);
    server.stop();
}

#[test]
fn administration_works_while_no_server_runs() {
    let (installation, ada) = Installation::new();
    let tokens = administer(&installation);
    let server = installation.serve(&[]);
    check(&server, &ada, &tokens);
    server.stop();
}

struct Tokens {
    first: String,
    created: String,
    revoked: String,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no text in {value}")).to_owned()
}

/// Does everything that can be done from the shell.
fn administer(installation: &Installation) -> Tokens {
    let json = |arguments: &[&str]| installation.run(arguments.iter().chain(&["--json"])).succeeded().json();
    let fails = |arguments: &[&str]| installation.run(arguments).failed();

    let added =
        json(&["users", "add", "lin", "--organization", "acme", "--name", "Lin Wu", "--email", "lin@acme.test"]);
    let keys: Vec<&str> = added.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["login", "organization", "role", "token"]);
    assert_eq!((text(&added, "login"), text(&added, "role")), ("lin".into(), "member".into()));
    assert!(fails(&["users", "add", "lin", "--organization", "acme"]).contains("already exists"));
    assert!(fails(&["users", "add", "kim", "--organization", "nosuch"]).contains("organization not found"));
    fails(&["users", "add", "k m", "--organization", "acme"]);

    json(&["users", "add", "kim", "--organization", "acme", "--role", "admin"]);
    json(&["users", "set-role", "lin", "admin", "--organization", "acme"]);
    json(&["users", "set-role", "lin", "member", "--organization", "acme"]);
    json(&["users", "remove", "kim", "--organization", "acme"]);
    assert!(fails(&["users", "remove", "kim", "--organization", "acme"]).contains("member not found"));
    assert!(fails(&["users", "remove", "ada", "--organization", "acme"]).contains("without an administrator"));

    let users = json(&["users", "list"]);
    let users: Vec<String> = users.as_array().unwrap().iter().map(|user| text(user, "login")).collect();
    assert_eq!(users, ["ada", "kim", "lin"]);

    let link = json(&["users", "link", "lin"]);
    assert!(text(&link, "link").contains("/welcome/"));
    let set = installation.run_with(["users", "set-password", "lin"], "correct horse battery\n").succeeded();
    assert!(!set.stdout.contains("horse") && !set.stderr.contains("horse"));
    installation.run_with(["users", "set-password", "lin"], "").failed();
    installation.run_with(["users", "set-password", "lin"], "short\n").failed();

    let created = json(&["tokens", "create", "lin", "--name", "ci", "--expires", "30"]);
    let revoked = json(&["tokens", "create", "lin", "--name", "old"]);
    json(&["tokens", "revoke", &text(&revoked, "id")]);
    assert!(fails(&["tokens", "revoke", &text(&revoked, "id")]).contains("token not found"));
    let listed = json(&["tokens", "list", "lin"]);
    let names: Vec<String> = listed.as_array().unwrap().iter().map(|token| text(token, "name")).collect();
    assert!(names.contains(&"ci".to_owned()) && !names.contains(&"old".to_owned()), "{names:?}");
    assert!(!listed.to_string().contains(&text(&created, "token")), "a list shows no token");
    assert!(fails(&["tokens", "list", "nobody"]).contains("no such user"));
    fails(&["tokens", "create", "lin", "--expires", "731"]);

    installation.run(["log", "check"]).succeeded();
    let built = installation.run(["log", "reindex"]).succeeded();
    assert!(built.stdout.starts_with("The index is new: 0 entries are in it."), "{}", built.stdout);
    Tokens { first: text(&added, "token"), created: text(&created, "token"), revoked: text(&revoked, "token") }
}

/// What was done holds, and the log says who did it.
fn check(server: &Server, ada: &str, tokens: &Tokens) {
    for (token, status) in [(&tokens.first, 200), (&tokens.created, 200), (&tokens.revoked, 401)] {
        server.call(token, "GET", "/api/user", "").expect(status);
    }
    server.call(&tokens.first, "GET", "/api/orgs/acme/auditlogs", "").expect(403);

    let events = server.events(ada);
    let shell = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "shell".to_owned());
    let by_shell: Vec<&str> =
        events.iter().rev().filter(|(_, _, login)| *login == shell).map(|(_, event, _)| event.as_str()).collect();
    let expected = [
        "escriba-user-created",
        "member-added",
        "escriba-personal-token-created",
        "member-added",
        "member-added",
        "escriba-user-created",
        "member-added",
        "escriba-personal-token-created",
        "member-role-changed",
        "member-role-changed",
        "member-removed",
        "member-removed",
        "member-removed",
        "escriba-one-time-link-created",
        "escriba-password-set",
        "escriba-personal-token-created",
        "escriba-personal-token-created",
        "escriba-personal-token-deleted",
        "escriba-personal-token-deleted",
    ];
    assert_eq!(by_shell, expected);
}
