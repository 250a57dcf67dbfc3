//! `escriba audit list` and `escriba audit search`: what happened, newest first.

use std::process::ExitCode;

use anyhow::Result;

use super::arguments::{ListArguments, Reach, SearchArguments};
use super::client::Client;
use super::event::{Columns, Event};
use super::output;
use super::pages::{Filter, Pages, note_predecessor};
use crate::print;

/// `escriba audit list`
pub(crate) async fn list(reach: &Reach, arguments: ListArguments) -> Result<ExitCode> {
    let filter = Filter::new(&arguments.filter)?;
    let limit = if arguments.all { usize::MAX } else { arguments.limit };
    let mut client = Client::new(reach)?;
    let organization = client.organization(reach.organization.as_deref()).await?;
    let found = walk(Pages::new(&mut client, &organization, &filter), limit, arguments.json).await?;
    if found.shown == 0 {
        print::note("nothing matches");
    } else if found.more {
        print::note(format!("the newest {}; there are older ones: --limit or --all", count(found.shown)));
    }
    note_predecessor(found.predecessor.filter(|_| !found.more));
    Ok(ExitCode::SUCCESS)
}

/// `escriba audit search`
pub(crate) async fn search(reach: &Reach, arguments: SearchArguments) -> Result<ExitCode> {
    let filter = Filter::new(&arguments.filter)?;
    let mut client = Client::new(reach)?;
    let organization = client.organization(reach.organization.as_deref()).await?;
    let pages = Pages::search(&mut client, &organization, &arguments.query, &filter);
    let found = walk(pages, arguments.limit, arguments.json).await?;
    let shown = count(found.shown);
    print::note(if found.more { format!("the newest {shown}; --limit shows more") } else { format!("{shown} found") });
    note_predecessor(found.predecessor.filter(|_| !found.more));
    Ok(ExitCode::SUCCESS)
}

/// How far a walk came.
struct Found {
    shown: usize,
    /// Whether there may be more below.
    more: bool,
    /// The log that was continued by the one that was walked.
    predecessor: Option<String>,
}

async fn walk(mut pages: Pages<'_>, limit: usize, as_json: bool) -> Result<Found> {
    let mut printer = Printer::new(as_json);
    let mut found = Found { shown: 0, more: true, predecessor: None };
    while found.shown < limit {
        let Some(mut page) = pages.next().await? else {
            found.more = false;
            return Ok(found);
        };
        found.predecessor.clone_from(&pages.predecessor);
        let left_out = page.len() > limit - found.shown;
        page.truncate(limit - found.shown);
        found.shown += page.len();
        found.more = left_out || pages.may_go_on();
        printer.print(&page)?;
    }
    Ok(found)
}

/// Prints events for people, or as JSON.
pub(super) struct Printer {
    as_json: bool,
    headed: bool,
    columns: Columns,
}

impl Printer {
    pub(super) fn new(as_json: bool) -> Self {
        Self { as_json, headed: false, columns: Columns::new() }
    }

    pub(super) fn print(&mut self, events: &[Event]) -> Result<()> {
        if self.as_json {
            return events.iter().try_for_each(|event| output::line(&event.whole.to_string()));
        }
        self.columns.fit(events);
        if !events.is_empty() && !std::mem::replace(&mut self.headed, true) {
            output::line(&self.columns.heading())?;
        }
        events.iter().try_for_each(|event| output::line(&self.columns.line(event)))
    }
}

fn count(events: usize) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}
