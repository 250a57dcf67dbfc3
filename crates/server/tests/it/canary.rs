//! A canary: a text that exists nowhere else, put wherever a caller can put one.
//!
//! There are two of them. The *secret* is put where secrets go: values, tokens, passwords. It may
//! be nowhere at all but in the answers that disclose it. The *name* is put where names go: paths,
//! queries, headers, JSON. It may stand in openings, which hold what a caller typed, and nowhere
//! else.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use engine::ledger::LogId;
use engine::seal::{Random, SecretString, SystemRandom};
use server::admin;
use server::http::ROUTES;
use tracing_subscriber::fmt::MakeWriter;

use crate::app::{Answer, Call, ENVIRONMENTS, TestApp, User, files};

/// All lines that the program logged in this process, from the most talkative level up.
static PROGRAM_LOG: LazyLock<Captured> = LazyLock::new(|| {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(captured.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    tracing::info!("what is logged is captured");
    captured
});

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A text that exists nowhere else. A YAML scalar, a path segment, a token, a word.
fn canary(kind: &str) -> String {
    let random: &dyn Random = &SystemRandom;
    format!("{kind}{}", LogId::from_random(random.array()))
}

/// The text, and what it looks like in base64 at any offset and in hexadecimal.
fn disguises(text: &str) -> Vec<String> {
    let mut all: BTreeSet<String> = BTreeSet::from([text.to_owned()]);
    for offset in 0..3 {
        let shifted = [&b"\0\0\0"[..offset], text.as_bytes()].concat();
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(&shifted);
            // The ends depend on what stands beside it.
            all.insert(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    let hex = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    all.insert(hex.to_uppercase());
    all.insert(hex);
    all.into_iter().collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let bytes = String::from_utf8_lossy(bytes);
    disguises(text).iter().any(|disguise| bytes.contains(disguise))
}

#[track_caller]
fn assert_clean(what: &str, bytes: impl AsRef<[u8]>, canaries: &[&str]) {
    let bytes = bytes.as_ref();
    for canary in canaries {
        assert!(!holds(bytes, canary), "{canary} is in {what}:\n{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_canary_is_found_in_any_disguise() {
    let canary = canary("secret");
    for text in [format!("a{canary}b"), STANDARD.encode(format!("xy{canary}z")), STANDARD.encode(format!("x{canary}"))]
    {
        assert!(holds(text.as_bytes(), &canary), "{text}");
    }
    assert!(!holds(b"nothing of it", &canary));
}

/// Definitions in which a secret stands, and each of which goes wrong in another way, or not.
fn definitions(secret: &str) -> Vec<String> {
    [
        "values: {key: {fn::secret: §}}",
        "values:\n  key:\n    fn::secret: §\n  copy: ${key}\n  text: \"a ${key} b\"\n",
        "values: {key: {fn::secret: §}",
        "values:\n  key:\n    fn::secret: \"§\n",
        "values:\n  key:\n    fn::secret: '§\n",
        "values:\n\tkey: {fn::secret: §}\n",
        "values:\n  key: §: §\n",
        "values:\n  key: {fn::secret: §}\n  key: {fn::secret: §}\n",
        "values:\n  key: {fn::secret: [§]}\n",
        "values:\n  key: {fn::secret: {ciphertext: §}}\n",
        "values:\n  key: {fn::secret: {ciphertext: ZXNjeAAAAAHPUKVBt§}}\n",
        "values:\n  key: {fn::secret: {plaintext: §}}\n",
        "values:\n  key: {fn::secret: §, more: §}\n",
        "values:\n  key: {fn::fromJSON: {fn::secret: §}}\n",
        "values:\n  key: {fn::fromJSON: {fn::secret: '{\"a\": §}'}}\n",
        "values:\n  key: {fn::fromBase64: {fn::secret: \"§!\"}}\n",
        "values:\n  key: {fn::toBase64: {fn::secret: §}}\n",
        "values:\n  key: {fn::toJSON: {a: {fn::secret: §}}}\n",
        "values:\n  key: {fn::toString: {fn::secret: §}}\n",
        "values:\n  key: {fn::join: [\",\", {fn::secret: §}]}\n",
        "values:\n  key: {fn::secret: §}\n  other: ${key.inner}\n",
        "values:\n  key: {fn::secret: §}\n  other: ${key[0]}\n",
        "values:\n  list: [1]\n  key: {fn::secret: §}\n  other: ${list[key]}\n",
        "values:\n  key: {fn::secret: §}\n  other: ${nothing}\n",
        "values:\n  key: {fn::secret: §}\n  environmentVariables: {A: [\"${key}\"]}\n",
        "values:\n  key: {fn::secret: §}\n  files: {A: {b: \"${key}\"}}\n",
        "values:\n  key: {fn::open::test: {a: {fn::secret: §}}}\n",
        "values:\n  key: {fn::nosuch: {fn::secret: §}}\n",
        "imports: [web/nosuch]\nvalues: {key: {fn::secret: §}}\n",
        "values: {key: {fn::secret: §}}\n---\nvalues: {key: {fn::secret: §}}\n",
        "values: {key: {fn::secret: §}}\n...\nvalues: {key: {fn::secret: §}}\n",
        "values: {key: {fn::secret: §}}\n--- §\n",
        "values: {key: {fn::secret: §}}\n---\n{{{ §\n",
        "values: {a: &x {fn::secret: §}, b: *x}",
        "values: {a: {\"fn::secret\": \"§\"}}",
        "values: {a: {? fn::secret : §}}",
        "values: {a: {fn::secret: !!str §}}",
        "values:\n  a:\n    fn::secret: |\n      §\n      more\n",
        "values:\n  a:\n    fn::secret: >-\n      some\n      §\n",
        "values:\n  a:\n    fn::secret: \"some\\\n      §\"\n",
        "imports: [{fn::secret: §}]",
        "nothing: {fn::secret: §}\nvalues: {}",
        "values: {fn::secret: §}",
        "- {fn::secret: §}",
        "{fn::secret: §}",
    ]
    .map(|definition| definition.replace('§', secret))
    .into()
}

#[tokio::test]
async fn a_secret_is_nowhere_but_in_the_answers_that_disclose_it() {
    let log = &*PROGRAM_LOG;
    let app = TestApp::start().await;
    let secret = canary("secret");
    app.environment("ada", "web/prod", "").await;
    app.environment("ada", "web/base", "").await;
    let base = format!("{ENVIRONMENTS}/acme/web/base");
    app.environment("ada", "web/importer", "").await;
    let users = [app.user("ada"), app.user("alice"), app.user("otto"), app.anonymous()];

    let mut wrong = 0;
    for definition in definitions(&secret) {
        for user in &users {
            for answer in everywhere(user, &definition).await {
                wrong += u32::from(answer.status.is_client_error());
                if !answer.status.is_success() {
                    assert_clean(&format!("the answer to {definition}"), answer.looks(), &[&secret]);
                }
            }
        }
        let (operator, hidden) = (app.operator(), engine::Secrets::Hidden);
        if let Err(failure) = app.engine().check_anonymous(&operator, "acme".into(), definition, hidden).await {
            assert_clean("the debug output of an error", format!("{failure:?}"), &[&secret]);
        }
    }
    assert!(wrong > 100, "only {wrong} requests went wrong");

    // And what goes right.
    let ada = app.user("ada");
    ada.patch(&base).body(format!("values: {{key: {{fn::secret: {secret}}}}}")).await.expect(200);
    let importer = "imports: [web/base]\nvalues: {copy: \"${key}\"}";
    ada.patch(&format!("{ENVIRONMENTS}/acme/web/importer")).body(importer).await.expect(200);
    for name in ["web/base", "web/importer"] {
        let path = format!("{ENVIRONMENTS}/acme/{name}");
        assert_clean("a definition", ada.get(&path).await.expect(200).looks(), &[&secret]);
        let checked = ada.post(&format!("{path}/check")).await.expect(200);
        assert_clean("a check", checked.looks(), &[&secret]);
        let shown = ada.post(&format!("{path}/check?showSecrets=true")).await.expect(200);
        assert!(shown.text().contains(&secret));
        let session = app.session("ada", name).await;
        let read = ada.get(&format!("{path}/open/{session}")).await.expect(200);
        assert!(read.text().contains(&secret));
        let property = ada.get(&format!("{path}/open/{session}?property=nothing")).await.expect(404);
        assert_clean("an error", property.looks(), &[&secret]);
    }
    assert!(ada.get(&format!("{base}/decrypt")).await.expect(200).text().contains(&secret));

    credentials(&app, &secret).await;
    everything_is_clean(&app, log, &[&secret], &[]).await;
}

/// Sends a definition to every endpoint that takes one.
async fn everywhere(user: &User<'_>, definition: &str) -> Vec<Answer> {
    let organization = format!("{ENVIRONMENTS}/acme");
    let mut answers = Vec::new();
    let calls: [Call; 6] = [
        user.patch(&format!("{organization}/web/prod")),
        user.patch(&format!("{organization}/web/absent")),
        user.post(&format!("{organization}/yaml/check")),
        user.post(&format!("{organization}/yaml/check?showSecrets=true")),
        user.post(&format!("{organization}/yaml/open")),
        user.post(&format!("{organization}/yaml/open?duration=never")),
    ];
    for call in calls {
        answers.push(call.body(definition.to_owned()).await);
    }
    answers.push(user.post(&format!("{organization}/web/prod/open")).await);
    answers.push(user.post(&format!("{organization}/web/prod/check")).await);
    answers
}

/// Puts the secret where credentials go, in every shape that one may have.
async fn credentials(app: &TestApp, secret: &str) {
    let engine = app.engine();
    let token = TestApp::foreign_token();
    let cut = &token[..token.len() - 2];
    let mixed = format!("{}{secret}", &token[..8]);
    for text in [secret, &format!("pul-{secret}"), &mixed, &format!("{cut}{secret}")] {
        for scheme in ["token", "Bearer", "Basic", ""] {
            let caller = app.anonymous().get("/api/user").header("authorization", format!("{scheme} {text}"));
            assert_clean("a 401", caller.await.expect(401).looks(), &[secret]);
        }
        let page = app.anonymous().get("/").header("cookie", format!("escriba_session={text}")).await;
        assert_clean("a page", page.looks(), &[secret]);
        let welcome = app.anonymous().get(&format!("/welcome/{text}")).await;
        if !welcome.status.is_success() {
            assert_clean("a page", welcome.looks(), &[secret]);
        }
    }
    let debug = admin::Request::SetPassword { login: "ada".into(), password: admin::Password(secret.to_owned()) };
    assert_clean("the debug output of a request", format!("{debug:?}"), &[secret]);
    let right = SecretString::new(secret.to_owned());
    assert_clean("the debug output of a secret", format!("{right:?}"), &[secret]);
    engine.set_password(&app.operator(), "ada".into(), right.clone()).await.unwrap();
    let client = engine::Client::default;
    let signed_in = engine.sign_in_with_password("ada", right.clone(), client()).await.unwrap();
    drop(signed_in);
    for login in ["mallory", "nobody"] {
        let failure = engine.sign_in_with_password(login, right.clone(), client()).await.err().unwrap();
        assert_clean("the debug output of an error", format!("{failure:?}"), &[secret]);
    }
    let failure = engine.sign_in_with_token(&right, client()).await.err().unwrap();
    assert_clean("the debug output of an error", format!("{failure:?}"), &[secret]);
    let page = app.anonymous().get("/sign-in").await.expect(200);
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let text = page.text();
    let csrf = text.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
    for fields in [format!("login=mallory&password={secret}"), format!("token={secret}")] {
        let form = app.anonymous().post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
        let form = form.header("cookie", &cookie).body(format!("csrf={csrf}&{fields}")).await;
        assert_clean("the sign-in page", form.expect(401).looks(), &[secret]);
    }
}

#[tokio::test]
async fn a_name_is_nowhere_but_in_openings() {
    let log = &*PROGRAM_LOG;
    let app = TestApp::start().await;
    let name = canary("name");
    app.environment("ada", "web/prod", "values: {key: {fn::secret: hunter2}}").await;
    let session = app.session("ada", "web/prod").await;
    let users = [app.user("ada"), app.user("mallory"), app.user("otto"), app.anonymous()];

    for route in ROUTES.iter() {
        for user in &users {
            for (what, call) in hostile_calls(user, &route.method, route.path, &session, &name) {
                let answer = call.await;
                if answer.status.is_success() {
                    continue;
                }
                let looks = answer.looks();
                // A parameter that means nothing, and an event that is none, are named to whoever asked.
                let named = ["is no parameter of this endpoint", "is no event"].iter().any(|why| looks.contains(why));
                if !named {
                    assert_clean(&format!("{} {} with {what}", route.method, route.path), looks, &[&name]);
                }
            }
        }
    }

    everything_is_clean(&app, log, &[], &[&name]).await;
}

/// Calls of one route, each with the name in another place.
fn hostile_calls(user: &User<'_>, method: &Method, path: &str, session: &str, name: &str) -> Vec<(String, Call)> {
    let fill = |hostile: Option<&str>| {
        [
            ("{organization}", "acme"),
            ("{project}", "web"),
            ("{environment}", "prod"),
            ("{version}", "latest"),
            ("{login}", "nobody"),
            ("{token}", "t_nothing"),
            ("{session}", session),
        ]
        .iter()
        .fold(path.to_owned(), |path, (place, usual)| {
            path.replace(place, if hostile == Some(*place) { name } else { usual })
        })
    };
    let plain = fill(None);
    let mut calls = Vec::new();
    for place in ["{organization}", "{project}", "{environment}", "{version}", "{login}", "{token}", "{session}"] {
        if path.contains(place) {
            calls.push((place.to_owned(), user.call(method.clone(), &fill(Some(place)))));
        }
    }
    for parameter in [
        "duration",
        "property",
        "continuationToken",
        "maxResults",
        "before",
        "count",
        "showSecrets",
        "organization",
        "startTime",
        "endTime",
        "eventFilter",
        "eventType",
        "userFilter",
        "user",
        "format",
        "orgName",
        name,
    ] {
        calls.push((format!("?{parameter}"), user.call(method.clone(), &format!("{plain}?{parameter}={name}"))));
    }
    let bad_path = format!("{plain}?property={name}%5B");
    calls.push(("a bad property path".to_owned(), user.call(method.clone(), &bad_path)));
    for header in [
        "user-agent",
        "x-forwarded-for",
        "forwarded",
        "etag",
        "if-match",
        "content-type",
        "accept",
        "content-encoding",
        "origin",
        "cookie",
    ] {
        if *method == Method::DELETE && !["etag", "content-encoding"].contains(&header) {
            continue;
        }
        let body = if *method == Method::PATCH { "values: {a: 1}" } else { "" };
        calls.push((header.to_owned(), user.call(method.clone(), &plain).header(header, name).body(body)));
    }
    for body in [
        "§",
        "{\"§\": 1}",
        "{\"description\": \"§\", \"expires\": \"§\"}",
        "{\"description\": {\"§\": 1}}",
        "{\"role\": \"§\"}",
        "{\"role\": [\"§\"]}",
        "{\"setDefaultEnvironmentPermission\": \"§\"}",
        "{\"deletionProtected\": \"§\"}",
        "{\"project\": \"§/§\", \"name\": \"§\"}",
        "{\"project\": \"web\", \"name\": \"§ §\"}",
        "{\"project\": \"web\", \"name\": \"§\", \"deletionTimestamp\": \"§\"}",
        "{\"project\": \"web\", \"name\": \"§\", \"deletionTimestamp\": \"2026-01-01T00:00:00Z\"}",
    ] {
        // What a body of a definition says comes back in its diagnostics; it is the caller's own text.
        if path.contains("/yaml/") || (*method == Method::PATCH && path.ends_with("{environment}")) {
            continue;
        }
        calls.push((body.to_owned(), user.call(method.clone(), &plain).body(body.replace('§', name))));
    }
    calls
}

/// Looks everywhere: `secrets` may be nowhere, `names` in openings and in the rows that hold names.
async fn everything_is_clean(app: &TestApp, log: &Captured, secrets: &[&str], names: &[&str]) {
    let canaries = [secrets, names].concat();
    let tokens: Vec<String> = ["ada", "alice", "mallory", "otto"].map(|login| app.token_of(login)).into();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    for organization in [None, Some("acme")] {
        let entries = app.all_entries(organization).await;
        assert!(entries.len() > 3);
        for entry in entries {
            assert_clean("a leaf", entry.leaf.as_leaf().as_bytes(), &canaries);
            for opening in &entry.openings {
                assert_clean("an opening", opening.line(), secrets);
                assert_clean("an opening", opening.line(), &tokens);
            }
        }
    }
    let metrics = app.anonymous().get("/metrics").await.expect(200);
    assert_clean("the metrics", metrics.text(), &[&*canaries, &tokens].concat());
    assert_clean("the settings", format!("{:?}", app.app().settings), &[&*canaries, &tokens].concat());
    let program_log = log.0.lock().unwrap().clone();
    assert!(!program_log.is_empty());
    assert_clean("the program's log", program_log, &[&*canaries, &tokens].concat());
    for (file, bytes) in files(app.folder()) {
        let clean = secrets.iter().chain(&tokens).all(|canary| !holds(&bytes, canary));
        assert!(clean, "a secret is in {file}");
    }
    let dump = app.place().dump().await;
    assert!(secrets.iter().chain(&tokens).all(|canary| !holds(&dump, canary)), "a secret is in the database");
    // Where the secrets are not, something is: the search looks at the right place.
    assert!(holds(&dump, "mallory") || files(app.folder()).iter().any(|(_, bytes)| holds(bytes, "mallory")));
}
