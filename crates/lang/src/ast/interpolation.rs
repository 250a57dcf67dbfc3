//! Interpolation: `${…}` inside strings, and the property accesses in it.

use std::sync::Arc;

use super::Builder;
use crate::Key;
use crate::diagnostics::Diagnostic;
use crate::path::{Step, join_index};
use crate::source::Span;
use crate::syntax::{NodeId, Ruler};

const MISSING_BRACE: &str = "missing closing brace '}' in interpolation";
const EMPTY_NAME: &str = "property name must not be empty";
const MISSING_BRACKET: &str = "subscript is missing closing bracket ']'";
const MISSING_QUOTE: &str = "key subscript is missing closing quote '\"'";
const EMPTY_KEY: &str = "key subscript must not be empty";
const BAD_INDEX: &str = "numeric subscript must be a positive base-10 integer";
const LEADING_INDEX: &str = "the first accessor must be a property name or key subscript, not a numeric subscript";

/// Text, and what is put after it.
pub(crate) struct Part {
    pub(crate) text: Arc<str>,
    pub(crate) access: Option<Access>,
}

/// A path of accessors; there is at least one.
pub(crate) struct Access {
    pub(crate) accessors: Vec<Accessor>,
}

pub(crate) struct Accessor {
    pub(crate) step: Step,
    /// Whether it was written as a name or in brackets.
    pub(crate) kind: SubscriptKind,
    /// None unless the string is a plain scalar.
    pub(crate) span: Option<Span>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriptKind {
    Name,
    Subscript,
}

/// Prints the access as it is written.
impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        for (index, accessor) in self.accessors.iter().enumerate() {
            match &accessor.step {
                Step::Index(number) => join_index(&mut text, *number),
                Step::Key(key) if accessor.kind == SubscriptKind::Name => {
                    if index > 0 {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Key(key) => {
                    text.push_str("[\"");
                    text.push_str(&key.replace('"', "\\\""));
                    text.push_str("\"]");
                }
            }
        }
        f.write_str(&text)
    }
}

impl Builder<'_> {
    /// Splits a string into its parts, going on after each fault.
    pub(super) fn interpolation(&mut self, node: NodeId, text: &str) -> Vec<Part> {
        let tree = self.tree;
        let mut scanner = Scanner { text, at: 0, ruler: Ruler::new(tree.node(node), text), faults: Vec::new() };
        let parts = scanner.parts();
        for (summary, span) in scanner.faults {
            let range = span.unwrap_or(tree.node(node).span).in_environment(self.name);
            self.diagnostics.push(Diagnostic::error(summary, Some(range), tree.path(node)));
        }
        parts
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    ruler: Ruler<'t>,
    faults: Vec<(&'static str, Option<Span>)>,
}

impl Scanner<'_> {
    fn parts(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match (byte, bytes.get(self.at + 1)) {
                (b'$', Some(b'$')) => {
                    text.push(b'$');
                    self.at += 2;
                }
                (b'$', Some(b'{')) => {
                    self.at += 2;
                    let access = self.access();
                    parts.push(Part { text: shared(&text), access: Some(access) });
                    text.clear();
                }
                _ => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part { text: shared(&text), access: None });
        }
        parts
    }

    fn access(&mut self) -> Access {
        let mut accessors = Vec::new();
        let finish = loop {
            let start = self.at;
            match self.peek() {
                None => {
                    self.fault(MISSING_BRACE, start);
                    break start;
                }
                Some(b'}') => {
                    self.at += 1;
                    break start;
                }
                Some(b'.') => {
                    self.at += 1;
                    accessors.push(self.name(start));
                }
                Some(b'[') => {
                    self.at += 1;
                    let accessor = self.subscript(start, accessors.is_empty());
                    accessors.push(accessor);
                }
                Some(byte) if is_space(byte) => {
                    self.fault(MISSING_BRACE, start);
                    break start;
                }
                Some(_) => accessors.push(self.name(start)),
            }
        };
        if accessors.is_empty() {
            let span = self.ruler.span(finish..self.at);
            accessors.push(Accessor { step: Step::Key("".into()), kind: SubscriptKind::Name, span });
        }
        Access { accessors }
    }

    fn name(&mut self, start: usize) -> Accessor {
        let from = self.at;
        while self.peek().is_some_and(|byte| !is_terminator(byte)) {
            self.at += 1;
        }
        let name = self.slice(from);
        if name.is_empty() {
            self.fault(EMPTY_NAME, start);
        }
        Accessor { step: Step::Key(name), kind: SubscriptKind::Name, span: self.ruler.span(start..self.at) }
    }

