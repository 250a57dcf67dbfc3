//! `escriba backup`: a copy of the embedded database, beside whatever goes on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::Value;
use server::admin::Request;
use server::config::Settings;

use super::{administer_while, number, text};
use crate::print;
use crate::progress::{Progress, bytes};

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, file: &Path, as_json: bool) -> Result<ExitCode> {
    // The server that makes the copy may have another working directory.
    let file = std::path::absolute(file).context("the name of the file cannot be used")?;
    let mut progress = Progress::new();
    let show = |state: &Value| {
        let [done, total] = ["pages", "total"].map(|key| number(state, key));
        progress.show(|| format!("{}% copied", done.saturating_mul(100) / total.max(1)));
    };
    let answer = administer_while(settings, config, Request::Backup { file }, show).await?;
    progress.clear();
    if as_json {
        print::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let say = |key| text(&answer, key);
    print::line(format!(
        "The database is copied: {} ({}).

  SHA-256   {}
  Event     {} in the log of the server

The copy opens no secret without the key ring, is only believed beside the anchor, and brings back whoever was erased
later without the list of them. Keep these too, and the key ring in another place than the copy:

  Key ring  {}
  Anchor    {}
  Erased    {}

A server that is started on this copy while the anchor knows of later entries refuses to, and says what the two ways
out are.",
        say("file"),
        bytes(number(&answer, "bytes")),
        say("sha256"),
        say("event"),
        say("key_file"),
        say("anchor"),
        say("erased"),
    ));
    Ok(ExitCode::SUCCESS)
}
