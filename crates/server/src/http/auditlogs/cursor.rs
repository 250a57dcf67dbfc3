//! Where the next page begins, as a text that callers only hand back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::http::problem::Problem;

/// The index below which the next page goes on. Entries are only ever added above, so it names
/// the same place for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(pub(crate) u64);

/// Tells a cursor from another text, and this form of cursor from a later one.
const PREFIX: &str = "below:";

impl Cursor {
    /// Reads what [`Cursor::to_text`] gave.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let decode = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            text.strip_prefix(PREFIX)?.parse().ok().map(Self)
        };
        decode().ok_or_else(|| Problem::invalid("`continuationToken` is not one that this server gave"))
    }

    /// The text for callers.
    pub(crate) fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{PREFIX}{}", self.0))
    }
}
