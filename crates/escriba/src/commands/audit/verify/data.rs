//! The data of a server, on its host: what `escriba fsck` derives again, and whether you know the keys.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use ledger::verify::Verdict;
use serde_json::{Value, json};
use server::config::Settings;

use super::{report, trust};
use crate::commands::audit::arguments::VerifyArguments;
use crate::commands::audit::output;
use crate::commands::fsck::{self, Looked};

/// Checks a data directory. Whoever names it names its key ring with it; given keys must be those of the ring.
pub(super) async fn verify(
    settings: Settings,
    config: Option<PathBuf>,
    arguments: &VerifyArguments,
) -> Result<ExitCode> {
    let VerifyArguments { target, event, trust, json: as_json, .. } = arguments;
    if event.is_some() || trust.policy.is_some() {
        bail!("--event and --policy are for what a server hands out, and {target} is the data of one");
    }
    let given: Vec<[u8; 32]> = trust::keys(trust)?.iter().map(|key| *key.public()).collect();
    let settings = Settings { data_dir: Some(PathBuf::from(target)), ..settings };
    let Looked { report, keys } = fsck::look(settings, config).await?;
    let strangers = keys.iter().filter(|key| !given.is_empty() && !given.contains(key)).count();
    let verdict = match (report.is_sound(), strangers) {
        (false, _) if report.lacks_texts_only() => Verdict::OpeningsMissing,
        (false, _) => Verdict::Tampered,
        (true, 0) => Verdict::Verified,
        (true, _) => Verdict::SignerUnknown,
    };
    if *as_json {
        let mut found = fsck::to_json(&report);
        found["target"] = Value::from(target.as_str());
        found["verdict"] = Value::from(report::word(verdict));
        let first = report.logs.iter().find_map(|log| Some((log.name.to_string(), log.findings.first()?)));
        let first = first.or_else(|| Some((target.clone(), report.findings.first()?)));
        found["fault"] = first.map_or(
            Value::Null,
            |(log, first)| json!({ "file": log, "line": Value::Null, "entry": first.entry, "what": first.what }),
        );
        output::line(&found.to_string())?;
    } else {
        fsck::tell(&report);
        output::line(match (verdict, given.is_empty()) {
            (Verdict::OpeningsMissing, _) => "\nTexts are missing without a record.",
            (Verdict::Tampered, _) => "\nTAMPERED: this is not what was written.",
            (Verdict::SignerUnknown, _) => "\nConsistent, but the key ring has a key that you did not name.",
            (_, true) => {
                "\nVerified against the key ring and the anchor beside it; --key shows whether the keys are those you know."
            }
            (_, false) => "\nVerified: all of it is as it was written, and signed by keys that you named.",
        })?;
    }
    Ok(ExitCode::from(verdict.exit_code()))
}
