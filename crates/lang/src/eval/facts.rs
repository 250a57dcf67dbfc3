//! What goes into an evaluation and what comes out: facts, needs, modes, limits.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::diagnostics::Diagnostic;
use crate::edit::Patch;
use crate::path::PropertyPath;
use crate::program::{Parsed, Program};
use crate::schema::Schema;
use crate::value::{Environment, Value};

/// What an evaluation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode<'p> {
    /// Finds mistakes: providers are not called, and ciphertexts are decrypted only if asked for.
    Check {
        /// Whether ciphertexts are decrypted too.
        show_secrets: bool,
    },
    /// Gives the values. Leaves out [`Environment::exprs`] and [`Environment::execution_context`], which no reader of
    /// values needs.
    Open,
    /// As `Open`, with nothing left out.
    OpenWithExprs,
    /// As `OpenWithExprs`, and the rotators of the root environment replace their states first. What came of it is in
    /// [`Evaluation::rotations`]. Imported environments are opened with the states they have.
    Rotate {
        /// Which rotators: the paths of their calls below `values`. If there are none, all.
        ///
        /// A path is compared as [`PropertyPath::to_selector`] prints it with the document path of the call, as in the
        /// reference: so one whose first key needs quotes, or any of whose keys starts with a digit, selects nothing.
        paths: &'p [PropertyPath],
    },
}

/// What the caller has found out so far.
#[derive(Default)]
pub struct Facts {
    /// The caller's context: `{"pulumi": {…}}`. The language adds `currentEnvironment` and `rootEnvironment`.
    pub context: serde_json::Map<String, serde_json::Value>,
    /// The imported environments, by the text of the import as written.
    pub imports: HashMap<String, ImportFact>,
    /// The plaintexts, or why there is none.
    pub decrypted: HashMap<DecryptionKey, Result<Plaintext, String>>,
    /// What providers and rotators answered, or why they did not.
    pub calls: HashMap<CallKey, Result<Arc<Value>, String>>,
    /// The providers that exist, by name. What is not here is an `unknown provider`.
    pub providers: HashMap<String, ProviderSchema>,
    /// The rotators that exist, by name. What is not here is an `unknown rotator`.
    pub rotators: HashMap<String, ProviderSchema>,
}

/// What an import turned out to be.
#[derive(Clone, Debug)]
pub enum ImportFact {
    /// A program. One that has errors counts as broken: its diagnostics are reported, and it is skipped.
    Program(Arc<Program>),
    /// A text that is no program, and why.
    Broken(Vec<Diagnostic>),
    /// It could not be loaded; the text says why, and is shown to the author.
    Failed(String),
}

/// Names a ciphertext: where it is written, and what it is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DecryptionKey {
    /// The environment in whose text it is written.
    pub environment: String,
    /// The document path of the object that holds the call, without the leading `values.`.
    pub path: String,
    /// The payload of the envelope.
    pub ciphertext: Vec<u8>,
}

/// A decrypted secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Plaintext(pub Arc<str>);

/// Which function of a provider or rotator is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// `fn::open`.
    Open,
    /// `fn::rotate`, opened with a state: the stored one, or the one that a rotation gave.
    OpenRotated,
    /// `fn::rotate`, asked for a new state. The answer is that state; it takes the place of the stored one.
    Rotate,
}

/// Names a call: who makes it, where it is written, and with what. The same key is asked once.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// The environment in whose text it is written.
    pub environment: String,
    /// The document path of the object that holds the call, without the leading `values.`.
    pub path: String,
    /// What is called.
    pub kind: CallKind,
    /// The provider or rotator.
    pub name: String,
    /// The inputs, and for rotators the state, as JSON: `[INPUTS,STATE]`. May hold secrets.
    pub inputs: String,
}

/// What a provider or rotator takes and gives.
#[derive(Clone, Debug)]
pub struct ProviderSchema {
    /// What it takes.
    pub inputs: Schema,
    /// For rotators, the state it keeps.
    pub state: Schema,
    /// What it gives.
    pub outputs: Schema,
}

