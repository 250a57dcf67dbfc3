//! Typing of scalars: which texts are null, booleans and numbers.

use std::sync::Arc;

use super::NodeKind;
use crate::{base64, gofmt};

/// Resolves a scalar. `tag` is in its short form; a scalar with quotes and no tag is `!!str`.
pub(super) fn resolve(tag: Option<&str>, text: &str, is_secret: impl Fn() -> bool) -> Result<NodeKind, String> {
    let string = || NodeKind::String(text.into());
    match tag {
        Some("!!binary") => {
            return match base64::decode(text.as_bytes()) {
                Ok(_) => Ok(string()),
                Err(_) => Err("yaml: !!binary value contains invalid base64 data".to_owned()),
            };
        }
        None | Some("!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp") => {}
        // `!!str`, and all tags that mean nothing here.
        Some(_) => return Ok(string()),
    }
    let resolved = plain(text);
    let (found, kind) = match resolved {
        Plain::Null => ("!!null", NodeKind::Null),
        Plain::Boolean(value) => ("!!bool", NodeKind::Boolean(value)),
        Plain::Integer(value) if tag == Some("!!float") => {
            #[allow(clippy::cast_precision_loss)]
            let digits = gofmt::float(value as f64);
            ("!!float", NodeKind::Number(digits.into()))
        }
        Plain::Integer(value) => ("!!int", NodeKind::Number(value.to_string().into())),
        Plain::Float(value) => ("!!float", NodeKind::Number(gofmt::float(value).into())),
        Plain::String if tag == Some("!!timestamp") && is_timestamp(text) => ("!!timestamp", string()),
        Plain::String => ("!!str", string()),
    };
    match tag {
        Some(tag) if tag != found => {
            let text = if is_secret() { "[secret]" } else { text };
            Err(format!("yaml: cannot decode {found} `{text}` as a {tag}"))
        }
        _ => Ok(kind),
    }
}

enum Plain {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    String,
}

fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Boolean(true),
        "false" | "False" | "FALSE" => return Plain::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' => separated_float(text).map_or(Plain::String, Plain::Float),
        b'+' | b'-' | b'0'..=b'9' => {
            let digits: String;
            let digits = if text.contains('_') {
                digits = text.replace('_', "");
                &digits
            } else {
                text
            };
            integer(digits).map(Plain::Integer).or_else(|| float(digits).map(Plain::Float)).unwrap_or(Plain::String)
        }
        _ => Plain::String,
    }
}

/// An integer with base by prefix: within 64 bits with sign, or 64 bits without.
fn integer(text: &str) -> Option<i128> {
    let (negative, magnitude) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = magnitude.len() < text.len();
    let (digits, radix) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&magnitude[2..], 16),
        [b'0', b'o' | b'O', ..] => (&magnitude[2..], 8),
        [b'0', b'b' | b'B', ..] => (&magnitude[2..], 2),
        [b'0', _, ..] => (&magnitude[1..], 8),
        _ => (magnitude, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -value } else { value };
    let (least, most) = (i128::from(i64::MIN), i128::from(if signed { i64::MAX as u64 } else { u64::MAX }));
    (least..=most).contains(&value).then_some(value)
}

/// A decimal float: `[-+]? ( .digits | digits (. digits*)? ) ([eE][-+]?digits)?`.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let mantissa_is_well = match fraction {
        Some(fraction) if whole.is_empty() => is_digits(fraction),
        Some(fraction) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(whole),
    };
    let exponent_is_well = exponent.is_none_or(|text| is_digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    if !mantissa_is_well || !exponent_is_well {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A float that starts with its point; underscores may stand between digits.
fn separated_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let separates = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    if !bytes.iter().enumerate().all(|(at, &byte)| byte != b'_' || separates(at)) {
        return None;
    }
    float(&text.replace('_', ""))
}

/// `Y-M-D`, with or without a time of day.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let number =
        |text: &str, most: u32| (1..=2).contains(&text.len()) && text.parse::<u32>().is_ok_and(|number| number <= most);
    let parts: Vec<&str> = date.split('-').collect();
    let date_is_well = matches!(parts[..], [year, month, day] if year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit()) && number(month, 12) && number(day, 31));
    let time_is_well = time.is_none_or(|time| {
        let clock = time.find(['Z', '+', '-', '.']).map_or(time, |at| &time[..at]);
        let parts: Vec<&str> = clock.split(':').collect();
        matches!(parts[..], [hour, minute, second] if number(hour, 23) && number(minute, 59) && number(second, 59))
    });
    date_is_well && time_is_well
}

/// Whether a plain scalar with this text is a string.
pub(crate) fn is_plain_string(text: &str) -> bool {
    matches!(plain(text), Plain::String)
}

/// `tag:yaml.org,2002:int` as `!!int`.
pub(super) fn short_tag(tag: &str) -> Arc<str> {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(name) => format!("!!{name}").into(),
        None => tag.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(tag: Option<&str>, text: &str) -> String {
        match resolve(tag, text, || false) {
            Ok(NodeKind::Null) => "null".to_owned(),
            Ok(NodeKind::Boolean(value)) => value.to_string(),
            Ok(NodeKind::Number(digits)) => digits.to_string(),
            Ok(NodeKind::String(text)) => format!("{text:?}"),
            Ok(_) => unreachable!("a scalar is no collection"),
            Err(error) => error,
        }
    }

    #[test]
    fn numbers_are_kept_as_canonical_text() {
        let texts = [
            "0x1F",
            "017",
            "1_000",
            "+5",
            "-0b11",
            "0o17",
            "18446744073709551615",
            "18446744073709551616",
            "1.0",
            "1e3",
            "123456789.123",
            "1000000.0",
            "1e-7",
            "-0.0",
            ".inf",
            "-.INF",
            ".nan",
            ".5",
            ".5_0",
            "08",
            "1.",
            "-9223372036854775808",
        ];
        assert_eq!(
            texts.map(|text| show(None, text)).join(" "),
            "31 15 1000 5 -3 15 18446744073709551615 1.8446744073709552e+19 1 1000 1.23456789123e+08 1e+06 1e-07 -0 +Inf \
             -Inf NaN 0.5 0.5 8 1 -9223372036854775808"
        );
    }

    #[test]
    fn what_only_looks_like_a_value_is_a_string() {
        let texts =
            ["yes", "no", "on", "y", "inf", "Infinity", "2001-01-01", "1:30", "-", "+", ".", "._5", "0x", "1e", "<<"];
        for text in texts {
            assert_eq!(show(None, text), format!("{text:?}"));
        }
    }

    #[test]
    fn a_tag_decides_and_may_not_fit() {
        assert_eq!(show(Some("!!float"), "3"), "3");
        assert_eq!(show(Some("!!str"), "3"), "\"3\"");
        assert_eq!(show(Some("!!int"), "x"), "yaml: cannot decode !!str `x` as a !!int");
        assert_eq!(show(Some("!!timestamp"), "2001-1-2 03:04:05"), "\"2001-1-2 03:04:05\"");
        assert_eq!(show(Some("!!timestamp"), "then"), "yaml: cannot decode !!str `then` as a !!timestamp");
        assert_eq!(show(Some("!!binary"), "aGk="), "\"aGk=\"");
        assert_eq!(show(Some("!!binary"), "a"), "yaml: !!binary value contains invalid base64 data");
        assert_eq!(show(Some("!mine"), "3"), "\"3\"");
    }
}
