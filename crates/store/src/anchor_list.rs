//! The lists of sizes and roots that entries of the server's log commit to.

use ledger::{EventId, Hash};

use crate::command::{Read, Tx};
use crate::organization::count;
use crate::sql::{Row, Sql};
use crate::{StoreError, gzip};

/// The longest list that is read back: a hundred thousand logs and more.
const LONGEST: u64 = 64 << 20;

/// A list of all organisations' logs, as it was when an entry of the server's log committed to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorList {
    /// Its number, from 0 on without a gap.
    pub number: u64,
    /// The event of the entry that commits to it.
    pub event: EventId,
    /// The root over its lines, as the entry says.
    pub root: Hash,
    /// Its text, as it is served.
    pub list: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
}

fn anchor_list(row: &Row<'_>) -> Result<AnchorList, StoreError> {
    Ok(AnchorList {
        number: row.count(0)?,
        event: row.event(1)?,
        root: row.array(2)?,
        list: gzip::unpack(row.bytes(3)?, LONGEST).map_err(|_| StoreError::bad_value("a compressed list", 3))?,
        created_at: row.integer(4)?,
    })
}

/// A list by its number.
pub async fn at<R: Read>(read: &mut R, number: u64) -> Result<Option<AnchorList>, StoreError> {
    static AT: Sql = Sql::new("SELECT number, event_id, root, list, created_at FROM log_anchor WHERE number = $1");
    read.query_opt(&AT, &[count(number).into()], anchor_list).await
}

/// The newest list.
pub async fn newest<R: Read>(read: &mut R) -> Result<Option<AnchorList>, StoreError> {
    static NEWEST: Sql =
        Sql::new("SELECT number, event_id, root, list, created_at FROM log_anchor ORDER BY number DESC LIMIT 1");
    read.query_opt(&NEWEST, &[], anchor_list).await
}

/// The list that an entry commits to.
pub async fn of_event<R: Read>(read: &mut R, event: EventId) -> Result<Option<AnchorList>, StoreError> {
    static OF: Sql = Sql::new("SELECT number, event_id, root, list, created_at FROM log_anchor WHERE event_id = $1");
    read.query_opt(&OF, &[event.as_bytes().into()], anchor_list).await
}

/// Keeps a list, in the commit of the entry that commits to it. Its number must be the next one.
pub async fn insert<T: Tx>(tx: &mut T, list: &AnchorList) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO log_anchor (number, event_id, root, list, created_at)
         SELECT $1, $2, $3, $4, $5 WHERE (SELECT COALESCE(MAX(number) + 1, 0) FROM log_anchor) = $1",
    );
    let packed = gzip::pack(&list.list);
    let params = [
        count(list.number).into(),
        list.event.as_bytes().into(),
        (&list.root).into(),
        (&packed).into(),
        list.created_at.into(),
    ];
    match tx.execute(&INSERT, &params).await? {
        1 => Ok(()),
        _ => Err(StoreError::bad_value("the number after the newest one", 0)),
    }
}
