//! Replacing the bytes of nodes, and checking that nothing else has changed.

use std::collections::HashMap;

use super::scalar;
use crate::syntax::{BREAKS, Document, NodeId, NodeKind, Style, Tree};

/// The replacement of the value of a `fn::secret`.
pub(super) struct Edit {
    pub(super) object: NodeId,
    pub(super) key: NodeId,
    pub(super) value: NodeId,
    pub(super) replacement: Replacement,
}

pub(super) enum Replacement {
    /// The base64 of an envelope.
    Ciphertext(String),
    Plaintext(String),
}

/// How replacements are written where the surrounding is in block style.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By indentation, and plainly where that is possible.
    Block,
    /// On one line, quoted.
    Inline,
}

/// The text with the values replaced.
pub(super) fn splice(source: &str, tree: &Tree, edits: &[Edit], form: Form) -> String {
    let newline = if source.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| tree.node(edit.value).bytes.start);
    let mut out = String::with_capacity(source.len() + edits.len() * 64);
    let mut copied = 0;
    for edit in edits {
        let place = Place::find(source, tree, edit);
        let text = place.write(edit, form, newline);
        // White space that the replacement brings itself is replaced too.
        let start = if place.replaces_gap(edit, form) { place.start - place.gap.len() } else { place.start };
        out.push_str(&source[copied..start]);
        out.push_str(&text);
        copied = place.end;
    }
    out.push_str(&source[copied..]);
    out
}

/// Where a value stands.
struct Place<'s> {
    /// The bytes to replace.
    start: usize,
    end: usize,
    /// What stands between the colon and the value: nothing, white space, or white space and comments.
    gap: &'s str,
    /// The comment after the header of a block scalar, which is inside the value's bytes.
    comment: Option<&'s str>,
    /// Whether the rest of the line is empty.
    ends_line: bool,
    is_flow: bool,
    /// The column that the contents of the value are indented to.
    indent: usize,
    /// The spaces that what replaces the value needs before it: a block scalar may stand no deeper than its key, and
    /// nothing else may.
    deeper: usize,
}

impl<'s> Place<'s> {
    fn find(source: &'s str, tree: &Tree, edit: &Edit) -> Self {
        let value = tree.node(edit.value);
        let key = tree.node(edit.key);
        let (start, mut end) = (value.bytes.start as usize, value.bytes.end as usize);
        let between = &source[key.bytes.end as usize..start];
        // An explicit key may be followed by comments, before the colon.
        let colon = key.bytes.end as usize + colon_in(between).map_or(0, |at| at + 1);
        let mut comment = None;
        let is_block_scalar = matches!(value.kind, NodeKind::String(_)) && header(&source[start..end]).is_some();
        if is_block_scalar {
            comment = header(&source[start..end]).and_then(|line| line.find(" #").map(|at| line[at..].trim_end()));
            end = start + block_scalar_length(&source[start..end]);
        }
        let is_flow = tree.node(edit.object).style == Style::Flow;
        let (key_column, column) = (key.span.begin.column as usize, value.span.begin.column as usize);
        let indent = key_column + 1;
        let deeper = if is_flow || column > key_column { 0 } else { indent + 1 - column };
        // Brackets may hold many secrets on one long line, and it does not matter there.
        let rest = if is_flow { "" } else { source[end..].split(BREAKS).next().unwrap_or_default() };
        Self {
            start,
            end,
            gap: &source[colon.min(start)..start],
            comment,
            ends_line: rest.trim().is_empty() && end + rest.len() < source.len(),
            is_flow,
            indent,
            deeper,
        }
    }

    /// Whether the replacement starts right after the colon: a ciphertext with its own line, a plaintext on the line
    /// of its key. Comments in between stay, and so does the white space around them.
    fn replaces_gap(&self, edit: &Edit, form: Form) -> bool {
        if self.is_flow || !self.gap.trim().is_empty() {
            return false;
        }
        match &edit.replacement {
            Replacement::Ciphertext(_) => form == Form::Block && !self.gap.contains(BREAKS),
            Replacement::Plaintext(_) => self.gap.contains(BREAKS),
        }
    }

