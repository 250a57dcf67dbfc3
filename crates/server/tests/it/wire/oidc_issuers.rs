//! Issuers of identities and their policies.

use serde_json::json;

use crate::app::{TestApp, TestIssuer};

const ISSUERS: &str = "/api/orgs/acme/oidc/issuers";

#[tokio::test]
async fn an_issuer_is_registered_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let ci = TestIssuer::new("ci");
    let body = json!({ "name": "ci", "url": ci.url, "jwks": ci.keys(), "maxExpiration": 3_600,
        "thumbprints": ["AB:cd:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"] });

    let made = ada.post(ISSUERS).body(body.to_string()).await.expect(200).json();
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["name"], &made["url"], &made["issuer"]), (&json!("ci"), &json!(ci.url), &json!(ci.url)));
    assert_eq!(made["thumbprints"], json!(["abcd000000000000000000000000000000000000"]));
    assert_eq!((&made["maxExpiration"], &made["jwks"]), (&json!(3_600), &ci.keys()));
    assert!(made.get("lastUsed").is_none());
    assert_eq!(ada.get(&format!("{ISSUERS}/{id}")).await.expect(200).json(), made);
    assert_eq!(ada.get(ISSUERS).await.expect(200).json(), json!({ "oidcIssuers": [made] }));

    let change = json!({ "name": "builds", "maxExpiration": 0, "thumbprints": [] }).to_string();
    let changed = ada.patch(&format!("{ISSUERS}/{id}")).body(change).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["thumbprints"]), (&json!("builds"), &json!([])));
    assert!(changed.get("maxExpiration").is_none());
    assert_eq!(changed["jwks"], ci.keys());

    ada.delete(&format!("{ISSUERS}/{id}")).await.expect(204);
    ada.get(&format!("{ISSUERS}/{id}")).await.expect(404);
    ada.delete(&format!("{ISSUERS}/{id}")).await.expect(404);
}

#[tokio::test]
async fn an_issuer_that_makes_no_sense_is_refused_and_recorded() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let ci = TestIssuer::new("ci");
    ada.post(ISSUERS).body(ci.registration("ci")).await.expect(200);
    let other = TestIssuer::new("other");
    for (change, status) in [
        (json!({ "url": "http://idp.example" }), 400),
        (json!({ "url": "https://idp.example/?x" }), 400),
        (json!({ "url": "https://user@idp.example" }), 400),
        (json!({ "name": "" }), 400),
        (json!({ "name": "a\u{7}b" }), 400),
        (json!({ "jwks": { "keys": [] } }), 400),
        (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] } }), 400),
        (json!({ "maxExpiration": -1 }), 400),
        (json!({ "thumbprints": ["nonsense"] }), 400),
        (json!({ "name": "ci" }), 409),
        (json!({ "url": ci.url }), 409),
    ] {
        let mut body = json!({ "name": "new", "url": other.url, "jwks": other.keys() });
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        app.mark(Some("acme")).await;
        let refused = ada.post(ISSUERS).body(body.to_string()).await.expect(status);
        assert!(refused.event().is_some());
        let log = app.log("acme").await;
        assert!(log.starts_with("oidc-issuer-registered") && log.contains("failed"), "{change}: {log}");
    }
    assert_eq!(ada.get(ISSUERS).await.json()["oidcIssuers"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_policy_lets_nobody_in_until_it_says_who_and_counts_its_changes() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let made = ada.post(ISSUERS).body(TestIssuer::new("ci").registration("ci")).await.expect(200).json();
    let path = format!("/api/orgs/acme/auth/policies/oidcissuers/{}", made["id"].as_str().unwrap());
    let policy = ada.get(&path).await.expect(200).json();
    assert_eq!((&policy["version"], &policy["policies"]), (&json!(1), &json!([])));

    let rules = json!([
        { "decision": "allow", "tokenType": "organization", "authorizedPermissions": ["admin"],
          "rules": { "sub": "repo:acme/*" } },
        { "decision": "deny", "tokenType": "personal", "userLogin": "ada", "authorizedPermissions": [], "rules": {} },
        { "decision": "allow", "tokenType": "team", "teamName": "ops", "authorizedPermissions": [],
          "rules": { "aud": "x" } },
    ]);
    let change = format!("/api/orgs/acme/auth/policies/{}", policy["id"].as_str().unwrap());
    let set = ada.patch(&change).body(json!({ "policies": rules }).to_string()).await.expect(200).json();
    assert_eq!((&set["version"], &set["policies"]), (&json!(2), &rules));
    assert_eq!(ada.get(&path).await.expect(200).json(), set);

    for bad in [
        json!([{ "decision": "maybe", "tokenType": "organization", "rules": {} }]),
        json!([{ "decision": "allow", "tokenType": "everything", "rules": { "sub": "x" } }]),
        json!([{ "decision": "allow", "tokenType": "organization", "rules": {} }]),
        json!([{ "decision": "allow", "tokenType": "personal", "rules": { "sub": "x" } }]),
        json!([{ "decision": "allow", "tokenType": "team", "rules": { "sub": "x" } }]),
        json!([{ "decision": "allow", "tokenType": "organization", "authorizedPermissions": ["root"],
                 "rules": { "sub": "x" } }]),
    ] {
        ada.patch(&change).body(json!({ "policies": bad }).to_string()).await.expect(400);
    }
    assert_eq!(ada.get(&path).await.json()["version"], json!(2));
    ada.patch("/api/orgs/acme/auth/policies/y_aaaaaaaaaaaaaaaa").body(r#"{"policies":[]}"#).await.expect(404);
}
