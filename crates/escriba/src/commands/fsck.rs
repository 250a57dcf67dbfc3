//! `escriba fsck`: every byte of the logs, derived again.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::Result;
use engine::{LogReport, Progress, Report};
use serde_json::{Value, json};
use server::config::{Config, Settings};

use crate::print;

/// It could not look.
const NOT_LOOKED: u8 = 2;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, as_json: bool) -> ExitCode {
    match look(settings, config).await {
        Ok(Looked { report, .. }) => {
            if as_json {
                print::json(&to_json(&report));
            } else {
                tell(&report);
            }
            if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            print::failure(&error);
            ExitCode::from(NOT_LOOKED)
        }
    }
}

/// What was found, and the public keys of the key ring that it was held against.
pub(super) struct Looked {
    pub(super) report: Report,
    pub(super) keys: Vec<[u8; 32]>,
}

pub(super) async fn look(settings: Settings, config: Option<PathBuf>) -> Result<Looked> {
    let location = Config::location(settings, config)?;
    super::quiet_log();
    let (snapshot, expected) = location.look().await?;
    let bar = Bar::new();
    let report = engine::fsck(&snapshot, &expected, &|progress| bar.show(&progress)).await;
    bar.clear();
    Ok(Looked { report: report?, keys: expected.keys })
}

pub(super) fn tell(report: &Report) {
    for log in &report.logs {
        let LogReport { name, entries, checkpoints, texts, destroyed, frozen, findings, faults, .. } = log;
        let Some(first) = findings.first() else {
            let frozen = frozen.as_ref().map(|reason| format!("; frozen: {reason}")).unwrap_or_default();
            print::line(format!(
                "ok       {name}: {entries} entries, {checkpoints} checkpoints, {texts} texts, {destroyed} destroyed{frozen}"
            ));
            continue;
        };
        print::line(format!("TROUBLE  {name}: {first}"));
        for more in &findings[1..] {
            print::line(format!("         {more}"));
        }
        let unlisted = faults.saturating_sub(findings.len() as u64);
        if unlisted > 0 {
            print::line(format!("         and {unlisted} more"));
        }
    }
    for finding in &report.findings {
        print::line(format!("TROUBLE  {finding}"));
    }
}

pub(super) fn to_json(report: &Report) -> Value {
    let findings = |findings: &[engine::Finding]| -> Vec<Value> {
        findings.iter().map(|finding| json!({ "entry": finding.entry, "what": finding.what })).collect()
    };
    let logs = report.logs.iter().map(|log| {
        json!({
            "log": log.name.origin.to_string(),
            "organization": log.name.organization,
            "entries": log.entries,
            "checkpoints": log.checkpoints,
            "texts": log.texts,
            "destroyed": log.destroyed,
            "missing": log.missing,
            "faults": log.faults,
            "frozen": log.frozen,
            "ok": log.findings.is_empty(),
            "findings": findings(&log.findings),
        })
    });
    json!({
        "ok": report.is_sound(),
        "findings": findings(&report.findings),
        "logs": logs.collect::<Vec<_>>(),
    })
}

/// One line that says how far it is, where somebody watches.
struct Bar {
    width: Option<Mutex<usize>>,
}

impl Bar {
    fn new() -> Self {
        Self { width: std::io::stderr().is_terminal().then(Mutex::default) }
    }

    fn show(&self, progress: &Progress<'_>) {
        let Progress { name, stage, done, of } = progress;
        self.write(&format!("{name}: {stage} {done} of {of}"));
    }

    fn clear(&self) {
        self.write("");
    }

    fn write(&self, text: &str) {
        let Some(width) = &self.width else { return };
        let mut width = width.lock().expect("no one panics while writing a line");
        let before = std::mem::replace(&mut *width, text.chars().count());
        let _ = write!(std::io::stderr(), "\r{:before$}\r{text}", "");
    }
}
