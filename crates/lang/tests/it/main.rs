//! The language from outside: the manual, stored findings, and laws that hold for any text.

mod evaluation;
mod findings;
mod laws;
mod manual;
mod merging;
mod properties;
mod rotation;
mod syntax;
