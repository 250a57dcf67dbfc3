//! The database: the only crate that knows SQL.
//!
//! Everything is written through [`Store::commit`], which takes a [`Command`] and commits
//! what it did together with its records. A short, closed list of [chores](Chore) is all
//! that is written without a record. Two databases stand behind the same statements:
//! SQLite, with one writer thread that commits in groups, and PostgreSQL.

mod ambient;
mod chore;
mod command;
mod dialect;
mod error;
mod fault;
mod gzip;
mod migrate;
mod node;
mod postgres;
mod snapshot;
mod sql;
mod sqlite;
mod store;

pub mod account;
pub mod anchor_list;
pub mod bundle;
pub mod checkpoint;
pub mod clone;
pub mod credential;
pub mod custom_role;
pub mod data_key;
pub mod entry;
pub mod environment;
pub mod environment_tag;
pub mod identity;
pub mod import;
pub mod index;
pub mod instance;
pub mod intent;
pub mod invite;
pub mod log;
pub mod machine_token;
pub mod oidc_issuer;
pub mod opening;
pub mod organization;
pub mod purge;
pub mod revision_tag;
pub mod rotation;
pub mod schedule;
pub mod schedule_run;
pub mod session;
pub mod team;
pub mod team_grant;
pub mod tree;

pub use ambient::{Ambient, Clock, SystemClock};
pub use chore::Chore;
pub use command::{Addressed, Command, Done, Failure, LogKey, Question, Read, Recorded, Records, Tx};
pub use error::StoreError;
pub use fault::{Fault, Faults, Step};
pub use snapshot::{Ask, Snapshot};
pub use sql::{Row, Sql, Value};
pub use sqlite::Backup;
pub use store::{BackupProgress, Database, Statistics, Store};
