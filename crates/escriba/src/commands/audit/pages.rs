//! Pages of the log, newest first.

use std::collections::VecDeque;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::arguments::FilterArguments;
use super::client::{Client, ClientError, Encoded, Query};
use super::event::Event;
use super::moment;
use crate::print;

/// How many events a page of a search has.
const SEARCHED: u32 = 100;

/// What is asked for, as the API takes it.
#[derive(Clone, Default)]
pub(crate) struct Filter {
    pub(crate) user: Option<String>,
    pub(crate) event: Option<String>,
    /// The first second.
    pub(crate) from: Option<i64>,
    /// The last second.
    pub(crate) until: Option<i64>,
    /// A log that has ended, by its id.
    pub(crate) log: Option<String>,
}

impl Filter {
    pub(crate) fn new(arguments: &FilterArguments) -> Result<Self> {
        let now = moment::now();
        let FilterArguments { user, event, since, until, log } = arguments.clone();
        Ok(Self {
            user,
            event,
            log,
            from: since.map(|since| since.first_second(now)).transpose().context("--since is too far away")?,
            until: until.map(|until| until.last_second(now)).transpose().context("--until is too far away")?,
        })
    }

    /// What a search asks for: a query, and what the flags say in its words.
    fn search(&self, query: &str) -> Query {
        let time = |seconds: i64| Timestamp::from_second(seconds).unwrap_or_default().to_string();
        let words = [
            ("user", self.user.clone()),
            ("event", self.event.clone()),
            ("after", self.from.map(time)),
            // The whole of the last second is meant.
            ("before", self.until.map(|until| time(until.saturating_add(1)))),
        ];
        let words = words.into_iter().filter_map(|(key, value)| Some(format!(" {key}:{}", quoted(&value?))));
        let query = words.fold(query.to_owned(), |query, word| query + &word);
        Query::default().with("q", Some(query)).with("log", self.log.as_ref())
    }

    pub(crate) fn query(&self) -> Query {
        Query::default()
            .with("userFilter", self.user.as_ref())
            .with("eventFilter", self.event.as_ref())
            .with("startTime", self.from)
            .with("endTime", self.until)
            .with("log", self.log.as_ref())
    }
}

/// A value as a query takes it, whatever it holds.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Lists and searches call the same things differently.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(alias = "events")]
    audit_log_events: Vec<Value>,
    #[serde(default, alias = "cursor")]
    continuation_token: Option<String>,
}

/// The path of something in the audit log of an organization.
pub(crate) fn path(organization: &str, rest: &str) -> String {
    format!("/api/orgs/{}/auditlogs{rest}", Encoded(organization))
}

/// Says where the rest is of a log that continues another one.
pub(crate) fn note_predecessor(predecessor: Option<String>) {
    if let Some(log) = predecessor {
        print::note(format!("this log goes on where another one ended; what happened before: --log {log}"));
    }
}

/// Walks down the log.
pub(crate) struct Pages<'a> {
    client: &'a mut Client,
    path: String,
    query: Query,
    /// The parameter that says where a page begins.
    cursor: &'static str,
    /// Where the next page begins; nothing once there is none.
    next: Option<String>,
    /// The events that record the reading itself.
    pub(crate) caused: VecDeque<String>,
    /// The log that this one continues.
    pub(crate) predecessor: Option<String>,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(client: &'a mut Client, organization: &str, filter: &Filter) -> Self {
        Self::of(client, path(organization, "/v2"), filter.query(), "continuationToken")
    }

    /// Walks down what a query finds.
    pub(crate) fn search(client: &'a mut Client, organization: &str, query: &str, filter: &Filter) -> Self {
        let query = filter.search(query).with("count", Some(SEARCHED));
        Self::of(client, path(organization, "/search"), query, "cursor")
    }

    fn of(client: &'a mut Client, path: String, query: Query, cursor: &'static str) -> Self {
        Self { client, path, query, cursor, next: Some(String::new()), caused: VecDeque::new(), predecessor: None }
    }

    /// The next events, as many as the server puts on a page; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Event>>, ClientError> {
        let Some(token) = self.next.take() else { return Ok(None) };
        let query = self.query.clone().with(self.cursor, Some(token).filter(|token| !token.is_empty()));
        let answer = self.client.get(&self.path, &query).await?;
        self.caused.extend(answer.event());
        self.predecessor = answer.predecessor();
        if let Some(warning) = answer.warning() {
            print::note(format!("warning: {warning}"));
        }
        let address = self.client.address();
        let page: Page = answer.json().await?;
        self.next = page.continuation_token.filter(|token| !token.is_empty());
        let events: serde_json::Result<Vec<Event>> = page.audit_log_events.into_iter().map(Event::read).collect();
        events.map(Some).map_err(|source| ClientError::NotJson { address, source })
    }

    /// Whether there may be more.
    pub(crate) fn may_go_on(&self) -> bool {
        self.next.is_some()
    }
}
