//! Signing in by an identity provider, and exchanging what it says for tokens: against a real one, which
//! `ESCRIBA_TEST_IDENTITY_PROVIDER` names the folder of (`compat/identity-provider`).

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::egress::EgressSettings;
use engine::seal::{SecretString, sha256};
use engine::{Admits, Provider, Role};
use serde_json::{Value, json};

use crate::driver::Chromium;
use crate::exchange::{Reply, encode, exchange, form};
use crate::server::{Browser, TestServer, log_of};

/// Where people go once they are signed in.
const NEXT: &str = "/acme/settings/audit-logs?user=ada";

/// A provider, until it is dropped.
struct IdentityProvider {
    process: Child,
    /// It may say more, and would end if nobody took that.
    _said: BufReader<ChildStdout>,
    url: String,
    address: SocketAddr,
}

impl IdentityProvider {
    /// Starts one that sends people back to a server.
    fn start(server: &TestServer) -> Option<Self> {
        let Some(folder) = std::env::var_os("ESCRIBA_TEST_IDENTITY_PROVIDER").filter(|path| !path.is_empty()) else {
            println!("skipped: ESCRIBA_TEST_IDENTITY_PROVIDER does not name the folder of an identity provider");
            return None;
        };
        let mut process = Command::new("node")
            .arg(Path::new(&folder).join("provider.js"))
            .arg(server.url("/sign-in/back"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is Node.js");
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut url = String::new();
        said.read_line(&mut url).unwrap();
        let port = url.trim().rsplit(':').next().unwrap().parse().expect("the provider did not start");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Some(Self { process, _said: said, url: url.trim().to_owned(), address })
    }

    /// Lets people sign in to a server by it.
    fn serve(&self, server: &TestServer, admits: Admits) {
        let scopes = ["openid", "email", "profile"].map(str::to_owned).to_vec();
        server.engine.signs_in_by(Provider {
            name: "Acme".to_owned(),
            issuer: self.url.clone(),
            client_id: "escriba".to_owned(),
            client_secret: Some(SecretString::new("a secret: of the tests/".to_owned())),
            scopes,
            admits,
        });
    }

    /// Goes through its pages as somebody who agrees or not; gives where it sends the browser back to.
    async fn visit(&self, address: &str, who: &str, decision: &str) -> String {
        let mut there = Browser::at(self.address);
        let mut reply = there.get(self.path(address)).await;
        for fields in [("login", who), ("decision", decision)] {
            let page = self.path(location(&reply)).to_owned();
            assert!(page.starts_with("/interaction/"), "{page}");
            let posted = there.post(&page, &[fields]).await;
            reply = there.get(self.path(location(&posted))).await;
        }
        location(&reply).to_owned()
    }

    fn path<'a>(&self, address: &'a str) -> &'a str {
        let address = address.strip_prefix(&self.url).unwrap_or(address);
        address.strip_prefix(&format!("http://{}", self.address)).unwrap_or(address)
    }

