//! `escriba audit prove`: the proof that the log holds an event.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use ledger::verify::{Verdict, verify_proof};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::arguments::{ProveArguments, Reach};
use super::client::{Client, ClientError, Encoded, Query};
use super::file::Draft;
use super::output::Closed;
use super::pages::path;
use super::verify::{self, UNCHECKED, roots};
use super::{output, output::shown};
use crate::print;

/// `escriba audit prove`
///
/// That a server has no such event is a finding, of which a script must hear another code than of a server that does not
/// answer: whoever kept the event's name has caught it.
pub(crate) async fn prove(reach: &Reach, arguments: ProveArguments) -> Result<ExitCode> {
    match demand(reach, arguments).await {
        Err(error) if !error.is::<Closed>() => {
            let is_absent = error.downcast_ref().is_some_and(ClientError::is_absent_event);
            print::failure(&error);
            Ok(ExitCode::from(if is_absent { Verdict::Tampered.exit_code() } else { UNCHECKED }))
        }
        done => done,
    }
}

async fn demand(reach: &Reach, arguments: ProveArguments) -> Result<ExitCode> {
    let ProveArguments { event: id, output, save_event, force, json: as_json, trust } = arguments;
    let is_trusting = !trust.key.is_empty() || trust.policy.is_some();
    let trust = roots(&trust)?;
    let proof_file = output.as_deref().map(|path| Draft::new(path, force)).transpose()?;
    let event_file = save_event.as_deref().map(|path| Draft::new(path, force)).transpose()?;
    let mut client = Client::new(reach)?;
    let organization = client.organization(reach.organization.as_deref()).await?;
    let of_event = path(&organization, &format!("/events/{}", Encoded(&id)));
    let proof = client.get(&format!("{of_event}/proof"), &Query::default()).await?.bytes().await?;
    let event = client.get(&of_event, &Query::default()).await?.bytes().await?;

    let report = verify_proof(&proof, &event, &trust);
    save(proof_file, &proof)?;
    save(event_file, &event)?;
    let text = String::from_utf8_lossy(&proof);
    if as_json {
        // One that is not JSON does not hold, as the report says.
        let event: Option<&RawValue> = serde_json::from_slice(&event).ok();
        let mut found = verify::json(&id, &report);
        found["proof"] = Value::from(text);
        found["event"] = json!(event);
        output::line(&found.to_string())?;
    } else if output.is_none() {
        output::bytes(text.as_bytes())?;
        print::note(shown_lines(&report.to_string()));
    } else {
        output::line(&shown_lines(&report.to_string()))?;
        say_saved(output.as_deref(), "the proof");
        say_saved(save_event.as_deref(), "the event");
    }
    // Who names nobody to trust asked for the proof, not for a judgement of its signer.
    let is_enough = report.verdict == Verdict::SignerUnknown && !is_trusting;
    Ok(ExitCode::from(if is_enough { 0 } else { report.verdict.exit_code() }))
}

fn save(draft: Option<Draft>, bytes: &[u8]) -> Result<()> {
    let Some(mut draft) = draft else { return Ok(()) };
    draft.write_all(bytes).context("the file cannot be written")?;
    draft.finish()
}

fn say_saved(path: Option<&Path>, what: &str) {
    if let Some(path) = path {
        print::note(format!("{} is {what}", path.display()));
    }
}

fn shown_lines(text: &str) -> String {
    text.trim_end().lines().map(shown).collect::<Vec<_>>().join("\n")
}
