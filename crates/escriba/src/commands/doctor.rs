//! `escriba doctor`: what is wrong, and what to do about it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use server::admin::{self, AdminError, Request};
use server::config::{Config, Settings};
use server::installation::Location;

use crate::print;

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    /// What is wrong and what to do; none if it is well.
    trouble: Option<String>,
    /// What was seen.
    seen: String,
}

impl Finding {
    fn well(what: &'static str, seen: impl Into<String>) -> Self {
        Self { what, trouble: None, seen: seen.into() }
    }

    fn ill(what: &'static str, trouble: impl Into<String>) -> Self {
        Self { what, trouble: Some(trouble.into()), seen: String::new() }
    }
}

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, as_json: bool) -> Result<ExitCode> {
    let config = Config::load(settings, config)?;
    super::quiet_log();
    let location = &config.location;
    let mut findings = vec![data_directory(location), key_ring(location)];
    findings.extend(database_and_logs(location).await);
    findings.push(reach(&config));

    let healthy = findings.iter().all(|finding| finding.trouble.is_none());
    if as_json {
        let findings: Vec<Value> = findings
            .iter()
            .map(|finding| {
                json!({
                    "what": finding.what,
                    "ok": finding.trouble.is_none(),
                    "message": finding.trouble.as_ref().unwrap_or(&finding.seen),
                })
            })
            .collect();
        print::json(&json!({ "ok": healthy, "findings": findings }));
    } else {
        for finding in &findings {
            match &finding.trouble {
                None => print::line(format!("ok       {:<16} {}", finding.what, finding.seen)),
                Some(trouble) => print::line(format!("TROUBLE  {:<16} {trouble}", finding.what)),
            }
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn data_directory(location: &Location) -> Finding {
    const WHAT: &str = "data directory";
    let path = &location.data_dir;
    if !path.is_dir() {
        let path = path.display();
        return Finding::ill(
            WHAT,
            format!("{path} is not there; `escriba serve` makes it, or give another with --data-dir"),
        );
    }
    match others_may_enter(path) {
        Some(true) => {
            Finding::ill(WHAT, format!("others may look into {}; run `chmod 700 {}`", path.display(), path.display()))
        }
        _ => Finding::well(WHAT, path.display().to_string()),
    }
}

fn others_may_enter(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o077 != 0)
}

fn key_ring(location: &Location) -> Finding {
    const WHAT: &str = "key ring";
    let path = location.ring_file();
    match engine::seal::Ring::load(&path) {
        Ok(ring) => Finding::well(WHAT, format!("{} (fingerprint {})", path.display(), ring.fingerprint())),
        Err(error) => Finding::ill(WHAT, format!("{error}; without it no secret can be read")),
    }
}

async fn database_and_logs(location: &Location) -> Vec<Finding> {
    const LOGS: &str = "audit logs";
    let kind = if location.database_url.is_some() { "PostgreSQL" } else { "embedded" };
    match admin::perform(location, "doctor", Request::CheckLogs, |_| {}).await {
        Ok(answer) => {
            let empty = Vec::new();
            let logs = answer.get("logs").and_then(Value::as_array).unwrap_or(&empty);
            let broken = logs.iter().filter(|log| log.get("contiguous").and_then(Value::as_bool) != Some(true)).count();
            let entries: u64 = logs.iter().filter_map(|log| log.get("entries").and_then(Value::as_u64)).sum();
            let logs = if broken == 0 {
                Finding::well(LOGS, format!("{} logs, {entries} entries, each index once", logs.len()))
            } else {
                Finding::ill(
                    LOGS,
                    format!("{broken} logs miss an index or have one twice; `escriba log check` says which"),
                )
            };
            vec![Finding::well("database", format!("{kind}, answers")), logs, signatures(location, &answer)]
        }
        Err(error) => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text.extend([": ", &cause.to_string()]);
                source = cause.source();
            }
            let what = if matches!(error, AdminError::Broken(_)) { "server" } else { "database" };
            vec![Finding::ill(what, text)]
        }
    }
}

fn signatures(location: &Location, answer: &Value) -> Finding {
    const WHAT: &str = "signatures";
    if let Some(distrust) = answer.get("distrust").and_then(Value::as_str) {
        return Finding::ill(WHAT, distrust);
    }
    let frozen = answer.get("frozen").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !frozen.is_empty() {
        let frozen: Vec<&str> = frozen.iter().filter_map(Value::as_str).collect();
        let advice = "`escriba fsck` says more, `escriba log resume` is the way on";
        return Finding::ill(WHAT, format!("nothing is appended to {}; {advice}", frozen.join("; ")));
    }
    let anchor = location.anchor_file();
    Finding::well(WHAT, format!("every log goes on from what was signed of it (anchor {})", anchor.display()))
}

fn reach(config: &Config) -> Finding {
    const WHAT: &str = "address";
    let local = ["127.", "localhost", "[::1]"].iter().any(|local| config.listen.starts_with(local));
    if !local && config.tls_cert.is_none() && config.public_url.as_ref().is_none_or(|url| url.starts_with("http://")) {
        let advice = "give --tls-cert and --tls-key, or put a proxy with TLS before it and say so with --public-url";
        return Finding::ill(
            WHAT,
            format!(
                "{} is open to the network without TLS: tokens and secrets travel in the clear; {advice}",
                config.listen
            ),
        );
    }
    Finding::well(WHAT, config.listen.clone())
}
