//! To whom and to what the log attributes an event: secrets, causes, credentials, addresses.

use engine::ledger::Entry;

use crate::app::{ENVIRONMENTS, TestApp, actor, commitment, line, reads};

const BASE: &str = "values:\n  db: {fn::secret: s1}\n  api: {key: {fn::secret: s2}, host: example.net}\n";
const MIDDLE: &str = "imports: [web/base]\nvalues:\n  url: \"${db}/x\"\n  own: {fn::secret: s3}\n";
const TOP: &str = "imports: [web/middle]\nvalues:\n  all: ${api}\n  plain: 1\n";

async fn with_imports() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/base", BASE).await;
    app.environment("ada", "web/middle", MIDDLE).await;
    app.environment("ada", "web/top", TOP).await;
    app.mark(Some("acme")).await;
    app
}

fn id(entry: &Entry) -> String {
    entry.leaf.as_leaf().id().to_string()
}

#[tokio::test]
async fn an_open_and_its_read_name_the_secrets_disclosed_through_imports() {
    let app = with_imports().await;
    let session = app.session("ada", "web/top").await;
    app.user("ada").get(&format!("{ENVIRONMENTS}/acme/web/top/open/{session}")).await.expect(200);

    let entries = app.entries(Some("acme")).await;
    let [open, read] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    let disclosed = ["web/base@2 via web/middle, web/base: api.key, db", "web/middle@2 via web/middle: own"];
    assert_eq!(reads(open), disclosed);
    assert_eq!(reads(read), disclosed);
    for entry in [open, read] {
        assert_eq!(entry.leaf.as_leaf().detail("reads").unwrap().to_string(), "3");
    }
    assert_eq!(commitment(open, "reads"), commitment(read, "reads"), "equal lists share one opening");
}

#[tokio::test]
async fn a_record_names_the_revision_that_was_read_and_not_the_newest() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: {fn::secret: s1}}").await;
    let (ada, prod) = (app.user("ada"), format!("{ENVIRONMENTS}/acme/web/prod"));
    let opened = ada.post(&format!("{prod}/versions/2/open")).await.expect(200).json();
    ada.patch(&prod).body("values: {a: 2}").await.expect(200);
    app.mark(Some("acme")).await;

    ada.get(&format!("{prod}/open/{}", opened["id"].as_str().unwrap())).await.expect(200);
    ada.get(&format!("{prod}/versions/2")).await.expect(200);
    ada.get(&format!("{prod}/versions/2/decrypt")).await.expect(200);
    ada.post(&format!("{prod}/versions/2/check")).await.expect(200);
    ada.post(&format!("{prod}/versions/2/open")).await.expect(200);

    let entries = app.entries(Some("acme")).await;
    assert_eq!(entries.iter().map(|entry| entry.leaf.as_leaf().target_rev()).collect::<Vec<_>>(), [Some(2); 5]);
}

#[tokio::test]
async fn a_read_of_one_property_names_only_the_secrets_in_it() {
    let app = with_imports().await;
    let session = app.session("ada", "web/top").await;
    let read = |property: &'static str| {
        let (app, path) = (&app, format!("{ENVIRONMENTS}/acme/web/top/open/{session}?property={property}"));
        async move {
            app.mark(Some("acme")).await;
            app.user("ada").get(&path).await.expect(200);
            let entries = app.entries(Some("acme")).await;
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0].parameter("property").text().as_deref(), Some(property));
            reads(&entries[0])
        }
    };

    let none: [&str; 0] = [];
    assert_eq!(read("plain").await, none);
    assert_eq!(read("api.host").await, none);
    assert_eq!(read("own").await, ["web/middle@2 via web/middle: own"]);
    assert_eq!(read("api.key").await, ["web/base@2 via web/middle, web/base: api.key"]);
    assert_eq!(read("all").await, ["web/base@2 via web/middle, web/base: api.key"]);
    assert_eq!(read("url").await, ["web/base@2 via web/middle, web/base: db"]);
}

