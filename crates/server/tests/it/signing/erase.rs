//! Erasing a person: the words go, the entries and their proofs stay.

use engine::store::{LogKey, Question, Read, StoreError, entry};
use engine::{Engine, Erased, Reach};

use super::{Logs, add, assert_signed, close, note, operator};

/// Every text beside a log.
struct Texts(LogKey);

impl Question for Texts {
    type Answer = String;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<String, StoreError> {
        let entries = entry::below(read, self.0, u64::MAX >> 1, i64::MAX).await?;
        let mut commitments = Vec::new();
        for row in &entries {
            let leaf = engine::ledger::Leaf::parse(&row.leaf).unwrap();
            commitments.extend(leaf.commitments().map(|(_, commitment)| commitment));
        }
        let openings = entry::openings(read, self.0, &commitments).await?;
        Ok(openings.into_values().map(|opening| opening.value.to_string() + "\n").collect())
    }
}

/// Erases somebody, and waits until that stands in the logs.
async fn erase(engine: &Engine, login: &str, organization: Option<&str>) -> (Erased, Reach) {
    let (erased, reach) =
        engine.erase_user(&operator(engine), login.to_owned(), organization.map(str::to_owned)).await.unwrap();
    engine.sequence_all().await.unwrap();
    assert!(reach.unfinished.is_empty(), "{reach:?}");
    (erased.into_parts().0, reach)
}

fn texts(erased: &Erased) -> u64 {
    erased.logs.iter().map(|log| log.commitments.len() as u64).sum()
}

#[tokio::test]
async fn no_text_speaks_of_an_erased_person_and_every_proof_holds() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "unmistakable").await;
    add(&engine, "unmistakable2").await;
    engine.publish().await.unwrap();
    let before = logs.acme().await;
    assert!(logs.ask(Texts(before.state.log)).await.contains("\"unmistakable\""));

    let (erased, _) = erase(&engine, "unmistakable", None).await;

    assert_eq!((erased.logs.len(), &*erased.left, erased.tokens), (1, &["acme".to_owned()][..], 1));
    assert!(texts(&erased) >= 3, "{erased:?}");
    let said = logs.ask(Texts(before.state.log)).await;
    assert!(!said.contains("\"unmistakable\"") && said.contains("\"unmistakable2\""), "{said}");
    let acme = logs.acme().await;
    let more = ["escriba-openings-destroyed", "member-removed", "escriba-user-updated"];
    assert_eq!(acme.events[before.events.len()..], more);
    assert_eq!(acme.leaves[..before.leaves.len()], before.leaves);
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_signed(&acme, &logs.keys(&engine, &acme).await);
    let report = logs.fsck().await;
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.logs.iter().map(|log| log.destroyed).sum::<u64>(), texts(&erased));

    // Again, and of somebody who never was: nothing is there, and that is recorded without a name.
    for login in ["unmistakable", "nobody"] {
        let (again, _) = erase(&engine, login, None).await;
        assert_eq!((texts(&again), again.account), (0, None));
    }
    assert_eq!(logs.server().await.events.last().unwrap(), "escriba-openings-destroyed");
    assert!(!logs.ask(Texts(logs.server().await.state.log)).await.contains("nobody"));
    close(engine).await;
}

/// What a log that was continued by another one says of a person goes as well; the other one records it.
#[tokio::test]
async fn a_log_that_takes_no_entries_has_its_destructions_recorded_in_the_one_that_follows() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "unmistakable").await;
    engine.publish().await.unwrap();
    add(&engine, "kim").await;
    let old = logs.acme().await;
    logs.tamper(&format!("DELETE FROM log_entry WHERE log_id = {} AND seq = {}", old.state.log.0, old.state.size - 1))
        .await;
    assert_eq!(engine.publish().await.unwrap().frozen, 1);
    let refused = engine.erase_user(&operator(&engine), "unmistakable".into(), None).await;
    assert!(refused.is_err(), "what cannot be recorded is not done");
    assert!(logs.ask(Texts(old.state.log)).await.contains("\"unmistakable\""));

    engine.resume_logs(&operator(&engine)).await.unwrap();
    let (erased, _) = erase(&engine, "unmistakable", None).await;

    assert!(!logs.ask(Texts(old.state.log)).await.contains("\"unmistakable\""));
    let report = logs.fsck().await;
    let of_old = report.logs.iter().find(|log| log.name.origin == old.state.origin).unwrap();
    assert!(of_old.destroyed > 0 && of_old.destroyed == texts(&erased), "{report:#?}");
    note(&engine).await;
    close(engine).await;
}

