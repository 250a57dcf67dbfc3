//! Writes JSON without building it first.

use crate::canonical;
use std::fmt::Write as _;

/// An object at the end of a text, member by member.
pub(super) struct Object<'a> {
    text: &'a mut String,
    /// Where it begins, so that the first member is known.
    start: usize,
}

impl<'a> Object<'a> {
    /// Appends a whole object.
    pub(super) fn write(text: &'a mut String, members: impl FnOnce(&mut Object<'_>)) {
        text.push('{');
        let start = text.len();
        let mut object = Object { text, start };
        members(&mut object);
        object.text.push('}');
    }

    /// A string.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        canonical::string(self.text, value);
    }

    /// A string, if there is one.
    pub(super) fn some(&mut self, key: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.text(key, value.as_ref());
        }
    }

    /// A number, a boolean, or anything else that is JSON as it is shown.
    pub(super) fn plain(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        write!(self.text, "{value}").expect("a string takes everything");
    }

    /// Such a value, if there is one.
    pub(super) fn some_plain(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.plain(key, value);
        }
    }

    /// An object.
    pub(super) fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        Object::write(self.text, members);
    }

    /// An array of one object.
    pub(super) fn only(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        self.text.push('[');
        Object::write(self.text, members);
        self.text.push(']');
    }

    /// An array of strings, unless there are none.
    pub(super) fn texts(&mut self, key: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.key(key);
        let mut separator = '[';
        for value in values {
            self.text.push(separator);
            canonical::string(self.text, value.as_ref());
            separator = ',';
        }
        self.text.push(']');
    }

    fn key(&mut self, key: &str) {
        if self.text.len() > self.start {
            self.text.push(',');
        }
        canonical::string(self.text, key);
        self.text.push(':');
    }
}

/// Ends the line that begins at a place. JSON leaves the line separators of Unicode as they are, and many readers cut
/// lines there; they stand in strings only, so they can be escaped wherever they stand.
pub(super) fn end_line(text: &mut String, start: usize) {
    const SEPARATORS: [(char, &str); 3] = [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    for (separator, escaped) in SEPARATORS {
        if text[start..].contains(separator) {
            let line = text[start..].replace(separator, escaped);
            text.replace_range(start.., &line);
        }
    }
    text.push('\n');
}
