//! How far something came, for whoever watches.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::time::Instant;

/// How often the line is written anew.
const PACE: Duration = Duration::from_millis(100);

/// One line of standard error that is written over; nothing where that is no terminal.
pub(crate) struct Progress {
    is_watched: bool,
    last: Option<Instant>,
    width: usize,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { is_watched: std::io::stderr().is_terminal(), last: None, width: 0 }
    }

    /// Shows a state, unless one was shown just now.
    pub(crate) fn show(&mut self, state: impl FnOnce() -> String) {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= PACE);
        if self.is_watched && is_due {
            self.last = Some(Instant::now());
            let state = state();
            // Spaces wipe what a longer state left.
            write(&format!("\r{state:width$}", width = self.width));
            self.width = state.chars().count();
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if self.width > 0 {
            write(&format!("\r{:width$}\r", "", width = self.width));
            self.width = 0;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // Whether somebody sees how far it is changes nothing in what it does.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// A number of bytes, as people say it.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut unit = "bytes";
    let mut tenths = bytes.saturating_mul(10);
    for larger in units {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1_024;
        unit = larger;
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_said_with_a_unit_that_fits() {
        let said = [0, 1_023, 1_024, 1_536, 5 << 20, 3 << 40].map(bytes);
        assert_eq!(said, ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 KiB", "5.0 MiB", "3.0 TiB"]);
    }
}
