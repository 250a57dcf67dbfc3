//! A disk that is full, or takes no more writes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use futures_util::future::join_all;
use ledger::{EventId, Statement, TextKey};
use store::{Failure, StoreError};
use tempfile::TempDir;

use crate::harness::{ACME, Act, Place, TestStore, on_sqlite};

/// A small file system of its own, in memory.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// None where we may not make one.
    fn of_megabytes(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}m");
        let mounted = succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()));
        if !mounted {
            eprintln!("not tested: no file system can be mounted here");
        }
        mounted.then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Forbids or permits writing. The system refuses to forbid it while a file is open for writing.
    fn remount(&self, access: &str) -> bool {
        succeeds(Command::new("mount").args(["-o", &format!("remount,{access}")]).arg(self.path()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the threads that read may still be about to close their files.
        let unmounted = succeeds(Command::new("umount").arg("--lazy").arg(self.path()));
        assert!(unmounted || std::thread::panicking(), "the file system of a test was not unmounted");
    }
}

/// Files that nobody can write, be they open or not, until it is dropped.
struct Unwritable<'a>(Vec<&'a Path>);

impl<'a> Unwritable<'a> {
    /// None where we may not do that.
    fn new(paths: Vec<&'a Path>) -> Option<Self> {
        let done = succeeds(Command::new("chattr").arg("+i").args(&paths));
        if !done {
            eprintln!("not tested: no file can be made immutable here");
        }
        // Made before the answer is known, so that what was done to some is undone.
        let unwritable = Self(paths);
        done.then_some(unwritable)
    }
}

impl Drop for Unwritable<'_> {
    fn drop(&mut self) {
        succeeds(Command::new("chattr").arg("-i").args(&self.0));
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// A command whose record takes a lot of room.
fn large(test: &TestStore, counter: &'static str) -> Act {
    let long = "x".repeat(20_000);
    let said = test.says(ACME).with(Statement::detail(None, &[(TextKey::Query, &long)]).unwrap());
    Act::default().step(crate::harness::Step::Add(counter)).said(said)
}

/// Commits until the disk is full, and gives what was acknowledged.
async fn fill(test: &TestStore) -> HashSet<EventId> {
    let mut acknowledged = HashSet::new();
    loop {
        match test.store.commit(large(test, "a")).await {
            Ok(recorded) => acknowledged.extend(recorded.events()),
            Err(Failure::Unrecorded(error)) => {
                assert!(is_not_recorded(&error), "{error:?}");
                return acknowledged;
            }
            Err(other) => panic!("{other:?}"),
        }
        assert!(acknowledged.len() < 10_000, "the disk is larger than it should be");
    }
}

/// Whether the error says what the disk said, and not what followed from it.
fn is_not_recorded(error: &StoreError) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
    let StoreError::NotRecorded(cause) = error else { return false };
    let StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) = &**cause else { return false };
    matches!(failure.code, DiskFull | SystemIoFailure | CannotOpen | ReadOnly)
}

