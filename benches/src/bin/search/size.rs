//! How many bytes a database has.

use std::fs;
use std::path::Path;

use anyhow::Result;
use benches::postgres::Cluster;

/// The tables of the index.
const INDEX: &str = "SELECT CAST(SUM(pg_total_relation_size(oid)) AS bigint) FROM pg_class
    WHERE relname IN ('log_index', 'log_term', 'log_term_link', 'log_posting', 'log_block')";

/// The bytes of an embedded database, or of the index on PostgreSQL: there the rest moves while it is vacuumed.
pub(crate) fn database(file: &Path, cluster: Option<&Cluster>) -> Result<u64> {
    if let Some(cluster) = cluster {
        return Ok(cluster.query(INDEX)?.trim().parse()?);
    }
    let mut bytes = 0;
    for ending in ["", "-wal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        bytes += fs::metadata(path).map_or(0, |metadata| metadata.len());
    }
    Ok(bytes)
}
