//! Names and values of tags, checked once at the edge.

use std::fmt;

use crate::error::Error;
use crate::name::Version;

/// The tag that always names the newest revision. Nobody sets it.
pub(crate) const LATEST: &str = "latest";

/// The name of a revision tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionTagName(String);

impl RevisionTagName {
    /// A name that a revision tag could have, `latest` among them. What begins with a digit would
    /// be a number of a revision, and `tags` another path.
    pub fn new(text: &str) -> Result<Self, Error> {
        match Version::parse(text) {
            Ok(Version::Tag(tag)) if tag != "tags" => Ok(Self(tag)),
            Err(error) if !text.starts_with(|first: char| first.is_ascii_digit()) => Err(error),
            _ => Err(Error::Invalid(format!("`{text}` cannot be a revision tag"))),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This name, if people may set and delete the tag.
    pub(crate) fn settable(&self) -> Result<&str, Error> {
        if self.0 == LATEST {
            return Err(Error::Invalid("the tag `latest` always names the newest revision and cannot be set".into()));
        }
        Ok(&self.0)
    }
}

impl fmt::Display for RevisionTagName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
