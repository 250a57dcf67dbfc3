//! Canonical JSON (RFC 8785), without the numbers that need its hardest part: integers only.

use std::fmt::Write as _;

use serde_json::Value;

use crate::record::MAX_INTEGER;

/// A value that this format does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A number that is no integer, or beyond 2^53.
    #[error("a number that is not an integer between -2^53 and 2^53")]
    Number,
    /// A null.
    #[error("a null")]
    Null,
}

/// The canonical text of a value.
pub fn to_string(value: &Value) -> Result<String, CanonicalError> {
    let mut text = String::new();
    write(&mut text, value)?;
    Ok(text)
}

/// Whether a text is exactly the canonical text of what it says.
pub fn is_canonical(text: &str) -> bool {
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.and_then(|value| to_string(&value).ok()).is_some_and(|canonical| canonical == text)
}

fn write(text: &mut String, value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Null => return Err(CanonicalError::Null),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => {
            let integer = number.as_i64().filter(|integer| integer.unsigned_abs() <= MAX_INTEGER);
            write!(text, "{}", integer.ok_or(CanonicalError::Number)?).expect("a string takes everything");
        }
        Value::String(value) => string(text, value),
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(text, value)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| compare_keys(a, b));
            text.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                string(text, key);
                text.push(':');
                write(text, value)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// Keys are ordered by their UTF-16 code units (RFC 8785 section 3.2.3), which differs from the order of bytes above
/// the surrogates.
pub fn compare_keys(a: &str, b: &str) -> std::cmp::Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Appends a string in quotes, with the escapes that RFC 8785 section 3.2.2.2 demands and no others.
pub fn string(text: &mut String, value: &str) {
    text.push('"');
    let mut start = 0;
    for (index, byte) in value.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        text.push_str(&value[start..index]);
        start = index + 1;
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            0x08 => text.push_str("\\b"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            0x0c => text.push_str("\\f"),
            b'\r' => text.push_str("\\r"),
            _ => write!(text, "\\u{byte:04x}").expect("a string takes everything"),
        }
    }
    text.push_str(&value[start..]);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf_16_and_strings_escaped_as_the_rfc_says() {
        let value = json!({
            "\u{20ac}": 1, "\r": [true, false], "\u{fb33}": -5, "1": {}, "\u{1f600}": "x", "\u{80}": [], "\u{f6}": 0,
        });
        let text = "{\"\\r\":[true,false],\"1\":{},\"\u{80}\":[],\"\u{f6}\":0,\"\u{20ac}\":1,\"\u{1f600}\":\"x\",\"\u{fb33}\":-5}";
        assert_eq!(to_string(&value).as_deref(), Ok(text));
        assert!(is_canonical(text));
        let value = json!("\u{20ac}$\u{f}\nA'\u{42}\"\\\\\"/\u{7f}\u{2028}\u{8}\u{c}\t");
        let text = "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\u{2028}\\b\\f\\t\"";
        assert_eq!(to_string(&value).as_deref(), Ok(text));
    }

    #[test]
    fn other_spellings_and_other_numbers_are_refused() {
        assert_eq!(to_string(&json!(1.5)), Err(CanonicalError::Number));
        assert_eq!(to_string(&json!(9_007_199_254_740_992_u64)), Err(CanonicalError::Number));
        assert_eq!(to_string(&json!([null])), Err(CanonicalError::Null));
        for text in
            ["{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":1}", "[1, 2]", "\"\\u0041\"", "1e3", "-0", "01", "\"\\/\"", ""]
        {
            assert!(!is_canonical(text), "{text}");
        }
        assert!(is_canonical("{\"a\":[9007199254740991,\"\u{e9}\"]}"));
    }
}
