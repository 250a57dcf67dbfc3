//! One export, and what it took.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use benches::clock;
use benches::http::{Connection, Request};
use serde::Serialize;

/// What an export took.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) format: String,
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    /// As they came over the wire: text is compressed.
    pub(crate) bytes: u64,
    /// The most that the server had in memory before it was asked.
    pub(crate) idle_bytes: u64,
    /// The most that it had until the export was done.
    pub(crate) peak_bytes: u64,
    /// The CPU time of the server, its start included.
    pub(crate) server_cpu_seconds: f64,
}

impl Line {
    pub(crate) fn header(json: bool) {
        if !json {
            println!(
                "| format | events a second | seconds | MB on the wire | server CPU s | resident MiB before | peak |"
            );
            println!("|---|---|---|---|---|---|---|");
        }
    }

    /// A row of the table, or a line of JSON.
    #[expect(clippy::cast_precision_loss, reason = "rates and sizes are rounded anyway")]
    pub(crate) fn show(&self, json: bool) -> Result<String> {
        if json {
            return Ok(serde_json::to_string(self)?);
        }
        let Self { format, events, seconds, bytes, idle_bytes, peak_bytes, server_cpu_seconds } = self;
        let mebibytes = |bytes: &u64| *bytes as f64 / f64::from(1 << 20);
        Ok(format!(
            "| {format} | {:.0} | {seconds:.2} | {:.1} | {server_cpu_seconds:.2} | {:.0} | {:.0} |",
            *events as f64 / seconds,
            *bytes as f64 / 1e6,
            mebibytes(idle_bytes),
            mebibytes(peak_bytes),
        ))
    }
}

/// Downloads into a file, as fast as it comes.
pub(crate) async fn download(address: SocketAddr, request: &Request, path: &Path) -> Result<Duration> {
    let mut connection = Connection::open(address).await?;
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let begun = clock::now();
    let status = connection.download(request, |piece| file.write_all(piece)).await?;
    let took = begun.elapsed();
    ensure!(status == 200, "the export was answered with {status}");
    file.flush()?;
    Ok(took)
}
