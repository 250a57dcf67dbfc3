//! TLS without a proxy.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::installation::{Installation, read_answer};

#[test]
fn with_a_certificate_the_server_answers_over_https_and_only_so() {
    let (installation, token) = Installation::new();
    let (certificate, key) = (installation.path("cert.pem"), installation.path("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("not tested: there is no openssl to make a certificate with");
        return;
    }
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let server = installation.serve(&["--tls-cert", certificate, "--tls-key", key]);

    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-servername", "localhost"])
        .args(["-CAfile", certificate, "-connect", server.address()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let request = format!("GET /api/user HTTP/1.1\r\nhost: localhost\r\nauthorization: token {token}\r\n\r\n");
    client.stdin.as_mut().unwrap().write_all(request.as_bytes()).unwrap();
    let answer = read_answer(client.stdout.take().unwrap());
    client.kill().unwrap();
    client.wait().unwrap();

    assert_eq!(answer.unwrap().expect(200).json()["githubLogin"], "ada");
    assert!(server.try_call(&token, "GET", "/api/user", "").is_err(), "plain HTTP gets no answer");

    let port = server.address().rsplit(':').next().unwrap();
    let list = |host: &str, arguments: &[&str]| {
        let mut command = installation.command();
        command.env("ESCRIBA_URL", format!("https://{host}:{port}")).env("ESCRIBA_TOKEN", &token);
        command.args(["audit", "list"]).args(arguments).output().unwrap()
    };
    assert_eq!(list("localhost", &["--ca-cert", certificate]).status.code(), Some(0));
    // Neither for somebody whom nobody vouches for, nor for a name that the certificate does not have.
    for (host, arguments) in [("localhost", &[][..]), ("127.0.0.1", &["--ca-cert", certificate])] {
        let refused = list(host, arguments);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8(refused.stderr).unwrap().contains("--ca-cert"));
    }
    server.stop();
}

#[test]
fn tls_files_that_cannot_be_used_are_named_and_nothing_is_made() {
    let installation = Installation::empty();
    let nothing = installation.path("nothing.pem");
    let nothing = nothing.to_str().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", nothing, "--tls-key", nothing];
    let said = installation.run(arguments).failed();
    assert!(said.contains("nothing.pem"), "{said}");
    assert!(!installation.data_dir().exists());
}