    /// An id token for somebody, which is meant for `acme`.
    async fn id_token(&self, who: &str) -> String {
        let (client, back) = ("urn:pulumi:org:acme", "http://localhost/build");
        let verifier = "v".repeat(43);
        let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let asked = form(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", back),
            ("scope", "openid"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let came = self.visit(&format!("{}/auth?{asked}", self.url), who, "allow").await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("redirect_uri", back),
            ("code", parameter(&came, "code")),
            ("code_verifier", &verifier),
        ];
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let reply = exchange(self.address, "POST", "/token", &headers, form(&fields).as_bytes()).await;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        answer["id_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where an answer leads, whichever way it says so.
fn location(reply: &Reply) -> &str {
    assert!(matches!(reply.status, 302 | 303), "{} {}", reply.status, reply.text());
    reply.header("location")
}

/// A parameter of an address, which needs no escape.
fn parameter<'a>(address: &'a str, name: &str) -> &'a str {
    let (_, query) = address.split_once('?').unwrap_or_else(|| panic!("{address}"));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// Sends a browser away to the provider; gives the address there.
async fn begin(browser: &mut Browser) -> String {
    let reply = browser.get(&format!("/sign-in/provider?next={}", encode(NEXT))).await;
    let address = reply.location().to_owned();
    assert!(parameter(&address, "code_challenge").len() == 43 && !parameter(&address, "state").is_empty(), "{address}");
    let cookie = reply.header("set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
    address
}

/// The path with which a browser comes back.
fn back<'a>(server: &TestServer, address: &'a str) -> &'a str {
    address.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{address} leads elsewhere"))
}

/// Signs somebody in, as far as they get.
async fn sign_in(server: &TestServer, provider: &IdentityProvider, browser: &mut Browser, who: &str) -> Reply {
    let address = begin(browser).await;
    let came = provider.visit(&address, who, "allow").await;
    browser.get(back(server, &came)).await
}

/// The page of somebody who did not get in: what it says, and that it lets them try again.
fn refused(reply: &Reply, message: &str) {
    assert_eq!(reply.status, 401, "{}", reply.text());
    let page = reply.text();
    assert!(page.contains(message) && page.contains("Sign in with Acme"), "{page}");
    assert!(reply.header("escriba-event").starts_with('0'));
    assert!(reply.headers.iter().any(|(name, line)| name == "set-cookie" && line.contains("escriba_away=;")));
}

#[tokio::test]
async fn somebody_with_the_verified_address_of_an_account_signs_in_as_that_and_is_known_from_then_on() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    provider.serve(&server, Admits::Invited);
    server.add_with_email("ada", "ada@acme.example").await;
    let admin = server.add("root", "Root", Role::Admin).await;
    for _ in 0..2 {
        let mut browser = Browser::new(&server);
        let reply = sign_in(&server, &provider, &mut browser, "ada").await;
        assert_eq!(reply.location(), NEXT);
        assert!(browser.cookie("escriba_session").is_some() && browser.cookie("escriba_away").is_none());
        assert_eq!(browser.get("/").await.location(), "/acme/environments");
    }
    let log = Browser::signed_in(&server, &admin).await.get(&log_of("ada")).await;
    assert_eq!(log.text().matches("Signed in").count(), 2, "{}", log.text());
    assert_eq!(log.text().matches("Updated user").count(), 1, "{}", log.text());

    // The address has become somebody else's; the account has not.
    let reply = sign_in(&server, &provider, &mut Browser::new(&server), "other-ada").await;
    refused(&reply, "belongs to another identity of the provider");
}

#[tokio::test]
async fn whoever_is_not_known_gets_in_only_as_far_as_the_operator_says() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    provider.serve(&server, Admits::Invited);
    server.add_with_email("ada", "ada@acme.example").await;
    server.add_with_email("ben", "ben@acme.example").await;
    // What is not verified is nobody's, and a name never is.
    let reply = sign_in(&server, &provider, &mut Browser::new(&server), "mallory").await;
    refused(&reply, "does not vouch for your e-mail address");
    let reply = sign_in(&server, &provider, &mut Browser::new(&server), "nobody").await;
    refused(&reply, "ask an administrator to invite you");

    server.invite_by_email("member", "Lin@acme.example").await;
    let mut lin = Browser::new(&server);
    assert_eq!(sign_in(&server, &provider, &mut lin, "lin").await.location(), NEXT);
    assert_eq!(lin.get("/").await.location(), "/acme/environments");
    let admin = server.add("root", "Root", Role::Admin).await;
    // `ada`, as which the provider knows her, is somebody else here.
    let log = Browser::signed_in(&server, &admin).await.get(&log_of("lin")).await;
    for said in ["Created user", "Accepted an invitation", "Added", "Signed in"] {
        assert!(log.text().contains(said), "{said} is not in the log of lin: {}", log.text());
    }

    // Two accounts with one address are nobody's.
    server.add_with_email("nora", "nobody@acme.example").await;
    server.add_with_email("noah", "Nobody@acme.example").await;
    let reply = sign_in(&server, &provider, &mut Browser::new(&server), "nobody").await;
    refused(&reply, "More than one account has your e-mail address");
}

#[tokio::test]
async fn an_account_is_made_for_everybody_if_the_operator_says_so_and_for_nobody_otherwise() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    provider.serve(&server, Admits::Anybody);
    let mut browser = Browser::new(&server);
    assert_eq!(sign_in(&server, &provider, &mut browser, "mallory").await.location(), NEXT);
    assert!(browser.cookie("escriba_session").is_some());

    let server = TestServer::start().await;
    let provider = IdentityProvider::start(&server).unwrap();
    provider.serve(&server, Admits::Known);
    server.invite_by_email("member", "lin@acme.example").await;
    let reply = sign_in(&server, &provider, &mut Browser::new(&server), "lin").await;
    refused(&reply, "ask an administrator to invite you");
}

