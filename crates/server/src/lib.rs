//! HTTP, the console, the configuration and the background tasks.

pub mod admin;
pub mod config;
pub mod console;
pub mod demo;
pub mod http;
pub mod installation;
pub mod listen;
pub mod tasks;
pub mod telemetry;

mod serve;

pub use serve::{serve, service};
