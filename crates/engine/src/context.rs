//! Who asks, with what, and from where.

use std::ops::Deref;
use std::sync::Arc;

use ledger::{AccountId, Credential, CredentialKind, RequestId, Statement, TeamId};

/// Who asks, with what, and from where. Cheap to clone; every operation's first argument.
#[derive(Clone, Debug)]
pub struct Context(Arc<Facts>);

/// What a [`Context`] holds.
#[derive(Debug)]
pub struct Facts {
    /// Who.
    pub who: Who,
    /// With which credential.
    pub credential: Credential,
    /// From where.
    pub client: Client,
    /// The request, as all its records name it.
    pub request: RequestId,
    /// When it arrived: microseconds UTC.
    pub now: i64,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody with an account.
    Account {
        /// The account.
        id: AccountId,
        /// Its login.
        login: Arc<str>,
        /// The person's name.
        name: Arc<str>,
    },
    /// A program, with a token of an organisation or of one of its teams.
    Machine {
        /// The account as which it acts.
        id: AccountId,
        /// The account's login, which no person can have.
        login: Arc<str>,
        /// The name of the organisation or team.
        name: Arc<str>,
        /// The name of the organisation.
        organization: Arc<str>,
        /// The team, if the token is a team's.
        team: Option<TeamId>,
    },
    /// Somebody at the shell of the host, by the name of the shell's user.
    Operator(Arc<str>),
    /// The server itself.
    System,
    /// The server itself, for somebody who set it up so, and with no more permission than they have now.
    Behalf {
        /// The account.
        id: AccountId,
        /// Its login.
        login: Arc<str>,
        /// The person's name.
        name: Arc<str>,
    },
    /// Nobody that we know.
    Anonymous,
}

/// From where a request came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The caller's address.
    pub address: Option<String>,
    /// How we know it: `socket`, `forwarded`, `x-forwarded-for`.
    pub how: Option<&'static str>,
    /// The address of the socket, where it is another.
    pub peer: Option<String>,
    /// The user agent, as sent.
    pub agent: Option<String>,
}

impl Client {
    pub(crate) fn statement(&self) -> Option<Statement> {
        let client = ledger::Client {
            addr: self.address.as_deref(),
            how: self.how,
            peer: self.peer.as_deref(),
            ua: self.agent.as_deref(),
        };
        Statement::client(None, &client)
    }
}

impl Context {
    /// A context of these facts.
    pub fn new(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }

    /// The account whose permission counts, if somebody with one asks, or the server for them.
    pub fn account(&self) -> Option<&AccountId> {
        match &self.who {
            Who::Account { id, .. } | Who::Machine { id, .. } | Who::Behalf { id, .. } => Some(id),
            Who::Operator(_) | Who::System | Who::Anonymous => None,
        }
    }

    /// The login of who asks, for what is shown to others.
    pub fn login(&self) -> &str {
        match &self.who {
            Who::Account { login, .. } | Who::Machine { login, .. } => login,
            Who::Operator(user) => user,
            Who::System | Who::Behalf { .. } => "system",
            Who::Anonymous => "",
        }
    }

    /// Whether this is somebody who signed in at the console.
    pub fn is_console(&self) -> bool {
        self.credential.kind == CredentialKind::ConsoleSession
    }
}

impl Deref for Context {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