/// Something that evaluation cannot know by itself.
#[derive(Clone)]
pub enum Need {
    /// An environment. Answer in [`Facts::imports`].
    Import {
        /// The text of the import as written: `project/env`, `env`, `project/env@tag`.
        text: String,
        /// The names of the environments from the root to the one that imports, both included.
        chain: Vec<String>,
    },
    /// A plaintext. Answer in [`Facts::decrypted`].
    Decrypt(DecryptionKey),
    /// What a provider gives. Answer in [`Facts::calls`].
    Call {
        /// The key to answer under.
        key: CallKey,
        /// The inputs.
        inputs: Arc<Value>,
        /// For rotators, the state, if there is one.
        state: Option<Arc<Value>>,
        /// For a rotation, the part of the definition to replace with the answer: also in [`Rotation::patch`] once
        /// evaluation has ended, and here for a caller that stores what it must not lose before it goes on.
        replaces: Option<PropertyPath>,
        /// The name of the root environment, as the context tells it.
        root: String,
    },
}

/// What an evaluation gave.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// The environment; none for an empty program, for a pass with needs, and beyond a limit.
    pub environment: Option<Environment>,
    /// What is wrong, in the order it was found.
    pub diagnostics: Vec<Diagnostic>,
    /// What to find out before evaluating again.
    pub needs: Vec<Need>,
    /// What came of the rotators that were to rotate, in the order of evaluation. Empty for a pass with needs; beyond a
    /// limit those that had been made, because a new state must not be lost.
    pub rotations: Vec<Rotation>,
}

/// What came of a rotator that was to rotate.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The document path of its call: `values.database`.
    pub path: String,
    /// How it went.
    pub status: RotationStatus,
    /// Why it failed, in the rotator's words. Evaluation reports it too.
    pub diagnostics: Vec<Diagnostic>,
    /// The new state, if it succeeded.
    pub patch: Option<Patch>,
}

/// How a rotation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationStatus {
    /// There is a new state.
    Succeeded,
    /// The rotator refused, and the state is as it was.
    Failed,
    /// The rotator was not asked, because its inputs or its state are not what it takes. Diagnostics say why.
    NotEvaluated,
}

/// How much a definition may cost. Beyond a limit there is a diagnostic, and no program or no environment.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many bytes a definition may have.
    pub document: usize,
    /// How deep a definition may nest.
    pub nesting: usize,
    /// How many environments may take part, the root included.
    pub imports: usize,
    /// How deep values, references and imports may nest.
    pub depth: usize,
    /// How many values may be made, copies and what is given out included.
    pub values: usize,
    /// How many steps may be taken.
    pub steps: usize,
    /// How many bytes of text may be made.
    pub bytes: usize,
    /// About how many bytes of JSON the result may make.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: 1 << 20,
            nesting: 100,
            imports: 256,
            depth: 256,
            values: 200_000,
            steps: 1_000_000,
            bytes: 32 << 20,
            output: 64 << 20,
        }
    }
}

impl Evaluation {
    /// What to change in the definition, in the order of evaluation: see [`apply_patches`](crate::apply_patches).
    pub fn patches(&self) -> Vec<Patch> {
        self.rotations.iter().filter_map(|rotation| rotation.patch.clone()).collect()
    }
}

impl RotationStatus {
    /// The word for it: `succeeded`, `failed` or `not-evaluated`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::NotEvaluated => "not-evaluated",
        }
    }
}

impl From<Parsed> for ImportFact {
    fn from(parsed: Parsed) -> Self {
        match parsed.program {
            Some(program) => Self::Program(Arc::new(program)),
            None => Self::Broken(parsed.diagnostics),
        }
    }
}

impl From<&str> for Plaintext {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Prints no secret.
impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Prints no ciphertext.
impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.environment, self.path)
    }
}

/// Prints no input.
impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {:?} {}", self.environment, self.path, self.kind, self.name)
    }
}

/// Prints what is needed, and no secret.
impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import { text, chain } => f.debug_struct("Import").field("text", text).field("chain", chain).finish(),
            Self::Decrypt(key) => f.debug_tuple("Decrypt").field(key).finish(),
            Self::Call { key, inputs, .. } => f.debug_struct("Call").field("key", key).field("inputs", inputs).finish(),
        }
    }
}

/// Counts what is known, and prints none of it.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("imports", &self.imports.keys())
            .field("decrypted", &self.decrypted.len())
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}
