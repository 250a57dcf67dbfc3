//! Everything that these programs take for granted of the server, in one place.
//!
//! Commands:
//! - `escriba init --data-dir D [--database-url U] --organization O --admin L --json` prints `{organization, login, token, url}`;
//! - `escriba users add L --organization O --role member --data-dir D [--database-url U] --json` prints `{…, token}`;
//! - `escriba serve --data-dir D [--database-url U] --listen 127.0.0.1:0 --ready-file F` writes the bound address and a
//!   line feed to F when it listens, and ends cleanly on SIGTERM;
//! - `escriba log check --data-dir D [--database-url U] --json` prints `{"logs": [{log, entries, contiguous, …}]}`.
//!
//! The audit log's list (V2) has, besides Pulumi's keys, the `id` of each event; its sentences name the environment as
//! `organization/project/name`, and begin with [`TRIED`] when the attempt did not succeed.

/// The response header that names the event which the request caused.
pub const EVENT_HEADER: &str = "escriba-event";
/// The response header that holds the revision of an environment.
pub const REVISION_HEADER: &str = "pulumi-esc-revision";
/// The response header of an answer that is not complete yet.
pub const WARNING_HEADER: &str = "x-pulumi-warning";

/// Counts the commits of the store. On SQLite each is one fsync.
pub const COMMITS: &str = "escriba_store_commits_total";
/// Counts the entries appended to all logs.
pub const ENTRIES: &str = "escriba_log_entries_total";

/// How the sentence of a record begins that did not succeed.
pub const TRIED: &str = "Tried to ";
