//! What an export is written as.

use ledger::formats::Format;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One row an entry, newest first.
    Rows(Format),
    /// One JSON document, as the V2 list answers with, with all events in it: newest first.
    Json,
    /// A bundle that can be checked without the server: oldest first.
    Bundle,
}

impl ExportFormat {
    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        Format::ALL.into_iter().map(Self::Rows).chain([Self::Json, Self::Bundle])
    }

    /// The word for the format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows(format) => format.as_str(),
            Self::Json => "json",
            Self::Bundle => "bundle",
        }
    }

    /// Finds a format by its word.
    pub fn from_word(text: &str) -> Option<Self> {
        Self::all().find(|format| format.as_str() == text)
    }

    /// What files in the format are usually called, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Rows(format) => format.extension(),
            Self::Json => "json",
            Self::Bundle => "zip",
        }
    }

    /// The media type of the format.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Rows(format) => format.media_type(),
            Self::Json => "application/json",
            Self::Bundle => "application/zip",
        }
    }
}
