//! Migration 2: the trees of logs that were written before there were trees.

use ledger::{Hash, Leaf, leaf_hash};

use crate::StoreError;
use crate::command::{LogKey, Tx};
use crate::log::{Tip, advance, insert_tiles};
use crate::organization::count;
use crate::sql::Sql;
use crate::tree;

/// How many entries are read at once.
const STRIDE: u64 = 1_024;

/// Builds the tree of every log.
pub(super) async fn grow<T: Tx>(tx: &mut T) -> Result<(), StoreError> {
    for state in tree::states(tx).await? {
        let tip = read(tx, state.log).await?;
        // What the row says was not kept on SQLite, and on PostgreSQL it is the same.
        advance(tx, state.log, state.size, &tip).await?;
    }
    Ok(())
}

/// Reads the entries of a log and stores the tiles over them.
async fn read<T: Tx>(tx: &mut T, log: LogKey) -> Result<Tip, StoreError> {
    static ENTRIES: Sql = Sql::new(
        "SELECT seq, leaf, leaf_hash FROM log_entry WHERE log_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq",
    );
    let mut tip = Tip::empty();
    loop {
        let params = [log.0.into(), count(tip.size()).into(), count(tip.size() + STRIDE).into()];
        let rows: Vec<(u64, Vec<u8>, Hash)> =
            tx.query(&ENTRIES, &params, |row| Ok((row.count(0)?, row.bytes(1)?.to_vec(), row.array(2)?))).await?;
        let Some((_, last, _)) = rows.last() else { return Ok(tip) };
        let bad = |index| StoreError::BadLeaf { log: log.0, index };
        let mut hashes = Vec::with_capacity(rows.len());
        for (expected, (index, leaf, hash)) in (tip.size()..).zip(&rows) {
            if *index != expected || leaf_hash(leaf) != *hash {
                return Err(bad(expected));
            }
            hashes.push(*hash);
        }
        let last_ts = Leaf::parse(last).map_err(|_| bad(tip.size() + rows.len() as u64 - 1))?.ts();
        let tiles = tip.grow(&hashes, last_ts);
        insert_tiles(tx, log, &tiles).await?;
    }
}
