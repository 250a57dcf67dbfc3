//! An identity becomes a token.

use serde_json::{Value, json};

use crate::app::{Answer, Call, TestApp, TestIssuer};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const SUBJECT: &str = "repo:acme/web";

fn fields(identity: &str) -> Value {
    json!({
        "grant_type": GRANT, "audience": "urn:pulumi:org:acme", "subject_token": identity,
        "subject_token_type": ID_TOKEN,
        "requested_token_type": "urn:pulumi:token-type:access_token:personal",
        "scope": "user:alice", "expiration": 7_200,
    })
}

fn exchange(app: &TestApp, fields: &Value) -> Call {
    app.anonymous().post("/api/oauth/token").body(fields.to_string())
}

async fn registered(app: &TestApp) -> (TestIssuer, String, String) {
    let ci = TestIssuer::new("ci");
    let (issuer, policy) = ci.register(app, "ci", "repo:acme/*", "alice").await;
    app.mark(None).await;
    app.mark(Some("acme")).await;
    (ci, issuer, policy)
}

fn token(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// Pitfall 50: the command line takes exactly 200 for success.
#[tokio::test]
async fn pitfall_50_an_identity_becomes_a_short_lived_token_of_the_user_that_a_rule_names() {
    let app = TestApp::start().await;
    let (ci, issuer, _) = registered(&app).await;
    let identity = ci.token(&ci.claims(&app, SUBJECT));

    let answer = exchange(&app, &fields(&identity)).await.expect(200);
    let body = answer.json();
    assert_eq!(body["issued_token_type"], "urn:pulumi:token-type:access_token:personal");
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("token"), &json!(7_200)));
    assert_eq!(body["scope"], "user:alice");
    let alice = app.bearer(&token(&answer));
    assert_eq!(alice.get("/api/user").await.expect(200).json()["githubLogin"], "alice");

    let entries = app.entries(Some("acme")).await;
    let [entry] = entries.as_slice() else { panic!("{} records", entries.len()) };
    let leaf = entry.leaf.as_leaf().as_str();
    assert!(leaf.contains(r#""cred":{"kind":"oidc-token"}"#), "{leaf}");
    assert!(leaf.contains(&format!(r#""issuer":"{issuer}","lifetime":7200"#)), "{leaf}");
    assert!(leaf.contains(r#""type":"personal-token-created-for-oidc-issuer""#), "{leaf}");
    let said = engine::ledger::sentence(entry);
    assert_eq!(said, format!(r#"Created personal token "ci: {SUBJECT}" for "{SUBJECT}""#));
    assert_eq!(app.server_log().await, "");
    let made = entry.leaf.as_leaf().id().to_string();

    // Whatever is done with it says by which credential, and from which exchange that came.
    app.mark(Some("acme")).await;
    alice.post("/api/esc/environments/acme").body(r#"{"project":"web","name":"dev"}"#).await.expect(204);
    let entries = app.entries(Some("acme")).await;
    let leaf = entries[0].leaf.as_leaf().as_str();
    assert!(leaf.contains(&format!(r#""cred":{{"from":"{made}","id":"t_"#)), "{leaf}");
    assert!(leaf.contains(r#""kind":"oidc-token"}"#), "{leaf}");
    let used = app.user("ada").get(&format!("/api/orgs/acme/oidc/issuers/{issuer}")).await.json();
    assert!(used["lastUsed"].is_string(), "{used}");

    app.clock().forward(7_201);
    alice.get("/api/user").await.expect(401);
}

#[tokio::test]
async fn an_exchange_is_a_form_or_json_whatever_it_is_labelled() {
    let app = TestApp::start().await;
    let (ci, ..) = registered(&app).await;
    let identity = ci.token(&ci.claims(&app, SUBJECT));
    let form = format!(
        "grant_type={GRANT}&audience=urn%3Apulumi%3Aorg%3Aacme&subject_token={identity}&subject_token_type={ID_TOKEN}\
         &requested_token_type=urn:pulumi:token-type:access_token:personal&scope=user%3Aalice&expiration=60"
    );
    for label in ["application/x-www-form-urlencoded", "application/json", ""] {
        let call = app.anonymous().post("/api/oauth/token").header("content-type", label).body(form.clone());
        assert_eq!(call.await.expect(200).json()["expires_in"], 60, "{label}");
        let json = exchange(&app, &fields(&identity)).header("content-type", label);
        json.await.expect(200);
    }
    for (expiration, lives) in [(json!("120"), 120), (json!(""), 7_200), (json!(null), 7_200), (json!(999_999), 90_000)]
    {
        let mut fields = fields(&identity);
        fields["expiration"] = expiration;
        assert_eq!(exchange(&app, &fields).await.expect(200).json()["expires_in"], lives);
    }
}

#[tokio::test]
async fn an_issuer_bounds_how_long_its_tokens_live() {
    let app = TestApp::start().await;
    let (ci, issuer, _) = registered(&app).await;
    let bound =
        app.user("ada").patch(&format!("/api/orgs/acme/oidc/issuers/{issuer}")).body(r#"{"maxExpiration":300}"#);
    bound.await.expect(200);
    let answer = exchange(&app, &fields(&ci.token(&ci.claims(&app, SUBJECT)))).await.expect(200);
    assert_eq!(answer.json()["expires_in"], 300);
}

/// Pitfall 44: the command line shows the body of a refusal as it is.
#[tokio::test]
async fn pitfall_44_an_identity_that_is_not_believed_gets_401_in_a_short_json_and_is_in_the_server_log() {
    let app = TestApp::start().await;
    let (ci, ..) = registered(&app).await;
    let good = ci.claims(&app, SUBJECT);
    let now = app.clock_now() / 1_000_000;
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    let stranger = TestIssuer::new("ci");
    let tampered = {
        let token = ci.token(&good);
        let other = ci.token(&with("sub", json!("repo:acme/evil")));
        let parts: Vec<&str> = token.split('.').collect();
        format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2])
    };
    for (what, identity, reason) in [
        ("nonsense", "a.b.c".to_owned(), "credential-malformed"),
        ("too long", "a".repeat(20_000), "credential-malformed"),
        ("no issuer", ci.token(&with("iss", json!(null))), "credential-unknown"),
        ("wrong issuer", ci.token(&with("iss", json!("https://evil.example"))), "credential-unknown"),
        ("wrong audience", ci.token(&with("aud", json!("urn:pulumi:org:other"))), "credential-unfit"),
        ("no audience", ci.token(&with("aud", json!([]))), "credential-unfit"),
        ("expired", ci.token(&with("exp", json!(now - 61))), "credential-expired"),
        ("never ends", ci.token(&with("exp", json!(null))), "credential-malformed"),
        ("not yet", ci.token(&with("nbf", json!(now + 3_600))), "credential-unfit"),
        ("unknown key", ci.token_with(&json!({ "alg": "EdDSA", "kid": "two" }), &good), "credential-unknown"),
        ("not its key", stranger.token(&good), "credential-unknown"),
        ("tampered", tampered, "credential-unknown"),
        ("alg none", ci.token_with(&json!({ "alg": "none" }), &good), "credential-malformed"),
        ("alg HS256", ci.token_with(&json!({ "alg": "HS256", "kid": "one" }), &good), "credential-malformed"),
        ("alg RS256", ci.token_with(&json!({ "alg": "RS256", "kid": "one" }), &good), "credential-malformed"),
    ] {
        app.mark(None).await;
        let refused = exchange(&app, &fields(&identity)).await.expect(401);
        assert!(refused.message().starts_with("the id token is not accepted: "), "{what}: {}", refused.message());
        assert!(refused.body.len() < 300 && !refused.text().contains(&identity), "{what}");
        assert_eq!(
            app.server_log().await,
            format!("personal-token-created-for-oidc-issuer  -  anonymous  denied  {reason}"),
            "{what}"
        );
    }
    assert_eq!(app.log("acme").await, "");
    // An organisation that is not there looks like one that trusts nobody.
    let mut elsewhere = fields(&ci.token(&good));
    elsewhere["audience"] = json!("urn:pulumi:org:nosuch");
    let missing = exchange(&app, &elsewhere).await.expect(401).message();
    assert_eq!(missing, exchange(&app, &fields(&ci.token(&with("iss", json!("https://x"))))).await.message());
}

#[tokio::test]
async fn whom_no_rule_lets_be_somebody_gets_403_and_is_in_the_log_of_the_organization() {
    let app = TestApp::start().await;
    let (ci, _, policy) = registered(&app).await;
    let identity = ci.token(&ci.claims(&app, SUBJECT));
    let other = ci.token(&ci.claims(&app, "repo:evil/web"));
    let mut as_ada = fields(&identity);
    as_ada["scope"] = json!("user:ada");
    let mut as_nobody = fields(&identity);
    as_nobody["scope"] = json!("user:nobody");
    let mut as_outsider = fields(&identity);
    as_outsider["scope"] = json!("user:otto");
    for fields in [fields(&other), as_ada, as_nobody, as_outsider] {
        app.mark(Some("acme")).await;
        let refused = exchange(&app, &fields).await.expect(403);
        assert_eq!(refused.message(), "no policy of the issuer allows this token for this identity");
        let log = app.log("acme").await;
        assert!(log.ends_with("anonymous  denied  permission-missing"), "{log}");
        assert_eq!(log.lines().count(), 1, "{log}");
    }
    let rules = json!({ "policies": [
        { "decision": "allow", "tokenType": "personal", "userLogin": "alice", "rules": { "sub": "*" } },
        { "decision": "deny", "tokenType": "personal", "userLogin": "alice", "rules": { "sub": "*/web" } },
    ] });
    let set = app.user("ada").patch(&format!("/api/orgs/acme/auth/policies/{policy}")).body(rules.to_string());
    set.await.expect(200);
    exchange(&app, &fields(&identity)).await.expect(403);
    exchange(&app, &fields(&other)).await.expect(403);
    exchange(&app, &fields(&ci.token(&ci.claims(&app, "repo:acme/api")))).await.expect(200);
}

#[tokio::test]
async fn tokens_end_with_the_issuer_that_they_came_from() {
    let app = TestApp::start().await;
    let (ci, issuer, _) = registered(&app).await;
    let identity = ci.token(&ci.claims(&app, SUBJECT));
    let token = token(&exchange(&app, &fields(&identity)).await.expect(200));
    app.bearer(&token).get("/api/user").await.expect(200);

    app.mark(Some("acme")).await;
    app.user("ada").delete(&format!("/api/orgs/acme/oidc/issuers/{issuer}")).await.expect(204);
    let entries = app.entries(Some("acme")).await;
    assert!(entries[0].leaf.as_leaf().as_str().contains(r#""tokens":1"#));
    app.bearer(&token).get("/api/user").await.expect(401);
    exchange(&app, &fields(&identity)).await.expect(401);
}

#[tokio::test]
async fn an_exchange_that_makes_no_sense_is_told_what_is_wrong() {
    let app = TestApp::start().await;
    let (ci, ..) = registered(&app).await;
    let identity = ci.token(&ci.claims(&app, SUBJECT));
    for (key, value, complaint) in [
        ("grant_type", json!("password"), "`grant_type`"),
        ("grant_type", json!("refresh_token"), "refresh tokens"),
        ("audience", json!("acme"), "`audience`"),
        ("subject_token_type", json!("x"), "`subject_token_type`"),
        ("requested_token_type", json!("x"), "`requested_token_type`"),
        ("requested_token_type", json!("urn:pulumi:token-type:access_token:runner"), "deployments"),
        ("requested_token_type", json!("urn:pulumi:token-type:access_token:organization"), "must be empty or `admin`"),
        ("requested_token_type", json!("urn:pulumi:token-type:access_token:team"), "must be `team:NAME`"),
        ("scope", json!("alice"), "`scope`"),
        ("scope", json!("user:"), "`scope`"),
        ("expiration", json!("soon"), "`expiration`"),
        ("expiration", json!(0), "`expiration`"),
        ("subject_token", json!(null), "`subject_token`"),
    ] {
        let mut fields = fields(&identity);
        fields[key] = value;
        let refused = exchange(&app, &fields).await.expect(400);
        assert!(refused.message().contains(complaint), "{key}: {}", refused.message());
    }
}

#[tokio::test]
async fn a_token_that_came_of_an_identity_is_worth_nothing_in_another_organization() {
    let app = TestApp::start().await;
    app.organization("other", &["alice"]).await;
    let name = json!({ "project": "web", "name": "theirs" }).to_string();
    app.user("alice").post("/api/esc/environments/other").body(name).await.expect(204);
    let (ci, ..) = registered(&app).await;
    let answer = exchange(&app, &fields(&ci.token(&ci.claims(&app, SUBJECT)))).await.expect(200);
    let (job, alice) = (app.bearer(&token(&answer)), app.user("alice"));

    assert_eq!(alice.get("/api/user").await.json()["organizations"].as_array().unwrap().len(), 2);
    let organizations = job.get("/api/user").await.expect(200).json()["organizations"].clone();
    assert_eq!(organizations.as_array().unwrap().len(), 1);
    assert_eq!(organizations[0]["githubLogin"], "acme");
    let listed = alice.get("/api/esc/environments").await.expect(200).text();
    assert!(listed.contains("theirs"));
    let listed = job.get("/api/esc/environments").await.expect(200).text();
    assert!(!listed.contains("theirs"), "{listed}");
    for path in ["/api/orgs/other", "/api/esc/environments/other", "/api/esc/environments/other/web/theirs"] {
        alice.get(path).await.expect(200);
        job.get(path).await.expect(404);
    }
}

#[tokio::test]
async fn a_token_that_came_of_an_identity_makes_nothing_that_outlives_it() {
    let app = TestApp::start().await;
    app.engine().set_member_role(&app.operator(), "acme".into(), "alice".into(), engine::Role::Admin).await.unwrap();
    app.environment("alice", "web/prod", "values: {a: 1}").await;
    let (ci, issuer, policy) = registered(&app).await;
    let answer = exchange(&app, &fields(&ci.token(&ci.claims(&app, SUBJECT)))).await.expect(200);
    let text = token(&answer);
    let job = app.bearer(&text);
    job.get("/api/esc/environments/acme/web/prod").await.expect(200);

    let team = r#"{"name":"ops","displayName":"ops","description":""}"#;
    app.user("ada").post("/api/orgs/acme/teams/pulumi").body(team).await.expect(201);
    let grant =
        json!({ "addEnvironmentPermission": { "projectName": "web", "envName": "prod", "permission": "admin" } });
    let schedules = "/api/esc/environments/acme/web/prod/schedules";
    let calls = [
        job.post("/api/user/tokens").body(r#"{"description":"for ever","expires":0}"#),
        job.post("/api/user/organizations/acme/default"),
        job.post("/api/orgs/acme/tokens").body(r#"{"name":"for ever","admin":true,"expires":0}"#),
        job.post("/api/orgs/acme/invites/link").body(r#"{"role":"admin"}"#),
        job.post(schedules).body(r#"{"scheduleCron":"30 2 * * *"}"#),
        job.patch(&format!("/api/orgs/acme/oidc/issuers/{issuer}")).body(r#"{"maxExpiration":86400}"#),
        job.patch(&format!("/api/orgs/acme/auth/policies/{policy}")).body(r#"{"policies":[]}"#),
        job.patch("/api/orgs/acme/members/mallory").body(r#"{"role":"admin"}"#),
        job.post("/api/orgs/acme/members/otto").body(r#"{"role":"member"}"#),
        job.patch("/api/orgs/acme").body(r#"{"setDefaultEnvironmentPermission":"admin"}"#),
        job.patch("/api/orgs/acme/teams/ops").body(r#"{"member":"mallory","memberAction":"add"}"#),
        job.patch("/api/orgs/acme/teams/ops").body(grant.to_string()),
        job.post("/api/esc/environments/acme/web/prod/ownership").body(r#"{"githubLogin":"mallory"}"#),
    ];
    for call in calls {
        app.mark(Some("acme")).await;
        let message = call.await.expect(403).message();
        assert!(message.contains("came of an identity"), "{message}");
        assert_eq!(app.entries(Some("acme")).await.len(), 1);
    }
    let client = engine::Client::default();
    app.engine().sign_in_with_token(&engine::seal::SecretString::new(text), client).await.err().unwrap();
    app.user("alice").get("/api/orgs/acme/auditlogs").await.expect(200);
}

#[tokio::test]
async fn a_token_that_came_of_an_identity_does_not_read_the_server_s_log() {
    let app = TestApp::start().await;
    let ci = TestIssuer::new("ci");
    ci.register(&app, "ci", SUBJECT, "ada").await;
    let mut wanted = fields(&ci.token(&ci.claims(&app, SUBJECT)));
    wanted["scope"] = json!("user:ada");
    let answer = exchange(&app, &wanted).await.expect(200);
    let job = app.bearer(&token(&answer));
    job.get("/api/orgs/acme/auditlogs").await.expect(200);
    job.get("/api/orgs/acme/auditlogs?log=server").await.expect(404);
    app.user("ada").get("/api/orgs/acme/auditlogs?log=server").await.expect(200);
}
