//! What must hold of an entry: one of several conditions, or none of them.

use super::condition::Condition;

/// One of several conditions holds, or, if it is negated, none of them does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Whether none may hold.
    pub is_negated: bool,
    /// The conditions.
    pub any: Vec<Condition>,
}

impl Clause {
    /// One condition that must hold.
    pub fn one(condition: Condition) -> Self {
        Self { is_negated: false, any: vec![condition] }
    }
}
