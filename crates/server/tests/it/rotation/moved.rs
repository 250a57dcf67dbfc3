//! Definitions that are changed while they are rotated: no new state goes to a rotator that is not its own, and none is lost.

use serde_json::{Value, json};

use super::{LOGIN, history, opened, plain};
use crate::app::{Answer, TestApp, line};
use crate::providers::host::Host;

/// A rotator that is told for whom it makes something.
fn rotator(host: &Host, whom: &str) -> String {
    format!("  - fn::rotate::external: {{inputs: {{url: \"{}\", request: {{for: {whom}}}}}}}\n", host.url)
}

fn definition(host: &Host, whom: &[&str]) -> String {
    let rotators: String = whom.iter().map(|whom| rotator(host, whom)).collect();
    format!("values:\n  logins:\n{rotators}")
}

/// An endpoint that makes for each what is told apart from the others', and an environment with two rotators.
async fn start() -> Option<(Host, TestApp)> {
    let host = Host::serving(|asked| {
        let asked: Value = serde_json::from_slice(&asked.last().unwrap().body).unwrap();
        Some((200, json!({ "of": asked["request"]["for"] }).to_string().into()))
    });
    let host = host.await?;
    let app = TestApp::calling(host.allowed()).await;
    app.environment("ada", "web/login", &definition(&host, &["a", "b"])).await;
    app.mark(Some("acme")).await;
    Some((host, app))
}

/// Rotates, and changes the definition while the first target is asked. Gives what the rotation answered.
async fn rotate_and_change(app: &TestApp, host: &Host, changed: &str) -> Answer {
    let gate = host.gate.write().await;
    let changing = async {
        host.is_asked().await;
        app.user("ada").patch(LOGIN).body(changed.to_owned()).await.expect(200);
        drop(gate);
    };
    let rotating = async { app.user("ada").post(&format!("{LOGIN}/rotate")).await };
    tokio::join!(rotating, changing).0.expect(200)
}

async fn stored(app: &TestApp) -> String {
    app.user("ada").get(LOGIN).await.expect(200).text()
}

#[tokio::test]
async fn states_whose_rotators_were_moved_are_kept_in_a_revision_of_their_own() {
    let Some((host, app)) = start().await else { return };
    let changed = definition(&host, &["new", "a", "b"]);
    let rotated = rotate_and_change(&app, &host, &changed).await.json();
    let event = &rotated["secretRotationEvent"];
    assert_eq!(event["status"], "failed");
    for path in event["rotations"].as_array().unwrap() {
        let said = path["errorMessage"].as_str().unwrap();
        assert!(said.contains("changed meanwhile") && said.ends_with("revision 4 has it"), "{said}");
    }
    assert_eq!(event.get("postRotationRevision"), None);
    assert_eq!(history(&app).await[0]["errorMessage"], event["errorMessage"]);
    assert_eq!(stored(&app).await, changed, "the newest definition is as it was changed");

    let ada = app.user("ada");
    let session = ada.post(&format!("{LOGIN}/versions/4/open")).await.expect(200).json();
    let read = ada.get(&format!("{LOGIN}/open/{}?property=logins", session["id"].as_str().unwrap())).await;
    let kept = plain(&read.expect(200).json());
    assert_eq!(kept, json!([{ "current": { "of": "a" } }, { "current": { "of": "b" } }]));

    let lines: Vec<String> = app.entries(Some("acme")).await.iter().map(line).collect();
    let expected = [
        "environment-rotated  acme/web/login  ada  intended",
        "environment-oidc-token-issued  acme/web/login  ada  succeeded",
        "environment-updated  acme/web/login  ada  succeeded",
        "environment-rotated  acme/web/login  ada  intended",
        "environment-oidc-token-issued  acme/web/login  ada  succeeded",
        "environment-rotated  acme/web/login  ada  failed  precondition",
        "environment-rotated  acme/web/login  ada  failed  precondition",
        "environment-updated  acme/web/login  ada  succeeded",
        "environment-updated  acme/web/login  ada  succeeded",
    ];
    assert_eq!(lines[..expected.len()], expected);

    // Nothing of it is left to be set, to whoever stands there now.
    let keys = |host: &Host| host.asked.lock().unwrap().iter().map(|asked| asked.key.clone()).collect::<Vec<_>>();
    let before = keys(&host);
    ada.post(&format!("{LOGIN}/rotate")).await.expect(200);
    assert!(keys(&host)[before.len()..].iter().all(|key| !before.contains(key)));
    let logins = opened(&app, "logins").await;
    let expected = ["new", "a", "b"].map(|whom| json!({ "current": { "of": whom } }));
    assert_eq!(logins, json!(expected));
}

#[tokio::test]
async fn a_state_whose_rotator_stands_where_it_stood_takes_its_place_in_the_newest_definition() {
    let Some((host, app)) = start().await else { return };
    let changed = format!("# Changed meanwhile.\n{}", definition(&host, &["a", "other"]));
    let rotated = rotate_and_change(&app, &host, &changed).await.json();
    let event = &rotated["secretRotationEvent"];
    assert_eq!((&event["status"], &event["postRotationRevision"]), (&json!("failed"), &json!(5)));
    let problems: Vec<bool> =
        event["rotations"].as_array().unwrap().iter().map(|path| path.get("errorMessage").is_some()).collect();
    assert_eq!(problems.iter().filter(|has_one| **has_one).count(), 1, "{event}");
    let text = stored(&app).await;
    assert!(text.starts_with("# Changed meanwhile.") && text.matches("state:").count() == 1, "{text}");
    assert_eq!(opened(&app, "logins").await[0], json!({ "current": { "of": "a" } }));
}
