//! Bundles: the leaves under a full tile, compressed, in place of their rows.
//!
//! A bundle has the bytes that C2SP tlog-tiles gives it: each leaf after its length. What is served is what
//! is stored. Moving leaves there changes none of them: they are held against the tile's hashes before, and
//! the rows go in the transaction in which the bundle comes.

use std::io::Read as _;
use std::ops::Range;

use ledger::tile::{EntriesError, TILE_WIDTH, TileId, write_entry};
use ledger::{Hash, leaf_hash};

use crate::command::{LogKey, Question, Read, Tx};
use crate::entry::{self, Stored};
use crate::organization::count;
use crate::sql::{Row, Sql, Value};
use crate::tree::{self, TILE};
use crate::{StoreError, gzip};

/// A bundle that was made from the entries of a log, and found to hold them. Only this module makes one.
#[derive(Debug)]
pub struct Bundle {
    log: LogKey,
    number: u64,
    data: Vec<u8>,
}

impl Bundle {
    /// Puts it in place of the rows whose leaves it holds; gives 1 if nobody did so before.
    pub(crate) async fn store<T: Tx>(&self, tx: &mut T) -> Result<u64, StoreError> {
        static INSERT: Sql = Sql::new(
            "INSERT INTO log_bundle (log_id, number, data) VALUES ($1, $2, $3) ON CONFLICT (log_id, number) DO NOTHING",
        );
        static DELETE: Sql = Sql::new("DELETE FROM log_entry WHERE log_id = $1 AND seq >= $2 AND seq < $3");
        let params = [self.log.0.into(), count(self.number).into(), (&self.data).into()];
        if tx.execute(&INSERT, &params).await? == 0 {
            return Ok(0);
        }
        let first = self.number * TILE;
        let params = [self.log.0.into(), count(first).into(), count(first + TILE).into()];
        match tx.execute(&DELETE, &params).await? {
            TILE => Ok(1),
            _ => Err(StoreError::BadBundle { log: self.log.0, number: self.number }),
        }
    }
}

/// The leaves of a bundle that is due, and the hashes that they must have.
pub(crate) struct Material {
    log: LogKey,
    number: u64,
    entries: Vec<Stored>,
    hashes: Vec<Hash>,
}

impl Material {
    /// Checks, compresses, and checks again. This takes milliseconds, so it happens outside of any transaction.
    pub(crate) fn pack(self) -> Result<Bundle, StoreError> {
        let Self { log, number, entries, hashes } = self;
        let bad = || StoreError::BadBundle { log: log.0, number };
        let leaves: Vec<Vec<u8>> = entries.into_iter().map(|entry| entry.leaf).collect();
        if !leaves.iter().map(|leaf| leaf_hash(leaf)).eq(hashes) {
            return Err(bad());
        }
        let data = pack(&leaves).map_err(|_| bad())?;
        if unpack(&data, 0..TILE_WIDTH).is_none_or(|unpacked| unpacked != leaves) {
            return Err(bad());
        }
        Ok(Bundle { log, number, data })
    }
}

/// The bundles that are due: logs with the numbers of the tiles whose leaves are rows still.
pub(crate) struct Due;

impl Question for Due {
    type Answer = Vec<(LogKey, Range<u64>)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        static DUE: Sql = Sql::new(
            "SELECT id, size, (SELECT COALESCE(MAX(number) + 1, 0) FROM log_bundle WHERE log_id = log.id)
             FROM log WHERE size >= 256 AND frozen IS NULL ORDER BY id",
        );
        let logs = read.query(&DUE, &[], |row| Ok((LogKey(row.integer(0)?), row.count(2)?..row.count(1)? / TILE)));
        Ok(logs.await?.into_iter().filter(|(_, numbers)| !numbers.is_empty()).collect())
    }
}

/// What one bundle is made from.
pub(crate) struct Gather(pub(crate) LogKey, pub(crate) u64);

