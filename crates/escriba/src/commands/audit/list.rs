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
    let found = walk(reach, &filter, |_| true, limit, usize::MAX, arguments.json).await?;
    if found.shown == 0 {
        print::note("nothing matches");
    } else if found.more {
        print::note(format!("the newest {}; there are older ones: --limit or --all", count(found.shown)));
    }
    note_predecessor(found.predecessor.filter(|_| !found.more));
    Ok(ExitCode::SUCCESS)
}

/// `escriba audit search`
///
/// The server cannot search yet: the events are looked through here, as far as `--depth` allows.
pub(crate) async fn search(reach: &Reach, arguments: SearchArguments) -> Result<ExitCode> {
    let filter = Filter::new(&arguments.filter)?;
    let text = arguments.text.to_lowercase();
    let matches = |event: &Event| event.mentions(&text);
    let found = walk(reach, &filter, matches, arguments.limit, arguments.depth, arguments.json).await?;
    let looked_at = count(found.looked_at);
    let predecessor = found.predecessor.filter(|_| !found.more);
    let back_to = found.back_to.map(|time| format!(", back to {time}")).unwrap_or_default();
    print::note(match (found.more, found.shown >= arguments.limit) {
        (false, _) => format!("{} of {looked_at} match", found.shown),
        (true, true) => {
            format!("the newest {} of {looked_at} looked through{back_to}; --limit shows more", found.shown)
        }
        (true, false) => {
            format!("{} of the newest {looked_at} match{back_to}; --depth looks further, --since at less", found.shown)
        }
    });
    note_predecessor(predecessor);
    Ok(ExitCode::SUCCESS)
}

/// How far a walk came.
struct Found {
    shown: usize,
    looked_at: usize,
    back_to: Option<String>,
    /// Whether there may be more below.
    more: bool,
    /// The log that was continued by the one that was walked.
    predecessor: Option<String>,
}

async fn walk(
    reach: &Reach,
    filter: &Filter,
    matches: impl Fn(&Event) -> bool,
    limit: usize,
    depth: usize,
    as_json: bool,
) -> Result<Found> {
    let mut client = Client::new(reach)?;
    let organization = client.organization(reach.organization.as_deref()).await?;
    let mut pages = Pages::new(&mut client, &organization, filter);
    let mut printer = Printer::new(as_json);
    let mut found = Found { shown: 0, looked_at: 0, back_to: None, more: true, predecessor: None };
    while found.shown < limit && found.looked_at < depth {
        let Some(mut page) = pages.next().await? else {
            found.more = false;
            return Ok(found);
        };
        let cut = page.len() > depth - found.looked_at;
        page.truncate(depth - found.looked_at);
        found.predecessor.clone_from(&pages.predecessor);
        found.looked_at += page.len();
        found.back_to = page.last().map(|last| last.known.time()).or(found.back_to);
        page.retain(&matches);
        let left_out = page.len() > limit - found.shown;
        page.truncate(limit - found.shown);
        found.shown += page.len();
        found.more = cut || left_out || pages.may_go_on();
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
