//! Reading the audit log, which is itself recorded, and keeping it going.

mod export;
mod filter;
mod list;
mod reader;
mod running;
mod scan;

pub use export::{Export, Exported};
pub use filter::Filter;
pub use list::{EntryPage, Told};
pub use running::LogShape;
