//! The meaning of the syntax: declarations and expressions, in an arena.

mod call;
mod declaration;
mod dump;
mod interpolation;

use std::sync::Arc;

pub use self::call::BUILTINS;
pub(crate) use self::call::{Call, Function, Provider};
pub(crate) use self::declaration::parse;
pub(crate) use self::interpolation::{Access, Accessor, Part, SubscriptKind};

use crate::Key;
use crate::diagnostics::Diagnostic;
use crate::gofmt;
use crate::source::Span;
use crate::syntax::{Entry, NodeId, NodeKind, Tree};

/// The index of an expression in its [`Ast`].
pub(crate) type ExprId = u32;

/// A parsed definition.
pub(crate) struct Ast {
    pub(crate) tree: Tree,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) description: Option<ExprId>,
    pub(crate) imports: Vec<Import>,
    pub(crate) values: Vec<Property>,
    /// Which of the two lists were written at all.
    pub(crate) present: Present,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Present {
    pub(crate) imports: bool,
    pub(crate) values: bool,
}

/// An element of `imports`. One without a name is skipped.
#[derive(Default)]
pub(crate) struct Import {
    pub(crate) name: Option<Key>,
    pub(crate) node: Option<NodeId>,
    /// The `merge` option, if it was written.
    pub(crate) merge: Option<bool>,
}

impl Import {
    pub(crate) fn is_merged(&self) -> bool {
        self.merge.unwrap_or(true)
    }
}

/// A property of `values` or of an object. One without a key is dropped.
pub(crate) struct Property {
    pub(crate) key: Option<Key>,
    pub(crate) key_node: NodeId,
    pub(crate) value: ExprId,
}

pub(crate) struct Expr {
    /// None for what stands in for a broken argument.
    pub(crate) node: Option<NodeId>,
    pub(crate) kind: ExprKind,
}

pub(crate) enum ExprKind {
    Null,
    Boolean(bool),
    Number(Arc<str>),
    String(Arc<str>),
    Interpolation(Vec<Part>),
    Symbol(Access),
    Array(Vec<ExprId>),
    Object(Vec<Property>),
    Call(Box<Call>),
}

impl Ast {
    pub(crate) fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id as usize]
    }

    pub(crate) fn span(&self, node: NodeId) -> Span {
        self.tree.node(node).span
    }
}

/// Turns syntax nodes into expressions.
struct Builder<'t> {
    name: &'t Arc<str>,
    tree: &'t Tree,
    exprs: Vec<Expr>,
    diagnostics: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn expression(&mut self, node: NodeId) -> ExprId {
        let tree = self.tree;
        let kind = match &tree.node(node).kind {
            NodeKind::Null => ExprKind::Null,
            NodeKind::Boolean(value) => ExprKind::Boolean(*value),
            NodeKind::Number(digits) => ExprKind::Number(Arc::clone(digits)),
            NodeKind::String(text) => self.string(node, text),
            NodeKind::Array(items) => ExprKind::Array(items.iter().map(|&item| self.expression(item)).collect()),
            NodeKind::Object(entries) => self.object_or_call(node, entries),
        };
        self.push(Some(node), kind)
    }

    fn push(&mut self, node: Option<NodeId>, kind: ExprKind) -> ExprId {
        self.exprs.push(Expr { node, kind });
        crate::source::to_u32(self.exprs.len() - 1)
    }

    fn string(&mut self, node: NodeId, text: &Arc<str>) -> ExprKind {
        if !text.contains('$') {
            return ExprKind::String(Arc::clone(text));
        }
        let mut parts = self.interpolation(node, text);
        match &mut parts[..] {
            [] => ExprKind::String(Arc::clone(text)),
            [Part { text, access: None }] => ExprKind::String(Arc::clone(text)),
            [Part { text, access }] if text.is_empty() => match access.take() {
                Some(access) => ExprKind::Symbol(access),
                None => ExprKind::String(Arc::clone(text)),
            },
            _ => ExprKind::Interpolation(parts),
        }
    }

    fn object_or_call(&mut self, node: NodeId, entries: &[Entry]) -> ExprKind {
        if let [entry] = entries {
            if let Some(call) = self.call(node, *entry) {
                return ExprKind::Call(Box::new(call));
            }
        } else {
            for entry in entries {
                let key = self.key_text(entry.key);
                if key.starts_with("fn::") {
                    let name = gofmt::quoted(&key);
                    let rule = "must be the only key within its containing object";
                    self.error(format!("illegal call to builtin function: {name} {rule}"), node);
                }
            }
        }
        let properties = entries.iter().map(|entry| self.property(*entry)).collect();
        ExprKind::Object(properties)
    }

    fn property(&mut self, entry: Entry) -> Property {
        let text = self.key_text(entry.key);
        let key = if let ExprKind::String(key) = self.string(entry.key, &text) {
            Some(key)
        } else {
            self.error("object keys must be strings", entry.key);
            None
        };
        Property { key, key_node: entry.key, value: self.expression(entry.value) }
    }

    /// The text of a key; the YAML layer let nothing but strings through.
    fn key_text(&self, key: NodeId) -> Arc<str> {
        self.tree.text(key).map_or_else(|| "".into(), Arc::clone)
    }

    fn error(&mut self, summary: impl Into<String>, node: NodeId) {
        self.error_at(summary, node, self.tree.path(node));
    }

    fn error_at(&mut self, summary: impl Into<String>, node: NodeId, path: String) {
        let range = self.tree.node(node).span.in_environment(self.name);
        self.diagnostics.push(Diagnostic::error(summary, Some(range), path));
    }

    fn warning(&mut self, summary: impl Into<String>, node: NodeId) {
        let range = self.tree.node(node).span.in_environment(self.name);
        self.diagnostics.push(Diagnostic::warning(summary, Some(range), self.tree.path(node)));
    }
}
