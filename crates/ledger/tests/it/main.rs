//! What holds of the format as a whole.

mod documented;
mod hostile;
mod refused;
mod sample;
mod vectors;
