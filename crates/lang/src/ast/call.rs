//! Calls of builtin functions: recognising them, and the shapes of their arguments.

use std::sync::Arc;

use super::{Builder, ExprId, ExprKind, Property};
use crate::Key;
use crate::syntax::{Entry, NodeId};

/// A call of a builtin function.
pub(crate) struct Call {
    /// The whole key: `fn::open::test`.
    pub(crate) name: Key,
    pub(crate) name_node: NodeId,
    /// The argument as written.
    pub(crate) argument: ExprId,
    pub(crate) function: Function,
}

/// What is called. Arguments that are missing or malformed are none.
pub(crate) enum Function {
    Secret(ExprId),
    Ciphertext(ExprId),
    ToJson(ExprId),
    FromJson(ExprId),
    ToString(ExprId),
    ToBase64(ExprId),
    FromBase64(ExprId),
    Final(ExprId),
    Concat(ExprId),
    Join { delimiter: Option<ExprId>, values: Option<ExprId> },
    Split { delimiter: Option<ExprId>, string: Option<ExprId> },
    Validate { schema: Option<ExprId>, value: Option<ExprId> },
    Open(Provider),
    Rotate(Provider),
}

/// The provider or rotator of a call, and what it gets.
pub(crate) struct Provider {
    /// Whether the name is a part of the key.
    pub(crate) is_short: bool,
    pub(crate) name: Option<Key>,
    /// Where the name is an expression of its own.
    pub(crate) name_expr: Option<ExprId>,
    pub(crate) inputs: Option<ExprId>,
    pub(crate) state: Option<ExprId>,
}

const SECRET_SHAPE: &str = "secret values must be string literals";
const JOIN_SHAPE: &str = "the argument to fn::join must be a two-valued list";
const SPLIT_SHAPE: &str = "the argument to fn::split must be a two-valued list";
const CONCAT_SHAPE: &str = "the argument to fn::concat must be an array of arrays";
const OPEN_SHAPE: &str = "the argument to fn::open must be an object containing 'provider' and 'inputs'";
const ROTATE_SHAPE: &str = "the argument to fn::rotate must be an object containing 'provider', 'inputs' and 'state'";
const SHORT_ROTATE_SHAPE: &str = "the argument to fn::rotate must be an object containing 'inputs' and 'state'";
const VALIDATE_SHAPE: &str = "the argument to fn::validate must be an object containing 'schema' and 'value'";

/// The names of the builtin functions. `fn::open` and `fn::rotate` also take a provider: `fn::open::NAME`.
pub const BUILTINS: &[&str] = &[
    "fn::concat",
    "fn::final",
    "fn::validate",
    "fn::fromJSON",
    "fn::fromBase64",
    "fn::join",
    "fn::open",
    "fn::rotate",
    "fn::secret",
    "fn::split",
    "fn::toBase64",
    "fn::toJSON",
    "fn::toString",
];

