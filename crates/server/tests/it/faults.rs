//! What a caller sees when the log cannot be written: nothing but a clear error.

use std::collections::BTreeSet;
use std::fs;

use crate::app::{Answer, Disk, ENVIRONMENTS, Place, ReadOnly, TestApp};

const PROD: &str = "/api/esc/environments/acme/web/prod";
const DEFINITION: &str = "values: {key: {fn::secret: hunter2}}";

/// Checks that an answer says clearly that nothing was done, and reveals nothing.
#[track_caller]
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    let message = answer.message();
    assert!(message.contains("could not be recorded in the audit log, so it was not carried out"), "{message}");
    assert!(!answer.looks().contains("hunter2"));
    let body = answer.json();
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "message"]);
    assert_eq!(answer.event(), None, "nothing was recorded, so no record is named");
    assert!(answer.header("x-pulumi-request-id").is_some());
    assert!(answer.header("retry-after").is_some());
}

/// Opens, reads, decrypts, changes and is refused, in turn, with the answers.
async fn attempts(app: &TestApp, session: &str) -> Vec<(&'static str, Answer)> {
    let (ada, mallory) = (app.user("ada"), app.user("mallory"));
    vec![
        ("open", ada.post(&format!("{PROD}/open")).await),
        ("read open", ada.get(&format!("{PROD}/open/{session}")).await),
        ("read a property", ada.get(&format!("{PROD}/open/{session}?property=key")).await),
        ("decrypt", ada.get(&format!("{PROD}/decrypt")).await),
        ("read", ada.get(PROD).await),
        ("update", ada.patch(PROD).body("values: {key: {fn::secret: other}}").await),
        ("refused open", mallory.post(&format!("{PROD}/open")).await),
        ("refused metadata", mallory.get(&format!("{PROD}/metadata")).await),
        ("no credential", app.anonymous().get("/api/user").await),
        ("read the log", ada.get("/api/orgs/acme/auditlogs/v2").await),
        ("export the log", ada.get("/api/orgs/acme/auditlogs/v2/export").await),
    ]
}

async fn events(app: &TestApp) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for organization in [None, Some("acme")] {
        all.extend(app.entries(organization).await.iter().map(|entry| entry.leaf.as_leaf().id().to_string()));
    }
    all
}

async fn mark(app: &TestApp) {
    app.mark(None).await;
    app.mark(Some("acme")).await;
}

/// Checks that everything works again, and that the log has what was acknowledged and nothing else.
async fn assert_well(app: &TestApp, session: &str, acknowledged: BTreeSet<String>) {
    assert_eq!(events(app).await, acknowledged);
    let read = app.user("ada").get(&format!("{PROD}/open/{session}")).await.expect(200);
    assert!(read.text().contains("hunter2"));
    for (what, answer) in attempts(app, session).await {
        assert!(answer.status != 503 && answer.event().is_some(), "{what}: {}", answer.text());
    }
    // Reading a log finds it sound.
    assert!(events(app).await.is_superset(&acknowledged));
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_opened_or_read_until_there_is_room() {
    if Place::is_postgres_tested() {
        eprintln!("not tested: the disk is the database server's");
        return;
    }
    let Some(disk) = Disk::of_megabytes(8) else { return };
    let app = TestApp::in_folder(disk.path()).await;
    app.environment("ada", "web/prod", DEFINITION).await;
    let session = app.session("ada", "web/prod").await;
    mark(&app).await;
    let ballast = disk.path().join("ballast");
    let mut acknowledged = BTreeSet::new();

    // What does not fit any more is as large as can be; a smaller record may still find room.
    let full = fs::write(&ballast, vec![0; 8 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let mut refused = BTreeSet::new();
    for _ in 0..2_000 {
        for (what, answer) in attempts(&app, &session).await {
            if answer.status == 503 {
                assert_refused(&answer);
                refused.insert(what);
            } else {
                acknowledged.insert(answer.event().expect("what is answered is recorded").to_owned());
            }
        }
        if refused.len() == 11 {
            break;
        }
    }
    assert_eq!(refused.len(), 11, "only these were refused: {refused:?}");
    let ready = app.anonymous().get("/healthz").await;
    assert_eq!(ready.status, 200);

    fs::remove_file(&ballast).unwrap();
    // An export that began writes its end by itself.
    let written = events(&app).await;
    assert!(written.is_superset(&acknowledged));
    let more: Vec<_> = written.difference(&acknowledged).cloned().collect();
    for entry in app.entries(Some("acme")).await {
        let leaf = entry.leaf.as_leaf();
        let is_end = leaf.event_type() == "escriba-audit-log-exported" && leaf.causes().next().is_some();
        assert!(is_end || !more.contains(&leaf.id().to_string()), "{}", crate::app::line(&entry));
    }
    assert_well(&app, &session, written).await;
}

#[tokio::test]
async fn on_a_disk_that_became_read_only_nothing_is_opened_or_read_until_it_is_writable() {
    if Place::is_postgres_tested() {
        eprintln!("not tested: the disk is the database server's");
        return;
    }
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", DEFINITION).await;
    let session = app.session("ada", "web/prod").await;
    mark(&app).await;

    let files = ["escriba.db", "escriba.db-wal"].map(|file| app.folder().join(file));
    let Some(read_only) = ReadOnly::make(files.into()) else { return };
    for (what, answer) in attempts(&app, &session).await {
        assert_eq!(answer.status, 503, "{what}");
        assert_refused(&answer);
    }
    drop(read_only);

    assert_well(&app, &session, BTreeSet::new()).await;
}

#[tokio::test]
async fn while_the_database_server_refuses_nothing_is_opened_or_read() {
    if !Place::is_postgres_tested() {
        eprintln!("not tested: the database is in this process");
        return;
    }
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", DEFINITION).await;
    let session = app.session("ada", "web/prod").await;
    mark(&app).await;

    app.place().beside(|name| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
    app.place().disconnect().await;
    for (what, answer) in attempts(&app, &session).await {
        assert_eq!(answer.status, 503, "{what}: {}", answer.text());
        assert_refused(&answer);
    }
    assert_eq!(app.anonymous().get("/readyz").await.status, 503);
    app.place().beside(|name| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")).await;

    assert_well(&app, &session, BTreeSet::new()).await;
}

#[tokio::test]
async fn connections_that_were_cut_are_not_noticed_by_the_next_caller() {
    if !Place::is_postgres_tested() {
        eprintln!("not tested: the database is in this process");
        return;
    }
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", DEFINITION).await;
    let session = app.session("ada", "web/prod").await;
    mark(&app).await;

    let mut acknowledged = BTreeSet::new();
    for _ in 0..5 {
        app.place().disconnect().await;
        let read = app.user("ada").get(&format!("{PROD}/open/{session}")).await;
        match read.event() {
            Some(event) => drop(acknowledged.insert(event.to_owned())),
            None => assert_refused(&read),
        }
    }
    assert!(events(&app).await.is_superset(&acknowledged));
    let opened = app.user("ada").post(&format!("{ENVIRONMENTS}/acme/web/prod/open")).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
}
