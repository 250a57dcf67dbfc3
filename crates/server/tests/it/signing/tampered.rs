//! What only whoever knows the format well does to a database: single bits, bundles packed again, the logs of two
//! organisations, a whole copy.

use std::io::Write as _;

use engine::ledger::leaf_hash;
use engine::ledger::tile::write_entry;
use engine::seal::hex;

use super::fsck::{findings, flip_salt};
use super::{Found, Logs, add, close, note};

/// The bytes with a bit of one of them flipped, as SQL writes them.
fn flipped(bytes: &[u8], at: usize) -> String {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    hex(&bytes)
}

/// Leaves packed as a bundle is.
fn packed(leaves: &[Vec<u8>]) -> String {
    let mut plain = Vec::new();
    for leaf in leaves {
        write_entry(&mut plain, leaf).unwrap();
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain).unwrap();
    hex(&gzip.finish().unwrap())
}

/// Does it, and gives what `fsck` says of the log of `acme` then; everything is as before afterwards.
async fn after(logs: &Logs, statement: &str) -> String {
    logs.tamper(statement).await;
    let report = logs.fsck().await;
    assert!(!report.is_sound(), "{statement}");
    let found = findings(&report);
    logs.place.bring_back(&logs.file()).await;
    found
}

#[tokio::test]
async fn a_flipped_bit_in_a_tile_a_root_the_frontier_or_an_opening_is_found_at_its_place() {
    let (logs, acme) = Logs::with_history().await;
    let log = acme.state.log.0;
    logs.place.copy(&logs.file()).await;

    let hashes: Vec<[u8; 32]> = acme.leaves[..256].iter().map(|leaf| leaf_hash(leaf)).collect();
    for at in [0, 32 * 100 + 7, 32 * 255 + 31] {
        let tile = flipped(hashes.as_flattened(), at);
        let set = format!("UPDATE log_tile SET hashes = x'{tile}' WHERE log_id = {log} AND level = 0 AND number = 0");
        let found = after(&logs, &set).await;
        assert!(found.starts_with("tile 0 of level 0 does not have the hashes of what is below it"), "{at}: {found}");
    }

    let newest = acme.newest.as_ref().unwrap();
    let (root, size) = (flipped(&newest.root, 31), newest.size);
    let found =
        after(&logs, &format!("UPDATE log_checkpoint SET root = x'{root}' WHERE log_id = {log} AND size = {size}"))
            .await;
    assert!(found.contains(&format!("the checkpoint of size {size} has another root")), "{found}");
    assert!(found.contains(&format!("the checkpoint of size {size} is signed for something else")), "{found}");

    let frontier = acme.state.frontier().unwrap().to_bytes();
    for at in [0, frontier.len() - 1] {
        let frontier = flipped(&frontier, at);
        let found = after(&logs, &format!("UPDATE log SET frontier = x'{frontier}' WHERE id = {log}")).await;
        assert_eq!(found, "the log's row does not fit its entries");
    }

    for set in ["value = replace(value, 'user7\"', 'user6\"')", "name = 'client'"] {
        let found =
            after(&logs, &format!("UPDATE log_opening SET {set} WHERE log_id = {log} AND value LIKE '%\"user7\"%'"))
                .await;
        let is_placed = found.starts_with("the text of `") && found.contains("is not what the entry commits to");
        assert!(is_placed, "{set}: {found}");
    }

    // Without its signatures a note ends with the empty line.
    let text = newest.note.split_once("\n\n").unwrap().0.len() + 2;
    let found = after(
        &logs,
        &format!("UPDATE log_checkpoint SET note = substr(note, 1, {text}) WHERE log_id = {log} AND size = {size}"),
    )
    .await;
    assert_eq!(found, format!("the checkpoint of size {size} is none: a note without signatures"));
}

