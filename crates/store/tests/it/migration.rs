//! A database of the program before there were trees, taken over by this one.

use std::fs;
use std::path::Path;

use ledger::{AccountId, EventId, InstanceId, LogId, LogKind, Origin, leaf_hash};
use store::{Ambient, LogKey, Store, StoreError, tree};

use crate::harness::{ACME, Act, Place, START, Said, ambient, ask};

/// More than a full tile of full tiles.
const SIZE: u64 = 66_000;

struct Row {
    log: LogKey,
    seq: u64,
    event: EventId,
    leaf: Vec<u8>,
}

/// An entry as that program wrote it. Its openings are of no interest here.
fn row(ambient: &Ambient, log: LogKey, origin: &Origin, seq: u64) -> Row {
    let account = AccountId::from_random([7; 10]);
    let mut record = Said::by(ambient, log, account).record;
    record.actor.id = Some(ledger::ActorId::from_random([7; 10]));
    let commitments: Vec<_> = record.statements.iter().map(|statement| (statement.name, [7; 32])).collect();
    let pending = record.pending(origin, &commitments).unwrap();
    Row { log, seq, event: record.id, leaf: pending.finish(START + i64::try_from(seq).unwrap()) }
}

/// A database at schema 1, with the server's log of three entries and another one.
async fn old_database(ambient: &Ambient, size: u64) -> Place {
    let place = Place::new().await;
    let kind = if matches!(place, Place::Sqlite { .. }) { "sqlite" } else { "postgres" };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("migrations/{kind}/0001_initial.sql"));
    let text = fs::read_to_string(file).unwrap();
    place.execute(&text).await;
    let digest = seal::hex(&seal::sha256(text.as_bytes()));
    place
        .execute(&format!(
            "CREATE TABLE schema_migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL,
                                            digest TEXT NOT NULL, applied_at BIGINT NOT NULL);
             INSERT INTO schema_migration (number, name, digest, applied_at) VALUES (1, '0001_initial', '{digest}', 0);"
        ))
        .await;
    let instance = InstanceId::from_random(ambient.random());
    let mut rows = Vec::new();
    for (log, kind, size) in [(LogKey::SERVER, LogKind::Server, 3), (ACME, LogKind::Organization, size)] {
        let origin = Origin::new(instance, kind, LogId::from_random(ambient.random()));
        // SQLite kept no sizes.
        let kept = if matches!(place, Place::Sqlite { .. }) { 0 } else { size };
        let insert = format!(
            "INSERT INTO log (id, identifier, origin, size) VALUES ({}, '{}', '{origin}', {kept})",
            log.0,
            origin.log()
        );
        place.execute(&insert).await;
        rows.extend((0..size).map(|seq| row(ambient, log, &origin, seq)));
    }
    insert(&place, &rows).await;
    place
}

async fn insert(place: &Place, rows: &[Row]) {
    if let Place::Sqlite { .. } = place {
        let mut connection = place.sqlite();
        let tx = connection.transaction().unwrap();
        for row in rows {
            tx.prepare_cached(
                "INSERT INTO log_entry (log_id, seq, event_id, leaf, leaf_hash) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .unwrap()
            .execute((row.log.0, row.seq.cast_signed(), row.event.as_bytes(), &row.leaf, leaf_hash(&row.leaf)))
            .unwrap();
        }
        tx.commit().unwrap();
        return;
    }
    let logs: Vec<i64> = rows.iter().map(|row| row.log.0).collect();
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq.cast_signed()).collect();
    let events: Vec<&[u8]> = rows.iter().map(|row| row.event.as_bytes().as_slice()).collect();
    let leaves: Vec<&[u8]> = rows.iter().map(|row| row.leaf.as_slice()).collect();
    let hashes: Vec<Vec<u8>> = rows.iter().map(|row| leaf_hash(&row.leaf).to_vec()).collect();
    let insert = "INSERT INTO log_entry (log_id, seq, event_id, leaf, leaf_hash)
        SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])";
    place.postgres().await.client.execute(insert, &[&logs, &seqs, &events, &leaves, &hashes]).await.unwrap();
}

#[tokio::test]
async fn the_logs_of_an_old_database_get_their_trees_and_go_on() {
    let (ambient, _) = ambient(1);
    let place = old_database(&ambient, SIZE).await;

    let store = Store::open(place.database(), ambient.clone()).await.unwrap();
    let server = tree::recompute(&store, LogKey::SERVER).await.unwrap();
    let acme = tree::recompute(&store, ACME).await.unwrap();

    for (found, size) in [(&server, 3), (&acme, SIZE)] {
        assert_eq!(found.faults, []);
        assert_eq!((found.state.size, found.state.last_ts), (size, START + i64::try_from(size).unwrap() - 1));
    }
    let said = Said::by(&ambient, ACME, AccountId::from_random(ambient.random()));
    let event = said.event();
    store.commit(Act::default().said(said)).await.unwrap();
    assert!(store.caught_up().await.unwrap());
    assert_eq!(store.ask(ask::IndexOf(ACME, event)).await.unwrap(), Some(SIZE));
    let proof = store.ask(ask::Consistency(ACME, SIZE, SIZE + 1)).await.unwrap().expect("the tree has both sizes");
    let root = store.ask(ask::State(ACME)).await.unwrap().frontier().unwrap().root();
    ledger::proof::consistency::verify(SIZE, &acme.frontier.root(), SIZE + 1, &root, &proof).unwrap();
}

#[tokio::test]
async fn an_old_database_with_a_changed_entry_is_refused_and_left_as_it_is() {
    let (ambient, _) = ambient(1);
    let place = old_database(&ambient, 2_000).await;
    place
        .execute(
            "UPDATE log_entry SET leaf_hash = (SELECT leaf_hash FROM log_entry WHERE log_id = 2 AND seq = 1)
                  WHERE log_id = 2 AND seq = 1700",
        )
        .await;

    for _ in 0..2 {
        let refused = Store::open(place.database(), ambient.clone()).await.err();
        assert!(matches!(refused, Some(StoreError::BadLeaf { log: 2, index: 1700 })), "{refused:?}");
    }

    place.execute("SELECT event_id FROM log_entry LIMIT 1").await;
}
