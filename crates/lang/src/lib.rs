//! The environment language: text to values, without I/O.
//!
//! A definition is parsed once ([`Program::parse`]) and evaluated many times ([`evaluate`]). Evaluation is a pure
//! function of a program and of the [`Facts`] known so far: where it lacks one it says so as a [`Need`], the caller
//! finds the answer, and evaluates again. So every effect happens in one place, outside this crate.

mod ast;
mod base64;
mod decimal;
mod diagnostics;
pub mod edit;
pub mod envelope;
mod eval;
mod gofmt;
mod json;
mod path;
mod program;
mod schema;
mod source;
mod syntax;
mod value;

pub use ast::BUILTINS;
pub use diagnostics::{Diagnostic, Severity};
pub use edit::{EditError, Patch, PathError, apply_patches, decrypt_secrets, encrypt_secrets};
pub use eval::{
    CallKey, CallKind, DecryptionKey, Evaluation, Facts, ImportFact, Limits, Mode, Need, Plaintext, ProviderSchema,
    Rotation, RotationStatus, evaluate,
};
pub use path::{PropertyError, PropertyPath, PropertyPathError, Step, property};
pub use program::{Parsed, Program};
pub use schema::{Schema, SchemaError};
pub use source::{Position, Range};
pub use value::{Environment, ExecutionContext, Expr, SecretSource, Trace, Value, ValueKind, disclosed};

/// The name of every key and property: shared, because evaluation repeats them often.
pub type Key = std::sync::Arc<str>;
