//! What the machine can do without us: synced appends of its disk, and requests to a handler that does nothing.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use benches::clock;
use benches::histogram::Histogram;
use benches::process::Process;
use tokio::net::TcpListener;

use crate::measure::{Window, closed_loop};
use crate::workload::Worker;

/// One page of SQLite.
const BLOCK: [u8; 4096] = [0x5a; 4096];

/// How often a second 4 KiB can be appended to a file and synced, one after the other.
pub(crate) fn synced_appends_per_second(directory: &Path, duration: Duration) -> Result<f64> {
    let path = directory.join("appended");
    let mut file = File::create(&path)?;
    let mut appends = 0_u32;
    let begun = clock::now();
    while begun.elapsed() < duration {
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        appends += 1;
    }
    let rate = f64::from(appends) / begun.elapsed().as_secs_f64();
    drop(file);
    fs::remove_file(path)?;
    Ok(rate)
}

/// The requests that a process of its own answers with nothing, under the same load and from the same generator.
pub(crate) async fn empty_handler(directory: &Path, clients: usize, window: Window) -> Result<Floor> {
    let ready_file = directory.join("empty-handler");
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("empty-handler").arg("--ready-file").arg(&ready_file);
    let mut process = Process::start("the empty handler", &mut command)?;
    let text = process.until(|| fs::read_to_string(&ready_file).ok().filter(|text| text.ends_with('\n'))).await?;
    fs::remove_file(&ready_file)?;
    let workers = Worker::asking_for_nothing(text.trim().parse()?, clients).await?;
    let (start, end) = window.opening_now();
    let latencies = closed_loop(workers, start, end).await.context("asking the empty handler")?;
    process.kill()?;
    Ok(Floor { latencies, seconds: window.length })
}

/// What the empty handler did.
pub(crate) struct Floor {
    pub(crate) latencies: Histogram,
    pub(crate) seconds: Duration,
}

/// Answers every request with an empty object.
pub(crate) async fn serve_nothing(ready_file: &Path) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    fs::write(ready_file, format!("{}\n", listener.local_addr()?))?;
    axum::serve(listener, Router::new().fallback(async || "{}\n")).await?;
    Ok(())
}
