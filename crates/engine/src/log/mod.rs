//! Reading the audit log, which is itself recorded; keeping it going; signing it.

mod anchor;
mod epoch;
mod event;
mod export;
mod fault;
mod filter;
mod freeze;
mod fsck;
mod keys;
mod list;
mod mirror;
mod note;
mod publish;
mod reader;
mod recompute;
mod rotate;
mod running;
mod scan;
mod scrub;
mod trust;
mod visibility;

pub use anchor::{Anchor, AnchorError, AnchorFile, Anchored, Anchoring, Step, TreeHead};
pub use epoch::{Adopted, Becomes, EpochError, Resumed};
pub use export::{Export, Exported};
pub use fault::Fault;
pub use filter::Filter;
pub use fsck::{Expected, Finding, Listener, LogReport, Progress, Report, fsck};
pub(crate) use keys::Keys as LogKeys;
pub use keys::NamedKeys;
pub use list::{EntryPage, Told};
pub(crate) use publish::Publisher;
pub use publish::{PublishError, Published};
pub use rotate::{RotateError, Rotated};
pub use running::LogShape;
pub(crate) use scrub::Scrubber;
pub use trust::{Distrust, Name as LogName, Rolled, is_signed};
