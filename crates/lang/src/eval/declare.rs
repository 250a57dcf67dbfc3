//! Declaring: from expressions to thunks, with what can be said of a value before it is there.

use std::collections::HashSet;

use super::Evaluator;
use super::node::{CallThunk, EnvId, ObjectThunk, PathStep, Place, ThunkId, ThunkKind, ValueId};
use crate::Key;
use crate::ast::{self, Access, Ast, ExprKind, Function, Property};
use crate::gofmt;
use crate::json::Text;
use crate::schema::Schema;
use crate::source::to_u32;

/// Below this many keys, looking through them is faster than hashing.
const FEW: usize = 16;

impl<'a> Evaluator<'a> {
    /// Declares the values of an environment under its root.
    pub(super) fn declare_root(&mut self, env: EnvId) {
        let ast = self.ast(env);
        let root = self.env(env).root;
        let children = self.children(env, root, &ast.values, true);
        if let ThunkKind::Object(object) = &mut self.thunk_mut(root).kind {
            object.children = children;
        }
    }

    fn ast(&self, env: EnvId) -> &'a Ast {
        &self.env(env).program.ast
    }

    /// Declares the properties of an object; the first of several with the same key wins.
    fn children(
        &mut self,
        env: EnvId,
        parent: ThunkId,
        properties: &'a [Property],
        is_root: bool,
    ) -> Vec<(&'a Key, ThunkId)> {
        let base = self.thunk(parent).base;
        let mut seen: HashSet<&str> = HashSet::new();
        let mut children: Vec<(&'a Key, ThunkId)> = Vec::with_capacity(properties.len());
        for property in properties {
            let Some(key) = &property.key else { continue };
            let place = Place { env, node: Some(property.key_node) };
            if is_root && matches!(&**key, "imports" | "context" | "environments") {
                self.reserved(place, key);
                continue;
            }
            let is_new = if properties.len() <= FEW {
                children.iter().all(|(other, _)| *other != key)
            } else {
                seen.insert(key)
            };
            if !is_new {
                self.error(place, None, format!("duplicate key {}", gofmt::quoted(key)));
                continue;
            }
            let base = base.and_then(|base| self.property(base, place, key));
            let child = self.declare(env, Some(property.value), base);
            let thunk = self.thunk_mut(child);
            thunk.parent = (!is_root).then_some(parent);
            thunk.step = PathStep::Key(key);
            children.push((key, child));
        }
        children.sort_by(|left, right| left.0.cmp(right.0));
        children
    }

    /// Declares an expression, or what stands for one that is not there.
    pub(super) fn declare(&mut self, env: EnvId, expr: Option<ast::ExprId>, base: Option<ValueId>) -> ThunkId {
        self.charge_value();
        let ast = self.ast(env);
        let Some(expr) = expr.map(|expr| ast.expr(expr)) else {
            let missing = self.push_marker(Place { env, node: None });
            self.thunk_mut(missing).base = base;
            return missing;
        };
        let (kind, schema) = match &expr.kind {
            ExprKind::Null => (ThunkKind::Null, Schema::NULL),
            ExprKind::Boolean(value) => (ThunkKind::Boolean(*value), Schema::boolean(*value)),
            ExprKind::Number(digits) => (ThunkKind::Number(digits), Schema::number(digits.clone())),
            ExprKind::String(text) => (ThunkKind::String(text), Schema::string(Text::Str(text.clone()))),
            ExprKind::Interpolation(parts) => {
                let slots = self.reserve(parts.iter().filter_map(|part| part.access.as_ref()));
                (ThunkKind::Interpolation { parts, slots }, Schema::STRING)
            }
            ExprKind::Symbol(access) => {
                let slots = self.reserve(std::iter::once(access));
                (ThunkKind::Symbol { access, slots }, Schema::ALWAYS)
            }
            ExprKind::Array(_) => (ThunkKind::Array(Vec::new()), Schema::any_array()),
            ExprKind::Object(properties) => {
                (ThunkKind::Object(ObjectThunk { children: Vec::new(), properties }), Schema::any_object())
            }
            ExprKind::Call(call) => {
                let schema = match &call.function {
                    Function::FromJson(_)
                    | Function::Open(_)
                    | Function::Rotate(_)
                    | Function::Validate { .. }
                    | Function::Final(_) => Schema::ALWAYS,
                    Function::Split { .. } => Schema::array_of_strings(),
                    Function::Concat(_) => Schema::any_array(),
                    _ => Schema::STRING,
                };
                (ThunkKind::Call(CallThunk { call, arguments: Vec::new(), accepts: None }), schema)
            }
        };
        let id = self.push_thunk(Place { env, node: expr.node }, kind, schema);
        self.thunk_mut(id).base = base;
        match &expr.kind {
            ExprKind::Array(items) => {
                let mut children = Vec::with_capacity(items.len());
                for (index, &item) in items.iter().enumerate() {
                    let child = self.declare(env, Some(item), None);
                    let thunk = self.thunk_mut(child);
                    thunk.parent = Some(id);
                    thunk.step = PathStep::Index(to_u32(index));
                    children.push(child);
                }
                self.thunk_mut(id).kind = ThunkKind::Array(children);
            }
            ExprKind::Object(properties) => {
                let children = self.children(env, id, properties, false);
                self.thunk_mut(id).kind = ThunkKind::Object(ObjectThunk { children, properties });
            }
            ExprKind::Call(call) => {
                let arguments = self.arguments(env, &call.function);
                if let Function::Secret(_) = call.function {
                    self.thunk_mut(arguments[0]).secret = expr.node;
                }
                self.thunk_mut(id).kind = ThunkKind::Call(CallThunk { call, arguments, accepts: None });
            }
            _ => {}
        }
        id
    }

    fn arguments(&mut self, env: EnvId, function: &Function) -> Vec<ThunkId> {
        match function {
            Function::Secret(argument)
            | Function::Ciphertext(argument)
            | Function::ToJson(argument)
            | Function::FromJson(argument)
            | Function::ToString(argument)
            | Function::ToBase64(argument)
            | Function::FromBase64(argument)
            | Function::Final(argument)
            | Function::Concat(argument) => vec![self.declare(env, Some(*argument), None)],
            Function::Join { delimiter: first, values: second }
            | Function::Split { delimiter: first, string: second }
            | Function::Validate { schema: first, value: second } => {
                vec![self.declare(env, *first, None), self.declare(env, *second, None)]
            }
            Function::Open(provider) => {
                vec![self.declare(env, provider.name_expr, None), self.declare(env, provider.inputs, None)]
            }
            Function::Rotate(rotator) => vec![
                self.declare(env, rotator.name_expr, None),
                self.declare(env, rotator.inputs, None),
                self.declare(env, rotator.state, None),
            ],
        }
    }

    /// Makes room for what accessors lead to.
    fn reserve<'i>(&mut self, accesses: impl Iterator<Item = &'i Access>) -> u32 {
        let first = to_u32(self.slots.len());
        let count: usize = accesses.map(|access| access.accessors.len()).sum();
        self.slots.resize(self.slots.len() + count, None);
        first
    }
}