impl Builder<'_> {
    /// Parses the only entry of an object as a call, if its key names a function.
    pub(super) fn call(&mut self, object: NodeId, entry: Entry) -> Option<Call> {
        let name = self.key_text(entry.key);
        let is_short = name.starts_with("fn::open::") || name.starts_with("fn::rotate::");
        if !is_short && !BUILTINS.contains(&&*name) {
            // The prefix is as long in lower case, whatever comes after it.
            if name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("fn::")) {
                let path = self.tree.path(object);
                self.error_at("'fn::' is a reserved prefix", entry.key, path);
            }
            return None;
        }
        let argument = self.expression(entry.value);
        let node = entry.value;
        let function = match &*name {
            "fn::secret" => self.secret(argument, node),
            "fn::toJSON" => Function::ToJson(argument),
            "fn::fromJSON" => Function::FromJson(argument),
            "fn::toString" => Function::ToString(argument),
            "fn::toBase64" => Function::ToBase64(argument),
            "fn::fromBase64" => Function::FromBase64(argument),
            "fn::final" => Function::Final(argument),
            "fn::concat" => {
                if !matches!(self.kind(argument), ExprKind::Array(_)) {
                    self.error(CONCAT_SHAPE, node);
                }
                Function::Concat(argument)
            }
            "fn::join" => {
                let (delimiter, values) = self.pair(argument, node, JOIN_SHAPE);
                Function::Join { delimiter, values }
            }
            "fn::split" => {
                let (delimiter, string) = self.pair(argument, node, SPLIT_SHAPE);
                Function::Split { delimiter, string }
            }
            "fn::validate" => self.validate(argument, node),
            "fn::open" => Function::Open(self.provider(argument, node, OPEN_SHAPE)),
            "fn::rotate" => Function::Rotate(self.rotator(argument, node, ROTATE_SHAPE, None)),
            _ => {
                if let Some(provider) = name.strip_prefix("fn::open::") {
                    Function::Open(Provider {
                        is_short: true,
                        name: Some(provider.into()),
                        name_expr: None,
                        inputs: Some(argument),
                        state: None,
                    })
                } else {
                    let rotator = name["fn::rotate::".len()..].into();
                    Function::Rotate(self.rotator(argument, node, SHORT_ROTATE_SHAPE, Some(rotator)))
                }
            }
        };
        Some(Call { name, name_node: entry.key, argument, function })
    }

    fn kind(&self, expr: ExprId) -> &ExprKind {
        &self.exprs[expr as usize].kind
    }

    fn properties(&self, expr: ExprId) -> Option<&[Property]> {
        match self.kind(expr) {
            ExprKind::Object(properties) => Some(properties),
            _ => None,
        }
    }

    /// The value of a property; the last one wins.
    fn property_of(&self, expr: ExprId, name: &str) -> Option<ExprId> {
        let properties = self.properties(expr)?;
        properties.iter().rev().find(|property| property.key.as_deref() == Some(name)).map(|property| property.value)
    }

    fn node_of(&self, expr: ExprId, otherwise: NodeId) -> NodeId {
        self.exprs[expr as usize].node.unwrap_or(otherwise)
    }

    fn secret(&mut self, argument: ExprId, node: NodeId) -> Function {
        match self.kind(argument) {
            ExprKind::String(_) => return Function::Secret(argument),
            ExprKind::Object(properties) => {
                if let [Property { key: Some(key), value, .. }] = &properties[..]
                    && &**key == "ciphertext"
                    && matches!(self.kind(*value), ExprKind::String(_))
                {
                    return Function::Ciphertext(*value);
                }
            }
            _ => {}
        }
        self.error(SECRET_SHAPE, node);
        Function::Secret(self.push(None, ExprKind::String(Arc::from(""))))
    }

    fn pair(&mut self, argument: ExprId, node: NodeId, shape: &str) -> (Option<ExprId>, Option<ExprId>) {
        if let ExprKind::Array(items) = self.kind(argument)
            && let [first, second] = items[..]
        {
            return (Some(first), Some(second));
        }
        self.error(shape, node);
        (None, None)
    }

    fn validate(&mut self, argument: ExprId, node: NodeId) -> Function {
        if self.properties(argument).is_none() {
            self.error(VALIDATE_SHAPE, node);
            return Function::Validate { schema: None, value: None };
        }
        let schema = self.property_of(argument, "schema");
        let value = self.property_of(argument, "value");
        if schema.is_none() {
            self.error("missing required property 'schema'", node);
        }
        if value.is_none() {
            self.error("missing required property 'value'", node);
        }
        Function::Validate { schema, value }
    }

    fn provider(&mut self, argument: ExprId, node: NodeId, shape: &str) -> Provider {
        let mut provider = Provider { is_short: false, name: None, name_expr: None, inputs: None, state: None };
        if self.properties(argument).is_none() {
            self.error(shape, node);
            return provider;
        }
        match self.property_of(argument, "provider") {
            None => self.error("missing provider name ('provider')", node),
            Some(name) => match self.kind(name) {
                ExprKind::String(text) => {
                    provider.name = Some(Arc::clone(text));
                    provider.name_expr = Some(name);
                }
                _ => self.error("provider name must be a string literal", self.node_of(name, node)),
            },
        }
        self.inputs(argument, node, &mut provider);
        provider
    }

    fn rotator(&mut self, argument: ExprId, node: NodeId, shape: &str, short: Option<Key>) -> Provider {
        let mut rotator = match short {
            None => self.provider(argument, node, shape),
            Some(name) => {
                let mut rotator = Provider { is_short: true, name: None, name_expr: None, inputs: None, state: None };
                if self.properties(argument).is_none() {
                    self.error(shape, node);
                    return rotator;
                }
                rotator.name = Some(name);
                self.inputs(argument, node, &mut rotator);
                rotator
            }
        };
        if self.properties(argument).is_none() {
            return rotator;
        }
        rotator.state = self.property_of(argument, "state");
        match rotator.state {
            Some(state) if !matches!(self.kind(state), ExprKind::Object(_)) => {
                self.error("rotation state must be an object literal", self.node_of(state, node));
            }
            Some(_) => {}
            None => rotator.state = Some(self.push(None, ExprKind::Null)),
        }
        rotator
    }

    fn inputs(&mut self, argument: ExprId, node: NodeId, provider: &mut Provider) {
        provider.inputs = self.property_of(argument, "inputs");
        if provider.inputs.is_none() {
            self.error("missing provider inputs ('inputs')", node);
        }
    }
}
