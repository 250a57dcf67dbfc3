//! The two arenas of an evaluation: thunks, which are expressions waiting to be evaluated, and values.

use std::sync::Arc;

use crate::Key;
use crate::ast::{Access, Call, Part, Property};
use crate::json::Text;
use crate::program::Program;
use crate::schema::Schema;
use crate::syntax::NodeId;
use crate::value::Value;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ThunkId(pub(super) u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ValueId(pub(super) u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct EnvId(pub(super) u32);

/// A place in the text of an environment; none for what the language makes up.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) env: EnvId,
    pub(super) node: Option<NodeId>,
}

/// An environment that takes part in the evaluation.
pub(super) struct Env<'a> {
    pub(super) program: &'a Program,
    /// The environment that imports it; none for the root.
    pub(super) importer: Option<EnvId>,
    /// What `context.rootEnvironment.name` says.
    pub(super) root_name: Arc<str>,
    pub(super) root: ThunkId,
    pub(super) imports: Option<ValueId>,
    /// Made when it is first read.
    pub(super) context: Option<ValueId>,
}

/// An expression of an environment in this evaluation.
pub(super) struct Thunk<'a> {
    pub(super) place: Place,
    pub(super) kind: ThunkKind<'a>,
    /// With `step`, the path that a cycle is reported with.
    pub(super) parent: Option<ThunkId>,
    pub(super) step: PathStep<'a>,
    /// The imported value that this expression overrides.
    pub(super) base: Option<ValueId>,
    /// What is declared, and after evaluation what the value is.
    pub(super) schema: Schema,
    pub(super) state: State,
    pub(super) value: Option<ValueId>,
    /// For the text inside a plaintext secret: the object that holds the call.
    pub(super) secret: Option<NodeId>,
}

#[derive(Clone, Copy)]
pub(super) enum PathStep<'a> {
    None,
    Key(&'a Key),
    Index(u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Declared,
    Evaluating,
    Done,
}

pub(super) enum ThunkKind<'a> {
    /// What is not there, and what stands for the language's own symbols.
    Missing,
    Null,
    Boolean(bool),
    Number(&'a Arc<str>),
    String(&'a Arc<str>),
    Interpolation {
        parts: &'a [Part],
        slots: u32,
    },
    Symbol {
        access: &'a Access,
        slots: u32,
    },
    /// A property of an unknown value, to be known later.
    Late {
        receiver: ValueId,
        key: Key,
    },
    Array(Vec<ThunkId>),
    Object(ObjectThunk<'a>),
    Call(CallThunk<'a>),
}

pub(super) struct ObjectThunk<'a> {
    /// Sorted by key.
    pub(super) children: Vec<(&'a Key, ThunkId)>,
    pub(super) properties: &'a [Property],
}

pub(super) struct CallThunk<'a> {
    pub(super) call: &'a Call,
    /// The arguments, in the order in which the function names them.
    pub(super) arguments: Vec<ThunkId>,
    /// Schemas of inputs and state, known once the provider is.
    pub(super) accepts: Option<Box<(Schema, Schema)>>,
}

#[allow(clippy::struct_excessive_bools)] // Independent marks of the same value; no combination is a state.
pub(super) struct ValueNode {
    /// The expression that made it.
    pub(super) def: ThunkId,
    pub(super) base: Option<ValueId>,
    pub(super) schema: Schema,
    pub(super) repr: Repr,
    pub(super) unknown: bool,
    /// Unknown in this pass only, because something has been asked.
    pub(super) pending: bool,
    pub(super) secret: bool,
    pub(super) rotate_only: bool,
    pub(super) is_final: bool,
    pub(super) sources: Sources,
    pub(super) exported: Option<Arc<Value>>,
}

/// The secret sources a value derives from, sorted.
pub(super) type Sources = Option<Arc<[u32]>>;

#[derive(Clone)]
pub(super) enum Repr {
    Null,
    Bool(bool),
    Number(Arc<str>),
    String(Text),
    List(Vec<ValueId>),
    /// Own keys only, sorted; what is inherited is in the base.
    Map(Vec<(Key, ValueId)>),
}

impl Repr {
    pub(super) fn string(bytes: Vec<u8>) -> Self {
        Self::String(Text::from_bytes(bytes))
    }
}

/// What flows from the parts of a value into what is made of it.
#[derive(Default)]
pub(super) struct Taint {
    pub(super) unknown: bool,
    pub(super) pending: bool,
    pub(super) secret: bool,
    pub(super) sources: Sources,
}

pub(super) fn union(left: &Sources, right: &Sources) -> Sources {
    match (left, right) {
        (None, other) | (other, None) => other.clone(),
        (Some(left), Some(right)) => {
            if Arc::ptr_eq(left, right) || left == right {
                return Some(Arc::clone(left));
            }
            let mut all: Vec<u32> = left.iter().chain(right.iter()).copied().collect();
            all.sort_unstable();
            all.dedup();
            Some(all.into())
        }
    }
}
