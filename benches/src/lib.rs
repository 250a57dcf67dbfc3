//! What the benchmarks and the kill test share: a cheap HTTP client, the processes that they start and end, and the
//! definitions that the language is measured on.

pub mod clock;
pub mod contract;
pub mod fill;
pub mod histogram;
pub mod http;
pub mod language;
pub mod machine;
pub mod metrics;
pub mod postgres;
pub mod process;
pub mod server;
