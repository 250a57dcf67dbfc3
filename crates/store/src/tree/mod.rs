//! Reading the trees of the logs: how far they are, and the hashes that proofs are made of.
//!
//! Tiles that are full are stored. Those that are not are derived: at level 0 from the entries, above
//! from the roots of the tiles below. All of that only ever grows, so that a reader whose statements see
//! different moments finds what it asked for all the same: it asks for the entries first, and for the
//! tile that has taken their place after that.

mod prove;
mod recompute;

use ledger::tile::{Edge, TILE_WIDTH, Tile, TileId};
use ledger::{Frontier, Hash, OrganizationId, Origin};

use crate::StoreError;
use crate::command::{LogKey, Read};
use crate::organization::count;
use crate::sql::{Row, Sql};

pub use prove::{completeness, consistency, inclusion, inclusions};
pub use recompute::{Fault, Recomputed, recompute, recompute_in};

/// How many leaves are under a tile of level 0.
pub(crate) const TILE: u64 = TILE_WIDTH as u64;

/// How far a log is.
#[derive(Clone, Debug)]
pub struct LogState {
    /// Which log.
    pub log: LogKey,
    /// Its permanent name.
    pub origin: Origin,
    /// Whose log it is: none for the server's, and for one that another one continues.
    pub organization: Option<OrganizationId>,
    /// How many entries it has.
    pub size: u64,
    /// The time of the last one; 0 if there is none.
    pub last_ts: i64,
    /// Why nothing is appended to it, if that is so.
    pub frozen: Option<String>,
    /// The log that this one continues, whose end was lost.
    pub predecessor: Option<LogKey>,
    frontier: Option<Frontier>,
}

impl LogState {
    /// The roots of the perfect subtrees of its tree. An error where what is stored is none of a tree of
    /// this size.
    pub fn frontier(&self) -> Result<&Frontier, StoreError> {
        self.frontier.as_ref().ok_or_else(|| self.damaged("its frontier is none of a tree of its size"))
    }

    pub(crate) fn damaged(&self, what: &'static str) -> StoreError {
        StoreError::Damaged { origin: self.origin.clone(), what }
    }
}

/// The log that goes on today where a log ended, or the log itself.
pub fn last(states: &[LogState], log: LogKey) -> LogKey {
    let mut last = log;
    while let Some(next) = states.iter().find(|next| next.predecessor == Some(last)) {
        last = next.log;
    }
    last
}

/// Reads the columns in the order of [`state`]'s statement.
pub(crate) fn log_state(row: &Row<'_>) -> Result<LogState, StoreError> {
    let size = row.count(3)?;
    Ok(LogState {
        log: LogKey(row.integer(0)?),
        origin: row.text(1)?.parse().map_err(|_| StoreError::bad_value("an origin", 1))?,
        organization: row.id_opt(2)?,
        size,
        last_ts: row.integer(4)?,
        frontier: Frontier::from_bytes(size, row.bytes(5)?),
        frozen: row.text_opt(6)?.map(str::to_owned),
        predecessor: row.integer_opt(7)?.map(LogKey),
    })
}

/// How far a log is.
pub async fn state<R: Read>(read: &mut R, log: LogKey) -> Result<LogState, StoreError> {
    static STATE: Sql = Sql::new(
        "SELECT id, origin, organization_id, size, last_ts, frontier, frozen, predecessor FROM log WHERE id = $1",
    );
    let state = read.query_opt(&STATE, &[log.0.into()], log_state).await?;
    state.ok_or(StoreError::BadValue { expected: "a log", column: 0 })
}

/// How far all logs are, by number.
pub async fn states<R: Read>(read: &mut R) -> Result<Vec<LogState>, StoreError> {
    static STATES: Sql = Sql::new(
        "SELECT id, origin, organization_id, size, last_ts, frontier, frozen, predecessor FROM log ORDER BY id",
    );
    read.query(&STATES, &[], log_state).await
}

/// The first `width` hashes of a tile, if the tree has that many there.
pub async fn tile<R: Read>(
    read: &mut R,
    log: LogKey,
    id: TileId,
    width: usize,
) -> Result<Option<Vec<Hash>>, StoreError> {
    if width < TILE_WIDTH {
        let hashes = below(read, log, id, width).await?;
        if hashes.len() == width {
            return Ok(Some(hashes));
        }
    }
    let full = full(read, log, id).await?;
    Ok(full.and_then(|tile| tile.hashes().get(..width).map(<[Hash]>::to_vec)))
}

/// A tile that is full.
async fn full<R: Read>(read: &mut R, log: LogKey, id: TileId) -> Result<Option<Tile>, StoreError> {
    static FULL: Sql = Sql::new("SELECT hashes FROM log_tile WHERE log_id = $1 AND level = $2 AND number = $3");
    let params = [log.0.into(), i64::from(id.level).into(), count(id.number).into()];
    read.query_opt(&FULL, &params, |row| Tile::from_bytes(row.bytes(0)?).ok_or(StoreError::bad_value("a tile", 0)))
        .await
}

/// Up to `width` first hashes of a tile, from what lies below it: hashes of leaves that are rows still, or
/// roots of tiles.
pub(crate) async fn below<R: Read>(
    read: &mut R,
    log: LogKey,
    id: TileId,
    width: usize,
) -> Result<Vec<Hash>, StoreError> {
    static LEAVES: Sql =
        Sql::new("SELECT seq, leaf_hash FROM log_entry WHERE log_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq");
    static ROOTS: Sql = Sql::new(
        "SELECT number, root FROM log_tile
         WHERE log_id = $1 AND number >= $2 AND number < $3 AND level = $4 ORDER BY number",
    );
    let first = id.number.saturating_mul(TILE);
    let end = first.saturating_add(width as u64);
    let hash = |row: &Row<'_>| Ok((row.count(0)?, row.array(1)?));
    let mut params = vec![log.0.into(), count(first).into(), count(end).into()];
    let rows: Vec<(u64, Hash)> = match id.level.checked_sub(1) {
        None => read.query(&LEAVES, &params, hash).await?,
        Some(level) => {
            params.push(i64::from(level).into());
            read.query(&ROOTS, &params, hash).await?
        }
    };
    // Only those that follow each other from the first on: a hash in the wrong place is none.
    Ok((first..)
        .zip(rows)
        .take_while(|(expected, (number, _))| expected == number)
        .map(|(_, (_, hash))| hash)
        .collect())
}

/// The frontier of the tree as it was when the log had `size` entries. `None` if it never had that many.
pub async fn frontier_at<R: Read>(read: &mut R, log: LogKey, size: u64) -> Result<Option<Frontier>, StoreError> {
    let mut levels = Vec::new();
    for (id, width) in TileId::partial(size) {
        let Some(hashes) = tile(read, log, id, width).await? else { return Ok(None) };
        levels.resize(usize::from(id.level), Vec::new());
        levels.push(hashes);
    }
    Ok(Edge::load(size, levels).map(|edge| edge.frontier()))
}
