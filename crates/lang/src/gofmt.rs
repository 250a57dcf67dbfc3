//! Text forms of the reference's language: quoting, floating point, edit distance.

use std::fmt::Write as _;

/// The shortest text that reads back as the same number, in the reference's general format.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` always writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a decimal exponent");
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// Appends bytes as a double-quoted string.
pub(crate) fn quote(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            quote_character(out, character, '"');
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
}

pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text.as_bytes());
    out
}

/// A byte as a quoted character.
pub(crate) fn quote_byte(byte: u8) -> String {
    let mut out = String::from("'");
    quote_character(&mut out, char::from(byte), '\'');
    out.push('\'');
    out
}

fn quote_character(out: &mut String, character: char, quote: char) {
    match character {
        '\\' => out.push_str("\\\\"),
        _ if character == quote => {
            out.push('\\');
            out.push(quote);
        }
        ' '..='~' => out.push(character),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        '\0'..='\x7f' => {
            let _ = write!(out, "\\x{:02x}", u32::from(character));
        }
        _ if is_printable(character) => out.push(character),
        _ => {
            let code = u32::from(character);
            let _ = if code < 0x10000 { write!(out, "\\u{code:04x}") } else { write!(out, "\\U{code:08x}") };
        }
    }
}

/// Whether a character beyond ASCII is a letter, mark, number, punctuation or symbol.
fn is_printable(character: char) -> bool {
    // The standard library escapes just what is no such character, and grapheme extenders, which are marks.
    let escaped = character.escape_debug().len() > 1;
    !escaped || is_grapheme_extender(character)
}

fn is_grapheme_extender(character: char) -> bool {
    // An extender is escaped on its own but not after another character.
    let pair = ['a', character].iter().collect::<String>();
    let plain = pair.len() == pair.escape_debug().map(char::len_utf8).sum::<usize>();
    plain && !matches!(character, '\u{200C}' | '\u{E0020}'..='\u{E007F}')
}

/// The candidate nearest to a name, if one is near enough.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name = fold(name);
    let mut limit = name.len().div_ceil(2);
    let mut best = None;
    for candidate in candidates {
        let folded = fold(candidate);
        if folded.len().abs_diff(name.len()) >= limit {
            continue;
        }
        let distance = distance_folded(&name, &folded);
        if distance < limit {
            limit = distance;
            best = Some(candidate);
        }
    }
    best
}

/// How many single-byte edits lie between two names, ignoring case and underscores.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    distance_folded(&fold(left), &fold(right))
}

fn fold(name: &str) -> String {
    name.chars().filter(|&character| character != '_').flat_map(char::to_lowercase).collect()
}

fn distance_folded(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (index, to) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(from != to);
            diagonal = row[index + 1];
            row[index + 1] = substituted.min(row[index] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_turns_to_an_exponent_below_a_ten_thousandth_and_from_a_million() {
        let all: Vec<String> =
            [1.0, 100_000.0, 999_999.0, 1e6, 1_234_567.0, 100_000.5, 0.0001, 1e-5, 1e21, -0.0, 123_456_789.123, 1e100]
                .map(float)
                .to_vec();
        assert_eq!(
            all.join(" "),
            "1 100000 999999 1e+06 1.234567e+06 100000.5 0.0001 1e-05 1e+21 -0 1.23456789123e+08 1e+100"
        );
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(float).join(" "), "+Inf -Inf NaN");
    }

    #[test]
    fn quoting_escapes_what_does_not_print() {
        let mut out = String::new();
        quote(&mut out, "a\"\\\n\x01\x7fé世\u{a0}\u{200b}\u{feff}\u{301}😀\u{e000}\u{10ffff}<".as_bytes());
        quote(&mut out, b"\xff\xfe");
        assert_eq!(out, "\"a\\\"\\\\\\n\\x01\\x7fé世\\u00a0\\u200b\\ufeff\u{301}😀\\ue000\\U0010ffff<\"\"\\xff\\xfe\"");
    }

    #[test]
    fn the_nearest_name_is_within_half_the_length() {
        assert_eq!(nearest("bar", ["baz", "qux"]), Some("baz"));
        assert_eq!(nearest("bar", ["foo", "hello"]), None);
        assert_eq!(nearest("user_name", ["UserNames"]), Some("UserNames"));
    }
}
