//! The formats that other tools read. Each is a function of an entry, so a writer keeps nothing but its settings.

pub mod cef;
pub mod csv;
pub mod csv_full;
pub mod json;
pub mod ndjson;
pub mod ocsf;

mod object;
mod shown;

use std::fmt;

use crate::entry::Entry;
use shown::Shown;

/// A format of rows: a file in it is a header, if it has one, and a row for each entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// CSV with the columns that the hosted product documents.
    Csv,
    /// CSV with every field, the leaf and its openings.
    CsvFull,
    /// One line an entry, for security tools.
    Cef,
    /// One JSON object a line, with every field, the leaf and its openings.
    Ndjson,
    /// One JSON object a line, as the Open Cybersecurity Schema Framework wants it.
    Ocsf,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Csv, Self::CsvFull, Self::Cef, Self::Ndjson, Self::Ocsf];

    /// The word for the format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvFull => "csv-full",
            Self::Cef => "cef",
            Self::Ndjson => "ndjson",
            Self::Ocsf => "ocsf",
        }
    }

    /// Finds a format by its word.
    pub fn from_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// What files in the format are usually called, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvFull => "csv",
            Self::Cef => "cef",
            Self::Ndjson | Self::Ocsf => "jsonl",
        }
    }

    /// The media type of the format.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvFull => "text/csv; charset=utf-8",
            Self::Cef => "text/plain; charset=utf-8",
            Self::Ndjson | Self::Ocsf => "application/x-ndjson",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What rows say of the server.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// The host that people use, such as `esc.example.net`.
    pub host: &'a str,
    /// The id of the organisation whose log it is; empty for the log of the server.
    pub organization: &'a str,
}

/// Writes entries in a format to the end of a text.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    format: Format,
    device: Device<'a>,
}

impl<'a> Writer<'a> {
    /// A writer of a format.
    pub const fn new(format: Format, device: Device<'a>) -> Self {
        Self { format, device }
    }

    /// What a file begins with, if the format has that.
    pub fn start(&self, text: &mut String) {
        match self.format {
            Format::Csv => csv::header(text),
            Format::CsvFull => csv_full::header(text),
            Format::Cef | Format::Ndjson | Format::Ocsf => {}
        }
    }

    /// The row of an entry. The name of the access token is not in the leaf, but in that of the event that issued it:
    /// whoever has it gives it, and formats that say nothing else than the leaf leave it out.
    pub fn entry(&self, text: &mut String, entry: &Entry, token_name: Option<&str>) {
        match self.format {
            Format::Csv => csv::row(text, entry),
            Format::CsvFull => csv_full::row(text, entry),
            Format::Cef => cef::line(text, entry, self.device, token_name),
            Format::Ndjson => ndjson::line(text, entry),
            Format::Ocsf => ocsf::line(text, entry, self.device, token_name),
        }
    }
}