#[tokio::test]
async fn decrypting_and_checking_with_secrets_name_what_they_show() {
    let app = with_imports().await;
    let ada = app.user("ada");
    ada.get(&format!("{ENVIRONMENTS}/acme/web/base/decrypt")).await.expect(200);
    ada.post(&format!("{ENVIRONMENTS}/acme/web/middle/check?showSecrets=true")).await.expect(200);
    ada.post(&format!("{ENVIRONMENTS}/acme/web/middle/check")).await.expect(200);

    let entries = app.entries(Some("acme")).await;
    let [decrypted, shown, hidden] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    assert_eq!(reads(decrypted), ["web/base@2: api.key, db"]);
    assert_eq!(reads(shown), ["web/base@2 via web/base: api.key, db", "web/middle@2: own"]);
    assert!(reads(hidden).is_empty());
    let types = entries.iter().map(|entry| entry.leaf.as_leaf().event_type()).collect::<Vec<_>>();
    assert_eq!(types, ["environment-decrypted", "environment-decrypted", "environment-read"]);
}

#[tokio::test]
async fn the_cause_of_a_read_is_its_open() {
    let app = with_imports().await;
    let first = app.session("ada", "web/top").await;
    let second = app.session("ada", "web/top").await;
    for session in [&second, &first] {
        app.user("ada").get(&format!("{ENVIRONMENTS}/acme/web/top/open/{session}")).await.expect(200);
    }

    let entries = app.entries(Some("acme")).await;
    let causes: Vec<Vec<String>> =
        entries.iter().map(|entry| entry.leaf.as_leaf().causes().map(|cause| cause.to_string()).collect()).collect();
    assert_eq!(causes, [vec![], vec![], vec![id(&entries[1])], vec![id(&entries[0])]]);
}

#[tokio::test]
async fn an_import_that_is_denied_is_an_unauthorized_open_and_looks_absent() {
    let app = with_imports().await;
    app.environment("alice", "team/mine", "").await;
    let (alice, path) = (app.user("alice"), format!("{ENVIRONMENTS}/acme/yaml/open"));
    app.mark(Some("acme")).await;

    let denied = alice.post(&path).body("imports: [web/base]").await.expect(400);
    let absent = alice.post(&path).body("imports: [web/none]").await.expect(400);

    assert_eq!(denied.text().replace("web/base", "§"), absent.text().replace("web/none", "§"));
    let entries = app.entries(Some("acme")).await;
    assert_eq!(
        entries.iter().map(line).collect::<Vec<_>>(),
        [
            "environment-unauthorized-open  acme  alice  denied  permission-missing",
            "environment-open  acme  alice  failed  evaluation-failed",
        ]
    );
}

#[tokio::test]
async fn equal_openings_are_shared_and_others_are_not() {
    let app = with_imports().await;
    let ada = app.user("ada");
    for agent in ["esc/1", "esc/1", "esc/2"] {
        ada.post(&format!("{ENVIRONMENTS}/acme/web/top/open")).header("user-agent", agent).await.expect(200);
    }

    let entries = app.entries(Some("acme")).await;
    let [first, second, third] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    for name in ["actor", "client", "target", "reads"] {
        assert_eq!(commitment(first, name), commitment(second, name), "{name}");
    }
    assert_ne!(commitment(second, "client"), commitment(third, "client"));
    assert_eq!(third.client().text().unwrap().ua.as_deref(), Some("esc/2"));
}

