//! Providers: what there is, what they are asked, what they answer, and what the log says of it.

mod effects;
mod external;
pub(crate) mod host;
mod lists;
mod openbao;

use engine::egress::EgressSettings;

use crate::app::{Answer, ENVIRONMENTS, TestApp};

/// What lets a server call this machine.
pub(crate) fn to_loopback() -> EgressSettings {
    EgressSettings { allow: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], ..Default::default() }
}

/// Opens an environment of alice's, and gives its values if that succeeded.
async fn open(app: &TestApp, name: &str) -> Result<serde_json::Value, Answer> {
    let opened = app.user("alice").post(&format!("{ENVIRONMENTS}/acme/{name}/open")).await;
    if opened.status != 200 {
        return Err(opened);
    }
    let session = opened.json()["id"].as_str().unwrap().to_owned();
    let read = app.user("alice").get(&format!("{ENVIRONMENTS}/acme/{name}/open/{session}")).await;
    Ok(read.expect(200).json()["properties"].clone())
}

/// The one diagnostic of an opening that failed.
async fn trouble(app: &TestApp, name: &str) -> String {
    let answer = open(app, name).await.unwrap_err().expect(400).json();
    let diagnostics = answer["diagnostics"].as_array().unwrap();
    assert_eq!(diagnostics.len(), 1, "{answer}");
    diagnostics[0]["summary"].as_str().unwrap().to_owned()
}
