//! Processes of the server: each says now and then that it is there, and what it holds is its own until it was silent
//! for too long.

use ledger::NodeId;

use crate::StoreError;
use crate::command::Tx;
use crate::sql::Sql;

/// How long a process that is gone stays on the list, in microseconds: a day.
const KEPT: i64 = 86_400_000_000;

/// Says that a process is there, until a time. Gives how much it has announced that goes on.
pub(crate) async fn keep<T: Tx>(tx: &mut T, node: &NodeId, now: i64, until: i64) -> Result<u64, StoreError> {
    static KEEP: Sql = Sql::new(
        "INSERT INTO node (id, alive_until) VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until",
    );
    static DROP: Sql = Sql::new("DELETE FROM node WHERE alive_until < $1");
    static INTENTS: Sql = Sql::new("UPDATE log_intent SET alive_until = $2 WHERE node = $1");
    tx.execute(&DROP, &[(now - KEPT).into()]).await?;
    tx.execute(&KEEP, &[node.into(), until.into()]).await?;
    tx.execute(&INTENTS, &[node.into(), until.into()]).await
}
