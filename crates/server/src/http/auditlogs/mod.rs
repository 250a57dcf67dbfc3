//! The audit log: `/api/orgs/{organization}/auditlogs…`.

mod cursor;
mod event;
pub(crate) mod export;
mod list;
mod query;
mod search;

pub(super) use event::{prove_event, read_event};
pub(super) use export::{export_v1, export_v2};
pub(super) use list::{event_types, list_v1, list_v2, reader_kind};
pub(super) use search::search;

pub(crate) use cursor::Cursor;
