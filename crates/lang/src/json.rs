//! JSON as the reference writes and reads it: numbers as written, keys sorted, HTML characters escaped.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::Key;
use crate::gofmt;
use crate::value::{Value, ValueKind};

/// Text inside the evaluator. Only decoded base64 can be anything but UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Text {
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
}

/// Plain data: what JSON text says.
#[derive(Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Arc<str>),
    String(Text),
    List(Vec<Json>),
    /// Sorted by key, each key once.
    Map(Vec<(Key, Json)>),
}

/// How deep JSON text may nest.
const DEPTH: usize = 128;

impl Text {
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Str(text.into()),
            Err(error) => Self::Bytes(error.into_bytes().into()),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Str(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The text with each byte that is no UTF-8 replaced.
    pub(crate) fn to_text(&self) -> Arc<str> {
        match self {
            Self::Str(text) => Arc::clone(text),
            Self::Bytes(bytes) => replace_invalid(bytes).into(),
        }
    }
}

impl Json {
    /// The revealed data of a value. What is unknown says so.
    pub(crate) fn from_value(value: &Value) -> Self {
        match &value.kind {
            _ if value.unknown => Self::String(Text::Str("[unknown]".into())),
            ValueKind::Null => Self::Null,
            ValueKind::Bool(value) => Self::Bool(*value),
            ValueKind::Number(digits) => Self::Number(Arc::clone(digits)),
            ValueKind::String(text) => Self::String(Text::Str(Arc::clone(text))),
            ValueKind::List(items) => Self::List(items.iter().map(|item| Self::from_value(item)).collect()),
            ValueKind::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), Self::from_value(value))).collect())
            }
        }
    }

    pub(crate) fn from_serde(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Number(number.to_string().into()),
            serde_json::Value::String(text) => Self::String(Text::Str(text.as_str().into())),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from_serde).collect()),
            serde_json::Value::Object(entries) => {
                let mut map: Vec<_> =
                    entries.iter().map(|(key, value)| (Key::from(key.as_str()), Self::from_serde(value))).collect();
                map.sort_by(|left, right| left.0.cmp(&right.0));
                Self::Map(map)
            }
        }
    }

    /// Writes the text. Fails on a number that JSON cannot say, such as `+Inf`.
    pub(crate) fn write(&self, out: &mut String) -> Result<(), InvalidNumber> {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(digits) => write_number(out, digits)?,
            Self::String(text) => write_string(out, &text.to_text()),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out)?;
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(out, key);
                    out.push(':');
                    value.write(out)?;
                }
                out.push('}');
            }
        }
        Ok(())
    }

    /// The text, for messages: numbers that JSON cannot say are written as they are.
    pub(crate) fn to_message(&self) -> String {
        let mut out = String::new();
        match self.write(&mut out) {
            Ok(()) => out,
            Err(InvalidNumber(digits)) => digits.to_string(),
        }
    }
}

/// A number that has no JSON text.
#[derive(Debug)]
pub(crate) struct InvalidNumber(pub(crate) Arc<str>);

pub(crate) fn write_number(out: &mut String, digits: &Arc<str>) -> Result<(), InvalidNumber> {
    if !digits.ends_with(|last: char| last.is_ascii_digit()) {
        return Err(InvalidNumber(Arc::clone(digits)));
    }
    out.push_str(digits);
    Ok(())
}

/// Writes a quoted string with the escapes of the reference's encoder.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    let bytes = text.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let special = matches!(byte, 0..=0x1f | b'"' | b'\\' | b'<' | b'>' | b'&' | 0xE2);
        if !special {
            continue;
        }
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0xE2 => match &bytes[index..(index + 3).min(bytes.len())] {
                [_, 0x80, 0xA8] => "\\u2028",
                [_, 0x80, 0xA9] => "\\u2029",
                _ => continue,
            },
            _ => "",
        };
        out.push_str(&text[plain..index]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        plain = index + if byte == 0xE2 { 3 } else { 1 };
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// Replaces each invalid byte by one U+FFFD, where the standard library would join some.
fn replace_invalid(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    out
}

/// Reads the first JSON value of a text; what follows it is ignored. The error is the reference's.
pub(crate) fn decode(text: &[u8]) -> Result<Json, String> {
    Decoder { text, at: 0 }.document()
}

struct Decoder<'t> {
    text: &'t [u8],
    at: usize,
}

/// Each key is sorted in as it comes, so an object of many keys must not be a sorted list while it is read.
type Entries = std::collections::BTreeMap<Key, Json>;

impl Decoder<'_> {
    fn document(mut self) -> Result<Json, String> {
        self.skip_space();
        if self.at == self.text.len() {
            return Err("EOF".to_owned());
        }
        self.value(0)
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.skip_space();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => Ok(Json::String(Text::Str(self.string()?.into()))),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        let mut entries = Entries::new();
        self.at += 1;
        self.skip_space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(Json::Map(Vec::new()));
        }
        loop {
            self.skip_space();
            if self.peek()? != b'"' {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek()? != b':' {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            entries.insert(key.into(), value);
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(Json::Map(entries.into_iter().collect()));
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(Json::List(items));
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for (index, expected) in word.bytes().enumerate() {
            if self.peek()? != expected {
                debug_assert!(index > 0, "the first byte chose the word");
                return Err(self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(expected))));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.unexpected("in numeric literal")),
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            if !self.peek()?.is_ascii_digit() {
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
            self.digits();
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            if !self.peek()?.is_ascii_digit() {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
            self.digits();
        }
        let digits = String::from_utf8_lossy(&self.text[start..self.at]);
        Ok(Json::Number(digits.as_ref().into()))
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut out = Vec::new();
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(replace_invalid(&out));
                }
                b'\\' => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                0..=0x1f => return Err(self.unexpected("in string literal")),
                byte => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let plain = match self.peek()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.at += 1;
                let character = self.unicode()?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, String> {
        let first = self.hexadecimal()?;
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hexadecimal()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or('\u{FFFD}'));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or('\u{FFFD}'))
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let mut number = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.peek()?).to_digit(16) else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            number = number << 4 | digit;
            self.at += 1;
        }
        Ok(number)
    }

    fn skip_space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, String> {
        self.text.get(self.at).copied().ok_or_else(|| "unexpected EOF".to_owned())
    }

    fn unexpected(&self, context: &str) -> String {
        format!("invalid character {} {context}", gofmt::quote_byte(self.text[self.at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match decode(text.as_bytes()) {
            Ok(json) => json.to_message(),
            Err(error) => error,
        }
    }

    #[test]
    fn the_first_value_is_read_and_the_rest_ignored() {
        assert_eq!(
            read(r#" {"b":[1.50,-0,1e3],"a":"<\u00e9\ud83d\ude00\ud800>","b":2} x"#),
            r#"{"a":"\u003cé😀�\u003e","b":2}"#
        );
        assert_eq!(read("01"), "0");
    }

    #[test]
    fn a_fault_is_named_as_the_reference_names_it() {
        assert_eq!(read(" "), "EOF");
        assert_eq!(read("-"), "unexpected EOF");
        assert_eq!(read("[1,]"), "invalid character ']' looking for beginning of value");
        assert_eq!(read(r#"{"a":1,}"#), "invalid character '}' looking for beginning of object key string");
        assert_eq!(read("trux"), "invalid character 'x' in literal true (expecting 'e')");
        assert_eq!(read("\"\n\""), r"invalid character '\n' in string literal");
        assert_eq!(read("1.x"), "invalid character 'x' after decimal point in numeric literal");
        assert_eq!(read("\"\\x\""), "invalid character 'x' in string escape code");
    }
}
