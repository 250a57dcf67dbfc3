//! Placeholder.

pub mod console;
