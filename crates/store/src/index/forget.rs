//! Taking something out of the index: what was known of openings that are destroyed, or all of it.

use ledger::search::facets_of_opening;

use super::build::is_indexed;
use super::look::find;
use super::{Kind, TermId, WIDTH, digest, digest_of_statement, term_number};
use crate::StoreError;
use crate::command::{LogKey, Tx};
use crate::organization::count;
use crate::sql::Sql;

/// An opening that was destroyed.
pub(crate) struct Gone {
    pub(crate) commitment: [u8; 32],
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Takes out what is known of openings that this transaction destroys: the entries that commit to them, and each text
/// that no other opening says.
pub(crate) async fn forget<T: Tx>(tx: &mut T, log: LogKey, gone: &[Gone]) -> Result<(), StoreError> {
    static POSTINGS: Sql = Sql::new("DELETE FROM log_posting WHERE term = $1");
    static TERM: Sql = Sql::new("DELETE FROM log_term WHERE log_id = $1 AND facet = $2 AND digest = $3");
    let gone: Vec<&Gone> = gone.iter().filter(|gone| is_indexed(&gone.name)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    // First: whoever builds a block waits for this row, and then sees that it must begin again.
    change(tx, log).await?;
    let digests: Vec<_> = gone.iter().map(|gone| digest_of_statement(&gone.commitment)).collect();
    let known = find(tx, log, Kind::Statement, &digests).await?;
    for (gone, digest) in gone.iter().zip(&digests) {
        let Some(statement) = known.get(digest) else { continue };
        tx.execute(&POSTINGS, &[statement.0.into()]).await?;
        let facet = Kind::Statement.as_str();
        tx.execute(&TERM, &[log.0.into(), facet.into(), digest.into()]).await?;
        unlink(tx, log, *statement, gone).await?;
    }
    Ok(())
}

/// Takes an opening off the values that it says.
async fn unlink<T: Tx>(tx: &mut T, log: LogKey, statement: TermId, gone: &Gone) -> Result<(), StoreError> {
    static LINK: Sql = Sql::new("DELETE FROM log_term_link WHERE term = $1 AND statement = $2");
    static TERM: Sql = Sql::new(
        "DELETE FROM log_term WHERE log_id = $1 AND facet = $2 AND digest = $3
         AND NOT EXISTS (SELECT l.statement FROM log_term_link l WHERE l.term = $4)",
    );
    let mut values = Vec::new();
    facets_of_opening(&gone.name, &gone.value, |facet, value| values.push((Kind::Value(facet), digest(value))));
    for (kind, digest) in values {
        if let Some(term) = find(tx, log, kind, &[digest]).await?.remove(&digest) {
            tx.execute(&LINK, &[term.0.into(), statement.0.into()]).await?;
            let params = [log.0.into(), kind.as_str().into(), (&digest).into(), term.0.into()];
            tx.execute(&TERM, &params).await?;
        }
    }
    Ok(())
}

/// Empties the index of a log, so that it is built anew, with so many entries a block if that is given.
pub(crate) async fn begin_again<T: Tx>(tx: &mut T, log: LogKey, width: Option<u64>) -> Result<(), StoreError> {
    static EMPTY: Sql = Sql::new("UPDATE log_index SET blocks = 0, terms = 0, width = $2 WHERE log_id = $1");
    static POSTINGS: Sql = Sql::new("DELETE FROM log_posting WHERE term >= $1 AND term < $2");
    static LINKS: Sql = Sql::new("DELETE FROM log_term_link WHERE term >= $1 AND term < $2");
    static TERMS: Sql = Sql::new("DELETE FROM log_term WHERE log_id = $1");
    static BLOCKS: Sql = Sql::new("DELETE FROM log_block WHERE log_id = $1");
    change(tx, log).await?;
    tx.execute(&EMPTY, &[log.0.into(), count(width.unwrap_or(WIDTH)).into()]).await?;
    let numbers = [term_number(log, 0), term_number(LogKey(log.0 + 1), 0)].map(Into::into);
    for of_terms in [&POSTINGS, &LINKS] {
        tx.execute(of_terms, &numbers).await?;
    }
    for of_log in [&TERMS, &BLOCKS] {
        tx.execute(of_log, &[log.0.into()]).await?;
    }
    Ok(())
}

/// Says that what was looked up in the index before means nothing any more.
async fn change<T: Tx>(tx: &mut T, log: LogKey) -> Result<(), StoreError> {
    static CHANGE: Sql = Sql::new(
        "INSERT INTO log_index (log_id, width, changes) VALUES ($1, $2, 1)
         ON CONFLICT (log_id) DO UPDATE SET changes = log_index.changes + 1",
    );
    tx.execute(&CHANGE, &[log.0.into(), count(WIDTH).into()]).await?;
    Ok(())
}
