//! The top level of a definition: `description`, `imports` and `values`.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Ast, Builder, ExprKind, Import, Present, Property};
use crate::diagnostics::Diagnostic;
use crate::eval::Limits;
use crate::gofmt;
use crate::syntax::{self, Entry, NodeId, NodeKind};

const FIELDS: [&str; 3] = ["description", "imports", "values"];

/// Parses a definition. There is no tree if the text is not the YAML that definitions are written in.
pub(crate) fn parse(name: &Arc<str>, source: &str, limits: &Limits) -> (Option<Ast>, Vec<Diagnostic>) {
    let document = syntax::parse(name, source, limits);
    if !document.diagnostics.is_empty() {
        return (None, document.diagnostics);
    }
    let mut top = Top::default();
    let mut builder = Builder {
        name,
        tree: &document.tree,
        exprs: Vec::with_capacity(document.tree.nodes.len()),
        diagnostics: Vec::new(),
    };
    match document.root {
        Some(root) => builder.top(root, &mut top),
        // The empty text is an empty object; any other text without a node is not.
        None if source.is_empty() => {}
        None => {
            let problem = Diagnostic::error("environment must be an object", None, String::new());
            builder.diagnostics.push(problem);
        }
    }
    let Builder { exprs, diagnostics, .. } = builder;
    let Top { description, imports, values, present } = top;
    (Some(Ast { tree: document.tree, exprs, description, imports, values, present }), diagnostics)
}

#[derive(Default)]
struct Top {
    description: Option<super::ExprId>,
    imports: Vec<Import>,
    values: Vec<Property>,
    present: Present,
}

impl Builder<'_> {
    fn top(&mut self, root: NodeId, top: &mut Top) {
        let tree = self.tree;
        let NodeKind::Object(entries) = &tree.node(root).kind else {
            self.error("environment must be an object", root);
            return;
        };
        let mut seen = HashSet::new();
        for entry in entries {
            let key = self.key_text(entry.key);
            if !seen.insert(Arc::clone(&key)) {
                self.warning(format!("duplicate key {}", gofmt::quoted(&key)), entry.key);
            }
            match field(&key) {
                Some("description") => {
                    let description = self.expression(entry.value);
                    let is_text = matches!(self.exprs[description as usize].kind, ExprKind::String(_));
                    if !is_text {
                        self.error("description must be a string", entry.value);
                    }
                    top.description = is_text.then_some(description);
                }
                Some("imports") => self.imports(entry.value, top),
                Some(_) => self.values(entry.value, top),
                None => self.warning(unknown_field(&key), entry.key),
            }
        }
    }

    fn values(&mut self, node: NodeId, top: &mut Top) {
        let tree = self.tree;
        top.values.clear();
        top.present.values = true;
        let NodeKind::Object(entries) = &tree.node(node).kind else {
            self.error("values must be an object", node);
            return;
        };
        for &Entry { key, value } in entries {
            let text = self.key_text(key);
            if text.starts_with("fn::") {
                let name = gofmt::quoted(&text);
                self.error(format!("builtin function call {name} not allowed at the top level"), key);
            }
            let value = self.expression(value);
            top.values.push(Property { key: Some(text), key_node: key, value });
        }
    }

    fn imports(&mut self, node: NodeId, top: &mut Top) {
        let tree = self.tree;
        top.imports.clear();
        top.present.imports = true;
        let NodeKind::Array(items) = &tree.node(node).kind else {
            self.error("imports must be a list", node);
            return;
        };
        for &item in items {
            let import = self.import(item);
            top.imports.push(import);
        }
    }

    fn import(&mut self, node: NodeId) -> Import {
        let tree = self.tree;
        match &tree.node(node).kind {
            NodeKind::String(name) => Import { name: Some(Arc::clone(name)), node: Some(node), merge: None },
            NodeKind::Object(entries) => {
                let [entry] = entries[..] else {
                    self.error("import must have a single key", node);
                    return Import { node: Some(node), ..Import::default() };
                };
                let merge = self.options(entry.value);
                Import { name: Some(self.key_text(entry.key)), node: Some(node), merge }
            }
            _ => {
                self.error("import must be a string or an object", node);
                Import { node: Some(node), ..Import::default() }
            }
        }
    }

    /// The `merge` option. One that is no boolean counts as false.
    fn options(&mut self, node: NodeId) -> Option<bool> {
        let tree = self.tree;
        let NodeKind::Object(entries) = &tree.node(node).kind else {
            self.error("import must be an object", node);
            return None;
        };
        let mut merge = None;
        let mut seen = HashSet::new();
        for entry in entries {
            let key = self.key_text(entry.key);
            if !seen.insert(Arc::clone(&key)) {
                self.warning(format!("duplicate key {}", gofmt::quoted(&key)), entry.key);
            }
            if !folds_to(&key, "merge") {
                continue;
            }
            if let NodeKind::Boolean(value) = tree.node(entry.value).kind {
                merge = Some(value);
            } else {
                self.error("merge must be a boolean value", entry.value);
                merge = Some(false);
            }
        }
        merge
    }
}

fn field(key: &str) -> Option<&'static str> {
    FIELDS.into_iter().find(|field| folds_to(key, field))
}

/// Whether a key is an ASCII name but for its case. Two other letters fold to ASCII: `ſ` and the Kelvin sign.
fn folds_to(key: &str, name: &str) -> bool {
    let fold = |character: char| match character {
        'ſ' => 's',
        '\u{212A}' => 'k',
        _ => character.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars())
}

fn unknown_field(key: &str) -> String {
    let mut names = FIELDS.map(|field| format!("'{field}'"));
    names.sort_by_key(|name| gofmt::distance(key, name));
    format!("Field '{key}' does not exist on Object 'environment'. Existing fields are: {}", names.join(", "))
}
