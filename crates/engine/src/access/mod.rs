//! Who may do what: decided inside the transaction that acts.

mod decide;
mod enter;
mod explain;
mod holder;
mod level;
mod scope;

pub(crate) use enter::{
    Entered, Permit, enter, enter_as_admin, holds, permit, permit_lasting, permit_organization, permit_scope,
    permit_team, visible,
};
pub(crate) use explain::explain;
pub use explain::{Explanation, Ground, OPERATIONS};
pub(crate) use holder::{Holder, Principal, held_by};
pub use level::{Level, Role};
pub use scope::{Act, Scope};
