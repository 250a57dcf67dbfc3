//! What signs an organisation's audit log, and what it signed last.

use askama::Template;

use super::moment::Moment;
use super::shell::Shell;
use super::{Filter, grouped, links};

/// `GET /{org}/settings/log-key`
#[derive(Clone, Debug, Template)]
#[template(path = "log_key.html")]
pub struct LogKey {
    /// What surrounds the page.
    pub shell: Shell,
    /// The log's permanent name.
    pub origin: String,
    /// The keys as whoever verifies names them, the one that signs now first.
    pub keys: Vec<String>,
    /// What was signed last, if anything was.
    pub checkpoint: Option<Signed>,
}

/// A signed checkpoint.
#[derive(Clone, Debug)]
pub struct Signed {
    /// How many entries it covers.
    pub size: u64,
    /// How many are newer.
    pub newer: u64,
    /// The root of the tree, in base64.
    pub root: String,
    /// When it was signed.
    pub signed: Moment,
    /// The signed note.
    pub note: String,
}

impl LogKey {
    fn bundle(&self) -> String {
        links::audit_logs_export(&self.shell.organization.login, "bundle", &Filter::default())
    }

    /// The key that signs now.
    fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }
}

impl Signed {
    fn covered(&self) -> String {
        grouped(self.size)
    }

    fn waiting(&self) -> Option<String> {
        let entries = if self.newer == 1 { "entry is" } else { "entries are" };
        (self.newer > 0).then(|| format!("{} newer {entries} covered by the next", grouped(self.newer)))
    }
}
