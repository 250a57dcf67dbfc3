//! A log that is not what was signed of it takes no entries; the others go on.

use engine::{Becomes, Published};

use super::{Logs, add, assert_signed, close, note, operator};
use crate::app::{LOGS, TestApp};

/// What somebody may do to the entries that were not signed yet.
const TAMPERINGS: [&str; 4] = [
    // One character of a leaf, with a hash that is not its own any more.
    "UPDATE log_entry SET leaf = x'7b7d' WHERE log_id = {log} AND seq = {last}",
    // An entry is gone.
    "DELETE FROM log_entry WHERE log_id = {log} AND seq = {last}",
    // Two entries are swapped.
    "UPDATE log_entry SET seq = seq + 1000000 WHERE log_id = {log} AND seq >= {last} - 1;
     UPDATE log_entry SET seq = 2 * {last} - 1 - (seq - 1000000) WHERE log_id = {log} AND seq >= 1000000",
    // Another tree is to be continued.
    "UPDATE log SET frontier = (SELECT frontier FROM log WHERE id = 1) WHERE id = {log}",
];

#[tokio::test]
async fn a_log_that_was_tampered_with_before_it_was_signed_is_frozen_and_not_signed() {
    for tampering in TAMPERINGS {
        let (logs, engine) = Logs::new().await;
        engine.publish().await.unwrap();
        add(&engine, "lin").await;
        let before = logs.acme().await;
        let (log, last) = (before.state.log.0.to_string(), (before.state.size - 1).to_string());
        logs.tamper(&tampering.replace("{log}", &log).replace("{last}", &last)).await;

        assert_eq!(engine.publish().await.unwrap(), Published { signed: 0, frozen: 1 }, "{tampering}");
        engine.sequence_all().await.unwrap();
        let state = logs.state(before.state.log).await;
        assert!(state.frozen.is_some());
        assert_eq!(logs.newest(before.state.log).await, before.newest, "{tampering}");
        let server = logs.server().await;
        assert_eq!(server.events.last().unwrap(), "escriba-log-frozen");

        note(&engine).await;
        assert_eq!(engine.publish().await.unwrap(), Published { signed: 1, frozen: 0 });
        assert_eq!(engine.published().1, 1);
        close(engine).await;
    }
}

#[tokio::test]
async fn requests_that_a_frozen_log_should_record_get_503_with_the_reason_and_other_logs_go_on() {
    let app = TestApp::start().await;
    app.organization("other", &["ada"]).await;
    app.engine().publish().await.unwrap();
    app.add("lin", engine::Role::Member).await;
    app.engine().sequence_all().await.unwrap();
    app.tamper(
        "UPDATE log SET frontier = x'00' WHERE organization_id = (SELECT id FROM organization WHERE name = 'acme')",
    )
    .await;
    assert_eq!(app.engine().publish().await.unwrap().frozen, 1);

    let ada = app.user("ada");
    for path in [LOGS, "/api/esc/environments/acme/web/prod"] {
        let answer = ada.get(path).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        let message = answer.message();
        let said = message.contains("is frozen: what is stored of its tree is not the tree of its");
        assert!(said && message.contains("it was not carried out"), "{message}");
    }
    // Refused, for ada is no administrator there; and that is recorded.
    assert!(ada.get("/api/orgs/other/auditlogs").await.expect(403).event().is_some());
    assert_eq!(app.anonymous().get("/healthz").await.status, 200);
    let metrics = app.anonymous().get("/metrics").await;
    assert!(metrics.text().contains("escriba_log_frozen 1"), "{}", metrics.text());
}

/// A database that is cut while the server runs, and then goes on.
#[tokio::test]
async fn a_log_that_becomes_shorter_than_what_was_signed_is_frozen() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    logs.cut(&acme, acme.state.size - 2).await;
    note(&engine).await;
    assert_eq!(engine.publish().await.unwrap(), Published { signed: 1, frozen: 1 });
    let reason = logs.state(acme.state.log).await.frozen.unwrap();
    let (found, signed) = (acme.state.size - 2, acme.state.size);
    assert_eq!(reason, format!("it has {found} entries, fewer than the {signed} that were signed"));
    close(engine).await;
}

/// The server's log cannot say that it is frozen itself. Organisations' logs go on.
#[tokio::test]
async fn a_frozen_server_log_does_not_stop_the_organisations() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    note(&engine).await;
    let server = logs.server().await.state.log;
    logs.tamper(&format!("DELETE FROM log_entry WHERE log_id = {} AND seq = 1", server.0)).await;
    assert_eq!(engine.publish().await.unwrap(), Published { signed: 0, frozen: 1 });
    assert!(engine.clock_adopted().await.is_err());
    add(&engine, "lin").await;
    assert_eq!(engine.publish().await.unwrap(), Published { signed: 1, frozen: 0 });
    close(engine).await;
}

#[tokio::test]
async fn a_frozen_log_that_is_mended_goes_on_as_itself() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    add(&engine, "lin").await;
    let before = logs.acme().await;
    let (log, last) = (before.state.log.0, before.state.size - 1);
    logs.tamper(&format!("UPDATE log_entry SET seq = 1000 WHERE log_id = {log} AND seq = {last}")).await;
    assert_eq!(engine.publish().await.unwrap().frozen, 1);
    logs.tamper(&format!("UPDATE log_entry SET seq = {last} WHERE log_id = {log} AND seq = 1000")).await;

    let resumed = engine.resume_logs(&operator(&engine)).await.unwrap();
    engine.sequence_all().await.unwrap();
    assert_eq!((resumed.len(), resumed[0].becomes.clone()), (1, Becomes::Itself));
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_eq!(acme.state.origin, before.state.origin);
    assert_eq!(acme.events.last().unwrap(), "escriba-log-resumed");
    assert_signed(&acme, &logs.keys(&engine, &acme).await);
    close(engine).await;
}

#[tokio::test]
async fn a_frozen_log_that_stays_broken_goes_on_as_a_new_one() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    add(&engine, "lin").await;
    let state = logs.acme().await.state;
    let log = state.log;
    logs.tamper(&format!("DELETE FROM log_entry WHERE log_id = {} AND seq = {}", log.0, state.size - 1)).await;
    assert_eq!(engine.publish().await.unwrap().frozen, 1);

    let resumed = engine.resume_logs(&operator(&engine)).await.unwrap();
    assert!(matches!(resumed[0].becomes, Becomes::New(_)));
    add(&engine, "kim").await;
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_ne!(acme.state.log, log);
    assert_signed(&acme, &logs.keys(&engine, &acme).await);
    engine.trust_database().await.unwrap();
    close(engine).await;
}
