//! Reads the audit log through the API, as its administrators do.

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use benches::contract::{TRIED, WARNING_HEADER};
use benches::http::{Caller, Connection, query_value};
use benches::server::ORGANIZATION;
use serde::Deserialize;

use crate::clients::{PROJECT, events};

/// One record as the list (V2) shows it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) outcome: String,
    pub(crate) description: String,
    pub(crate) user: User,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    #[serde(rename = "githubLogin")]
    pub(crate) login: String,
}

impl Entry {
    /// Whether what was attempted was done.
    pub(crate) fn succeeded(&self) -> bool {
        !self.description.starts_with(TRIED)
    }

    /// The environment of ours that it speaks of.
    pub(crate) fn environment(&self) -> Option<&str> {
        let (_, rest) = self.description.split_once(&format!("{ORGANIZATION}/{PROJECT}/"))?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        Some(&rest[..end.unwrap_or(rest.len())])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    audit_log_events: Vec<Entry>,
    #[serde(default)]
    continuation_token: Option<String>,
}

/// Pages of the log, the newest first.
pub(crate) struct Pages<'a> {
    caller: &'a Caller,
    next: Option<String>,
    /// The records that reading them caused.
    pub(crate) caused: Vec<String>,
}

impl<'a> Pages<'a> {
    pub(crate) fn newest(caller: &'a Caller) -> Self {
        let path = format!("/api/orgs/{ORGANIZATION}/auditlogs/v2");
        Self { caller, next: Some(path), caused: Vec::new() }
    }

    /// The next page; none after the last.
    pub(crate) async fn next(&mut self, connection: &mut Connection) -> Result<Option<Vec<Entry>>> {
        let Some(path) = self.next.take() else { return Ok(None) };
        let mut attempts = 0;
        loop {
            let answer = connection.send(&self.caller.request("GET", &path, &[])).await.context("reading the log")?;
            ensure!(answer.status == 200, "the log was answered with {}: {}", answer.status, answer.text().trim());
            self.caused.extend(events(&answer));
            if let Some(warning) = answer.header(WARNING_HEADER) {
                // The log has not caught up yet, and says so. It must, once the lease of a replica that is gone is over.
                attempts += 1;
                ensure!(attempts < 30, "the log does not catch up: {warning}");
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            }
            let page: Page = serde_json::from_slice(answer.body).context("reading a page of the log")?;
            self.next = page.continuation_token.filter(|token| !token.is_empty()).map(|token| {
                let path = path.split('?').next().unwrap_or_default();
                format!("{path}?continuationToken={}", query_value(&token))
            });
            return Ok(Some(page.audit_log_events));
        }
    }
}

/// How many records the whole log has as CSV.
pub(crate) async fn exported_rows(connection: &mut Connection, caller: &Caller) -> Result<usize> {
    let path = format!("/api/orgs/{ORGANIZATION}/auditlogs/v2/export?format=csv");
    let answer = connection.send(&caller.request("GET", &path, &[])).await.context("exporting the log")?;
    ensure!(answer.status == 200, "the export was answered with {}", answer.status);
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(answer.body).read_to_end(&mut text).context("unpacking the export")?;
    let mut rows = 0;
    for row in csv::Reader::from_reader(text.as_slice()).byte_records() {
        row.context("reading the export")?;
        rows += 1;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(description: &str) -> Entry {
        let user = User { login: "ada".to_owned() };
        Entry {
            id: "1".to_owned(),
            event: "environment-open".to_owned(),
            outcome: String::new(),
            description: description.to_owned(),
            user,
        }
    }

    #[test]
    fn a_sentence_tells_the_environment_and_whether_it_was_done() {
        let done = entry("Opened environment \"acme/kill/r1-c2-3\" at revision 4");
        assert_eq!((done.environment(), done.succeeded()), (Some("r1-c2-3"), true));
        let refused = entry("Tried to open environment acme/kill/r1-c2-3: permission missing");
        assert_eq!((refused.environment(), refused.succeeded()), (Some("r1-c2-3"), false));
        assert_eq!(entry("Read the audit log of acme").environment(), None);
        assert_eq!(entry("Opened environment \"acme/killer/r1\"").environment(), None);
    }
}
