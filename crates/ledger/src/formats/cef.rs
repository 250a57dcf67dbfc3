//! CEF as the hosted product writes it, one line an entry: its consumers split on blanks, bars and equals signs.

use std::io;

use super::Shown;
use crate::entry::Entry;

/// What the lines say of the server.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// The host that people use, such as `esc.example.net`.
    pub host: &'a str,
    /// The organisation whose log it is.
    pub organization: &'a str,
}

/// Writes entries as lines.
pub struct Writer<'a, W: io::Write> {
    sink: W,
    device: Device<'a>,
    line: String,
}

impl<'a, W: io::Write> Writer<'a, W> {
    /// A writer; there is no header.
    pub const fn new(sink: W, device: Device<'a>) -> Self {
        Self { sink, device, line: String::new() }
    }

    /// Writes a line. The name of the access token is not in the leaf: it is that of the event that issued it.
    pub fn entry(&mut self, entry: &Entry, token_name: Option<&str>) -> io::Result<()> {
        let shown = Shown::of(entry);
        let line = &mut self.line;
        line.clear();
        line.push_str(&shown.time.strftime("%b %e %H:%M:%S ").to_string());
        // The host stands before the first bar, so a blank in it would move every field.
        line.extend(self.device.host.chars().map(|c| if c.is_whitespace() || c.is_control() { '_' } else { c }));
        line.push_str(" CEF:0|Pulumi|Pulumi Service|1.0|");
        header(line, &shown.display_name);
        line.push('|');
        header(line, &shown.description);
        line.push_str("|0|");
        let time = (shown.seconds * 1000).to_string();
        let boolean = |value: bool| if value { "true" } else { "false" };
        let extension = [
            ("authenticationFailure", boolean(shown.authentication_failure)),
            ("dvchost", self.device.host),
            ("orgID", self.device.organization),
            ("requireOrgAdmin", boolean(shown.requires_org_admin)),
            ("requireStackAdmin", boolean(false)),
            ("rt", &time),
            ("src", &shown.address),
            ("suser", &shown.login),
            ("tokenID", shown.token.as_deref().unwrap_or_default()),
            ("tokenName", token_name.filter(|_| shown.token.is_some()).unwrap_or_default()),
            ("userID", shown.actor.as_deref().unwrap_or_default()),
        ];
        for (index, (key, value)) in extension.into_iter().enumerate() {
            if index > 0 {
                line.push(' ');
            }
            line.push_str(key);
            line.push('=');
            extension_value(line, value);
        }
        line.push('\n');
        self.sink.write_all(line.as_bytes())
    }

    /// Gives the sink back.
    pub fn finish(self) -> W {
        self.sink
    }
}

fn header(line: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '|' => line.push_str("\\|"),
            '\n' | '\r' => line.push(' '),
            _ => line.push(character),
        }
    }
}

fn extension_value(line: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '=' => line.push_str("\\="),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            _ => line.push(character),
        }
    }
}
