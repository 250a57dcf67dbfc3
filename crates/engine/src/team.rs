//! Names and descriptions of teams, checked once at the edge.

use crate::error::Error;

/// The longest name.
const LONGEST_NAME: usize = 100;
/// The longest name that is shown, in characters.
const LONGEST_DISPLAY_NAME: usize = 100;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 500;

/// The name of a team in paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamName(String);

impl TeamName {
    /// A name that a team may have. Paths below `pulumi` and `github` create teams.
    pub fn new(text: &str) -> Result<Self, Error> {
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(shape) || text == "." || text == ".." {
            return Err(Error::Invalid(format!(
                "the name of a team must have 1 to {LONGEST_NAME} letters, digits, `_`, `.` or `-`"
            )));
        }
        if ["pulumi", "github"].contains(&text) {
            return Err(Error::Invalid(format!("`{text}` is a reserved team name")));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What people call a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamDisplayName(String);

impl TeamDisplayName {
    /// A name to be shown.
    pub fn new(text: &str) -> Result<Self, Error> {
        check("name that is shown", text, LONGEST_DISPLAY_NAME)?;
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a team is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamDescription(String);

impl TeamDescription {
    /// A description; it may be empty.
    pub fn new(text: &str) -> Result<Self, Error> {
        check("description", text, LONGEST_DESCRIPTION)?;
        Ok(Self(text.to_owned()))
    }

    /// The description.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(what: &str, text: &str, longest: usize) -> Result<(), Error> {
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(Error::Invalid(format!(
            "the {what} of a team has at most {longest} characters, and no control characters"
        )));
    }
    Ok(())
}
