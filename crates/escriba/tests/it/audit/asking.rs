//! Which server is asked, with which token, and what is said when it does not answer.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::{Asked, run};

#[test]
fn the_address_and_the_token_come_from_our_variables_or_else_from_pulumis() {
    let asked = Asked::new();
    let url = format!("http://{}", asked.server.address());

    let said = run(asked.unset().arg("list")).failed();
    assert!(said.contains("set ESCRIBA_URL"), "{said}");
    let said = run(asked.unset().arg("list").env("ESCRIBA_URL", &url)).failed();
    assert!(said.contains("set ESCRIBA_TOKEN") && said.contains("--token-file"), "{said}");

    run(asked.unset().arg("list").env("PULUMI_BACKEND_URL", &url).env("PULUMI_ACCESS_TOKEN", &asked.token)).succeeded();
    let token_file = asked.installation.path("token");
    fs::write(&token_file, format!("{}\n", asked.token)).unwrap();
    run(asked.unset().args(["list", "--url", &url, "--token-file", token_file.to_str().unwrap()])).succeeded();

    let folder = asked.installation.path("home").join(".pulumi");
    fs::create_dir_all(&folder).unwrap();
    let stored = serde_json::json!({"current": url, "accessTokens": {url.as_str(): asked.token}});
    fs::write(folder.join("credentials.json"), stored.to_string()).unwrap();
    run(asked.unset().arg("list")).succeeded();
}

#[test]
fn a_token_for_one_server_is_not_shown_to_another() {
    let asked = Asked::new();
    let url = format!("http://{}", asked.server.address());
    let mut command = asked.unset();
    command.arg("list").env("ESCRIBA_URL", url);
    command.env("PULUMI_BACKEND_URL", "https://api.example.com").env("PULUMI_ACCESS_TOKEN", &asked.token);
    assert!(run(&mut command).failed().contains("no access token"));

    let mut command = asked.command();
    command.args(["list", "--url", "http://127.0.0.1:9"]);
    assert!(run(&mut command).failed().contains("is for ESCRIBA_URL"));
    let mut command = asked.command();
    command.args(["verify", "http://127.0.0.1:9/log/rf26ggh4sztli7x4/"]);
    assert!(run(&mut command).failed().contains("is for ESCRIBA_URL"));
}

#[test]
fn what_went_wrong_is_said_with_what_to_do() {
    let asked = Asked::new();
    let lin = asked.installation.run(["users", "add", "lin", "--organization", "acme", "--json"]).succeeded().json();
    let lin = lin["token"].as_str().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let list = |name: &str, value: &str| run(asked.command().arg("list").env(name, value)).failed();

    let said = list("ESCRIBA_URL", &nobody);
    assert!(said.contains("cannot be reached") && said.contains("ESCRIBA_URL") && said.contains("refused"), "{said}");
    let said = list("ESCRIBA_URL", "nonsense");
    assert!(said.contains("ESCRIBA_URL, cannot be used"), "{said}");
    let said = list("ESCRIBA_URL", &format!("https://{}", asked.server.address()));
    assert!(said.contains("no TLS connection"), "{said}");
    let said = list("ESCRIBA_TOKEN", "escriba_wrong");
    assert!(said.contains("ESCRIBA_TOKEN") && !said.contains("escriba_wrong"), "{said}");
    let said = list("ESCRIBA_TOKEN", lin);
    assert!(said.contains("audit_logs:read"), "{said}");
    let said = asked.run(["list", "--org", "other"]).failed();
    assert!(said.contains("does not belong to it"), "{said}");
    let said = asked.run(["list", "--event", "no-such-event"]).failed();
    assert!(said.contains("no-such-event"), "{said}");
}

#[test]
fn the_exit_codes_are_those_that_the_help_lists() {
    let asked = Asked::new();
    let help = asked.run(["--help"]).succeeded().stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("0 it is done, or nothing matched; 1 the server refused, or did not answer; 2 wrong usage"));
    assert_eq!(asked.run(["list", "--until", "2000-01-01"]).code, Some(0), "nothing matched");
    // What could not be proved because nobody answered is no finding.
    let failed = |command: &[&str]| if command[0] == "prove" { Some(2) } else { Some(1) };
    for command in [&["list"][..], &["search", "x"], &["tail"], &["export"], &["prove", "x"]] {
        let ran = asked.run(command.iter().chain(&["--organization", "other"]));
        assert_eq!(ran.code, failed(command), "{command:?}: {}", ran.stderr);
        let mut nobody = asked.command();
        // Nothing can listen there.
        nobody.args(command).args(["--organization", "acme"]).env("ESCRIBA_URL", "http://127.0.0.1:0");
        assert_eq!(run(&mut nobody).code, failed(command), "{command:?}");
        let ran = asked.run(command.iter().chain(&["--no-such-flag"]));
        assert_eq!(ran.code, Some(2), "{command:?}: {}", ran.stderr);
    }
}

#[test]
fn usage_errors_have_a_code_of_their_own() {
    let asked = Asked::new();
    for arguments in [&["list", "--since", "yesterday"][..], &["tail", "--interval", "0s"], &["nothing"], &["search"]] {
        let ran = asked.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn an_answer_of_something_else_than_a_server_is_told() {
    let asked = Asked::new();
    let http = |head: &str, body: &str| format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let answers = [
        (http("200 OK", "<html/>"), "is it a server of Escriba?"),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), "is not HTTP"),
        (http("302 Found\r\nlocation: https://elsewhere/", ""), "https://elsewhere/"),
        (http("503 Unavailable", r#"{"code":503,"message":"the log sleeps"}"#), "the log sleeps"),
    ];
    for (answer, expected) in answers {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let read = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            read
        });
        let said = run(asked.command().arg("list").env("ESCRIBA_URL", url)).failed();
        assert!(server.join().unwrap() > 0);
        assert!(said.contains(expected), "{said}");
    }
}
