//! What holds of the format as a whole.

mod bundle;
mod documented;
mod hostile;
mod notes;
mod readers;
mod records;
mod refused;
mod rows;
mod sample;
mod tree;
mod vectors;
