//! Copies whose process was killed before it could say how they ended: a later one says that nobody knows.
//!
//! A copy holds the record and the intent of its own making, and nothing of how that ended. So a database that is put back
//! from one is what a killed process leaves.

use engine::ledger::OwnedLeaf;

use super::{Logs, add, close, note, operator};
use crate::app::Place;

/// An installation that was put back from a copy of its own, after something more was signed if that is wanted.
async fn put_back(signed: bool) -> Option<Logs> {
    if Place::is_postgres_tested() {
        eprintln!("not tested: PostgreSQL makes its own copies");
        return None;
    }
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    let copy = logs.file().with_extension("backup");
    engine.back_up(&operator(&engine), copy.clone(), |_| ()).await.unwrap();
    assert_eq!(engine.close_orphans().await.unwrap(), 0, "it is this process's own, and has ended");
    if signed {
        note(&engine).await;
        engine.publish().await.unwrap();
    }
    let engine = logs.reopen(engine).await;
    assert_eq!(engine.close_orphans().await.unwrap(), 0, "it has ended");
    close(engine).await;
    for ending in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(logs.file().with_extension(ending));
    }
    std::fs::copy(copy, logs.file()).unwrap();
    Some(logs)
}

/// What the records of backups say, oldest first: how each ended, why, and whether it names the first as its cause.
async fn said(logs: &Logs) -> Vec<String> {
    let leaves: Vec<OwnedLeaf> = logs
        .all()
        .await
        .into_iter()
        .filter(|found| found.state.origin.kind() == engine::ledger::LogKind::Server)
        .flat_map(|found| found.leaves)
        .map(|leaf| OwnedLeaf::parse(leaf).unwrap())
        .filter(|leaf| leaf.as_leaf().event_type() == "escriba-backup-made")
        .collect();
    let begun = leaves[0].as_leaf().id();
    leaves
        .iter()
        .map(|leaf| {
            let leaf = leaf.as_leaf();
            let reason = leaf.reason_word().map(|reason| format!(" {reason}")).unwrap_or_default();
            let follows = if leaf.causes().eq([begun]) { ", of the first" } else { "" };
            format!("{}{reason}{follows}", leaf.outcome_word().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_backup_that_died_with_its_process_has_one_outcome_which_is_that_nobody_knows() {
    let Some(logs) = put_back(false).await else { return };
    let engine = logs.open().await;
    assert_eq!(engine.close_orphans().await.unwrap(), 1);
    assert_eq!(engine.close_orphans().await.unwrap(), 0);
    assert_eq!(said(&logs).await, ["intended", "unknown interrupted, of the first"]);
    close(engine).await;
}

#[tokio::test]
async fn a_backup_that_is_restored_has_its_outcome_in_the_log_that_goes_on() {
    let Some(logs) = put_back(true).await else { return };
    let engine = logs.open().await;
    engine.resume_logs(&operator(&engine)).await.unwrap();
    assert_eq!(engine.close_orphans().await.unwrap(), 1);
    assert_eq!(engine.close_orphans().await.unwrap(), 0);
    assert_eq!(said(&logs).await, ["intended", "unknown interrupted, of the first"]);
    assert_eq!(logs.server().await.events.last().unwrap(), "escriba-backup-made");
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    close(engine).await;
    let report = logs.fsck().await;
    assert!(report.is_sound(), "{report:#?}");
}

#[tokio::test]
async fn a_backup_that_failed_has_ended() {
    if Place::is_postgres_tested() {
        return;
    }
    let (logs, engine) = Logs::new().await;
    engine.back_up(&operator(&engine), logs.file(), |_| ()).await.unwrap_err();
    let engine = logs.reopen(engine).await;
    assert_eq!(engine.close_orphans().await.unwrap(), 0);
    assert_eq!(said(&logs).await, ["intended", "failed invalid, of the first"]);
    close(engine).await;
}
