//! Whatever callers send, each attempt is one sound leaf that holds none of it.

use axum::http::HeaderValue;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::app::{ENVIRONMENTS, LOGS, TestApp};

/// What a caller sends in all places at once.
#[derive(Clone, Debug)]
struct Sent {
    organization: String,
    project: String,
    environment: String,
    agent: Vec<u8>,
    forwarded: Vec<u8>,
    property: String,
    filter: String,
    description: String,
}

/// Texts with what breaks formats: quotes, controls, separators, other scripts, and plain ones.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[a-z\"\\\\{}\\[\\]:,=|\n\r\t\u{0}\u{7f}\u{2028}\u{202e}\u{1f600}]{0,60}",
        "[A-Za-z0-9._-]{1,120}",
        Just("../../..".to_owned()),
        Just("\"},\"v\":2,\"x\":{\"".to_owned()),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // What a header can carry at all.
    prop::collection::vec(prop_oneof![Just(9_u8), 32..=126_u8, 128..=255_u8], 0..600)
}

fn sent() -> impl Strategy<Value = Sent> {
    let names = (text(), text(), text());
    (names, bytes(), bytes(), text(), text(), text()).prop_map(
        |((organization, project, environment), agent, forwarded, property, filter, description)| Sent {
            organization,
            project,
            environment,
            agent,
            forwarded,
            property,
            filter,
            description,
        },
    )
}

/// A text as one segment of a path or one value of a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => encoded + &char::from(byte).to_string(),
        _ => encoded + &format!("%{byte:02X}"),
    })
}

/// Sends it everywhere, and gives how many attempts got as far as being recorded.
async fn send(app: &TestApp, sent: &Sent, session: &str) -> usize {
    let [organization, project, environment, property, filter] =
        [&sent.organization, &sent.project, &sent.environment, &sent.property, &sent.filter].map(|text| encoded(text));
    let description = serde_json::json!({ "description": sent.description, "expires": 0 }).to_string();
    let name = serde_json::json!({ "project": sent.project, "name": sent.environment }).to_string();
    let (ada, mallory) = (app.user("ada"), app.user("mallory"));
    let calls = [
        ada.post(&format!("{ENVIRONMENTS}/{organization}/{project}/{environment}/open")),
        mallory.post(&format!("{ENVIRONMENTS}/acme/{project}/{environment}/open")),
        mallory.get(&format!("{ENVIRONMENTS}/{organization}/{project}/{environment}/versions/{filter}")),
        ada.get(&format!("{ENVIRONMENTS}/acme/web/prod/open/{session}?property={property}")),
        ada.get(&format!("{ENVIRONMENTS}/acme/web/prod/open/{property}")),
        ada.get(&format!("{LOGS}/v2?userFilter={filter}")),
        ada.get(&format!("{LOGS}?eventType={filter}&startTime={property}")),
        ada.post(&format!("/api/orgs/acme/members/{project}")).body(r#"{"role":"member"}"#),
        ada.delete(&format!("/api/user/tokens/{filter}")),
        ada.post("/api/user/tokens").body(description),
        ada.post(&format!("{ENVIRONMENTS}/acme")).body(name),
        ada.post(&format!("{ENVIRONMENTS}/acme/yaml/check")).body(sent.description.clone()),
        app.bearer("x").get(&format!("{ENVIRONMENTS}/{organization}")),
    ];
    let mut recorded = 0;
    for call in calls {
        let agent = HeaderValue::from_bytes(&sent.agent).unwrap();
        let forwarded = HeaderValue::from_bytes(&sent.forwarded).unwrap();
        let answer = call.header("user-agent", agent.as_bytes()).header("x-forwarded-for", forwarded.as_bytes()).await;
        assert!(!answer.status.is_server_error(), "{sent:?}: {}", answer.looks());
        recorded += usize::from(answer.event().is_some());
    }
    recorded
}

/// What was sent, as far as it is too long to stand in a leaf by chance.
fn telling(sent: &Sent) -> Vec<String> {
    let texts = [
        &sent.organization,
        &sent.project,
        &sent.environment,
        &sent.property,
        &sent.filter,
        &sent.description,
        &String::from_utf8_lossy(&sent.agent).into_owned(),
        &String::from_utf8_lossy(&sent.forwarded).into_owned(),
    ];
    texts.into_iter().filter(|text| text.chars().count() >= 8).cloned().collect()
}

#[test]
fn whatever_is_sent_each_attempt_is_a_sound_leaf_without_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (app, session) = runtime.block_on(async {
        let app = TestApp::behind(&["203.0.113.0/24"]).await;
        app.environment("ada", "web/prod", "values: {key: {fn::secret: hunter2}}").await;
        let session = app.session("ada", "web/prod").await;
        (app, session)
    });
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&sent(), |sent| {
        runtime.block_on(async {
            app.mark(None).await;
            app.mark(Some("acme")).await;
            let recorded = send(&app, &sent, &session).await;
            // Reading a log finds it sound.
            let entries = [app.entries(None).await, app.entries(Some("acme")).await].concat();
            prop_assert_eq!(entries.len(), recorded, "as many records as answers name");
            for entry in &entries {
                let leaf = std::str::from_utf8(entry.leaf.as_leaf().as_bytes()).unwrap();
                for text in telling(&sent) {
                    prop_assert!(!leaf.contains(&text), "{} is in {}", text, leaf);
                }
            }
            Ok(())
        })
    });
    runtime.block_on(async { drop(app) });
    result.unwrap();
}
