//! What a verification found, for people and for scripts.

use anyhow::Result;
use ledger::verify::{Report, Verdict};
use serde_json::{Value, json as object};

use crate::commands::audit::output::{self, shown};

/// Prints a report.
pub(super) fn print(target: &str, report: &Report, as_json: bool) -> Result<()> {
    if as_json {
        return output::line(&json(target, report).to_string());
    }
    // What is checked may say anything of itself; nothing of it may move the cursor.
    report.to_string().trim_end().lines().try_for_each(|line| output::line(&shown(line)))
}

/// A report as JSON.
pub(crate) fn json(target: &str, report: &Report) -> Value {
    let Report { verdict, fault, origin, entries, texts, shown, not_shown } = report;
    let fault = fault.as_ref().map(|fault| object!({"file": fault.file, "line": fault.line, "what": fault.what}));
    let missing = texts.first_missing.as_ref();
    object!({
        "target": target,
        "verdict": word(*verdict),
        "fault": fault,
        "origin": origin,
        "entries": entries,
        "texts": {
            "opened": texts.opened,
            "destroyed": texts.destroyed,
            "withheld": texts.withheld,
            "missing": texts.missing,
            "first_missing": missing.map(|missing| object!({"entry": missing.entry, "name": missing.name})),
        },
        "shown": shown,
        "not_shown": not_shown,
    })
}

pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::SignerUnknown => "signer-unknown",
        Verdict::OpeningsMissing => "openings-missing",
        Verdict::Tampered => "tampered",
    }
}
