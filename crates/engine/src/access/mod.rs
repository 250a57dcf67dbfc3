//! Who may do what: decided inside the transaction that acts.

mod enter;
mod level;

pub(crate) use enter::{Entered, Permit, enter, may_see, permit, permit_organization};
pub use level::{Level, Role};
