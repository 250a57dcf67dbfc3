//! `escriba log …`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use server::admin::Request;
use server::config::{Config, Settings};

use super::{administer, text};
use crate::arguments::{Log, WhichLog};
use crate::print;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, action: Log) -> Result<ExitCode> {
    match action {
        Log::Check { json } => Ok(check(&administer(settings, config, Request::CheckLogs).await?, json)),
        Log::Key { create: true, json, .. } => create_key(settings, config, json),
        Log::Key { which, json, .. } => Box::pin(key(settings, config, which, json)).await,
        Log::Adopt { json } => Ok(adopt(&administer(settings, config, Request::AdoptLogs).await?, json)),
        Log::Resume { json } => Ok(resume(&administer(settings, config, Request::ResumeLogs).await?, json)),
        Log::Reindex { json } => Ok(reindexed(&administer(settings, config, Request::Reindex).await?, json)),
        Log::RotateKey { json } => Ok(rotated(&administer(settings, config, Request::RotateLogKey).await?, json)),
    }
}

fn check(answer: &Value, json: bool) -> ExitCode {
    let logs = list(answer, "logs");
    let is_whole = |log: &Value| log.get("contiguous").and_then(Value::as_bool).unwrap_or(false);
    if json {
        print::json(answer);
    } else {
        let row = |log: &Value| {
            let whole = if is_whole(log) { "yes" } else { "NO" };
            [organization(log), count(log, "entries"), whole.to_owned(), text(log, "log").to_owned()]
        };
        print::table(["ORGANIZATION", "ENTRIES", "WHOLE", "LOG"], &logs.iter().map(row).collect::<Vec<_>>());
    }
    if logs.iter().all(is_whole) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Only the key ring is touched: no server runs on such a ring yet.
fn create_key(settings: Settings, config: Option<PathBuf>, json: bool) -> Result<ExitCode> {
    let location = Config::location(settings, config)?;
    location.create_log_key()?;
    let file = location.ring_file();
    if json {
        print::json(&json!({ "key_file": file }));
    } else {
        print::line(format!("{} has a key that signs the logs now. Give every replica this file.", file.display()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn key(settings: Settings, config: Option<PathBuf>, which: WhichLog, json: bool) -> Result<ExitCode> {
    let request = Request::VerifierKeys { organization: which.organization.clone(), server: which.server };
    let answer = administer(settings, config, request).await?;
    let logs = list(&answer, "logs");
    if let (Some(organization), true) = (&which.organization, logs.is_empty()) {
        bail!("there is no organization {organization}");
    }
    if json {
        print::json(&answer);
    } else if which.organization.is_some() || which.server {
        // One a line and nothing else, as scripts and policy files want them.
        logs.iter().flat_map(|log| list(log, "keys")).filter_map(Value::as_str).for_each(print::line);
    } else {
        keys(logs);
    }
    Ok(ExitCode::SUCCESS)
}

fn keys(logs: &[Value]) {
    let row = |log: &Value, key: &Value| {
        let goes_on = if text(log, "continued_by").is_empty() { "yes" } else { "ended" };
        [organization(log), goes_on.to_owned(), key.as_str().unwrap_or_default().to_owned()]
    };
    let rows: Vec<[String; 3]> =
        logs.iter().flat_map(|log| list(log, "keys").iter().map(move |key| row(log, key))).collect();
    print::table(["ORGANIZATION", "GOES ON", "VERIFIER KEY"], &rows);
}

fn adopt(answer: &Value, json: bool) -> ExitCode {
    let adopted = list(answer, "adopted");
    if json {
        print::json(answer);
    } else if adopted.is_empty() {
        print::line("The anchor knows every log that was signed: there is nothing to adopt.");
    } else {
        print::line("These heads are believed from now on; that is recorded in the log of the server:\n");
        let row = |log: &Value| [organization(log), count(&log["head"], "size"), text(log, "log").to_owned()];
        print::table(["ORGANIZATION", "ENTRIES", "LOG"], &adopted.iter().map(row).collect::<Vec<_>>());
    }
    ExitCode::SUCCESS
}

fn resume(answer: &Value, json: bool) -> ExitCode {
    let resumed = list(answer, "resumed");
    if json {
        print::json(answer);
    } else if resumed.is_empty() {
        print::line("Every log goes on from what was signed of it, and none is frozen: there is nothing to resume.");
    } else {
        let row = |log: &Value| {
            let becomes = match text(log, "continued_by") {
                "" => "gone",
                origin if origin == text(log, "log") => "sound; goes on as it is",
                origin => origin,
            };
            let (anchored, found) = (count(&log["anchored"], "size"), count(&log["found"], "size"));
            [organization(log), text(log, "log").to_owned(), anchored, found, becomes.to_owned()]
        };
        let heading = ["ORGANIZATION", "LOG", "SIGNED", "FOUND", "GOES ON AS"];
        print::table(heading, &resumed.iter().map(row).collect::<Vec<_>>());
        print::line("\nNew logs have new verifier keys: hand them to whoever checks the logs (`escriba log key`).");
    }
    ExitCode::SUCCESS
}

fn rotated(answer: &Value, json: bool) -> ExitCode {
    if json {
        print::json(answer);
    } else {
        print::line(format!(
            "A new key signs the logs. The one before signs beside it until {}; hand the new keys over before.\n",
            text(answer, "until")
        ));
        keys(list(answer, "logs"));
    }
    ExitCode::SUCCESS
}

fn reindexed(answer: &Value, json: bool) -> ExitCode {
    if json {
        print::json(answer);
    } else {
        print::line(format!(
            "The index is new: {} entries are in it. Those after them are looked at one by one until they fill a block.",
            count(answer, "entries")
        ));
    }
    ExitCode::SUCCESS
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn count(value: &Value, key: &str) -> String {
    value.get(key).map(Value::to_string).unwrap_or_default()
}

fn organization(log: &Value) -> String {
    match text(log, "organization") {
        "" if text(log, "log").contains("/server/") => "(server)".to_owned(),
        "" => "(none)".to_owned(),
        organization => organization.to_owned(),
    }
}