    fn write(&self, edit: &Edit, form: Form, newline: &str) -> String {
        let on_key_line = !self.gap.contains(BREAKS);
        let comment = self.comment.unwrap_or_default();
        let space = if self.replaces_gap(edit, form) { " " } else { "" };
        let deeper = " ".repeat(self.deeper);
        match &edit.replacement {
            Replacement::Ciphertext(text) if self.is_flow || form == Form::Inline => {
                deeper + &format!("{{ciphertext: {text}}}{comment}")
            }
            Replacement::Ciphertext(text) if on_key_line => {
                format!("{newline}{}ciphertext: {text}{comment}", " ".repeat(self.indent))
            }
            Replacement::Ciphertext(text) => deeper + &format!("ciphertext: {text}{comment}"),
            Replacement::Plaintext(text) => {
                let style = if form == Form::Inline {
                    scalar::Context::Quoted
                } else if self.is_flow {
                    scalar::Context::Flow
                } else if self.ends_line {
                    scalar::Context::Block { indent: self.indent, newline }
                } else {
                    scalar::Context::Line
                };
                format!("{space}{}", scalar::write(text, &style))
            }
        }
    }
}

/// The offset of the colon after a key, past comments.
pub(super) fn colon_in(text: &str) -> Option<usize> {
    let mut in_comment = false;
    for (at, character) in text.char_indices() {
        match character {
            '#' => in_comment = true,
            ':' if !in_comment => return Some(at),
            _ if BREAKS.contains(&character) => in_comment = false,
            _ => {}
        }
    }
    None
}

/// The first line of a block scalar, properties included; none for other scalars.
pub(super) fn header(text: &str) -> Option<&str> {
    let line = text.split(BREAKS).next()?;
    let properties = |word: &&str| word.starts_with(['!', '&']);
    let indicator = line.split_whitespace().find(|word| !properties(word))?;
    indicator.starts_with(['|', '>']).then_some(line)
}

/// How long a block scalar is without the line break that ends it and the blank lines after it.
pub(super) fn block_scalar_length(text: &str) -> usize {
    let content = text.trim_end();
    let rest = &text[content.len()..];
    let line_end = rest.find(BREAKS).unwrap_or(rest.len());
    content.len() + line_end
}

/// Whether a new document is the old one with the values replaced, and nothing else.
pub(super) fn is_intended(old: &Tree, edits: &[Edit], new: &Document) -> bool {
    let Some(root) = new.root.filter(|_| new.diagnostics.is_empty()) else { return false };
    let replaced = edits.iter().map(|edit| (edit.value, &edit.replacement)).collect();
    Comparison { old, new: &new.tree, replaced }.is_same(0, root)
}

struct Comparison<'t> {
    old: &'t Tree,
    new: &'t Tree,
    replaced: HashMap<NodeId, &'t Replacement>,
}

impl Comparison<'_> {
    fn is_same(&self, old: NodeId, new: NodeId) -> bool {
        match self.replaced.get(&old) {
            Some(Replacement::Plaintext(text)) => return self.new.text(new).is_some_and(|found| **found == **text),
            Some(Replacement::Ciphertext(text)) => {
                return super::secrets::ciphertext(self.new, new).is_some_and(|found| found == text);
            }
            None => {}
        }
        match (&self.old.node(old).kind, &self.new.node(new).kind) {
            (NodeKind::Null, NodeKind::Null) => true,
            (NodeKind::Boolean(old), NodeKind::Boolean(new)) => old == new,
            (NodeKind::Number(old), NodeKind::Number(new)) | (NodeKind::String(old), NodeKind::String(new)) => {
                old == new
            }
            (NodeKind::Array(old), NodeKind::Array(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.is_same(*old, *new))
            }
            (NodeKind::Object(old), NodeKind::Object(new)) => {
                old.len() == new.len()
                    && old
                        .iter()
                        .zip(new)
                        .all(|(old, new)| self.is_same(old.key, new.key) && self.is_same(old.value, new.value))
            }
            _ => false,
        }
    }
}