#[tokio::test]
async fn an_answer_to_something_else_is_refused() {
    const STALE: &str = "begun in another browser, or too long ago";
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    provider.serve(&server, Admits::Invited);
    server.add_with_email("ada", "ada@acme.example").await;

    // Another state, no state, another browser.
    let mut browser = Browser::new(&server);
    let address = begin(&mut browser).await;
    let came = provider.visit(&address, "ada", "allow").await;
    let state = parameter(&came, "state");
    let other = came.replace(state, &"x".repeat(43));
    refused(&browser.get(back(&server, &other)).await, STALE);
    let came = provider.visit(&begin(&mut browser).await, "ada", "allow").await;
    refused(&Browser::new(&server).get(back(&server, &came)).await, STALE);
    refused(&Browser::new(&server).get("/sign-in/back").await, STALE);
    let mut another = Browser::new(&server);
    begin(&mut another).await;
    refused(&another.get(back(&server, &came)).await, STALE);
    // The right browser is not harmed by that.
    assert_eq!(browser.get(back(&server, &came)).await.location(), NEXT);
    // It does not come back twice.
    refused(&browser.get(back(&server, &came)).await, STALE);

    // Another provider, mixed up with this one.
    let came = provider.visit(&begin(&mut browser).await, "ada", "allow").await;
    let mixed = format!("{came}&iss=https%3A%2F%2Fevil.example");
    refused(&browser.get(back(&server, &mixed)).await, STALE);

    // A code that was used, by whoever kept the cookie.
    let mut browser = Browser::new(&server);
    let address = begin(&mut browser).await;
    let kept = format!("escriba_away={}", browser.cookie("escriba_away").unwrap());
    let came = provider.visit(&address, "ada", "allow").await;
    assert_eq!(browser.get(back(&server, &came)).await.location(), NEXT);
    let replayed = browser.send("GET", back(&server, &came), &[("cookie", &kept)], "").await;
    refused(&replayed, "did not take its own answer back");

    // A code that was asked for elsewhere.
    let mut browser = Browser::new(&server);
    let (mine, theirs) = (begin(&mut browser).await, begin(&mut Browser::new(&server)).await);
    let theirs = provider.visit(&theirs, "ada", "allow").await;
    let stolen = theirs.replace(parameter(&theirs, "state"), parameter(&mine, "state"));
    refused(&browser.get(back(&server, &stolen)).await, "did not take its own answer back");

    // An id token that answers another attempt.
    let address = begin(&mut browser).await;
    let other = address.replace(parameter(&address, "nonce"), &"n".repeat(43));
    let came = provider.visit(&other, "ada", "allow").await;
    refused(&browser.get(back(&server, &came)).await, "does not hold here");

    // Somebody who changed their mind.
    let came = provider.visit(&begin(&mut browser).await, "ada", "deny").await;
    assert_eq!(parameter(&came, "error"), "access_denied");
    refused(&browser.get(back(&server, &came)).await, "did not let you sign in here");
    assert!(browser.cookie("escriba_session").is_none());
}

#[tokio::test]
async fn whoever_does_not_get_in_is_in_the_log_of_the_server() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    provider.serve(&server, Admits::Invited);
    let mut browser = Browser::new(&server);
    sign_in(&server, &provider, &mut browser, "nobody").await;
    browser.get("/sign-in/back?state=x&code=y").await;
    let link = server.link("founder").await;
    let path = format!("/welcome/{link}");
    let csrf = browser.token_at(&path).await;
    let password = "a long enough password";
    let set = browser.post(&path, &[("csrf", &csrf), ("password", password), ("confirmation", password)]).await;
    assert_eq!(set.location(), "/");
    let log = browser.get("/acme/settings/audit-logs?log=server&event=user-login-failed").await;
    let log = log.text();
    assert!(log.contains("nobody@acme.example") && log.matches("outcome-denied").count() == 2, "{log}");
}

