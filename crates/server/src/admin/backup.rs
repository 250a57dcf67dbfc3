//! Copying the database, as an operator asks for it.

use std::path::PathBuf;

use engine::{Context, Engine, seal};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::run::Trouble;

/// Copies the database, and tells how far it is.
pub(super) async fn back_up(
    engine: &Engine,
    cx: &Context,
    file: PathBuf,
    tell: mpsc::Sender<Value>,
) -> Result<Value, Trouble> {
    let progress = move |progress: engine::store::BackupProgress| {
        // Whoever asked is behind, or gone: the copy goes on.
        let _ = tell.try_send(json!({ "pages": progress.pages, "total": progress.total }));
    };
    let made = engine.back_up(cx, file.clone(), progress).await?;
    let apart = engine.kept_apart();
    Ok(json!({
        "file": file,
        "bytes": made.get().bytes,
        "sha256": seal::hex(&made.get().sha256),
        "event": made.events().first().map(ToString::to_string),
        "key_file": apart.key_file,
        "anchor": apart.anchor,
        "erased": apart.erasures,
    }))
}
