//! `escriba backup`: a copy that is whole, recorded, and no way around what was signed.

use std::fs;

use engine::ledger::{Event, OwnedLeaf};
use engine::store::{Ambient, Database, LogKey, Question, Read, Store, StoreError, entry};

use crate::installation::{Installation, Ran, mode};

/// Whether backups are the program's own business.
fn is_embedded(installation: &Installation) -> bool {
    installation.data_dir().join("escriba.db").exists()
}

fn back_up(installation: &Installation, name: &str) -> Ran {
    installation.run(["backup", name, "--json"])
}

/// The outcomes of the records of backups in the log of the server, in order.
struct Backups;

impl Question for Backups {
    type Answer = Vec<(String, Option<String>)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let size = entry::size(read, LogKey::SERVER).await?;
        let leaves = entry::range(read, LogKey::SERVER, 0..size).await?.into_iter();
        let leaves = leaves.map(|stored| OwnedLeaf::parse(stored.leaf).unwrap());
        let backups = leaves.filter(|leaf| leaf.as_leaf().event() == Some(Event::BackupMade)).map(|leaf| {
            let leaf = leaf.as_leaf();
            (leaf.outcome_word().unwrap().to_owned(), leaf.detail("bytes").map(|bytes| bytes.to_string()))
        });
        Ok(backups.collect())
    }
}

fn backups_in(file: &std::path::Path) -> Vec<(String, Option<String>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(Database::Sqlite(file), Ambient::system()).await.unwrap();
        let backups = store.ask(Backups).await.unwrap();
        store.close();
        backups
    })
}

/// The copy stands in the place of the database, as after a restoration.
fn restore(installation: &Installation, copy: &str) {
    let data = installation.data_dir();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("escriba.db{ending}")));
    }
    fs::copy(installation.path(copy), data.join("escriba.db")).unwrap();
}

#[test]
fn a_backup_is_whole_and_says_in_itself_that_it_was_made() {
    let (installation, _) = Installation::new();
    if !is_embedded(&installation) {
        return;
    }
    let server = installation.serve(&[]);
    let made = back_up(&installation, "while.db").succeeded().json();
    let keys: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["anchor", "bytes", "erased", "event", "file", "key_file", "sha256"]);
    let copy = installation.path("while.db");
    assert_eq!(made["file"], copy.to_str().unwrap());
    assert_eq!(mode(&copy), 0o600);
    let bytes = fs::read(&copy).unwrap();
    assert_eq!(made["bytes"], bytes.len());
    assert_eq!(made["sha256"], engine::seal::hex(&engine::seal::sha256(&bytes)));

    // One that is there stays, and a name that cannot be is refused.
    assert!(back_up(&installation, "while.db").failed().contains("does not replace"));
    back_up(&installation, "nowhere/copy.db").failed();
    assert_eq!(fs::read(&copy).unwrap(), bytes);
    server.stop();

    let said = installation.run(["backup", "after.db"]).succeeded().stdout;
    let data = installation.data_dir();
    for kept in [installation.keys(), data.join("escriba.anchor"), data.join("escriba.erased")] {
        assert!(said.contains(kept.to_str().unwrap()), "{said}");
    }
    assert!(
        !fs::read_dir(installation.path(""))
            .unwrap()
            .any(|file| { file.unwrap().file_name().to_string_lossy().ends_with(".partial") })
    );

    let begun = |text: &str| (text.to_owned(), None);
    assert_eq!(backups_in(&copy), [begun("intended")]);
    let in_second = backups_in(&installation.path("after.db"));
    let ended = ("succeeded".to_owned(), Some(bytes.len().to_string()));
    assert_eq!(in_second[..2], [begun("intended"), ended]);
    let outcomes: Vec<&str> = in_second[2..].iter().map(|(outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["intended", "failed", "intended", "failed", "intended"]);
}

#[test]
fn a_restored_backup_is_refused_with_the_ways_out_and_brings_nobody_back() {
    let (installation, ada) = Installation::new();
    if !is_embedded(&installation) {
        return;
    }
    let lin = installation.run(["users", "add", "lin", "--organization", "acme", "--json"]).succeeded().json();
    let lin = lin["token"].as_str().unwrap();
    back_up(&installation, "copy.db").succeeded();
    installation.run(["users", "erase", "lin", "--yes"]).succeeded();
    installation.run(["fsck"]).succeeded();

    restore(&installation, "copy.db");
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["users", "link", "ada"]] {
        let said = installation.run(arguments).failed();
        for words in ["not the one whose logs were signed", "bring back the newer database", "escriba log resume"] {
            assert!(said.contains(words), "{said}");
        }
    }
    installation.run(["log", "resume"]).succeeded();
    let server = installation.serve(&[]);
    server.call(&ada, "GET", "/api/user", "").expect(200);
    server.call(lin, "GET", "/api/user", "").expect(401);
    let users = installation.run(["users", "list", "--json"]).succeeded().json();
    assert_eq!(users.as_array().unwrap().len(), 1);
    server.stop();
    installation.run(["fsck"]).succeeded();
    let database = fs::read(installation.data_dir().join("escriba.db")).unwrap();
    assert!(!database.windows(5).any(|window| window == b"\"lin\""));
}

#[test]
fn on_postgresql_it_names_what_makes_backups_there() {
    let (installation, _) = Installation::new();
    if is_embedded(&installation) {
        return;
    }
    let said = back_up(&installation, "copy.db").failed();
    assert!(said.contains("pg_dump") && said.contains("pg_basebackup"), "{said}");
    assert!(!installation.path("copy.db").exists());
}
