//! Entries that are looked at one by one: those that the index does not have yet.

use std::collections::HashMap;
use std::ops::Range;

use ledger::OwnedLeaf;
use store::{LogKey, Read, StoreError, entry};

use super::sieve::{Held, Sieve};
use crate::log::scan::leaf;

/// The entries of a range that come through, oldest first.
pub(super) async fn scan<R: Read>(
    read: &mut R,
    log: LogKey,
    sieve: &Sieve,
    range: Range<u64>,
) -> Result<Vec<(u64, OwnedLeaf)>, StoreError> {
    let stored = entry::range(read, log, range).await?;
    let mut leaves: Vec<(u64, OwnedLeaf)> =
        stored.into_iter().map(|stored| leaf(log, stored)).collect::<Result<_, _>>()?;
    if !sieve.asks_for_texts() {
        leaves.retain(|(_, leaf)| sieve.lets_through(sieve.held_by_leaf(&leaf.as_leaf())));
        return Ok(leaves);
    }
    let mut wanted: Vec<[u8; 32]> = leaves.iter().flat_map(|(_, leaf)| asked(sieve, leaf)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    // Many entries share an opening.
    let openings = entry::openings(read, log, &wanted).await?;
    let held: HashMap<[u8; 32], Held> = openings
        .iter()
        .map(|(commitment, opening)| (*commitment, sieve.held_by_opening(&opening.name, &opening.value)))
        .collect();
    leaves.retain(|(_, leaf)| {
        let by_leaf = sieve.held_by_leaf(&leaf.as_leaf());
        let commitments = asked(sieve, leaf).into_iter();
        let all = commitments.fold(by_leaf, |all, commitment| all | held.get(&commitment).copied().unwrap_or(0));
        sieve.lets_through(all)
    });
    Ok(leaves)
}

/// The commitments whose openings can decide.
fn asked(sieve: &Sieve, leaf: &OwnedLeaf) -> Vec<[u8; 32]> {
    let commitments = leaf.as_leaf();
    let commitments = commitments.commitments().filter(|(name, _)| sieve.asks_of(name));
    commitments.map(|(_, commitment)| commitment).collect()
}