impl Question for Gather {
    type Answer = Material;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Material, StoreError> {
        let Self(log, number) = *self;
        let entries = entry::range(read, log, number * TILE..(number + 1) * TILE).await?;
        let hashes = tree::tile(read, log, TileId { level: 0, number }, TILE_WIDTH).await?;
        Ok(Material { log, number, entries, hashes: hashes.unwrap_or_default() })
    }
}

/// A bundle as it is stored, compressed with gzip. `None` if those leaves are rows still, or not there.
pub async fn compressed<R: Read>(read: &mut R, log: LogKey, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
    static BUNDLE: Sql = Sql::new("SELECT data FROM log_bundle WHERE log_id = $1 AND number = $2");
    read.query_opt(&BUNDLE, &[log.0.into(), count(number).into()], |row| Ok(row.bytes(0)?.to_vec())).await
}

/// The first `width` leaves of a bundle, each after its length. `None` if there are not that many.
pub async fn leaves<R: Read>(
    read: &mut R,
    log: LogKey,
    number: u64,
    width: usize,
) -> Result<Option<Vec<u8>>, StoreError> {
    let first = number.saturating_mul(TILE);
    let entries = entry::range(read, log, first..first.saturating_add(width as u64)).await?;
    if entries.len() != width {
        return Ok(None);
    }
    let mut bundle = Vec::new();
    for entry in entries {
        write_entry(&mut bundle, &entry.leaf).map_err(|_| StoreError::BadBundle { log: log.0, number })?;
    }
    Ok(Some(bundle))
}

/// Bundled entries with indexes in a range, oldest first.
pub(crate) async fn entries<R: Read>(read: &mut R, log: LogKey, range: Range<u64>) -> Result<Vec<Stored>, StoreError> {
    static BUNDLES: Sql = Sql::new(
        "SELECT number, data FROM log_bundle WHERE log_id = $1 AND number >= $2 AND number <= $3 ORDER BY number",
    );
    let Some(last) = range.end.checked_sub(1).filter(|last| range.start <= *last) else { return Ok(Vec::new()) };
    let params = [log.0.into(), count(range.start / TILE).into(), count(last / TILE).into()];
    let bundles = read.query(&BUNDLES, &params, numbered).await?;
    let mut entries = Vec::new();
    for (number, data) in bundles {
        let first = number * TILE;
        let inside = range.start.max(first)..range.end.min(first + TILE);
        let leaves = unpack(&data, place(inside.start - first)..place(inside.end - first));
        let leaves = leaves.ok_or(StoreError::BadBundle { log: log.0, number })?;
        entries.extend(inside.zip(leaves).map(|(index, leaf)| Stored { index, leaf }));
    }
    Ok(entries)
}

/// Some bundled entries, by their indexes, which are sorted.
pub(crate) async fn some<R: Read>(read: &mut R, log: LogKey, indexes: &[u64]) -> Result<Vec<Stored>, StoreError> {
    static SOME: Sql = Sql::new(
        "SELECT number, data FROM log_bundle WHERE log_id = $1 AND number IN ($2, $3, $4, $5, $6, $7, $8, $9)",
    );
    const TOGETHER: usize = 8;
    let bundles: Vec<&[u64]> = indexes.chunk_by(|one, other| one / TILE == other / TILE).collect();
    let mut entries = Vec::with_capacity(indexes.len());
    for some in bundles.chunks(TOGETHER) {
        let number = |place| some.get(place).unwrap_or(&some[0])[0] / TILE;
        let numbers = (0..TOGETHER).map(|place| count(number(place)).into());
        let params: Vec<Value<'_>> = std::iter::once(log.0.into()).chain(numbers).collect();
        for (number, data) in read.query(&SOME, &params, numbered).await? {
            let wanted = some.iter().find(|indexes| indexes[0] / TILE == number).copied().unwrap_or_default();
            let places: Vec<usize> = wanted.iter().map(|index| place(index % TILE)).collect();
            let whole = places.first().zip(places.last()).map_or(0..0, |(first, last)| *first..*last + 1);
            let leaves = unpack(&data, whole.clone()).ok_or(StoreError::BadBundle { log: log.0, number })?;
            let these = leaves.into_iter().zip(whole).filter(|(_, at)| places.binary_search(at).is_ok());
            entries.extend(these.map(|(leaf, at)| Stored { index: number * TILE + at as u64, leaf }));
        }
    }
    Ok(entries)
}

