//! Writing an export to its end, and recording how it ended.

use std::io;

use engine::ledger::formats::Device;
use engine::{BundleFailure, Export, ExportFormat, Exported};
use thiserror::Error;
use tokio::sync::mpsc;

use super::rows::{self, Part};
use super::sink::{Account, Piece, Sink};

/// Why an export has no end.
#[derive(Debug, Error)]
enum Broken {
    /// The log cannot be read.
    #[error("the log could not be read")]
    Log(#[from] engine::store::StoreError),
    /// The bundle was not finished.
    #[error(transparent)]
    Bundle(#[from] BundleFailure),
    /// Nobody reads any more.
    #[error(transparent)]
    Reader(#[from] io::Error),
}

/// Writes an export for a reader. Whether or not that one stays, what was written is recorded in the end.
pub(super) async fn write(mut export: Export, host: String, sink: Sink, reader: mpsc::Sender<Piece>) {
    let account = sink.account();
    let written = match export.format() {
        ExportFormat::Bundle => bundle(&export, sink).await,
        ExportFormat::Rows(_) | ExportFormat::Json => text(&mut export, host, sink).await,
    };
    if let Err(error) = &written
        && !reader.is_closed()
    {
        tracing::error!(error = error as &dyn std::error::Error, "an export broke off");
    }
    let Account { rows, bytes, sha256 } = account.read();
    let whole = written.is_ok();
    let exported = Exported { rows, bytes, sha256, whole };
    if let Err(failure) = export.finish(exported).await {
        tracing::error!(?failure, "the end of an export could not be recorded");
    }
    if whole {
        // Who reads to the end finds it in the log.
        let _ = reader.send(Piece::End).await;
    }
}

/// Reads a page while the one before is written: on a thread of its own, for that is work.
async fn text(export: &mut Export, host: String, sink: Sink) -> Result<(), Broken> {
    let (parts, received) = mpsc::channel(1);
    let (format, organization) = (export.format(), export.organization_id().to_owned());
    let writing = tokio::task::spawn_blocking(move || {
        rows::write(format, Device { host: &host, organization: &organization }, received, sink)
    });
    while let Some(page) = export.next().await? {
        if parts.send(Part::Page(page)).await.is_err() {
            break;
        }
    }
    // Whoever has given up says why.
    let _ = parts.send(Part::End).await;
    Ok(finished(writing.await)?)
}

async fn bundle(export: &Export, sink: Sink) -> Result<(), Broken> {
    let (mut sink, leaves) = export.bundle(sink).await?;
    sink.count(leaves);
    Ok(finished(tokio::task::spawn_blocking(move || sink.finish()).await)?)
}

fn finished<T>(joined: Result<io::Result<T>, tokio::task::JoinError>) -> io::Result<T> {
    match joined {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        },
    }
}
