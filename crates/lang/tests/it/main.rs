//! The language from outside: others' conformance cases, and properties that hold for any text.

mod conformance;
mod evaluation;
mod findings;
mod laws;
mod manual;
mod merging;
mod properties;
mod rotation;
mod syntax;