    fn subscript(&mut self, start: usize, is_first: bool) -> Accessor {
        let step = match self.peek() {
            None => {
                self.fault(MISSING_BRACKET, start);
                let span = self.ruler.span(start..self.at);
                return Accessor { step: Step::Key("".into()), kind: SubscriptKind::Subscript, span };
            }
            Some(b'"') => Step::Key(self.quoted(start)),
            Some(_) => self.index(start, is_first),
        };
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            self.fault(MISSING_BRACKET, start);
        }
        Accessor { step, kind: SubscriptKind::Subscript, span: self.ruler.span(start..self.at) }
    }

    fn quoted(&mut self, start: usize) -> Key {
        self.at += 1;
        let mut key = Vec::new();
        loop {
            match self.peek() {
                None => {
                    self.fault(MISSING_QUOTE, start + 1);
                    break;
                }
                Some(b'"') => {
                    self.at += 1;
                    if key.is_empty() {
                        self.fault(EMPTY_KEY, start + 1);
                    }
                    break;
                }
                Some(b'\\') if self.text.as_bytes().get(self.at + 1) == Some(&b'"') => {
                    key.push(b'"');
                    self.at += 2;
                }
                Some(byte) => {
                    key.push(byte);
                    self.at += 1;
                }
            }
        }
        shared(&key)
    }

    fn index(&mut self, start: usize, is_first: bool) -> Step {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte != b']' && !is_terminator(byte)) {
            self.at += 1;
        }
        let text = self.slice(from);
        let Ok(index) = text.parse() else {
            self.fault(BAD_INDEX, start + 1);
            return Step::Key(text);
        };
        if is_first {
            self.fault(LEADING_INDEX, start);
        }
        Step::Index(index)
    }

    fn slice(&self, from: usize) -> Key {
        shared(&self.text.as_bytes()[from..self.at])
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&mut self, summary: &'static str, start: usize) {
        let span = self.ruler.span(start..self.at);
        self.faults.push((summary, span));
    }
}

/// A name may end inside a character, because its end is found byte by byte; what is left of it is replaced.
fn shared(bytes: &[u8]) -> Key {
    if bytes.is_empty() {
        return Key::default();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes).into(),
    }
}

fn is_terminator(byte: u8) -> bool {
    matches!(byte, b'.' | b'[' | b'}') || is_space(byte)
}

/// White space of Latin-1, taken byte by byte as the reference does: it also ends a name inside `à`.
fn is_space(byte: u8) -> bool {
    matches!(byte, 0x09..=0x0D | b' ' | 0x85 | 0xA0)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::syntax::Tree;

    fn scan(text: &str) -> String {
        let source = format!("{text}\n");
        let document = crate::syntax::parse(&"t".into(), &source, &crate::Limits::default());
        let tree: &Tree = &document.tree;
        let root = document.root.expect("a scalar");
        let mut builder = Builder { name: &"t".into(), tree, exprs: Vec::new(), diagnostics: Vec::new() };
        let parts = builder.interpolation(root, tree.text(root).expect("a string"));
        let mut out = String::new();
        for Part { text, access } in parts {
            out += &text;
            for accessor in access.iter().flat_map(|access| &access.accessors) {
                let span = accessor.span.expect("a plain scalar");
                let _ = write!(out, "<{:?} {}-{}>", accessor.step, span.begin.byte, span.end.byte);
            }
        }
        for diagnostic in builder.diagnostics {
            let _ = write!(out, " !{}", diagnostic.summary);
        }
        out
    }

    #[test]
    fn a_broken_access_is_read_as_far_as_it_makes_sense() {
        let all = ["${foo", "${foo} ${[\"baz} bar", "${[bar].baz}", "${foo.", "${foo[", "x${a}"].map(scan).join("\n");
        insta::assert_snapshot!(all, @r#"
        <Key("foo") 2-5> !missing closing brace '}' in interpolation
        <Key("foo") 2-5> <Key("baz} bar") 9-19> !key subscript is missing closing quote '"' !subscript is missing closing bracket ']' !missing closing brace '}' in interpolation
        <Key("bar") 2-7><Key("baz") 7-11> !numeric subscript must be a positive base-10 integer
        <Key("foo") 2-5><Key("") 5-6> !property name must not be empty !missing closing brace '}' in interpolation
        <Key("foo") 2-5><Key("") 5-6> !subscript is missing closing bracket ']' !missing closing brace '}' in interpolation
        x<Key("a") 3-4>
        "#);
    }

    #[test]
    fn a_doubled_dollar_is_a_dollar() {
        assert_eq!(scan("$${x}"), "${x}");
        assert_eq!(scan("$$${b}"), "$<Key(\"b\") 4-5>");
        assert_eq!(scan("a$$$"), "a$$");
    }

    #[test]
    fn a_name_ends_at_a_byte_that_looks_like_a_space() {
        assert_eq!(scan("${é}"), "<Key(\"é\") 2-4>");
        assert!(scan("${voilà}").contains("missing closing brace"));
    }
}
