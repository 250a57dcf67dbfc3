//! Standard output, whose reader may go away, and may be a person or a program.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Result;
use thiserror::Error;

/// Whoever read our output has closed it: there is nothing more to do, and nothing to say.
#[derive(Debug, Error)]
#[error("the output was closed")]
pub(crate) struct Closed;

/// Prints a line at once.
pub(crate) fn line(text: &str) -> Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes at once.
pub(crate) fn bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(unwritten)
}

/// Why something could not be written.
pub(crate) fn unwritten(error: io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::BrokenPipe => Closed.into(),
        _ => anyhow::Error::new(error).context("the output cannot be written"),
    }
}

/// A text as a terminal may get it: what moves the cursor, ends the line or turns the direction of
/// writing is shown as its code, so that no name can make a line say something else.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => shown.extend([format!("\\u{:04x}", u32::from(character))]),
            _ => shown.push(character),
        }
    }
    shown
}

/// Whether standard output may be coloured (<https://no-color.org>).
pub(crate) fn is_coloured() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
}
