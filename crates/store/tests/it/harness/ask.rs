//! What the tests ask a store.

use std::ops::Range;

use ledger::proof::range::RangeProof;
use ledger::tile::TileId;
use ledger::{AccountId, ActorId, EventId, Frontier, Hash};
use store::checkpoint::{self, Checkpoint};
use store::entry::{self, Stored};
use store::organization::{self, Organization};
use store::tree::{self, LogState};
use store::{LogKey, Question, Read, StoreError, anchor_list, bundle, log, opening};

/// A question that is one call of a function that reads.
macro_rules! question {
    ($name:ident($($field:ident: $kind:ty),*) -> $answer:ty, $call:path) => {
        pub(crate) struct $name($(pub(crate) $kind),*);

        impl Question for $name {
            type Answer = $answer;

            async fn ask<R: Read>(&self, read: &mut R) -> Result<$answer, StoreError> {
                let Self($($field),*) = self;
                $call(read, $($field.clone()),*).await
            }
        }
    };
}

question!(Size(log: LogKey) -> u64, entry::size);
question!(IndexOf(log: LogKey, event: EventId) -> Option<u64>, entry::index_of);
question!(At(log: LogKey, index: u64) -> Option<Stored>, entry::at);
question!(Entries(log: LogKey, range: Range<u64>) -> Vec<Stored>, entry::range);
question!(Below(log: LogKey, before: u64, limit: i64) -> Vec<Stored>, entry::below);
question!(State(log: LogKey) -> LogState, tree::state);
question!(TileOf(log: LogKey, id: TileId, width: usize) -> Option<Vec<Hash>>, tree::tile);
question!(FrontierAt(log: LogKey, size: u64) -> Option<Frontier>, tree::frontier_at);
question!(Inclusion(log: LogKey, index: u64, size: u64) -> Option<Vec<Hash>>, tree::inclusion);
question!(Consistency(log: LogKey, old: u64, new: u64) -> Option<Vec<Hash>>, tree::consistency);
question!(Completeness(log: LogKey, range: Range<u64>, size: u64) -> Option<RangeProof>, tree::completeness);
question!(Leaves(log: LogKey, number: u64, width: usize) -> Option<Vec<u8>>, bundle::leaves);
question!(Compressed(log: LogKey, number: u64) -> Option<Vec<u8>>, bundle::compressed);
question!(NewestCheckpoint(log: LogKey) -> Option<Checkpoint>, checkpoint::newest);
question!(NewestCheckpoints() -> Vec<Checkpoint>, checkpoint::newest_of_each);
question!(CheckpointAt(log: LogKey, size: u64) -> Option<Checkpoint>, checkpoint::at);
question!(FirstCovering(log: LogKey, index: u64) -> Option<Checkpoint>, checkpoint::first_covering);
question!(OrganizationNamed(name: &'static str) -> Option<Organization>, organization::find);
question!(AnchorList(number: u64) -> Option<store::anchor_list::AnchorList>, anchor_list::at);
question!(NewestAnchorList() -> Option<store::anchor_list::AnchorList>, anchor_list::newest);
question!(AnchorListOf(event: EventId) -> Option<store::anchor_list::AnchorList>, anchor_list::of_event);
question!(ServerLog() -> LogKey, log::server);
question!(Successor(log: LogKey) -> Option<LogKey>, log::successor);

/// Under which identifiers an account acted.
pub(crate) struct Subjects(pub(crate) AccountId);

impl Question for Subjects {
    type Answer = Vec<(LogKey, ActorId)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        opening::subjects(read, &self.0).await
    }
}