/// The newest bundle with entries below an index, as the range of those entries.
pub(crate) async fn newest_below<R: Read>(
    read: &mut R,
    log: LogKey,
    before: u64,
) -> Result<Option<Range<u64>>, StoreError> {
    static NEWEST: Sql =
        Sql::new("SELECT number FROM log_bundle WHERE log_id = $1 AND number <= $2 ORDER BY number DESC LIMIT 1");
    let Some(last) = before.checked_sub(1) else { return Ok(None) };
    let number = read.query_opt(&NEWEST, &[log.0.into(), count(last / TILE).into()], |row| row.count(0)).await?;
    Ok(number.map(|number| number * TILE..before.min((number + 1) * TILE)))
}

fn numbered(row: &Row<'_>) -> Result<(u64, Vec<u8>), StoreError> {
    Ok((row.count(0)?, row.bytes(1)?.to_vec()))
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("a place in a bundle is at most 256")
}

fn pack(leaves: &[Vec<u8>]) -> Result<Vec<u8>, EntriesError> {
    let mut plain = Vec::with_capacity(leaves.iter().map(|leaf| leaf.len() + 2).sum());
    for leaf in leaves {
        write_entry(&mut plain, leaf)?;
    }
    Ok(gzip::pack(&plain))
}

/// Some of the 256 leaves of a bundle. It reads no further than it must. `None` if they are not there, or
/// if all are asked for and there is more.
fn unpack(data: &[u8], places: Range<usize>) -> Option<Vec<Vec<u8>>> {
    let mut plain = gzip::reader(data);
    let mut leaves = Vec::with_capacity(places.len());
    for place in 0..places.end {
        let mut length = [0; 2];
        plain.read_exact(&mut length).ok()?;
        let mut leaf = vec![0; usize::from(u16::from_be_bytes(length))];
        plain.read_exact(&mut leaf).ok()?;
        if places.contains(&place) {
            leaves.push(leaf);
        }
    }
    // The end is where the checksum stands.
    let is_whole = places.end < TILE_WIDTH || plain.read(&mut [0]).ok()? == 0;
    is_whole.then_some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves() -> Vec<Vec<u8>> {
        (0..TILE_WIDTH).map(|place| format!("leaf {place}").repeat(place % 7).into_bytes()).collect()
    }

    #[test]
    fn leaves_come_out_as_they_went_in() {
        let packed = pack(&leaves()).unwrap();
        for places in [0..256, 0..1, 255..256, 17..30, 5..5] {
            assert_eq!(unpack(&packed, places.clone()).unwrap(), leaves()[places]);
        }
    }

    #[test]
    fn equal_leaves_make_equal_bytes() {
        assert_eq!(pack(&leaves()).unwrap(), pack(&leaves()).unwrap());
    }

    #[test]
    fn a_changed_bit_or_a_missing_end_never_gives_other_leaves() {
        let packed = pack(&leaves()).unwrap();
        // The first ten bytes say nothing of the leaves.
        for at in 10..packed.len() {
            let mut other = packed.clone();
            other[at] ^= 1;
            // A few bits of a compressed text mean nothing.
            assert!(unpack(&other, 0..256).is_none_or(|unpacked| unpacked == leaves()), "bit in byte {at}");
            assert_eq!(unpack(&packed[..at], 0..256), None, "cut at {at}");
        }
        assert_eq!(unpack(&pack(&vec![vec![7]; 257]).unwrap(), 0..256), None);
        assert_eq!(unpack(&pack(&vec![vec![7]; 255]).unwrap(), 0..256), None);
    }
}
