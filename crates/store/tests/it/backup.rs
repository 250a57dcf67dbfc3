//! Copies of a database that is in use.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use store::{StoreError, tree};

use crate::harness::{ACME, Act, Place, TestStore, ask, on_postgres, on_sqlite, open_bare};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_the_database_of_one_moment_while_commands_go_on() {
    if !on_sqlite("it has means of its own") {
        return;
    }
    let test = Arc::new(TestStore::open().await);
    // More pages than one step copies.
    test.grow_to(300).await;
    test.place().execute("CREATE TABLE ballast (data BLOB NOT NULL)").await;
    test.place().execute("INSERT INTO ballast (data) VALUES (zeroblob(40000000))").await;
    let before = test.size(ACME).await;
    let (go_on, committed) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let busy = tokio::spawn({
        let (test, go_on, committed) = (Arc::clone(&test), Arc::clone(&go_on), Arc::clone(&committed));
        async move {
            while go_on.load(Ordering::SeqCst) {
                test.store.commit(Act::default().said(test.says(ACME))).await.unwrap();
                committed.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let steps = Arc::new(Mutex::new(Vec::new()));
    let progress = {
        let (steps, committed) = (Arc::clone(&steps), Arc::clone(&committed));
        move |progress| {
            steps.lock().unwrap().push(progress);
            // The database goes on between any two steps.
            let now = committed.load(Ordering::SeqCst);
            while committed.load(Ordering::SeqCst) < now + 2 {
                std::thread::yield_now();
            }
        }
    };

    test.store.backup(copy.clone(), progress).await.unwrap().finish().unwrap();

    go_on.store(false, Ordering::SeqCst);
    busy.await.unwrap();
    let steps = steps.lock().unwrap().clone();
    assert!(steps.len() > 1 && steps.iter().is_sorted_by_key(|progress| progress.pages), "{steps:?}");
    assert!(steps.iter().all(|progress| progress.total == steps[0].total), "the copy began anew");
    assert_eq!(steps.last().map(|progress| progress.pages), Some(steps[0].total));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something else was left there");

    let place = Place::in_file(copy);
    let check: String = place.sqlite().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let copied = open_bare(place.database(), 9).await.unwrap();
    let found = tree::recompute(&copied, ACME).await.unwrap();
    assert_eq!(found.faults, []);
    let size = found.state.size;
    assert!((before..=before + committed.load(Ordering::SeqCst)).contains(&size));
    let then = test.store.ask(ask::FrontierAt(ACME, size)).await.unwrap();
    assert_eq!(then.as_ref(), Some(&found.frontier));
}

#[tokio::test]
async fn a_backup_replaces_nothing_and_leaves_nothing_when_it_fails() {
    if !on_sqlite("it has means of its own") {
        return;
    }
    let test = TestStore::open().await;
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.db");
    fs::write(&there, "something").unwrap();
    // What a process that ended amid a copy left behind.
    fs::write(folder.path().join("copy.db.partial"), "half").unwrap();

    for to in [there.clone(), folder.path().join("no such folder/copy.db"), folder.path().to_owned()] {
        let refused = test.store.backup(to, |_| {}).await.map(drop);
        assert!(matches!(refused, Err(StoreError::Io { .. })), "{refused:?}");
    }
    let taken = test.store.backup(folder.path().join("taken.db"), |_| {}).await.unwrap();
    fs::write(folder.path().join("taken.db"), "meanwhile").unwrap();
    assert!(matches!(taken.finish(), Err(StoreError::Io { .. })));
    drop(test.store.backup(folder.path().join("dropped.db"), |_| {}).await.unwrap());
    test.store.backup(folder.path().join("copy.db"), |_| {}).await.unwrap().finish().unwrap();

    assert_eq!(fs::read(&there).unwrap(), b"something");
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copy.db", "taken.db", "there.db"]);
    assert_eq!(fs::read(folder.path().join("taken.db")).unwrap(), b"meanwhile");
}

#[tokio::test]
async fn on_postgresql_the_error_names_what_makes_backups_there() {
    if !on_postgres("it makes its own") {
        return;
    }
    let test = TestStore::open().await;
    let folder = tempfile::tempdir().unwrap();

    let refused = test.store.backup(folder.path().join("copy.db"), |_| {}).await.map(drop).unwrap_err();

    assert_eq!(refused.to_string(), "a PostgreSQL database is backed up with pg_dump or pg_basebackup");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
