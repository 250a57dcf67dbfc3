//! What of an installation lies outside its database.

use std::path::PathBuf;
use std::sync::Arc;

use seal::Ring;

use crate::egress::Egress;
use crate::identity::Erasures;
use crate::log::Anchor;

/// What of an installation lies outside its database, so that whoever has the database alone has neither the secrets
/// nor the word of the log.
pub struct Outside {
    /// The keys.
    pub ring: Ring,
    /// The file that the keys were read from.
    pub ring_file: PathBuf,
    /// What remembers the heads of the logs.
    pub anchor: Arc<dyn Anchor>,
    /// What remembers who was erased.
    pub erasures: Erasures,
    /// The one way to what others run.
    pub egress: Egress,
}

/// Where it is, for people.
#[derive(Clone, Debug)]
pub struct KeptApart {
    /// The keys.
    pub key_file: PathBuf,
    /// What remembers the heads of the logs.
    pub anchor: String,
    /// What remembers who was erased.
    pub erasures: PathBuf,
}