/// Destroyed means destroyed: a copy from before that is put back is noticed, and what it brought goes again.
#[tokio::test]
async fn texts_that_came_back_from_a_copy_are_found_and_destroyed_again() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    let log = logs.acme().await.state.log.0;
    logs.tamper(&format!("CREATE TABLE kept AS SELECT * FROM log_opening WHERE log_id = {log}")).await;
    let (erased, _) = erase(&engine, "lin", None).await;
    let missing = format!("SELECT commitment FROM log_opening WHERE log_id = {log}");
    logs.tamper(&format!("INSERT INTO log_opening SELECT * FROM kept WHERE commitment NOT IN ({missing})")).await;
    let report = logs.fsck().await;
    let said: Vec<String> = report.logs.iter().flat_map(|log| &log.findings).map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("texts are there that were destroyed"), "{said:?}");

    let again = engine.destroy_again(&operator(&engine)).await.unwrap();

    engine.sequence_all().await.unwrap();
    assert_eq!(again as u64, texts(&erased));
    assert!(logs.fsck().await.is_sound());
    assert_eq!(logs.acme().await.events.last().unwrap(), "escriba-openings-destroyed");
    assert_eq!(engine.destroy_again(&operator(&engine)).await.unwrap(), 0);
    close(engine).await;
}

/// The record of the erasure is among the entries that are lost; what lies beside the anchor is not.
#[tokio::test]
async fn a_restored_backup_brings_nobody_back_who_was_erased_since() {
    let (logs, engine) = Logs::new().await;
    for login in ["lin", "kim", "ada2"] {
        add(&engine, login).await;
    }
    engine.publish().await.unwrap();
    close(engine).await;
    logs.place.copy(&logs.file()).await;
    let engine = logs.open().await;
    erase(&engine, "lin", None).await;
    erase(&engine, "kim", Some("acme")).await;
    engine.publish().await.unwrap();
    close(engine).await;
    logs.place.bring_back(&logs.file()).await;

    let engine = logs.open().await;
    engine.trust_database().await.unwrap_err();
    engine.resume_logs(&operator(&engine)).await.unwrap();
    engine.trust_database().await.unwrap();
    let old = logs.all().await.into_iter().find(|found| found.state.log.0 == 2).unwrap().state.log;
    assert!(logs.ask(Texts(old)).await.contains("\"lin\""));
    assert_eq!(engine.keep_erased().await.unwrap(), 2);

    engine.sequence_all().await.unwrap();
    let said = logs.ask(Texts(old)).await;
    assert!(!said.contains("\"lin\"") && !said.contains("\"kim\"") && said.contains("\"ada2\""), "{said}");
    let users = engine.list_users().await.unwrap();
    let users: Vec<(String, usize)> =
        users.into_iter().map(|(account, memberships)| (account.login, memberships.len())).collect();
    assert_eq!(users, [("ada".to_owned(), 1), ("ada2".to_owned(), 1), ("kim".to_owned(), 0)]);
    assert!(logs.fsck().await.is_sound());
    assert_eq!(engine.keep_erased().await.unwrap(), 0);
    // Who comes back by themselves is somebody else there.
    engine.add_member(&operator(&engine), "acme".into(), "kim".into(), engine::Role::Member).await.unwrap();
    assert_eq!(engine.keep_erased().await.unwrap(), 0);
    close(engine).await;
}
