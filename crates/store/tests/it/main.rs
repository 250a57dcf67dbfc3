//! The store, on whichever database `ESCRIBA_TEST_DATABASE_URL` names: without it, SQLite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod anchor_lists;
mod backup;
mod bundles;
mod checkpoints;
mod chores;
mod clock;
mod commands;
mod concurrency;
mod disk;
mod epochs;
mod erasure;
mod faults;
mod frozen;
mod harness;
mod index;
mod migration;
mod openings;
mod readers;
mod restart;
mod schema;
mod statements;
mod tree;