#[tokio::test]
async fn a_bundle_that_was_packed_again_with_other_entries_is_found_at_the_first() {
    type Edit = fn(&mut Vec<Vec<u8>>);
    let (logs, acme) = Logs::with_history().await;
    let log = acme.state.log.0;
    logs.place.copy(&logs.file()).await;
    let bundled = &acme.leaves[..256];
    let set = |leaves: &[Vec<u8>]| {
        format!("UPDATE log_bundle SET data = x'{}' WHERE log_id = {log} AND number = 0", packed(leaves))
    };

    let mut altered = bundled.to_vec();
    flip_salt(&mut altered[40]);
    let found = after(&logs, &set(&altered)).await;
    assert!(found.starts_with("tile 0 of level 0 does not have the hashes of what is below it"), "{found}");

    let moved: [(&str, usize, Edit); 6] = [
        ("the first deleted", 0, |leaves| leaves.rotate_left(1)),
        ("one in the middle deleted", 100, |leaves| leaves[100..].rotate_left(1)),
        ("the last deleted, for the one before it", 255, |leaves| leaves[255] = leaves[254].clone()),
        ("two swapped", 7, |leaves| leaves.swap(7, 8)),
        ("one duplicated over another", 9, |leaves| leaves[9] = leaves[8].clone()),
        ("one inserted", 200, |leaves| {
            leaves.insert(200, leaves[199].clone());
            leaves.pop();
        }),
    ];
    for (what, first, edit) in moved {
        let mut leaves = bundled.to_vec();
        edit(&mut leaves);
        let found = after(&logs, &set(&leaves)).await;
        // A tile stands at its first entry in the list, so it may come before the entry itself.
        let place = found.lines().find(|line| !line.starts_with("tile ")).unwrap_or_default();
        let places = ["the event of entry {} is not found there", "entry {} is older than the one before it"];
        assert!(places.iter().any(|of| of.replace("{}", &first.to_string()) == place), "{what}: {found}");
    }
    // Where one is taken out and none put in, its number of entries is not that of a bundle.
    for leaves in [&bundled[1..], &bundled[..255], &acme.leaves[..257]] {
        let found = after(&logs, &set(leaves)).await;
        assert!(found.contains("bundle 0 cannot be read"), "{found}");
    }
}

/// The logs of two organisations: `acme` and `other`.
async fn two() -> (Logs, Found, Found) {
    let (logs, engine) = Logs::new().await;
    logs.organization("other", &["ada"]).await;
    engine.sequence_all().await.unwrap();
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    close(engine).await;
    let mut all = logs.all().await;
    all.retain(|found| found.state.organization.is_some());
    let other = all.pop().unwrap();
    (logs, all.pop().unwrap(), other)
}

#[tokio::test]
async fn the_logs_of_two_organisations_that_were_swapped_are_found() {
    let (logs, acme, other) = two().await;
    logs.place.copy(&logs.file()).await;
    let (one, two) = (acme.state.log.0, other.state.log.0);
    let swap = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} = 99 WHERE {column} = {one};
             UPDATE {table} SET {column} = {one} WHERE {column} = {two};
             UPDATE {table} SET {column} = {two} WHERE {column} = 99;"
        )
    };
    let entries = swap("log_entry", "log_id");
    let found = after(&logs, &entries).await;
    assert!(found.starts_with("entry 0 is no leaf of this log"), "{found}");

    // With everything that hangs on them, and their rows: each still has the name of the one it was.
    let tables = ["log_entry", "log_event", "log_opening", "log_checkpoint", "log_actor"];
    let rows = format!(
        "UPDATE log SET size = {}, last_ts = {}, frontier = x'{}' WHERE id = {one};
         UPDATE log SET size = {}, last_ts = {}, frontier = x'{}' WHERE id = {two};",
        other.state.size,
        other.state.last_ts,
        hex(&other.state.frontier().unwrap().to_bytes()),
        acme.state.size,
        acme.state.last_ts,
        hex(&acme.state.frontier().unwrap().to_bytes()),
    );
    let all: String = tables.iter().map(|table| swap(table, "log_id")).chain([rows]).collect();
    let found = after(&logs, &all).await;
    assert!(found.starts_with("entry 0 is no leaf of this log"), "{found}");
    assert!(
        found.contains("is signed by none of the keys") || found.contains("is signed for something else"),
        "{found}"
    );
    assert!(found.contains("against the anchor: "), "{found}");
}

#[tokio::test]
async fn yesterday_s_copy_is_found_against_the_anchor() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "before").await;
    engine.publish().await.unwrap();
    close(engine).await;
    logs.place.copy(&logs.file()).await;
    let yesterday = logs.acme().await.state.size;
    let engine = logs.open().await;
    add(&engine, "after").await;
    note(&engine).await;
    engine.publish().await.unwrap();
    close(engine).await;
    let today = logs.acme().await.state.size;
    logs.place.bring_back(&logs.file()).await;

    let report = logs.fsck().await;
    let expected = format!("against the anchor: it has {yesterday} entries, fewer than the {today} that were signed");
    assert_eq!(findings(&report), expected);
    assert!(report.logs.iter().all(|log| !log.findings.is_empty()), "the server's log too: {report:#?}");
}
