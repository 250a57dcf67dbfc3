//! The provable log as a format: what a record is, how it becomes bytes, and how people read it.
//!
//! A [`Record`] says what happened. [`Record::pending`] turns it into everything of a leaf but its time, and
//! [`Pending::finish`] into the leaf: one line of canonical JSON that holds only words of our catalogue, integers,
//! digests and ids minted by us. Whatever a person, a client or the network supplied stands in it as a commitment;
//! the text is an [`Opening`], stored beside the leaf, so that it can be erased while the leaf stays provable.
//!
//! Absent on purpose: input and output, clocks and randomness. Ids, salts, keys and times are arguments.
//!
//! `docs/log-format.md` describes every byte; a test holds it against this crate.

pub mod bundle;
pub mod canonical;
pub mod checkpoint;
pub mod cosign;
pub mod entry;
pub mod event;
pub mod formats;
pub mod id;
pub mod note;
pub mod policy;
pub mod proof;
pub mod search;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod verify;

mod describe;
mod detail;
mod leaf;
mod opening;
mod record;
mod statement;
mod words;
mod zip;

pub use describe::sentence;
pub use detail::{Detail, DetailValue};
pub use entry::Entry;
pub use event::{Category, DetailKey, DetailKind, Event, documented};
pub use id::{
    AccountId, ActorId, AnyId, ConsoleSessionId, EnvironmentId, EventId, GrantId, Id, InstanceId, IssuerId, LinkId,
    LogId, LogKind, NodeId, OrganizationId, Origin, ParseIdError, PolicyId, ProjectId, RequestId, RoleId, ScheduleId,
    SessionId, TeamId, TokenId, kinds,
};
pub use leaf::{Leaf, LeafError, LeafFault, OwnedLeaf};
pub use opening::{Opening, OpeningError, commit};
pub use record::{
    Actor, Authorization, Credential, MAX_CAUSES, MAX_INTEGER, MAX_LEAF, Outcome, Pending, Principal, Record,
    RecordError, Target, VERSION,
};
pub use statement::{Client, MAX_DESTROYED, ReadList, Sharing, Statement};
pub use tree::{Frontier, Hash, empty_root, leaf_hash, node_hash};
pub use words::{ActorKind, CredentialKind, GrantSource, Held, Need, Reason, StatementName, TargetKind, TextKey};
