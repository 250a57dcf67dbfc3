//! `escriba log …`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;
use server::admin::Request;
use server::config::Settings;

use super::{administer, text};
use crate::arguments::Log;
use crate::print;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, action: Log) -> Result<ExitCode> {
    let Log::Check { json } = action;
    let answer = administer(settings, config, Request::CheckLogs).await?;
    let empty = Vec::new();
    let logs = answer.get("logs").and_then(Value::as_array).unwrap_or(&empty);
    let is_whole = |log: &Value| log.get("contiguous").and_then(Value::as_bool).unwrap_or(false);
    if json {
        print::json(&answer);
    } else {
        let rows: Vec<[String; 4]> = logs
            .iter()
            .map(|log| {
                let organization = text(log, "organization");
                [
                    if organization.is_empty() { "(server)" } else { organization }.to_owned(),
                    log.get("entries").map(Value::to_string).unwrap_or_default(),
                    if is_whole(log) { "yes" } else { "NO" }.to_owned(),
                    text(log, "log").to_owned(),
                ]
            })
            .collect();
        print::table(["ORGANIZATION", "ENTRIES", "WHOLE", "LOG"], &rows);
    }
    Ok(if logs.iter().all(is_whole) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
