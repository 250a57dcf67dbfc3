//! The expression tree as JSON, for tests and tools.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Access, Ast, ExprId, ExprKind, Function, Import, Property, SubscriptKind};
use crate::path::Step;
use crate::source::Position;

impl Ast {
    /// The tree, member for member as the reference declares it.
    pub(crate) fn dump(&self, name: &Arc<str>) -> Value {
        let dump = Dump { ast: self, name };
        json!({
            "Description": self.description.map(|description| dump.expr(description)),
            "Imports": self.present.imports.then(|| json!({
                "Elements": self.imports.iter().map(import).collect::<Vec<_>>(),
            })),
            "Values": self.present.values.then(|| json!({
                "Entries": self.values.iter().map(|property| dump.property(property)).collect::<Vec<_>>(),
            })),
        })
    }
}

struct Dump<'a> {
    ast: &'a Ast,
    name: &'a Arc<str>,
}

fn import(import: &Import) -> Value {
    json!({
        "Environment": import.name.as_deref().map(|name| json!({"Value": name})),
        "Meta": import.merge.map(|merge| json!({"Merge": {"Value": merge}})),
    })
}

impl Dump<'_> {
    fn optional(&self, expr: Option<ExprId>) -> Value {
        expr.map_or(Value::Null, |expr| self.expr(expr))
    }

    fn property(&self, property: &Property) -> Value {
        let key = property.key.as_deref().map(|key| json!({"Value": key}));
        json!({"Key": key, "Value": self.expr(property.value)})
    }

    fn expr(&self, id: ExprId) -> Value {
        match &self.ast.expr(id).kind {
            ExprKind::Null => json!({}),
            ExprKind::Boolean(value) => json!({"Value": value}),
            ExprKind::Number(digits) => {
                json!({"Value": serde_json::from_str::<Value>(digits).unwrap_or_else(|_| json!(&**digits))})
            }
            ExprKind::String(text) => json!({"Value": &**text}),
            ExprKind::Interpolation(parts) => {
                let parts = parts.iter().map(|part| {
                    json!({"Text": &*part.text, "Value": part.access.as_ref().map(|access| self.access(access))})
                });
                json!({"Parts": parts.collect::<Vec<_>>()})
            }
            ExprKind::Symbol(access) => json!({"Property": self.access(access)}),
            ExprKind::Array(items) => {
                json!({"Elements": items.iter().map(|&item| self.expr(item)).collect::<Vec<_>>()})
            }
            ExprKind::Object(properties) => {
                json!({"Entries": properties.iter().map(|property| self.property(property)).collect::<Vec<_>>()})
            }
            ExprKind::Call(call) => self.function(&call.function),
        }
    }

    fn function(&self, function: &Function) -> Value {
        match function {
            Function::Secret(plaintext) => json!({"Plaintext": self.expr(*plaintext), "Ciphertext": null}),
            Function::Ciphertext(ciphertext) => json!({"Plaintext": null, "Ciphertext": self.expr(*ciphertext)}),
            Function::FromJson(text) | Function::FromBase64(text) => json!({"String": self.expr(*text)}),
            Function::ToJson(value)
            | Function::ToString(value)
            | Function::ToBase64(value)
            | Function::Final(value) => json!({"Value": self.expr(*value)}),
            Function::Concat(arrays) => json!({"Arrays": self.expr(*arrays)}),
            Function::Join { delimiter, values } => {
                json!({"Delimiter": self.optional(*delimiter), "Values": self.optional(*values)})
            }
            Function::Split { delimiter, string } => {
                json!({"Delimiter": self.optional(*delimiter), "String": self.optional(*string)})
            }
            Function::Validate { schema, value } => {
                json!({"Schema": self.optional(*schema), "Value": self.optional(*value)})
            }
            Function::Open(provider) => json!({
                "Provider": provider.name.as_deref().map(|name| json!({"Value": name})),
                "Inputs": self.optional(provider.inputs),
            }),
            Function::Rotate(rotator) => json!({
                "Provider": rotator.name.as_deref().map(|name| json!({"Value": name})),
                "Inputs": self.optional(rotator.inputs),
                "State": self.optional(rotator.state),
            }),
        }
    }

    fn access(&self, access: &Access) -> Value {
        let accessors = access.accessors.iter().map(|accessor| {
            let range = accessor.span.map(
                |span| json!({"Filename": &**self.name, "Start": position(span.begin), "End": position(span.end)}),
            );
            match (&accessor.step, accessor.kind) {
                (Step::Key(key), SubscriptKind::Name) => json!({"Name": &**key, "AccessorRange": range}),
                (Step::Key(key), SubscriptKind::Subscript) => json!({"Index": &**key, "AccessorRange": range}),
                (Step::Index(index), _) => json!({"Index": index, "AccessorRange": range}),
            }
        });
        json!({"Accessors": accessors.collect::<Vec<_>>()})
    }
}

fn position(position: Position) -> Value {
    json!({"Line": position.line, "Column": position.column, "Byte": position.byte})
}
