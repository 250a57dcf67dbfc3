//! Erasing a person: the words go, the entries and their proofs stay.

use engine::store::{LogKey, Question, Read, StoreError, entry};
use engine::{Error, Failure};

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

#[tokio::test]
async fn no_text_speaks_of_an_erased_person_and_every_proof_holds() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "unmistakable").await;
    add(&engine, "unmistakable2").await;
    engine.publish().await.unwrap();
    let before = logs.acme().await;
    assert!(logs.ask(Texts(before.state.log)).await.contains("\"unmistakable\""));
    engine.remove_member(&operator(&engine), "acme".into(), "unmistakable".into()).await.unwrap();

    let erased = engine.erase_user(&operator(&engine), "unmistakable".into(), None).await.unwrap();
    engine.sequence_all().await.unwrap();
    let erased = erased.get();
    assert_eq!(erased.logs.len(), 1);
    assert!(erased.logs[0].1 >= 2 && erased.frozen.is_empty() && erased.member_of.is_empty(), "{erased:?}");
    let texts = logs.ask(Texts(before.state.log)).await;
    assert!(!texts.contains("\"unmistakable\"") && texts.contains("\"unmistakable2\""), "{texts}");

    let acme = logs.acme().await;
    assert_eq!(acme.events.last().unwrap(), "escriba-openings-destroyed");
    assert_eq!(acme.leaves[..before.leaves.len()], before.leaves);
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_signed(&acme, &logs.keys(&engine, &acme).await);
    let report = logs.fsck().await;
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.logs.iter().map(|log| log.destroyed).sum::<u64>(), erased.logs[0].1);

    let again = engine.erase_user(&operator(&engine), "unmistakable".into(), Some("acme".into())).await.unwrap();
    assert!(again.get().logs.is_empty());
    let nobody = engine.erase_user(&operator(&engine), "nobody".into(), None).await.unwrap_err();
    assert!(matches!(nobody, Failure::Refused(recorded) if matches!(recorded.get(), Error::Absent(_))));
    close(engine).await;
}

#[tokio::test]
async fn who_still_belongs_to_an_organisation_is_named_and_goes_on_being_written_down() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    let erased = engine.erase_user(&operator(&engine), "lin".into(), Some("acme".into())).await.unwrap();
    assert_eq!(erased.get().member_of, ["acme"]);
    engine.remove_member(&operator(&engine), "acme".into(), "lin".into()).await.unwrap();
    engine.sequence_all().await.unwrap();
    assert!(logs.ask(Texts(logs.acme().await.state.log)).await.contains("\"lin\""));
    assert!(logs.fsck().await.is_sound());
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
    let refused = engine.erase_user(&operator(&engine), "unmistakable".into(), Some("acme".into())).await;
    assert!(refused.is_ok_and(|erased| erased.get().frozen.len() == 1), "nothing can be recorded there yet");

    engine.resume_logs(&operator(&engine)).await.unwrap();
    let erased = engine.erase_user(&operator(&engine), "unmistakable".into(), None).await.unwrap();
    assert_eq!(erased.get().logs.len(), 1);
    assert!(!logs.ask(Texts(old.state.log)).await.contains("\"unmistakable\""));
    engine.sequence_all().await.unwrap();
    let report = logs.fsck().await;
    let of_old = report.logs.iter().find(|log| log.name.origin == old.state.origin).unwrap();
    assert_eq!(of_old.destroyed, erased.get().logs[0].1);
    note(&engine).await;
    close(engine).await;
}

/// Destroyed means destroyed: a copy from before that is put back is noticed.
#[tokio::test]
async fn texts_that_came_back_from_a_copy_are_found() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    let log = logs.acme().await.state.log.0;
    logs.tamper(&format!("CREATE TABLE kept AS SELECT * FROM log_opening WHERE log_id = {log}")).await;
    engine.erase_user(&operator(&engine), "lin".into(), None).await.unwrap();
    engine.sequence_all().await.unwrap();
    let missing = format!("SELECT commitment FROM log_opening WHERE log_id = {log}");
    logs.tamper(&format!("INSERT INTO log_opening SELECT * FROM kept WHERE commitment NOT IN ({missing})")).await;
    let report = logs.fsck().await;
    let said: Vec<String> = report.logs.iter().flat_map(|log| &log.findings).map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("texts are there that were destroyed"), "{said:?}");
    close(engine).await;
}
