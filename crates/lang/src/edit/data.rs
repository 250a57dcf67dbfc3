//! What nodes hold: what an edit is to make of a document, and what it is compared with.

use std::sync::Arc;

use crate::Key;
use crate::path::Step;
use crate::syntax::{Document, NodeId, NodeKind, Style, Tree};

/// What a node holds. Objects keep the order of their keys, and keys that are there twice.
#[derive(Clone, PartialEq)]
pub(super) enum Data {
    Null,
    Boolean(bool),
    Number(Number),
    String(Arc<str>),
    List(Vec<Data>),
    Map(Vec<(Key, Data)>),
}

/// A number: two are the same if they are read as the same.
#[derive(Clone)]
pub(super) struct Number {
    digits: Arc<str>,
    /// As it is written in YAML.
    pub(super) written: Arc<str>,
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits
    }
}

impl Data {
    /// What a document holds; nothing if it is empty.
    pub(super) fn of_document(document: &Document, source: &str) -> Self {
        document.root.map_or(Self::Null, |root| Self::of(&document.tree, source, root))
    }

    pub(super) fn of(tree: &Tree, source: &str, id: NodeId) -> Self {
        let node = tree.node(id);
        match &node.kind {
            NodeKind::Null => Self::Null,
            NodeKind::Boolean(value) => Self::Boolean(*value),
            NodeKind::Number(digits) => {
                let written = match (&**digits, node.style) {
                    (_, Style::Plain) => source[node.bytes.start as usize..node.bytes.end as usize].into(),
                    ("+Inf", _) => ".inf".into(),
                    ("-Inf", _) => "-.inf".into(),
                    ("NaN", _) => ".nan".into(),
                    _ => Arc::clone(digits),
                };
                Self::Number(Number { digits: Arc::clone(digits), written })
            }
            NodeKind::String(text) => Self::String(Arc::clone(text)),
            NodeKind::Array(items) => Self::List(items.iter().map(|item| Self::of(tree, source, *item)).collect()),
            NodeKind::Object(entries) => {
                let entry = |(key, value)| {
                    (tree.text(key).map_or_else(|| "".into(), Arc::clone), Self::of(tree, source, value))
                };
                Self::Map(entries.iter().map(|entry| (entry.key, entry.value)).map(entry).collect())
            }
        }
    }

    /// Whether it is a collection with something in it, which has a block form.
    pub(super) fn is_filled(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            _ => false,
        }
    }

    /// The part at the end of a path. None if there is none.
    pub(super) fn part_mut(&mut self, path: &[Step]) -> Option<&mut Self> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        let part = match (self, step) {
            (Self::List(items), Step::Index(index)) => items.get_mut(usize::try_from(*index).ok()?)?,
            (Self::Map(entries), Step::Key(key)) => {
                entries.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)?
            }
            _ => return None,
        };
        part.part_mut(rest)
    }

    /// Adds what a step leads to, at the end.
    pub(super) fn push(&mut self, step: &Step, part: Self) {
        match (self, step) {
            (Self::List(items), _) => items.push(part),
            (Self::Map(entries), Step::Key(key)) => entries.push((key.clone(), part)),
            _ => {}
        }
    }

    /// Removes the child at an index.
    pub(super) fn remove(&mut self, index: usize) {
        match self {
            Self::List(items) => drop(items.remove(index)),
            Self::Map(entries) => drop(entries.remove(index)),
            _ => {}
        }
    }
}
