//! `fsck` finds each kind of tampering, and says where.

use engine::seal::{self, Ring};
use engine::store::Snapshot;
use engine::{Anchor as _, Expected, Report};

use super::{Found, Logs, add, assert_signed, close, note};

impl Logs {
    /// Checks everything, beside whoever has the database open.
    pub(super) async fn fsck(&self) -> Report {
        let ring = Ring::load(&self.ring_file()).unwrap();
        let keys = ring.log_keys().unwrap().public().copied().collect();
        let anchored = self.anchor.load().await.unwrap().unwrap_or_default();
        let known = anchored.keys().cloned().collect();
        let file = self.file();
        let snapshot = Snapshot::open(self.place.database(&file)).await.unwrap();
        engine::fsck(&snapshot, &Expected { keys, anchored, known }, &|_| {}).await.unwrap()
    }

    /// An installation with two checkpoints of `acme`, of which the first 256 entries are in a bundle.
    pub(super) async fn with_history() -> (Self, Found) {
        let (logs, engine) = Logs::new().await;
        for number in 0..100 {
            add(&engine, &format!("user{number}")).await;
        }
        engine.publish().await.unwrap();
        engine.bundle().await.unwrap();
        add(&engine, "lin").await;
        engine.publish().await.unwrap();
        close(engine).await;
        let acme = logs.acme().await;
        assert!(acme.state.size > 300 && acme.state.size < 512, "{}", acme.state.size);
        (logs, acme)
    }
}

