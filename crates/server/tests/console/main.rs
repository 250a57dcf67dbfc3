//! The console, over HTTP and in Chromium, on whichever database `ESCRIBA_TEST_DATABASE_URL`
//! names: without it, SQLite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chromium;
mod cli_login;
mod driver;
mod environment;
mod exchange;
mod identity_provider;
mod invites;
mod over_http;
#[path = "../it/app/place.rs"]
#[allow(dead_code, reason = "the other tests look into the database, too")]
mod place;
mod screenshots;
mod search;
mod server;
