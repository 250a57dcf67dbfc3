//! `vault-login` and `vault-secrets`, against a real `OpenBao`: the program that `ESCRIBA_TEST_BAO` names.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{open, to_loopback, trouble};
use crate::app::TestApp;

/// The token that may do everything in it.
const ROOT: &str = "root-of-this-test";

/// An `OpenBao` in memory, until it is dropped.
struct Bao {
    program: String,
    address: String,
    server: Child,
}

impl Bao {
    /// Starts one; none where no program is named.
    async fn start() -> Option<Self> {
        let Ok(program) = std::env::var("ESCRIBA_TEST_BAO") else {
            eprintln!("not tested: ESCRIBA_TEST_BAO names no `bao` program");
            return None;
        };
        // Free a moment ago. If somebody else was faster, the server ends and this fails.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("http://127.0.0.1:{port}");
        let server = Command::new(&program)
            .args(["server", "-dev", "-dev-no-store-token", &format!("-dev-root-token-id={ROOT}")])
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut this = Self { program, address, server };
        while !this.command(&["status"]).output().unwrap().status.success() {
            assert!(this.server.try_wait().unwrap().is_none(), "the server ended");
            tokio::task::yield_now().await;
        }
        this.run(&["kv", "put", "-mount=secret", "web/db", "password=hunter2", "user=web"]);
        this.run(&["secrets", "enable", "-path=old", "-version=1", "kv"]);
        this.run(&["kv", "put", "-mount=old", "plain", "key=value"]);
        Some(this)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("BAO_ADDR", &self.address).env("BAO_TOKEN", ROOT);
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a token is, as the server says.
    fn look_up(&self, token: &str) -> Value {
        serde_json::from_str(&self.run(&["token", "lookup", "-format=json", token])).unwrap()
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_logs_in_and_secrets_of_both_kinds_of_store_are_read() {
    let Some(bao) = Bao::start().await else { return };
    let app = TestApp::calling(to_loopback()).await;
    let definition = format!(
        "values:
  login:
    fn::open::vault-login:
      address: {}
      token: {{token: {{fn::secret: {ROOT}}}, displayName: escriba, maxTtl: 5m, policies: [default, read-all]}}
  root: {{address: {}, token: {{fn::secret: {ROOT}}}}}
  secrets:
    fn::open::vault-secrets:
      login: ${{root}}
      read:
        all: {{path: secret/data/web/db}}
        one: {{path: secret/data/web/db, field: password}}
        old: {{path: old/plain}}
",
        bao.address, bao.address
    );
    app.environment("alice", "web/prod", &definition).await;
    app.mark(Some("acme")).await;
    let values = open(&app, "web/prod").await.unwrap();

    let token = &values["login"]["value"]["token"];
    assert_eq!(token["secret"], true);
    let found = bao.look_up(token["value"].as_str().unwrap());
    assert_eq!(found["data"]["display_name"], "token-escriba");
    assert_eq!(
        (&found["data"]["explicit_max_ttl"], &found["data"]["policies"]),
        (&json!(300), &json!(["default", "read-all"]))
    );
    let secrets = &values["secrets"]["value"];
    assert_eq!((&secrets["one"]["value"], &secrets["one"]["secret"]), (&json!("hunter2"), &json!(true)));
    assert_eq!(secrets["all"]["value"]["user"]["value"], "web");
    assert_eq!(secrets["all"]["value"]["user"]["secret"], true);
    assert_eq!(secrets["old"]["value"]["key"]["value"], "value");
    assert_eq!(
        app.log("acme").await,
        "escriba-credential-minted  acme/web/prod  alice  intended\n\
         escriba-credential-minted  acme/web/prod  alice  succeeded\n\
         environment-open  acme/web/prod  alice  succeeded\n\
         environment-read-open  acme/web/prod  alice  succeeded"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_logs_in_where_the_role_binds_its_claims() {
    let Some(bao) = Bao::start().await else { return };
    let app = TestApp::calling(to_loopback()).await;
    let socket = app.listen().await;
    let keys = format!("jwks_url=http://{}/api/oidc/.well-known/jwks", socket.address());
    bao.run(&["auth", "enable", "jwt"]);
    let issuer = "bound_issuer=http://escriba.test/api/oidc";
    bao.run(&["write", "auth/jwt/config", &keys, issuer, "jwt_supported_algs=EdDSA"]);
    let role = |name: &str, subject: &str| {
        let subject = format!("bound_subject={subject}");
        let path = format!("auth/jwt/role/{name}");
        bao.run(&[
            "write",
            &path,
            "role_type=jwt",
            "user_claim=sub",
            "bound_audiences=vault:acme",
            &subject,
            "token_policies=reader",
        ]);
    };
    role("prod", "pulumi:environments:org:acme:env:web/prod");
    role(
        "by-user",
        "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:web/prod:pulumi.user.login:alice",
    );
    role("other", "pulumi:environments:org:acme:env:web/other");
    let policy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(policy.path(), "path \"secret/data/web/*\" { capabilities = [\"read\"] }").unwrap();
    bao.run(&["policy", "write", "reader", policy.path().to_str().unwrap()]);

    let definition = |jwt: &str| {
        format!(
            "values:\n  login: {{fn::open::vault-login: {{address: \"{}\", jwt: {jwt}}}}}\n  secrets:\n    \
             fn::open::vault-secrets:\n      login: ${{login}}\n      read: {{one: {{path: secret/data/web/db, field: \
             password}}}}\n",
            bao.address
        )
    };
    app.environment("alice", "web/prod", &definition("{role: prod}")).await;
    app.mark(Some("acme")).await;
    let values = open(&app, "web/prod").await.unwrap();
    assert_eq!(values["secrets"]["value"]["one"]["value"], "hunter2");
    assert!(app.log("acme").await.starts_with(
        "environment-oidc-token-issued  acme/web/prod  alice  intended\n\
         environment-oidc-token-issued  acme/web/prod  alice  succeeded\n\
         environment-open  acme/web/prod  alice  succeeded"
    ));

    let by_user = "{role: by-user, subjectAttributes: [rootEnvironment.name, pulumi.user.login]}";
    app.environment("alice", "web/again", "").await;
    let path = format!("{}/acme/web/prod", crate::app::ENVIRONMENTS);
    app.user("alice").patch(&path).body(definition(by_user)).await.expect(200);
    assert_eq!(open(&app, "web/prod").await.unwrap()["secrets"]["value"]["one"]["value"], "hunter2");

    // The role of another environment does not take it.
    app.user("alice").patch(&path).body(definition("{role: other}")).await.expect(200);
    let said = trouble(&app, "web/prod").await;
    assert_eq!(
        said,
        "the host answered with status 400: Vault did not like the request; is the role or the mount right?"
    );
    socket.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_vault_refuses_is_said_without_the_token() {
    let Some(bao) = Bao::start().await else { return };
    let app = TestApp::calling(to_loopback()).await;
    for (name, token, read, said) in [
        ("web/wrong", "hvs.wrong-t0ken", "secret/data/web/db", "status 403"),
        ("web/nothing", ROOT, "secret/data/web/nothing", "status 404"),
        ("web/version", ROOT, "secret/web/db", "status 404"),
        ("web/above", ROOT, "../sys/mounts", "without empty parts and dots"),
    ] {
        let definition = format!(
            "values:\n  it:\n    fn::open::vault-secrets:\n      login: {{address: \"{}\", token: {{fn::secret: \
             {token}}}}}\n      read: {{one: {{path: {read}}}}}\n",
            bao.address
        );
        app.environment("alice", name, &definition).await;
        let answer = open(&app, name).await.unwrap_err().expect(400).text();
        assert!(answer.contains(said) && !answer.contains(token), "{answer}");
    }
}
