//! `escriba audit tail`: what happens, as it happens.
//!
//! The log is a sequence that only grows, and its pages begin at the newest event. So each round
//! walks down from the top to the event that was shown last: what lies above is new, all of it and
//! only it, whatever happened in between.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use super::arguments::{Reach, TailArguments};
use super::client::{Client, ClientError};
use super::event::Event;
use super::list::Printer;
use super::moment;
use super::pages::{Filter, Pages};
use crate::print;

/// The longest pause between two attempts to reach a server that does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How many records of our own reading are remembered, to be left out when they come.
const OWN: usize = 4_096;

/// `escriba audit tail`
pub(crate) async fn tail(reach: &Reach, arguments: TailArguments) -> Result<ExitCode> {
    tokio::select! {
        ended = follow(reach, arguments) => ended.map(|()| ExitCode::SUCCESS),
        // To stop is the way to end it, not a failure.
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::SUCCESS),
    }
}

async fn follow(reach: &Reach, arguments: TailArguments) -> Result<()> {
    let TailArguments { user, event, since, lines, interval, own, json } = arguments;
    let from = since.map(|since| since.first_second(moment::now())).transpose()?;
    let mut client = Client::new(reach)?;
    let organization = client.organization(reach.organization.as_deref()).await?;
    let filter = Filter { user, event, from, ..Filter::default() };
    let mut follower = Follower { client, organization, filter, last: None, caused: VecDeque::new() };

    let mut printer = Printer::new(json);
    printer.print(&follower.begin(if since.is_some() { usize::MAX } else { lines }).await?)?;
    let mut pause = interval;
    let mut is_lost = false;
    loop {
        tokio::time::sleep(pause).await;
        match follower.advance().await {
            Ok(mut events) => {
                if std::mem::take(&mut is_lost) {
                    print::note(format!("{} answers again", follower.client.address()));
                }
                pause = interval;
                if !own {
                    events.retain(|event| !follower.caused.contains(&event.known.id));
                }
                printer.print(&events)?;
            }
            Err(error) if error.is_passing() => {
                if !std::mem::replace(&mut is_lost, true) {
                    print::note(format!("{error}; trying again"));
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where in the log we are.
struct Follower {
    client: Client,
    organization: String,
    filter: Filter,
    /// The newest event that was seen.
    last: Option<String>,
    /// The records of our own reading.
    caused: VecDeque<String>,
}

impl Follower {
    /// The newest `lines` events, oldest first, and the place from where to go on.
    async fn begin(&mut self, lines: usize) -> Result<Vec<Event>, ClientError> {
        let mut events = self.above(None, lines.max(1)).await?;
        if events.is_empty() && self.filter.from.is_none() {
            // Nothing matches yet. Time never goes back within a log, so what will match is not
            // older than what is the newest now: that spares the server the way to the beginning.
            let mut pages = Pages::new(&mut self.client, &self.organization, &Filter::default());
            let newest = pages.next().await?.unwrap_or_default();
            self.filter.from = newest.first().map(|event| event.known.timestamp);
        }
        self.remember(&events);
        events.truncate(lines);
        events.reverse();
        Ok(events)
    }

    /// What is new since then, oldest first.
    async fn advance(&mut self) -> Result<Vec<Event>, ClientError> {
        let last = self.last.clone();
        let mut events = self.above(last.as_deref(), usize::MAX).await?;
        self.remember(&events);
        events.reverse();
        Ok(events)
    }

    fn remember(&mut self, events: &[Event]) {
        if let Some(newest) = events.first() {
            self.last = Some(newest.known.id.clone());
            self.filter.from = Some(newest.known.timestamp);
        }
    }

    /// What stands above an event, newest first.
    async fn above(&mut self, last: Option<&str>, enough: usize) -> Result<Vec<Event>, ClientError> {
        let mut pages = Pages::new(&mut self.client, &self.organization, &self.filter);
        let mut above = Vec::new();
        let mut met = false;
        while !met
            && above.len() < enough
            && let Some(mut page) = pages.next().await?
        {
            if let Some(at) = last.and_then(|last| page.iter().position(|event| event.known.id == last)) {
                page.truncate(at);
                met = true;
            }
            above.append(&mut page);
        }
        self.caused.append(&mut pages.caused);
        self.caused.drain(..self.caused.len().saturating_sub(OWN));
        if let Some(last) = last.filter(|_| !met) {
            print::note(format!(
                "warning: the log does not hold the event {last} any more, which it held before: it was replaced or \
                 cut; some events may be shown twice"
            ));
        }
        Ok(above)
    }
}
