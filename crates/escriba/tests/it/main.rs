//! The program as people and scripts run it, on whichever database `ESCRIBA_TEST_DATABASE_URL`
//! names: without it, SQLite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod administration;
mod audit;
mod backup;
mod doctor;
mod erasing;
mod first_start;
mod installation;
mod logs;
mod shutdown;
mod tls;
