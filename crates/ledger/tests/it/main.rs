//! What holds of the format as a whole.

mod bundle;
mod documented;
mod findings;
mod hostile;
mod laws;
mod notes;
mod parts;
mod readers;
mod records;
mod refused;
mod rows;
mod sample;
mod tree;
mod vectors;
