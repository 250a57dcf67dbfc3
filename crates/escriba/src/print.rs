//! What people and scripts read.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use serde_json::Value;

/// Says why there was no success, with every cause once.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("escriba: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // A transparent error repeats its cause's words.
        if !text.contains(&cause) {
            text.extend(["\n  because: ", &cause]);
        }
    }
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}

/// Prints one JSON value on a line.
pub(crate) fn json(value: &Value) {
    let _ = writeln!(std::io::stdout(), "{value}");
}

/// Prints a line for people.
pub(crate) fn line(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
}

/// Prints a note beside the output, to standard error.
pub(crate) fn note(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
}

/// Whether somebody is watching the output.
pub(crate) fn is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints rows under a heading, each column as wide as its widest cell.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let print = |cells: [&str; N]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(padded.join("  ").trim_end());
    };
    if is_watched() || !rows.is_empty() {
        print(heading);
    }
    for row in rows {
        print(row.each_ref().map(String::as_str));
    }
}
