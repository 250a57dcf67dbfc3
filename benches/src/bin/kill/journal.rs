//! What was asked of the server, and what was answered.

/// The kinds of request that the clients make; each causes one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Create,
    Update,
    Open,
    ReadOpen,
    Decrypt,
    Delete,
    Read,
    /// An open by somebody without the right.
    Intrude,
    /// A question of the checker about an environment that may be gone. Whether it is recorded is not asked here.
    Probe,
}

impl Deed {
    /// The event that the log must have for it.
    pub(crate) fn event(self) -> Option<&'static str> {
        match self {
            Self::Create => Some("environment-created"),
            Self::Update => Some("environment-updated"),
            Self::Open => Some("environment-open"),
            Self::ReadOpen => Some("environment-read-open"),
            Self::Decrypt => Some("environment-decrypted"),
            Self::Delete => Some("environment-deleted"),
            Self::Read => Some("environment-read"),
            Self::Intrude => Some("environment-unauthorized-open"),
            Self::Probe => None,
        }
    }

    /// The statuses that tell that it was done as it should be.
    pub(crate) fn expects(self, status: u16) -> bool {
        match self {
            Self::Intrude => matches!(status, 403 | 404),
            Self::Probe => matches!(status, 200 | 404),
            _ => matches!(status, 200 | 204),
        }
    }
}

/// One request to one environment.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) deed: Deed,
    /// The name of the environment, unique in a run.
    pub(crate) environment: String,
    /// What an update wrote into the definition, unique in a run.
    pub(crate) marker: Option<String>,
    pub(crate) fate: Fate,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It was answered, with these event ids.
    Answered { status: u16, events: Vec<String>, body: String },
    /// The connection ended before the answer: it may have been done, or not.
    Unknown,
}

/// A session whose opening was acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) environment: String,
    pub(crate) id: String,
}

/// Everything that the clients of one round did.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) steps: Vec<Step>,
    /// At most one for each client: its last.
    pub(crate) sessions: Vec<Session>,
    /// What servers that nobody killed did not answer.
    pub(crate) cut_off_by_the_living: Vec<Step>,
}
