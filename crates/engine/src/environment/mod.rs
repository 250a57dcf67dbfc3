//! Environments: a file per verb.

mod access;
mod check;
mod ciphertexts;
mod clone;
mod create;
mod decrypt;
mod delete;
mod disclose;
mod find;
mod imports;
mod list;
mod open;
mod ownership;
mod purge;
mod read;
mod read_open;
mod referrers;
mod restore;
mod retract;
mod revision_tags;
mod revisions;
mod rotate;
mod session;
mod settings;
mod tags;
mod update;

use ledger::{Statement, Target, TargetKind};
use store::environment::Environment;

use crate::name::EnvironmentName;

pub use access::AccessPage;
pub use check::{CheckedDefinition, Secrets};
pub use ciphertexts::Plaintexts;
pub use clone::Kept;
pub use decrypt::Decrypted;
pub(crate) use find::{find, revision_number};
pub use list::{EnvironmentPage, Listed, TagValues};
pub use open::Opened;
pub use read::Definition;
pub use read_open::SessionAnswer;
pub use referrers::ReferrerPage;
pub use retract::RetractionReason;
pub use revision_tags::RevisionTag;
pub use revisions::{RevisionInfo, Revisions};
pub use rotate::{RotationEvent, RotationOrder, RotationSchedule};
pub use settings::Metadata;
pub use tags::{EnvironmentTag, TagPage, TagUpdate};
pub use update::Updated;

/// The names of an environment as somebody typed them.
pub(crate) fn typed(name: &EnvironmentName) -> Statement {
    Statement::environment(name.organization(), name.project(), name.environment())
}

/// An environment as a record's target, at the revision acted on.
fn target(environment: &Environment, revision: u64) -> Target {
    Target {
        project: Some(environment.project),
        rev: Some(revision),
        ..Target::new(TargetKind::Environment, environment.id)
    }
}
