//! A database that was rolled back: refused, and the way on.

use engine::{Becomes, Distrust, EpochError, TreeHead};

use super::{Found, Logs, add, assert_signed, close, note, operator};

/// An installation whose logs both grew after a copy was taken, with the heads that were signed, and the copy in its place.
async fn rolled_back() -> (Logs, Found, Found) {
    let (logs, engine) = Logs::new().await;
    add(&engine, "before").await;
    engine.publish().await.unwrap();
    close(engine).await;
    logs.place.copy(&logs.file()).await;
    let engine = logs.open().await;
    add(&engine, "after").await;
    note(&engine).await;
    engine.publish().await.unwrap();
    let (acme, server) = (logs.acme().await, logs.server().await);
    close(engine).await;
    logs.place.bring_back(&logs.file()).await;
    (logs, acme, server)
}

#[tokio::test]
async fn yesterday_s_copy_is_refused_with_both_sizes_and_the_two_ways_out() {
    let (logs, acme, server) = rolled_back().await;
    let engine = logs.open().await;
    let refused = engine.trust_database().await.unwrap_err();
    let EpochError::Distrust(Distrust::RolledBack { rolled }) = &refused else { panic!("{refused}") };
    assert_eq!(rolled.len(), 2);
    let said = refused.to_string();
    let acme_said = format!(
        "the log of acme ({}) is anchored at size {} and found at size {}",
        acme.state.origin,
        acme.state.size,
        logs.acme().await.state.size
    );
    let server_said =
        format!("the log of the server ({}) is anchored at size {}", server.state.origin, server.state.size);
    for words in [&acme_said, &server_said, "newer database", "escriba log resume"] {
        assert!(said.contains(words), "{said}");
    }
    close(engine).await;
}

#[tokio::test]
async fn a_rolled_back_log_goes_on_as_a_new_one_whose_first_words_say_what_is_lost() {
    let (logs, lost, _) = rolled_back().await;
    let engine = logs.open().await;
    let old = logs.acme().await;

    let resumed = engine.resume_logs(&operator(&engine)).await.unwrap();
    engine.sequence_all().await.unwrap();
    assert_eq!(resumed.len(), 2);
    let of_acme = resumed.iter().find(|resumed| resumed.name.organization.is_some()).unwrap();
    assert_eq!((of_acme.anchored, of_acme.found), (lost.head(), old.head()));
    let new = logs.acme().await;
    assert_eq!(of_acme.becomes, Becomes::New(new.state.origin.clone()));
    assert_ne!(new.state.origin, old.state.origin);
    assert_eq!(new.events[..2], ["escriba-log-opened", "escriba-log-resumed"]);
    let leaf = engine::ledger::Leaf::parse(&new.leaves[1]).unwrap();
    let said = |key: &str| leaf.detail(key).unwrap().to_string();
    assert_eq!(said("log"), old.state.origin.log().to_string());
    assert_eq!((said("size"), said("foundsize")), (lost.state.size.to_string(), old.state.size.to_string()));

    engine.trust_database().await.unwrap();
    add(&engine, "again").await;
    note(&engine).await;
    engine.publish().await.unwrap();
    for found in logs.all().await.iter().filter(|found| found.state.frozen.is_none()) {
        assert_signed(found, &logs.keys(&engine, found).await);
    }
    let engine = logs.reopen(engine).await;
    engine.trust_database().await.unwrap();
    engine.publish().await.unwrap();
    assert_eq!(engine.published().1, 0, "a log that has ended is not a frozen one");
    assert_eq!(logs.log(old.state.log).await.head(), old.head(), "what is left of the old log stays as it is");
    note(&engine).await;
    let server = logs.server().await;
    assert_eq!(server.events.first().unwrap(), "escriba-log-opened");
    assert_eq!(server.events.last().unwrap(), "escriba-clock-adopted", "the server goes on in its new log");
    assert!(engine.resume_logs(&operator(&engine)).await.unwrap().is_empty(), "once is enough");
    close(engine).await;
}

/// An organisation that was made after the copy is gone with it.
#[tokio::test]
async fn a_log_that_is_gone_is_named_and_given_up() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    close(engine).await;
    let gone = engine::ledger::Origin::new(
        logs.acme().await.state.origin.as_str().split('.').next().unwrap().parse().unwrap(),
        engine::ledger::LogKind::Organization,
        engine::ledger::LogId::from_random([7; 10]),
    );
    let head = TreeHead { size: 9, root: [9; 32] };
    logs.anchor_by_hand(&gone, head).await;

    let engine = logs.open().await;
    let refused = engine.trust_database().await.unwrap_err().to_string();
    assert!(refused.contains(&format!("the log {gone} is anchored at size 9 and found at size 0")), "{refused}");
    let resumed = engine.resume_logs(&operator(&engine)).await.unwrap();
    assert_eq!((resumed[0].becomes.clone(), resumed.len()), (Becomes::Nothing, 1));
    engine.sequence_all().await.unwrap();
    assert_eq!(logs.server().await.events.last().unwrap(), "escriba-log-resumed");
    engine.trust_database().await.unwrap();
    close(engine).await;
}

/// Whoever can write the database can write that another log continues one. Only what is anchored settles it.
#[tokio::test]
async fn a_continuation_that_nobody_anchored_settles_nothing() {
    use super::anchor::Fails;
    let (logs, _, _) = rolled_back().await;
    let engine = logs.open().await;
    logs.anchor.fail(Fails::Lost);
    engine.resume_logs(&operator(&engine)).await.unwrap_err();
    engine.sequence_all().await.unwrap();
    let engine = logs.reopen(engine).await;
    engine.trust_database().await.unwrap_err();

    let resumed = engine.resume_logs(&operator(&engine)).await.unwrap();
    assert_eq!(resumed.len(), 2);
    engine.trust_database().await.unwrap();
    assert_eq!(logs.all().await.len(), 4, "no log is continued twice");
    close(engine).await;
}
