//! Proofs from what is stored: first which tiles one needs, then those, then the proof.

use std::ops::Range;

use ledger::Hash;
use ledger::proof::range::RangeProof;
use ledger::proof::{MakeError, TileNodes, TilesNeeded, consistency, inclusion, range};

use super::tile;
use crate::StoreError;
use crate::command::{LogKey, Read};

/// The proof that an entry is in the tree of the first `size` entries. `None` if that tree has no such entry,
/// the log is not that long, or its hashes are not all there.
pub async fn inclusion<R: Read>(
    read: &mut R,
    log: LogKey,
    index: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, StoreError> {
    let mut needed = TilesNeeded::new(size);
    if inclusion::make(&mut needed, index, size).is_err() {
        return Ok(None);
    }
    let nodes = fetch(read, log, &needed).await?;
    Ok(nodes.and_then(|mut nodes| made(inclusion::make(&mut nodes, index, size))))
}

/// The proofs that several entries are in the tree of the first `size` entries, from tiles that are read once. `None` as
/// with [`inclusion()`].
pub async fn inclusions<R: Read>(
    read: &mut R,
    log: LogKey,
    indexes: &[u64],
    size: u64,
) -> Result<Option<Vec<Vec<Hash>>>, StoreError> {
    let mut needed = TilesNeeded::new(size);
    if !indexes.iter().all(|index| inclusion::make(&mut needed, *index, size).is_ok()) {
        return Ok(None);
    }
    let nodes = fetch(read, log, &needed).await?;
    Ok(nodes
        .and_then(|mut nodes| indexes.iter().map(|index| made(inclusion::make(&mut nodes, *index, size))).collect()))
}

/// The proof that the tree of the first `new` entries extends the one of the first `old`. `None` as with
/// [`inclusion()`].
pub async fn consistency<R: Read>(
    read: &mut R,
    log: LogKey,
    old: u64,
    new: u64,
) -> Result<Option<Vec<Hash>>, StoreError> {
    let mut needed = TilesNeeded::new(new);
    if consistency::make(&mut needed, old, new).is_err() {
        return Ok(None);
    }
    let nodes = fetch(read, log, &needed).await?;
    Ok(nodes.and_then(|mut nodes| made(consistency::make(&mut nodes, old, new))))
}

/// The proof that a range of entries is complete in the tree of the first `size`. `None` as with
/// [`inclusion()`].
pub async fn completeness<R: Read>(
    read: &mut R,
    log: LogKey,
    entries: Range<u64>,
    size: u64,
) -> Result<Option<RangeProof>, StoreError> {
    let mut needed = TilesNeeded::new(size);
    if range::make(&mut needed, entries.clone(), size).is_err() {
        return Ok(None);
    }
    let nodes = fetch(read, log, &needed).await?;
    Ok(nodes.and_then(|mut nodes| made(range::make(&mut nodes, entries, size))))
}

async fn fetch<R: Read>(read: &mut R, log: LogKey, needed: &TilesNeeded) -> Result<Option<TileNodes>, StoreError> {
    let mut nodes = TileNodes::new();
    for (id, width) in needed.tiles() {
        let Some(hashes) = tile(read, log, id, width).await? else { return Ok(None) };
        nodes.insert(id, hashes);
    }
    Ok(Some(nodes))
}

/// A node that is missing although all tiles are there would be in a tile that is too short for the tree.
fn made<T, E>(made: Result<T, MakeError<E>>) -> Option<T> {
    made.ok()
}
