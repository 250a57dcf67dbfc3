//! An event as the API tells it, and as a line for people.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::output::{self, shown};

/// An event: what we read of it, and all that the server said.
pub(crate) struct Event {
    pub(crate) known: Known,
    /// What `--json` prints: also members that this version does not know.
    pub(crate) whole: Value,
}

/// What we read of an event.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    #[serde(rename = "sourceIP")]
    source_ip: String,
    description: String,
    outcome: String,
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct User {
    github_login: String,
}

impl Event {
    pub(crate) fn read(whole: Value) -> serde_json::Result<Self> {
        Ok(Self { known: Known::deserialize(&whole)?, whole })
    }
}

impl Known {
    /// When it was recorded.
    pub(crate) fn time(&self) -> String {
        Timestamp::from_second(self.timestamp).map_or_else(|_| self.timestamp.to_string(), |time| time.to_string())
    }

    /// How it ended. Servers of the hosted product's kind tell only refusals.
    fn outcome(&self) -> &str {
        if self.outcome.is_empty() { "-" } else { &self.outcome }
    }

    fn user(&self) -> &str {
        if self.user.github_login.is_empty() { "-" } else { &self.user.github_login }
    }

    fn address(&self) -> &str {
        if self.source_ip.is_empty() { "-" } else { &self.source_ip }
    }
}

/// Columns under each other. They grow with what they have to hold, and never shrink: a line that
/// is printed cannot be moved any more.
pub(crate) struct Columns {
    widths: [usize; 4],
    coloured: bool,
}

const HEADING: [&str; 5] = ["TIME", "USER", "ADDRESS", "OUTCOME", "EVENT"];
/// The widest that a column gets: one strange name must not push all others off the screen.
const WIDEST: usize = 40;

impl Columns {
    pub(crate) fn new() -> Self {
        Self { widths: [20, 8, 9, 9], coloured: output::is_coloured() }
    }

    /// Makes room for these events.
    pub(crate) fn fit<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        for event in events {
            for (width, cell) in self.widths.iter_mut().zip(cells(&event.known)) {
                *width = (*width).max(cell.chars().count()).min(WIDEST);
            }
        }
    }

    /// The line above the events.
    pub(crate) fn heading(&self) -> String {
        self.row(HEADING.map(str::to_owned), "")
    }

    /// The line of an event.
    pub(crate) fn line(&self, event: &Event) -> String {
        let colour = match event.known.outcome() {
            "denied" => "31",
            "failed" | "unknown" => "33",
            _ => "",
        };
        self.row(cells(&event.known), colour)
    }

    fn row(&self, cells: [String; 5], colour: &str) -> String {
        let [time, user, address, outcome, sentence] = cells;
        let [w0, w1, w2, w3] = self.widths;
        let mut outcome = format!("{outcome:w3$}");
        if self.coloured && !colour.is_empty() {
            outcome = format!("\u{1b}[{colour}m{outcome}\u{1b}[0m");
        }
        format!("{time:w0$}  {user:w1$}  {address:w2$}  {outcome}  {sentence}")
    }
}

fn cells(known: &Known) -> [String; 5] {
    [&known.time(), known.user(), known.address(), known.outcome(), &known.description].map(shown)
}
