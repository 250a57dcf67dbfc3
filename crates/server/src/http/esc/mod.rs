//! Environments: `/api/esc/environments…`.

pub(super) mod access;
mod collection;
mod definition;
mod open;
pub(super) mod providers;
mod referrers;
mod render;
pub(super) mod revision_tags;
pub(super) mod rotation;
pub(super) mod schedules;
pub(super) mod secrets;
mod settings;
pub(super) mod tags;
mod yaml;

pub(super) use collection::{clone, create, create_here, delete, list, list_all, list_deleted, restore};
pub(super) use definition::{check, decrypt, read, retract, revisions, stat, update};
pub(super) use open::{open, read_open};
pub(super) use referrers::referrers;
pub(super) use settings::{metadata, read_settings, update_settings};
pub(super) use yaml::{check_yaml, open_yaml, read_open_yaml};

pub(crate) use render::time;
