//! CSV with exactly the columns that the hosted product documents.
//!
//! RFC 4180 quoting where it is needed, line feeds, and no other change to any byte: a spreadsheet's formula is a
//! matter for the spreadsheet.

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

pub(super) fn header(text: &mut String) {
    write(text, COLUMNS);
}

pub(super) fn row(text: &mut String, entry: &Entry) {
    let shown = Shown::of(entry);
    let time = shown.time.to_string();
    write(text, cells(&shown, &time));
}

/// The cells of a row; the time is an argument, because somebody must own its text.
pub(super) fn cells<'a>(shown: &'a Shown<'_>, time: &'a str) -> [&'a str; COLUMNS.len()] {
    [
        time,
        &shown.name,
        &shown.login,
        shown.display_name,
        &shown.description,
        &shown.address,
        boolean(shown.requires_org_admin),
        boolean(false),
        boolean(shown.authentication_failure),
    ]
}

/// Appends cells as a row.
pub(super) fn write<'a>(text: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if cell.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r')) {
            text.push('"');
            text.extend(cell.split_inclusive('"').flat_map(|part| [part, if part.ends_with('"') { "\"" } else { "" }]));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}

const fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
