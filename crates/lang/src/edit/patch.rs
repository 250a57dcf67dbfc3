//! Patches: what rotations change in a definition.

use std::fmt;
use std::sync::Arc;

use crate::path::PropertyPath;
use crate::value::Value;

/// A new value for a part of a definition.
#[derive(Clone)]
pub struct Patch {
    /// The document path of the part, `values` included. Prints as the reference's `DocPath`.
    pub path: PropertyPath,
    /// The new value.
    pub replacement: Arc<Value>,
}

/// Prints the path, and no secret.
impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.path, self.replacement)
    }
}