#[tokio::test]
async fn nobody_is_led_anywhere_else() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    assert_eq!(Browser::new(&server).get("/sign-in/provider").await.status, 404);
    assert_eq!(Browser::new(&server).get("/sign-in/back").await.status, 404);
    assert!(!Browser::new(&server).get("/sign-in").await.text().contains("Sign in with Acme"));
    provider.serve(&server, Admits::Invited);
    server.add_with_email("ada", "ada@acme.example").await;
    let page = Browser::new(&server).get(&format!("/sign-in?next={}", encode(NEXT))).await;
    let link = "href=\"/sign-in/provider?next=%2Facme%2Fsettings%2Faudit-logs%3Fuser%3Dada\"";
    assert!(page.text().contains(link), "{}", page.text());
    assert!(page.header("content-security-policy").contains("form-action 'self';"));
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let mut browser = Browser::new(&server);
        let reply = browser.get(&format!("/sign-in/provider?next={}", encode(next))).await;
        let came = provider.visit(reply.location(), "ada", "allow").await;
        assert_eq!(browser.get(back(&server, &came)).await.location(), "/", "{next}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_to_be_and_the_others_ways_stay() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    provider.serve(&server, Admits::Invited);
    drop(provider);
    let reply = Browser::new(&server).get("/sign-in/provider").await;
    assert_eq!(reply.status, 401);
    assert!(reply.text().contains("does not answer as it should") && reply.text().contains("name=\"token\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_in_in_chromium_through_the_pages_of_the_provider() {
    let server = TestServer::start().await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    let Some(browser) = Chromium::start().await else { return };
    provider.serve(&server, Admits::Invited);
    server.add_with_email("ada", "ada@acme.example").await;

    browser.go(&server.url("/acme/environments")).await;
    assert_eq!(browser.text("#provider").await, "Sign in with Acme");
    browser.click("#provider").await;
    browser.type_into("#name", "ada").await;
    browser.click("#go").await;
    browser.click("#deny").await;
    browser.wait_for("document.querySelector('#sign-in-error')").await;
    let said = browser.text("#sign-in-error").await;
    assert!(said.contains("did not let you sign in here"), "{said}");

    browser.go(&server.url("/acme/environments")).await;
    browser.click("#provider").await;
    // The provider knows her by now.
    browser.click("#allow").await;
    browser.wait_for("location.pathname === '/acme/environments' && document.querySelector('.bar-account')").await;
    assert!(!browser.url().await.contains("code="));
    let complaints = browser.complaints().await;
    let ours: Vec<_> = complaints.iter().filter(|line| line.contains("127.0.0.1")).collect();
    // The page of somebody who did not get in has the status 401.
    assert!(ours.iter().all(|line| line.contains("401")), "{complaints:?}");
}

#[tokio::test]
async fn an_id_token_of_a_provider_that_an_organization_registered_becomes_a_token() {
    let egress = EgressSettings {
        allow: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        ..EgressSettings::default()
    };
    let server = TestServer::start_calling(egress).await;
    let Some(provider) = IdentityProvider::start(&server) else { return };
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let authorization = format!("token {}", ada.token.expose());
    let send = async |method: &str, path: &str, body: Value| {
        let headers = [("authorization", &*authorization)];
        let reply = exchange(server.address, method, path, &headers, body.to_string().as_bytes()).await;
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
        serde_json::from_slice::<Value>(&reply.body).unwrap()
    };
    let issuer = send("POST", "/api/orgs/acme/oidc/issuers", json!({ "name": "idp", "url": provider.url })).await;
    let issuer = issuer["id"].as_str().unwrap().to_owned();
    let policy = format!("/api/orgs/acme/auth/policies/oidcissuers/{issuer}");
    let headers = [("authorization", &*authorization)];
    let policy: Value =
        serde_json::from_slice(&exchange(server.address, "GET", &policy, &headers, b"").await.body).unwrap();
    let rules = json!({ "policies": [
        { "decision": "allow", "tokenType": "personal", "userLogin": "ada", "rules": { "sub": "build" } },
        { "decision": "allow", "tokenType": "organization", "rules": { "sub": "build" } },
    ] });
    send("PATCH", &format!("/api/orgs/acme/auth/policies/{}", policy["id"].as_str().unwrap()), rules).await;

    let id_token = provider.id_token("build").await;
    let ask = async |token: &str, kind: &str, scope: &str| {
        let fields = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": "urn:pulumi:org:acme",
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": format!("urn:pulumi:token-type:access_token:{kind}"),
            "scope": scope,
        });
        exchange(server.address, "POST", "/api/oauth/token", &[], fields.to_string().as_bytes()).await
    };
    for (kind, scope, login) in [("personal", "user:ada", "ada"), ("organization", "", "organization:acme")] {
        let reply = ask(&id_token, kind, scope).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let authorization = format!("token {}", answer["access_token"].as_str().unwrap());
        let me = exchange(server.address, "GET", "/api/user", &[("authorization", &*authorization)], b"").await;
        assert!(me.text().contains(&format!(r#""githubLogin":"{login}""#)), "{}", me.text());
    }
    // Somebody else's, and one that was tampered with.
    assert_eq!(ask(&provider.id_token("lin").await, "organization", "").await.status, 403);
    let (head, signature) = id_token.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"x"}"#);
    assert_eq!(ask(&format!("{header}.{claims}.{signature}"), "organization", "").await.status, 401);
}
