//! Searching a log: the language that people ask in, and what of an entry they can ask for.
//!
//! A [`Query`] is read from text and becomes [`Clause`]s, all of which must hold. A clause asks for the values of an
//! entry's [`Facet`]s. The same facets are what an index holds, so an entry that is looked at and one that is found in
//! an index match alike.

mod clause;
mod condition;
mod facet;
mod network;
mod parse;
mod query;

pub use clause::Clause;
pub use condition::{Condition, Lookup};
pub use facet::{Facet, facets_of_leaf, facets_of_opening};
pub use network::Network;
pub use parse::{KEYS, LONGEST, MOST, QueryError, QueryFault};
pub use query::{Query, QueryTerm, Wanted};
