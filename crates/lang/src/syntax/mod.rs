//! Syntax: the tree that a definition's YAML describes, with exact places.

mod scalar;
mod tag;
mod yaml;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use self::scalar::is_plain_string;
pub(crate) use self::yaml::{Document, parse};

use crate::Key;
use crate::path::{join_index, join_key};
use crate::source::{Position, Span, display_width, to_u32};

/// The characters that end a line in YAML 1.1.
pub(crate) const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The index of a node in its [`Tree`].
pub(crate) type NodeId = u32;

/// A YAML document: nodes in an arena, children after their parents.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) span: Span,
    /// The bytes it was read from, quotes and brackets included.
    pub(crate) bytes: Range<u32>,
    pub(crate) style: Style,
    parent: Option<NodeId>,
    step: Step,
}

pub(crate) enum NodeKind {
    Null,
    Boolean(bool),
    Number(Arc<str>),
    String(Arc<str>),
    Array(Vec<NodeId>),
    Object(Vec<Entry>),
}

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: NodeId,
    pub(crate) value: NodeId,
}

/// How a node is written, as far as anyone needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A scalar without quotes, tag or block indicator.
    Plain,
    /// Any other scalar.
    Marked,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

#[derive(Clone)]
enum Step {
    Root,
    Key(Key),
    Index(u32),
}

impl Tree {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The collection that a node is in.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent
    }

    /// The document path of a node. A key and its value share one.
    pub(crate) fn path(&self, id: NodeId) -> String {
        Self::join(&self.steps(id))
    }

    /// The same without the top-level key.
    pub(crate) fn path_below_top(&self, id: NodeId) -> String {
        let steps = self.steps(id);
        let top = steps.iter().take(2).count();
        Self::join(&steps[top..])
    }

    /// The path of a node, as steps that no printing has made ambiguous.
    pub(crate) fn property_steps(&self, id: NodeId) -> Vec<crate::path::Step> {
        let step = |step: &&Step| match step {
            Step::Root => None,
            Step::Key(key) => Some(crate::path::Step::Key(key.clone())),
            Step::Index(index) => Some(crate::path::Step::Index(i64::from(*index))),
        };
        self.steps(id).iter().filter_map(step).collect()
    }

    /// The top-level key that a node is under.
    pub(crate) fn top_key(&self, id: NodeId) -> Option<&str> {
        match self.steps(id).get(1) {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The steps from the root to a node; the root's own step is the first.
    fn steps(&self, id: NodeId) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            let node = self.node(id);
            steps.push(&node.step);
            at = node.parent;
        }
        steps.reverse();
        steps
    }

    fn join(steps: &[&Step]) -> String {
        let mut path = String::new();
        for step in steps {
            match step {
                Step::Root => {}
                Step::Key(key) => join_key(&mut path, key),
                Step::Index(index) => join_index(&mut path, i64::from(*index)),
            }
        }
        path
    }

    /// The text of a string node.
    pub(crate) fn text(&self, id: NodeId) -> Option<&Arc<str>> {
        match &self.node(id).kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Finds the places of parts of a plain scalar, from left to right.
pub(crate) struct Ruler<'n> {
    begin: Option<Position>,
    text: &'n str,
    ascii: bool,
    measured: (usize, u32),
}

/// Beyond this length a prefix is not measured anew for each part, so that long texts stay linear.
const MEASURED_ANEW: usize = 1024;

impl<'n> Ruler<'n> {
    pub(crate) fn new(node: &'n Node, text: &'n str) -> Self {
        let begin = (node.style == Style::Plain).then_some(node.span.begin);
        Self { begin, text, ascii: text.is_ascii(), measured: (0, 0) }
    }

    /// The span of some bytes of the text; none unless the scalar is plain.
    pub(crate) fn span(&mut self, bytes: Range<usize>) -> Option<Span> {
        let begin = self.begin?;
        Some(Span { begin: self.at(begin, bytes.start), end: self.at(begin, bytes.end) })
    }

    fn at(&mut self, begin: Position, offset: usize) -> Position {
        let width = self.width(offset);
        Position { line: begin.line, column: begin.column + width, byte: begin.byte + to_u32(offset) }
    }

    fn width(&mut self, offset: usize) -> u32 {
        let (from, width) = self.measured;
        if offset < from || (!self.ascii && offset <= MEASURED_ANEW) {
            return display_width(lossless(self.text, 0, offset));
        }
        let width = width + display_width(lossless(self.text, from, offset));
        self.measured = (offset, width);
        width
    }
}

/// A part of a text; offsets inside a character, which a name may end at, move to its end.
fn lossless(text: &str, from: usize, to: usize) -> &str {
    let boundary = |offset: usize| (offset..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    &text[boundary(from)..boundary(to)]
}
