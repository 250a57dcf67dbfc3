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

/// The longest name of a tag of an environment.
const LONGEST_NAME: usize = 40;
/// The longest value of one, in characters.
const LONGEST_VALUE: usize = 256;

/// The name of a tag of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentTagName(String);

impl EnvironmentTagName {
    /// A name that a tag of an environment may have.
    pub fn new(text: &str) -> Result<Self, Error> {
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
        if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(shape) || text == "." || text == ".." {
            return Err(Error::Invalid(format!(
                "the name of a tag must have 1 to {LONGEST_NAME} letters, digits, `_`, `.`, `:` or `-`"
            )));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a tag of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentTagValue(String);

impl EnvironmentTagValue {
    /// A value that a tag of an environment may have.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.is_empty() || text.chars().count() > LONGEST_VALUE || text.chars().any(char::is_control) {
            return Err(Error::Invalid(format!(
                "the value of a tag must have 1 to {LONGEST_VALUE} characters, and no control characters"
            )));
        }
        Ok(Self(text.to_owned()))
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
