//! Old entries, which nobody reads: the scrubber does.

use super::{Logs, add, close, note};

/// Goes on until every log was looked at.
async fn scrub_all(engine: &engine::Engine, entries: u64) {
    let mut looked_at = 0;
    while looked_at < entries {
        let more = engine.scrub().await.unwrap();
        if more == 0 {
            return;
        }
        looked_at += more;
    }
}

#[tokio::test]
async fn a_sound_log_is_looked_at_again_and_again_and_stays_as_it_is() {
    let (logs, engine) = Logs::new().await;
    assert_eq!(engine.scrub().await.unwrap(), 0, "nothing is signed yet");
    for number in 0..90 {
        add(&engine, &format!("user{number}")).await;
    }
    engine.publish().await.unwrap();
    engine.bundle().await.unwrap();
    let acme = logs.acme().await;
    assert!(acme.state.size > 256);
    scrub_all(&engine, 3 * acme.state.size).await;
    assert!(logs.all().await.iter().all(|found| found.state.frozen.is_none()));
    close(engine).await;
}

#[tokio::test]
async fn a_flipped_byte_in_an_old_entry_freezes_its_log() {
    for statement in [
        "UPDATE log_entry SET leaf = x'7b7d' WHERE log_id = {log} AND seq = 1",
        "UPDATE log_tile SET hashes = (SELECT hashes FROM log_tile WHERE log_id = {log} AND level = 0 AND number = 1)
         WHERE log_id = {log} AND level = 0 AND number = 0",
        "DELETE FROM log_tile WHERE log_id = {log} AND level = 0 AND number = 0",
        "DELETE FROM log_entry WHERE log_id = {log} AND seq = 0",
    ] {
        let (logs, engine) = Logs::new().await;
        for number in 0..180 {
            add(&engine, &format!("user{number}")).await;
        }
        engine.publish().await.unwrap();
        let state = logs.acme().await.state;
        assert!(state.size > 512);
        logs.tamper(&statement.replace("{log}", &state.log.0.to_string())).await;

        scrub_all(&engine, 10 * state.size).await;
        assert!(logs.state(state.log).await.frozen.is_some(), "{statement}");
        engine.sequence_all().await.unwrap();
        assert_eq!(logs.server().await.events.last().unwrap(), "escriba-log-frozen");
        note(&engine).await;
        close(engine).await;
    }
}

#[tokio::test]
async fn a_changed_bundle_freezes_its_log() {
    for data in ["x'1f8b08'", "(SELECT data FROM log_bundle WHERE log_id = {log} AND number = 1)"] {
        a_bundle_changed_to(data).await;
    }
}

async fn a_bundle_changed_to(data: &str) {
    let (logs, engine) = Logs::new().await;
    for number in 0..180 {
        add(&engine, &format!("user{number}")).await;
    }
    engine.publish().await.unwrap();
    engine.bundle().await.unwrap();
    let state = logs.acme().await.state;
    let log = state.log.0;
    let other = data.replace("{log}", &log.to_string());
    logs.tamper(&format!("UPDATE log_bundle SET data = {other} WHERE log_id = {log} AND number = 0")).await;
    scrub_all(&engine, 10 * state.size).await;
    assert!(logs.state(state.log).await.frozen.is_some());
    close(engine).await;
}
