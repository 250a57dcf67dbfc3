//! Keeping the index near the entries, and building it anew.

use store::{Chore, LogKey, Question, Read, StoreError, tree};

use crate::Engine;

/// How many blocks are built before the lease is asked for again.
const BLOCKS: u64 = 16;
/// How long a replica holds the lease of whoever builds, in microseconds: half a minute.
const LEASE: i64 = 30_000_000;

struct Logs;

impl Question for Logs {
    type Answer = Vec<LogKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(tree::states(read).await?.into_iter().map(|state| state.log).collect())
    }
}

impl Engine {
    /// Puts entries that are not indexed yet into the index, for as long as this replica has the lease, and says how
    /// many blocks of them. The lease only keeps replicas from doing the same work.
    pub async fn index_log(&self) -> Result<u64, StoreError> {
        let mut made = 0;
        loop {
            let now = self.now();
            let holder = self.node().to_string();
            let lease = Chore::Lease { name: "indexer", holder, now, until: now + LEASE };
            if self.store().has_outbox() && self.store().chore(lease).await? == 0 {
                return Ok(made);
            }
            let some = self.store().index(BLOCKS).await?;
            made += some;
            if some < BLOCKS {
                return Ok(made);
            }
        }
    }

    /// Empties the index and builds it anew, and says how many blocks it has then. Until then whoever asks waits
    /// longer, and gets the same.
    pub async fn reindex_logs(&self, width: Option<u64>) -> Result<u64, StoreError> {
        self.store().caught_up().await?;
        for log in self.store().ask(Logs).await? {
            self.store().chore(Chore::EmptyIndex { log, width }).await?;
        }
        let mut made = 0;
        loop {
            match self.store().index(BLOCKS).await? {
                0 => return Ok(made),
                some => made += some,
            }
        }
    }
}
