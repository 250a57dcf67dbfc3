//! The closed list of writes that no record speaks of.
//!
//! None of them changes what a caller can do or see: they note a use, drop what has ended, derive what
//! follows from what is stored, or keep the program's own state.

use ledger::{AnyId, EnvironmentId, EventId, NodeId, ScheduleId};

use crate::bundle::Bundle;
use crate::checkpoint::{self, Checkpoint};
use crate::command::{LogKey, Tx};
use crate::import::{self, Import};
use crate::sql::Sql;
use crate::sqlite::Work;
use crate::{Step, StoreError, index, log, node, schedule_run};

/// A write without a record.
#[derive(Debug)]
pub enum Chore {
    /// Notes when credentials were last used, at most once a minute each.
    Used(Vec<(AnyId, i64)>),
    /// Deletes open sessions that ended before this time, but for each environment's newest:
    /// that one still says when the environment was last opened.
    DropExpiredSessions(i64),
    /// Takes or renews a lease for a holder until a time; gives 1 if the holder has it now.
    Lease {
        /// What is leased.
        name: &'static str,
        /// Who wants it.
        holder: String,
        /// The time now.
        now: i64,
        /// Until when.
        until: i64,
    },
    /// Says that a process is there: what it announced goes on, and what it took is its own. Gives how many intents that
    /// keeps.
    Alive {
        /// The process.
        node: NodeId,
        /// The time now.
        now: i64,
        /// Until when it is taken to be there.
        until: i64,
    },
    /// Says that the process which runs a rotation is still at it; gives 1 unless somebody else took it over.
    Rotating {
        /// The rotation.
        rotation: EventId,
        /// Until when it is taken to be there.
        until: i64,
    },
    /// Takes a time of a schedule for a process; gives 1 if it has it now.
    TakeRun {
        /// The schedule.
        schedule: ScheduleId,
        /// The time that has come.
        due_at: i64,
        /// The process.
        node: NodeId,
        /// The time now.
        now: i64,
    },
    /// Publishes signed checkpoints, all or none; gives how many are new. A root that is not the tree's, or
    /// a second one for a size, is refused.
    Checkpoints(Vec<Checkpoint>),
    /// Puts 256 leaves as a bundle in place of their rows; gives 1 if nobody did so before.
    Bundle(Bundle),
    /// Puts a block of entries into the index of its log; gives 1 if nobody did so before.
    Index(Box<index::Block>),
    /// Empties the index of a log, so that it is built anew.
    EmptyIndex {
        /// The log.
        log: LogKey,
        /// How many entries a block has from now on, if it is not to be [as many as ever](index::WIDTH).
        width: Option<u64>,
    },
    /// Puts what revisions import into the index; gives how many revisions.
    Imports(Vec<(EnvironmentId, u64, Vec<Import>)>),
    /// Lets nothing more be appended to a log that is not what it should be; gives 1 if it was not frozen
    /// already. Only an operator, with a record, takes it into use again.
    Freeze {
        /// The log.
        log: LogKey,
        /// Why: what callers are told whose records go there.
        reason: String,
    },
}

impl Work for Chore {
    type Output = u64;

    fn step(&self) -> Option<Step> {
        match self {
            Self::Checkpoints(_) => Some(Step::Publish),
            Self::Bundle(_) => Some(Step::Bundle),
            _ => None,
        }
    }

    async fn work<T: Tx>(&self, tx: &mut T) -> Result<u64, StoreError> {
        static USED: Sql = Sql::new("UPDATE credential SET last_used_at = $2 WHERE id = $1");
        static USED_BY_MACHINE: Sql = Sql::new("UPDATE machine_token SET last_used_at = $2 WHERE id = $1");
        static EXPIRED: Sql = Sql::new(
            "DELETE FROM session WHERE expires_at < $1 AND seq NOT IN
             (SELECT MAX(seq) FROM session WHERE environment_id IS NOT NULL GROUP BY environment_id)",
        );
        static LEASE: Sql = Sql::new(
            "INSERT INTO lease (name, holder, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
             WHERE lease.holder = excluded.holder OR lease.expires_at < $4",
        );
        static ROTATING: Sql = Sql::new("UPDATE rotation SET alive_until = $2 WHERE id = $1 AND state = 'running'");
        match self {
            Self::Used(uses) => {
                for (credential, at) in uses {
                    let params = [credential.as_str().into(), (*at).into()];
                    if tx.execute(&USED, &params).await? == 0 {
                        tx.execute(&USED_BY_MACHINE, &params).await?;
                    }
                }
                Ok(uses.len() as u64)
            }
            Self::DropExpiredSessions(before) => tx.execute(&EXPIRED, &[(*before).into()]).await,
            Self::Lease { name, holder, now, until } => {
                tx.execute(&LEASE, &[(*name).into(), holder.into(), (*until).into(), (*now).into()]).await
            }
            Self::Alive { node, now, until } => node::keep(tx, node, *now, *until).await,
            Self::Rotating { rotation, until } => {
                tx.execute(&ROTATING, &[rotation.as_bytes().into(), (*until).into()]).await
            }
            Self::TakeRun { schedule, due_at, node, now } => {
                schedule_run::take(tx, schedule, *due_at, node, *now).await
            }
            Self::Checkpoints(checkpoints) => checkpoint::publish(tx, checkpoints).await,
            Self::Bundle(bundle) => bundle.store(tx).await,
            Self::Index(block) => block.store(tx).await,
            Self::EmptyIndex { log, width } => index::begin_again(tx, *log, *width).await.map(|()| 0),
            Self::Imports(revisions) => {
                let mut indexed = 0;
                for (environment, number, imports) in revisions {
                    indexed += import::insert(tx, environment, *number, imports).await?;
                }
                Ok(indexed)
            }
            Self::Freeze { log, reason } => log::freeze(tx, *log, reason).await,
        }
    }
}
