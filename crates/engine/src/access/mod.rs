//! Who may do what: decided inside the transaction that acts.

mod decide;
mod enter;
mod holder;
mod level;

pub(crate) use enter::{Entered, Permit, enter, permit, permit_organization, permit_team, visible};
pub use level::{Level, Role};