#[tokio::test]
async fn the_address_is_the_first_from_the_right_that_is_no_trusted_proxy() {
    let app = TestApp::behind(&["10.0.0.0/8"]).await;
    let client = |peer: &'static str, forwarded: &'static str| {
        let app = &app;
        async move {
            app.mark(Some("acme")).await;
            let call = app.user("mallory").patch("/api/orgs/acme").header("x-forwarded-for", forwarded).from(peer);
            call.body(r#"{"setDefaultEnvironmentPermission":"none"}"#).await.expect(403);
            let client = app.entries(Some("acme")).await[0].client().text().unwrap();
            (client.addr.unwrap(), client.how.unwrap(), client.peer)
        }
    };

    let through = client("10.1.2.3:5", "6.6.6.6, 198.51.100.1, 10.9.9.9").await;
    let direct = client("198.51.100.2:5", "6.6.6.6").await;
    let mapped = client("[::ffff:198.51.100.2]:5", "6.6.6.6").await;

    assert_eq!(through, ("198.51.100.1".into(), "x-forwarded-for".into(), Some("10.1.2.3".into())));
    assert_eq!(direct, ("198.51.100.2".into(), "socket".into(), None));
    assert_eq!(mapped, direct);
}

#[tokio::test]
async fn without_a_trusted_proxy_headers_mean_nothing() {
    let app = TestApp::start().await;
    let call = app.user("mallory").get("/api/orgs/acme/auditlogs").header("x-forwarded-for", "6.6.6.6");
    call.header("forwarded", "for=6.6.6.6").await.expect(403);

    let entries = app.entries(Some("acme")).await;
    assert_eq!(entries[0].client().text().unwrap().addr.as_deref(), Some("203.0.113.7"));
}

#[tokio::test]
async fn a_credential_comes_from_the_event_that_issued_it() {
    let app = TestApp::start().await;
    let alice = app.user("alice");
    let issued = alice.post("/api/user/tokens").body(r#"{"description":"ci","expires":0}"#).await.expect(200);
    let (event, token) = (issued.event().unwrap().to_owned(), issued.json());
    let with_it = app.bearer(token["tokenValue"].as_str().unwrap());
    with_it.post(&format!("{ENVIRONMENTS}/acme/web/none/open")).await.expect(404);
    with_it.delete(&format!("/api/user/tokens/{}", token["id"].as_str().unwrap())).await.expect(204);
    app.mark(None).await;
    with_it.get("/api/user").await.expect(401);

    let entries = app.entries(Some("acme")).await;
    let refused = app.entries(None).await;
    for entry in entries[1..].iter().chain(&refused) {
        let leaf = entry.leaf.as_leaf();
        assert_eq!(leaf.credential_from().map(|from| from.to_string()), Some(event.clone()), "{}", line(entry));
        assert_eq!(leaf.credential_id().unwrap().to_string(), token["id"]);
    }
    assert_eq!(entries.len(), 3);
    assert_eq!(line(&refused[0]), "escriba-authentication-failed  -  anonymous  denied  credential-revoked");
}

#[tokio::test]
async fn what_concerns_an_account_is_in_every_organization_that_it_belongs_to() {
    let app = TestApp::start().await;
    app.organization("globex", &["alice"]).await;
    for organization in [None, Some("acme"), Some("globex")] {
        app.mark(organization).await;
    }
    let body = r#"{"description":"ci","expires":0}"#;
    let issued = app.user("alice").post("/api/user/tokens").body(body).await.expect(200);
    app.user("otto").post("/api/user/tokens").body(body).await.expect(200);

    let expected = "escriba-personal-token-created  ci  alice  succeeded";
    assert_eq!((app.log("acme").await.as_str(), app.log("globex").await.as_str()), (expected, expected));
    let of_otto = app.entries(None).await;
    assert_eq!(of_otto.iter().map(line).collect::<Vec<_>>(), ["escriba-personal-token-created  ci  otto  succeeded"]);
    let (acme, globex) = (app.entries(Some("acme")).await, app.entries(Some("globex")).await);
    assert_ne!(acme[0].leaf.as_leaf().actor_id(), globex[0].leaf.as_leaf().actor_id(), "an actor is one of one log");
    assert_eq!(issued.event(), Some(&*id(&acme[0])));
}

#[tokio::test]
async fn a_member_of_another_organization_is_an_outsider_here_and_its_own_log_does_not_tell() {
    let app = TestApp::start().await;
    app.organization("globex", &["otto"]).await;
    app.mark(Some("globex")).await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.mark(Some("acme")).await;

    app.user("otto").post(&format!("{ENVIRONMENTS}/acme/web/prod/open")).await.expect(404);

    let entries = app.entries(Some("acme")).await;
    assert_eq!(
        entries.iter().map(line).collect::<Vec<_>>(),
        ["environment-unauthorized-open  acme/web/prod  outsider otto  denied  not-a-member"]
    );
    assert_eq!(actor(&entries[0]), "outsider otto");
    assert_eq!(app.log("globex").await, "");
}
