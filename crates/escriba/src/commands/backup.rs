//! `escriba backup FILE`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::Value;
use server::admin::Request;
use server::config::Settings;

use super::{administer, text};
use crate::print;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, file: PathBuf, as_json: bool) -> Result<ExitCode> {
    // The server that makes the copy may have been started elsewhere.
    let file = std::path::absolute(&file).with_context(|| format!("{} is no file", file.display()))?;
    let answer = administer(settings, config, Request::Backup { file }).await?;
    if as_json {
        print::json(&answer);
    } else {
        let bytes = answer.get("bytes").and_then(Value::as_u64).unwrap_or(0);
        print::line(format!(
            "{} has the whole database: {bytes} bytes, SHA-256 {}.

It is readable by its owner only, and has neither the key ring, without which its secrets cannot be read, nor the anchor,
without which its logs are not believed. Keep copies of those, each in a place of its own.",
            text(&answer, "file"),
            text(&answer, "sha256")
        ));
    }
    Ok(ExitCode::SUCCESS)
}
