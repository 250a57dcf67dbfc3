//! CEF as the hosted product writes it, one line an entry: its consumers split on blanks, bars and equals signs.

use super::{Device, Shown};
use crate::entry::Entry;

pub(super) fn line(line: &mut String, entry: &Entry, device: Device<'_>, token_name: Option<&str>) {
    let shown = Shown::of(entry);
    line.push_str(&shown.time.strftime("%b %e %H:%M:%S ").to_string());
    // The host stands before the first bar, so a blank in it would move every field.
    line.extend(device.host.chars().map(|c| if c.is_whitespace() || c.is_control() { '_' } else { c }));
    line.push_str(" CEF:0|Pulumi|Pulumi Service|1.0|");
    header(line, shown.display_name);
    line.push('|');
    header(line, &shown.description);
    line.push_str("|0|");
    let time = (shown.seconds * 1000).to_string();
    let boolean = |value: bool| if value { "true" } else { "false" };
    let extension = [
        ("authenticationFailure", boolean(shown.authentication_failure)),
        ("dvchost", device.host),
        ("orgID", device.organization),
        ("requireOrgAdmin", boolean(shown.requires_org_admin)),
        ("requireStackAdmin", boolean(false)),
        ("rt", &time),
        ("src", &shown.address),
        ("suser", &shown.login),
        ("tokenID", shown.token.unwrap_or_default()),
        ("tokenName", token_name.filter(|_| shown.token.is_some()).unwrap_or_default()),
        ("userID", shown.actor.unwrap_or_default()),
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
