//! The syntax of definitions: expressions in an arena, each with its place in the text.

use std::sync::Arc;

use crate::Key;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

pub(crate) struct Import {
    pub(crate) name: Option<Key>,
}
pub(crate) struct Ast {
    pub(crate) imports: Vec<Import>,
    pub(crate) values: Vec<(Key, u32)>,
}
pub(crate) fn parse(_name: &Arc<str>, _source: &str, _limits: &crate::Limits) -> (Option<Ast>, Vec<Diagnostic>) {
    (None, Vec::new())
}
