//! The server over HTTP, on whichever database `ESCRIBA_TEST_DATABASE_URL` names: without it, SQLite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod app;
mod attribution;
mod auditlog;
mod canary;
mod catalogue;
mod demo;
mod endpoints;
mod erasure;
mod faults;
mod hang_up;
mod hostile;
mod intents;
mod matrix;
mod openapi;
mod pitfalls;
mod providers;
mod replicas;
mod rotation;
mod schedules;
mod signing;
mod targets;
mod wire;