/// What is wrong with the log of `acme`, one finding a line.
pub(super) fn findings(report: &Report) -> String {
    let acme = report.logs.iter().find(|log| log.name.organization.is_some()).unwrap();
    acme.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_sound_database_is_found_sound_while_a_server_writes_to_it() {
    let (logs, _) = Logs::with_history().await;
    let engine = logs.open().await;
    add(&engine, "kim").await;
    let report = logs.fsck().await;
    assert!(report.is_sound(), "{report:#?}");
    let acme = report.logs.iter().find(|log| log.name.organization.is_some()).unwrap();
    assert_eq!(acme.checkpoints, 2);
    assert!(acme.entries > 300 && acme.texts > 600 && acme.destroyed == 0, "{acme:?}");
    note(&engine).await;
    close(engine).await;
}

/// Each is done to a sound database, and found where it is.
const TAMPERINGS: [(&str, &str); 20] = [
    (
        "UPDATE log_entry SET leaf = x'7b7d' WHERE log_id = {log} AND seq = {last}",
        "entry {last} is no leaf of this log",
    ),
    ("DELETE FROM log_entry WHERE log_id = {log} AND seq = {last}", "entry {last} is missing"),
    ("DELETE FROM log_entry WHERE log_id = {log} AND seq = 256", "entry 256 is missing"),
    ("DELETE FROM log_entry WHERE log_id = {log} AND seq = 270", "entry 270 is missing"),
    ("DELETE FROM log_bundle WHERE log_id = {log}", "entry 0 is missing"),
    ("UPDATE log_bundle SET data = x'1f8b0800' WHERE log_id = {log}", "bundle 0 cannot be read"),
    // Two entries swapped: their events are found, but not there.
    (
        "UPDATE log_entry SET seq = 100256 WHERE log_id = {log} AND seq = 256;
         UPDATE log_entry SET seq = 256 WHERE log_id = {log} AND seq = 257;
         UPDATE log_entry SET seq = 257 WHERE log_id = {log} AND seq = 100256",
        "the event of entry 256 is not found there",
    ),
    // One duplicated over another.
    (
        "UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE log_id = {log} AND seq = 300)
         WHERE log_id = {log} AND seq = 301",
        "the event of entry 301 is not found there",
    ),
    // One inserted among the others, which go on after it.
    (
        "UPDATE log_entry SET seq = seq + 100001 WHERE log_id = {log} AND seq >= 300;
         UPDATE log_entry SET seq = seq - 100000 WHERE log_id = {log} AND seq > 100000;
         INSERT INTO log_entry (log_id, seq, leaf, leaf_hash)
         SELECT log_id, 300, leaf, leaf_hash FROM log_entry WHERE log_id = {log} AND seq = 299",
        "the event of entry 300 is not found there",
    ),
    // One inserted at the end, that nothing counts.
    (
        "INSERT INTO log_entry (log_id, seq, leaf, leaf_hash)
         SELECT log_id, {last} + 1, leaf, leaf_hash FROM log_entry WHERE log_id = {log} AND seq = {last}",
        "there are entries or events that the log does not count",
    ),
    (
        "UPDATE log_tile SET hashes = (SELECT hashes FROM log_tile WHERE log_id = {log}), root = x'00' WHERE log_id = {log}",
        "something that is stored of it makes no sense",
    ),
    ("DELETE FROM log_tile WHERE log_id = {log}", "tile 0 of level 0 does not have the hashes"),
    (
        "UPDATE log SET frontier = (SELECT frontier FROM log WHERE id = 1) WHERE id = {log}",
        "the log's row does not fit",
    ),
    ("UPDATE log SET last_ts = last_ts + 1 WHERE id = {log}", "the log's row does not fit"),
    (
        "UPDATE log_checkpoint SET root = (SELECT root FROM log_checkpoint WHERE log_id = 1) WHERE log_id = {log}",
        "has another root",
    ),
    ("UPDATE log_checkpoint SET note = substr(note, 1, 120) WHERE log_id = {log}", "the checkpoint of size"),
    ("UPDATE log_opening SET value = value || ' ' WHERE log_id = {log}", "is not what the entry commits to"),
    (
        "UPDATE log_opening SET name = 'client' WHERE log_id = {log} AND name = 'target'",
        "is not what the entry commits to",
    ),
    (
        "DELETE FROM log_opening WHERE log_id = {log} AND name = 'target'",
        "is missing, and nothing says that it was destroyed",
    ),
    ("DELETE FROM log_event WHERE log_id = {log} AND seq = 5", "the event of entry 5 is not found there"),
];

#[tokio::test]
async fn each_kind_of_tampering_is_found_and_named() {
    let (logs, acme) = Logs::with_history().await;
    let (log, last) = (acme.state.log.0.to_string(), (acme.state.size - 1).to_string());
    logs.place.copy(&logs.file()).await;
    for (statement, expected) in TAMPERINGS {
        let fill = |text: &str| text.replace("{log}", &log).replace("{last}", &last);
        logs.tamper(&fill(statement)).await;
        let report = logs.fsck().await;
        let found = findings(&report);
        assert!(!report.is_sound() && found.contains(&fill(expected)), "{statement}\n{found}");
        let is_server_sound =
            report.logs.iter().filter(|log| log.name.organization.is_none()).all(|log| log.findings.is_empty());
        assert!(is_server_sound, "{statement}: {report:?}");
        logs.place.bring_back(&logs.file()).await;
    }
}

/// Flips a bit of a leaf so that it is one still: in its salt, where a character of base64 becomes another one.
pub(super) fn flip_salt(leaf: &mut [u8]) {
    let salt = leaf.windows(8).position(|bytes| bytes == b"\"salt\":\"").unwrap() + 8;
    let fits = |byte: &&mut u8| byte.is_ascii_alphanumeric() && (**byte ^ 1).is_ascii_alphanumeric();
    // Some character of sixteen random bytes does; all but the last are free.
    *leaf[salt..salt + 21].iter_mut().find(fits).unwrap() ^= 1;
}

/// What is still a leaf of this log, and not the one that was written: the first place is the tile that has its hash.
#[tokio::test]
async fn a_flipped_bit_in_an_entry_is_found_at_its_tile() {
    let (logs, acme) = Logs::with_history().await;
    let log = acme.state.log.0;
    logs.place.copy(&logs.file()).await;
    for seq in [256, 300, acme.state.size - 1] {
        let mut leaf = acme.leaves[usize::try_from(seq).unwrap()].clone();
        flip_salt(&mut leaf);
        let leaf = seal::hex(&leaf);
        logs.tamper(&format!("UPDATE log_entry SET leaf = x'{leaf}' WHERE log_id = {log} AND seq = {seq}")).await;
        let found = findings(&logs.fsck().await);
        assert!(
            found.starts_with("tile 1 of level 0 does not have the hashes of what is below it\n"),
            "{seq}: {found}"
        );
        logs.place.bring_back(&logs.file()).await;
    }
}

/// Whoever rewrites everything in the database, so that all of it fits, cannot sign.
#[tokio::test]
async fn a_log_that_was_rewritten_with_all_its_hashes_is_found_by_its_signatures() {
    let (logs, acme) = Logs::with_history().await;
    close(logs.open().await).await;
    let log = acme.state.log.0;
    // The log ends earlier and everything in the database fits that; then it goes on otherwise.
    let engine = logs.open().await;
    let shorter = logs.cut(&acme, 257).await;
    assert!(shorter.size == 257);
    add(&engine, "someone-else").await;
    close(engine).await;
    let found = findings(&logs.fsck().await);
    assert!(found.contains("were signed, and it has"), "{found}");

    // Even without the checkpoints, the anchor knows.
    logs.tamper(&format!("DELETE FROM log_checkpoint WHERE log_id = {log}")).await;
    let found = findings(&logs.fsck().await);
    assert!(found.contains("against the anchor: it has"), "{found}");
}

#[tokio::test]
async fn checkpoints_that_another_key_signed_are_found() {
    let (logs, acme) = Logs::with_history().await;
    let kept = logs.ring_file().with_extension("kept");
    std::fs::copy(logs.ring_file(), &kept).unwrap();
    // Signed anew by a key of somebody else's, over the same tree.
    logs.replace_log_key();
    logs.tamper(&format!("DELETE FROM log_checkpoint WHERE log_id = {}", acme.state.log.0)).await;
    let engine = logs.open().await;
    add(&engine, "lin2").await;
    engine.publish().await.unwrap();
    let resigned = logs.acme().await;
    assert_signed(&resigned, &logs.keys(&engine, &resigned).await);
    close(engine).await;

    std::fs::copy(&kept, logs.ring_file()).unwrap();
    let found = findings(&logs.fsck().await);
    assert!(found.contains("is signed by none of the keys in the key ring"), "{found}");
}

#[tokio::test]
async fn logs_whose_entries_were_swapped_and_logs_that_are_gone_are_found() {
    let (logs, engine) = Logs::new().await;
    note(&engine).await;
    note(&engine).await;
    engine.publish().await.unwrap();
    close(engine).await;
    let log = logs.acme().await.state.log.0;
    logs.place.copy(&logs.file()).await;
    logs.tamper(&format!(
        "UPDATE log_entry SET log_id = 99 WHERE log_id = 1;
         UPDATE log_entry SET log_id = 1 WHERE log_id = {log};
         UPDATE log_entry SET log_id = {log} WHERE log_id = 99"
    ))
    .await;
    let found = findings(&logs.fsck().await);
    assert!(found.starts_with("entry 0 is no leaf of this log"), "{found}");
    logs.place.bring_back(&logs.file()).await;

    let origin: engine::ledger::Origin = "aaaaaaaaaaaaaaaa.escriba/org/bbbbbbbbbbbbbbbb".parse().unwrap();
    logs.anchor_by_hand(&origin, engine::TreeHead { size: 3, root: [0; 32] }).await;
    let report = logs.fsck().await;
    assert_eq!(
        report.findings[0].to_string(),
        format!("the log {origin} is anchored at size 3 and not in the database")
    );

    logs.lose_anchor();
    let found = findings(&logs.fsck().await);
    assert_eq!(found, "it was signed, and the anchor does not know it");
}
