//! What there is to call, and what a check says of it.

use serde_json::json;

use crate::app::{ENVIRONMENTS, TestApp};

#[tokio::test]
async fn providers_and_rotators_are_listed_with_their_schemas() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let providers = ada.get("/api/esc/providers?orgName=acme").await.expect(200).json();
    assert_eq!(providers, json!({ "providers": ["external", "vault-login", "vault-secrets"] }));
    let rotators = ada.get("/api/esc/rotators?orgName=acme").await.expect(200).json();
    let names: Vec<&str> = rotators["rotators"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.contains(&"postgres") && names.is_sorted(), "{names:?}");
    for (kind, list) in [("providers", providers), ("rotators", rotators)] {
        for name in list[kind].as_array().unwrap() {
            let name = name.as_str().unwrap();
            let schema = ada.get(&format!("/api/esc/{kind}/{name}/schema")).await.expect(200).json();
            assert_eq!(schema["name"], name);
            assert!(!schema["description"].as_str().unwrap().is_empty(), "{name}");
            assert_eq!((&schema["inputs"]["type"], &schema["outputs"]["type"]), (&json!("object"), &json!("object")));
        }
        assert_eq!(ada.get(&format!("/api/esc/{kind}/nosuch/schema")).await.expect(404).json()["code"], 404);
    }
    let old = ada.get("/api/preview/environments/providers").await.expect(200).json();
    assert_eq!(old["providers"][0], "external");
}

#[tokio::test]
async fn the_context_has_a_schema_and_what_it_names_is_there() {
    let app = TestApp::start().await;
    let schema = app.user("ada").get("/api/esc/context/schema").await.expect(200).json();
    let definition = "values: {all: \"${context}\"}";
    app.environment("ada", "web/prod", definition).await;
    let session = app.session("ada", "web/prod").await;
    let read = app.user("ada").get(&format!("{ENVIRONMENTS}/acme/web/prod/open/{session}")).await.expect(200).json();
    let mut pending = vec![(schema["schema"].clone(), read["properties"]["all"].clone(), "context".to_owned())];
    while let Some((schema, value, path)) = pending.pop() {
        let Some(properties) = schema["properties"].as_object() else {
            assert!(value["value"].is_string(), "{path}: {value}");
            continue;
        };
        let values = value["value"].as_object().unwrap_or_else(|| panic!("{path} is no object: {value}"));
        assert_eq!(properties.keys().collect::<Vec<_>>(), values.keys().collect::<Vec<_>>(), "{path}");
        pending
            .extend(properties.iter().map(|(key, part)| (part.clone(), values[key].clone(), format!("{path}.{key}"))));
    }
}

#[tokio::test]
async fn a_check_knows_what_a_provider_gives_and_calls_nobody() {
    let app = TestApp::start().await;
    // Nothing may be called here, so that a call would fail.
    let definition = "values:\n  it: {fn::open::external: {url: \"https://127.0.0.1:1/\"}}\n  part: ${it.response.a}\n";
    let check = app.user("ada").post(&format!("{ENVIRONMENTS}/acme/yaml/check")).body(definition).await;
    let checked = check.expect(200).json();
    assert_eq!(checked["properties"]["it"]["unknown"], true);
    assert_eq!(checked["schema"]["properties"]["it"]["properties"]["response"]["type"], "object");
    let wrong = "values: {it: {fn::open::external: {url: 1}}}";
    app.user("ada").post(&format!("{ENVIRONMENTS}/acme/yaml/check")).body(wrong).await.expect(400);
    let unknown = "values: {it: {fn::open::aws-login: {}}}";
    let answer = app.user("ada").post(&format!("{ENVIRONMENTS}/acme/yaml/check")).body(unknown).await.expect(400);
    assert!(answer.text().contains("unknown provider"), "{}", answer.text());
}

#[tokio::test]
async fn the_examples_of_the_manual_fit_the_schemas() {
    let app = TestApp::start().await;
    let pages = [
        include_str!("../../../../../docs/language/providers.md"),
        include_str!("../../../../../docs/language/rotators.md"),
    ];
    let examples = pages.map(|page| {
        let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").expect("a block is closed").0);
        blocks.collect::<Vec<_>>()
    });
    assert!(examples[0].len() > 3 && examples[1].len() > 2);
    // What an example of the second page refers to.
    app.environment("ada", "databases/manager", examples[1][0]).await;
    let examples = examples.concat();
    for example in examples {
        let check = app.user("ada").post(&format!("{ENVIRONMENTS}/acme/yaml/check")).body(example).await;
        assert_eq!(check.status, 200, "{example}\n{}", check.text());
    }
}

#[tokio::test]
async fn the_keys_of_id_tokens_are_public() {
    let app = TestApp::start().await;
    let anybody = app.anonymous();
    let configuration = anybody.get("/api/oidc/.well-known/openid-configuration").await.expect(200).json();
    assert_eq!(configuration["issuer"], "http://escriba.test/api/oidc");
    assert_eq!(configuration["jwks_uri"], "http://escriba.test/api/oidc/.well-known/jwks");
    let keys = anybody.get("/api/oidc/.well-known/jwks").await.expect(200).json();
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}
