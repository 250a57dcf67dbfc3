//! The rotators: what `fn::rotate` names.
//!
//! A rotation has two halves. What will be set is planned first, and stored sealed by whoever rotates, before anything
//! is asked of the target: then nothing that was set can be lost, wherever the process ends. Then it is performed, and
//! performing the same plan twice does what performing it once does: of `external`, if the endpoint keeps its part.
//!
//! What a rotator complains of stands in the history and in answers: it is said in words of ours, and never quotes what
//! a target said.

mod alternate;
mod data;
mod external;
mod frames;
mod mysql;
mod postgres;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use lang::{ProviderSchema, Schema, Value};
use ledger::{Detail, Event, EventId, OrganizationId};
use seal::SecretBytes;
use serde_json::json;

use crate::Engine;
use crate::egress::Connection;
use crate::providers::{Caller, Listed, id_token};

/// The rotators that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotator {
    /// What an endpoint of the user's own makes.
    External,
    /// The passwords of two users of a MySQL or MariaDB server.
    Mysql,
    /// The passwords of two users of a PostgreSQL server.
    Postgres,
}

/// What is asked of a rotator.
pub(crate) struct Asked<'a> {
    /// What it is told.
    pub(crate) inputs: &'a Value,
    /// What it remembers; nothing before its first rotation.
    pub(crate) state: Option<&'a Value>,
    /// What was about to be set by a rotation that did not come to its end.
    pub(crate) pending: Option<SecretBytes>,
    /// The event that will announce it.
    pub(crate) attempt: EventId,
}

/// What is about to be set.
pub(crate) enum Plan {
    /// Whatever an endpoint of the user's own makes.
    External(external::Plan),
    /// A password of a user at a MySQL or MariaDB server.
    Mysql(alternate::Plan),
    /// A password of a user at a PostgreSQL server.
    Postgres(alternate::Plan),
}

/// What came of a rotation: the new state, or what is wrong.
pub(crate) type NewState = Result<Arc<Value>, String>;

impl Rotator {
    const ALL: [Self; 3] = [Self::External, Self::Mysql, Self::Postgres];

    /// The rotator of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rotator| rotator.name() == name)
    }

    /// Its name, in definitions and in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Mysql => "mysql",
            Self::Postgres => "postgres",
        }
    }

    /// What it is for, in a sentence.
    const fn about(self) -> &'static str {
        match self {
            Self::External => "Asks an HTTPS endpoint of yours for a new secret, with a signed request.",
            Self::Mysql => "Gives one of two users of a MySQL or MariaDB server a new password, in turns.",
            Self::Postgres => "Gives one of two users of a PostgreSQL server a new password, in turns.",
        }
    }

    /// What it takes, keeps and gives.
    fn schema(self) -> &'static ProviderSchema {
        static EXTERNAL: LazyLock<ProviderSchema> = LazyLock::new(external::schema_of_external);
        static TWO_USERS: LazyLock<ProviderSchema> = LazyLock::new(alternate::schema_of_two_users);
        match self {
            Self::External => &EXTERNAL,
            Self::Mysql | Self::Postgres => &TWO_USERS,
        }
    }

    /// Plans what will be set.
    pub(crate) fn plan(self, asked: &Asked<'_>, random: &dyn seal::Random) -> Result<Plan, String> {
        match self {
            Self::External => external::plan(asked).map(Plan::External),
            Self::Mysql => alternate::plan(asked, random).map(Plan::Mysql),
            Self::Postgres => alternate::plan(asked, random).map(Plan::Postgres),
        }
    }
}

impl Plan {
    /// What must not be lost once the target was asked.
    pub(crate) fn pending(&self) -> SecretBytes {
        match self {
            Self::External(plan) => plan.pending(),
            Self::Mysql(plan) | Self::Postgres(plan) => plan.pending(),
        }
    }

    /// What setting it shows others of this server, as the log says it beside the announcement.
    pub(crate) fn shows(&self) -> Option<(Event, Detail)> {
        match self {
            Self::External(_) => Some(id_token::issued(Rotator::External.name())),
            Self::Mysql(_) | Self::Postgres(_) => None,
        }
    }

    /// Sets it.
    pub(crate) async fn perform(&self, caller: &Caller) -> NewState {
        let (engine, organization) = (&caller.engine, caller.organization);
        match self {
            Self::External(plan) => plan.perform(caller).await.map_err(|error| error.to_string()),
            Self::Mysql(plan) => mysql::perform(engine, organization, plan).await.map(|()| plan.state()),
            Self::Postgres(plan) => postgres::perform(engine, organization, plan).await.map(|()| plan.state()),
        }
    }
}

/// What a rotator gives when it is opened: what it remembers.
pub(crate) fn open(state: Option<&Arc<Value>>) -> Arc<Value> {
    state.map_or_else(|| Arc::new(data::value(&json!({}))), Arc::clone)
}

/// All rotators, sorted by name, for whoever asks what there is.
pub fn rotators() -> &'static [Listed] {
    static ROTATORS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
        let listed = |rotator: Rotator| Listed {
            name: rotator.name(),
            about: rotator.about(),
            schema: rotator.schema().clone(),
        };
        let mut rotators: Vec<Listed> = Rotator::ALL.into_iter().map(listed).collect();
        rotators.sort_by_key(|listed| listed.name);
        rotators
    });
    &ROTATORS
}

/// What all rotators take, keep and give.
pub(crate) fn schemas() -> HashMap<String, ProviderSchema> {
    Rotator::ALL.into_iter().map(|rotator| (rotator.name().to_owned(), rotator.schema().clone())).collect()
}

/// A schema of ours.
fn schema(json: serde_json::Value) -> Schema {
    Schema::parse(&json).expect("a schema written here is one")
}

/// Connects to a target.
async fn connect(engine: &Engine, organization: OrganizationId, host: &str, port: u16) -> Result<Connection, String> {
    engine.egress().connect(organization, host, port).await.map_err(|error| error.to_string())
}
