//! What the load generator and the kill test share: a cheap HTTP client, and the processes that they start and end.

pub mod clock;
pub mod contract;
pub mod histogram;
pub mod http;
pub mod machine;
pub mod metrics;
pub mod postgres;
pub mod process;
pub mod server;
