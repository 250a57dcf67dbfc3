//! Writing a text as a YAML scalar that reads back as the same string.

use std::fmt::Write as _;

use crate::syntax::is_plain_string;

/// Where a scalar is written, which decides what it may look like.
pub(super) enum Context<'n> {
    /// Inside brackets.
    Flow,
    /// On a line that goes on after it.
    Line,
    /// At the end of a line, with room for a block below.
    Block { indent: usize, newline: &'n str },
    /// Anywhere: always in double quotes.
    Quoted,
}

/// Words that some YAML readers take for booleans.
const OLD_BOOLEANS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

pub(super) fn write(text: &str, context: &Context) -> String {
    let in_flow = match context {
        Context::Quoted => return double_quoted(text),
        Context::Flow => true,
        Context::Line | Context::Block { .. } => false,
    };
    if is_plain(text, in_flow) {
        return text.to_owned();
    }
    if let Context::Block { indent, newline } = context
        && let Some(block) = literal(text, *indent, newline)
    {
        return block;
    }
    single_quoted(text)
}

/// A text in single quotes where that is possible.
pub(super) fn single_quoted(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    double_quoted(text)
}

/// Writes a text that was made rather than found, with double quotes around what might be taken for something else.
pub(super) fn marshal(text: &str, context: &Context) -> String {
    if !is_plain_string(text) || OLD_BOOLEANS.contains(&&*text.to_lowercase()) || is_base_60(text) {
        return double_quoted(text);
    }
    write(text, context)
}

/// Whether old YAML readers take the text for a number: `1:30`.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split('.').next().unwrap_or_default().split(':');
    let is_first = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_digit())
            && part.chars().all(|character| character.is_ascii_digit() || character == '_')
    };
    let is_next = |part: &str| {
        (1..=2).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|part| part < 60)
    };
    unsigned.contains(':') && parts.next().is_some_and(is_first) && parts.all(is_next)
}

/// Whether the text needs no quotes. Says no where a careful reader might hesitate.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let starts_well = text.starts_with(|first: char| first.is_alphanumeric() || "_$/.(".contains(first));
    let is_risky = |character: char| !is_printable(character) || (in_flow && ",[]{}:?".contains(character));
    starts_well
        && is_plain_string(text)
        && !text.contains(is_risky)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.starts_with("...")
        && !OLD_BOOLEANS.contains(&&*text.to_lowercase())
}

/// Lines as a literal block, for texts of several lines that end in at most one line break.
fn literal(text: &str, indent: usize, newline: &str) -> Option<String> {
    let (body, header) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    let is_well = body.starts_with(|first: char| first != '\n' && !first.is_whitespace())
        && !body.ends_with('\n')
        && body.chars().all(|character| is_printable(character) || matches!(character, '\n' | '\t'));
    if !is_well || !text.contains('\n') {
        return None;
    }
    let mut out = header.to_owned();
    for line in body.split('\n') {
        out.push_str(newline);
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
    }
    Some(out)
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                let _ = if code < 0x100 {
                    write!(out, "\\x{code:02X}")
                } else if code < 0x10000 {
                    write!(out, "\\u{code:04X}")
                } else {
                    write!(out, "\\U{code:08X}")
                };
            }
        }
    }
    out.push('"');
    out
}

/// Whether a character stands for itself in any scalar, on one line.
fn is_printable(character: char) -> bool {
    match character {
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' => false,
        ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}' => true,
        _ => false,
    }
}