#[tokio::test]
async fn a_full_disk_refuses_commands_and_takes_them_again_when_there_is_room() {
    if !on_sqlite("the disk is the database server's") {
        return;
    }
    let Some(disk) = Disk::of_megabytes(8) else { return };
    // Of such a size that what fits beside it finds room once more: at the end the write-ahead log is
    // folded into the database.
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 5 << 20]).unwrap();
    let test = TestStore::open_in(Place::in_file(disk.path().join("escriba.db"))).await;
    let before = test.log(ACME).await.entries.len();

    let mut acknowledged = fill(&test).await;
    let at_once = join_all((0..40).map(|_| test.store.commit(large(&test, "a")))).await;
    for answer in at_once {
        match answer {
            // One smaller than what did not fit may still find room.
            Ok(recorded) => acknowledged.extend(recorded.events()),
            Err(Failure::Unrecorded(error)) => assert!(is_not_recorded(&error), "{error:?}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(test.store.statistics().failed_commits >= 2);

    // Readers read on.
    let log = test.log(ACME).await;
    let written: HashSet<EventId> = log.entries[before..].iter().map(|entry| entry.event).collect();
    assert_eq!(written, acknowledged);
    assert_eq!(test.counter("a").await, i64::try_from(acknowledged.len()).unwrap());

    fs::remove_file(&ballast).unwrap();
    for _ in 0..3 {
        acknowledged.extend(test.store.commit(large(&test, "a")).await.unwrap().events());
    }
    let test = test.restart(2).await;
    acknowledged.extend(test.store.commit(large(&test, "a")).await.unwrap().events());

    let log = test.log(ACME).await;
    let written: HashSet<EventId> = log.entries[before..].iter().map(|entry| entry.event).collect();
    assert_eq!(written, acknowledged);
    assert_eq!(test.counter("a").await, i64::try_from(acknowledged.len()).unwrap());
}

#[tokio::test]
async fn a_group_larger_than_the_disk_is_refused_as_a_whole() {
    if !on_sqlite("the disk is the database server's") {
        return;
    }
    let Some(disk) = Disk::of_megabytes(2) else { return };
    let test = TestStore::open_in(Place::in_file(disk.path().join("escriba.db"))).await;
    let before = test.log(ACME).await.entries.len();

    let answers = join_all((0..400).map(|_| test.store.commit(large(&test, "a")))).await;

    let mut acknowledged = HashSet::new();
    for answer in answers {
        match answer {
            Ok(recorded) => acknowledged.extend(recorded.into_parts().1),
            Err(Failure::Unrecorded(error)) => assert!(is_not_recorded(&error), "{error:?}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(acknowledged.len() < 400);
    let log = test.log(ACME).await;
    let written: HashSet<EventId> = log.entries[before..].iter().map(|entry| entry.event).collect();
    assert_eq!(written, acknowledged);
}

#[tokio::test]
async fn files_that_cannot_be_written_refuse_commands_and_take_them_again_later() {
    if !on_sqlite("the disk is the database server's") {
        return;
    }
    let test = TestStore::open().await;
    let first = test.store.commit(test.bump("a")).await.unwrap();
    let file = test.place().file();
    let log = file.with_file_name("escriba.db-wal");

    // Not the index of the log: it is memory, and the system ends a process that writes memory it may not.
    let Some(unwritable) = Unwritable::new(vec![file, &log]) else { return };
    for _ in 0..3 {
        let Err(Failure::Unrecorded(error)) = test.store.commit(test.bump("a")).await else { panic!("it was done") };
        assert!(is_not_recorded(&error), "{error:?}");
    }
    assert_eq!(test.log(ACME).await.last().event, first.events()[0]);
    assert_eq!(test.counter("a").await, 1);
    drop(unwritable);

    let next = test.store.commit(test.bump("a")).await.unwrap();

    assert_eq!(*next.get(), 2);
    assert_eq!(test.log(ACME).await.last().event, next.events()[0]);
}

#[tokio::test]
async fn a_read_only_file_system_is_refused_and_served_when_it_can_be_written() {
    if !on_sqlite("the disk is the database server's") {
        return;
    }
    let Some(disk) = Disk::of_megabytes(4) else { return };
    let test = TestStore::open_in(Place::in_file(disk.path().join("escriba.db"))).await;
    test.store.commit(test.bump("a")).await.unwrap();
    let before = test.log(ACME).await.entries.len();
    let closed = test.closed();

    // Until the threads that read have closed their files, the system does not permit it.
    while !disk.remount("ro") {
        tokio::task::yield_now().await;
    }
    let refused = closed.try_open(2).await.err();
    assert!(disk.remount("rw"));

    let Some(StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _))) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, rusqlite::ErrorCode::ReadOnly);
    let test = closed.open(3).await;
    assert_eq!(*test.store.commit(test.bump("a")).await.unwrap().get(), 2);
    assert_eq!(test.log(ACME).await.entries.len(), before + 1);
}
