//! CSV with exactly the columns that the hosted product documents.
//!
//! RFC 4180 quoting where it is needed, line feeds, and no other change to any byte: a spreadsheet's formula is a
//! matter for the spreadsheet.

use std::io;

use super::Shown;
use crate::entry::Entry;

/// The columns, in order.
pub const COLUMNS: [&str; 9] = [
    "Timestamp",
    "Name",
    "Login",
    "Event",
    "Description",
    "SourceIP",
    "RequireOrgAdmin",
    "RequireStackAdmin",
    "AuthenticationFailure",
];

/// Writes entries as rows.
pub struct Writer<W: io::Write> {
    rows: ::csv::Writer<W>,
}

impl<W: io::Write> Writer<W> {
    /// Writes the header.
    pub fn new(sink: W) -> io::Result<Self> {
        let mut writer = Self::continued(sink);
        writer.rows.write_record(COLUMNS)?;
        Ok(writer)
    }

    /// Goes on with a file that has its header.
    pub fn continued(sink: W) -> Self {
        let terminator = ::csv::Terminator::Any(b'\n');
        Self { rows: ::csv::WriterBuilder::new().terminator(terminator).from_writer(sink) }
    }

    /// Writes a row.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let shown = Shown::of(entry);
        let time = shown.time.to_string();
        let row = [
            time.as_str(),
            &shown.name,
            &shown.login,
            &shown.display_name,
            &shown.description,
            &shown.address,
            boolean(shown.requires_org_admin),
            boolean(false),
            boolean(shown.authentication_failure),
        ];
        Ok(self.rows.write_record(row)?)
    }

    /// Gives the rest to the sink, and the sink back.
    pub fn finish(self) -> io::Result<W> {
        self.rows.into_inner().map_err(::csv::IntoInnerError::into_error)
    }
}

const fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
