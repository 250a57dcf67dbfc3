//! Resolving an environment: the evaluator asks, the engine answers.
//!
//! The language is a pure function that says what it lacks. Here every import is looked up with
//! the caller's permission, every ciphertext decrypted with its environment's key, and the
//! function is called again until it lacks nothing.

mod calls;
mod imports;
mod programs;

use std::collections::HashMap;
use std::sync::Arc;

use lang::{
    CallKind, DecryptionKey, Evaluation, Facts, ImportFact, Limits, Mode, Need, Plaintext, Program, PropertyPath, Value,
};
use ledger::{EnvironmentId, ReadList, Statement};
use seal::{Sealed, SecretString};

use crate::Engine;
use crate::access::{Entered, Level};
use crate::audit::Attempt;
use crate::context::Who;
use crate::error::Error;
use crate::keys::OwnedKey;
use crate::providers;
use crate::rotators;

use calls::{Asked, Calls};
pub(crate) use imports::{Finder, Found, Import};
pub(crate) use programs::Programs;

/// How often the evaluator may come back with needs: each pass goes one import deeper or makes
/// the calls that the imports allow.
const PASSES: usize = 64;
/// What the evaluator calls a definition without a name.
pub(crate) const ANONYMOUS: &str = "<yaml>";

/// What is to be resolved.
pub(crate) struct Root {
    /// The definition.
    pub(crate) program: Arc<Program>,
    /// The environment and its revision; none for an anonymous definition.
    pub(crate) environment: Option<(EnvironmentId, u64)>,
    /// What it imports, as far as that was looked up with it.
    pub(crate) imports: Vec<Found>,
    /// What becomes of the rest.
    pub(crate) rest: Rest,
}

/// What becomes of an import that was not looked up with the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is looked up when the evaluator asks for it.
    Follows,
    /// It is refused: something was made of what was looked up, as if that were all.
    Refused,
}

/// What came out, and on what it rests.
pub(crate) struct Resolved {
    /// The values; none where the definition has none.
    pub(crate) environment: Option<lang::Environment>,
    /// Warnings.
    pub(crate) warnings: Vec<lang::Diagnostic>,
    /// The environments that took part besides the root.
    pub(crate) imports: Vec<Import>,
    root: Option<(EnvironmentId, String, u64)>,
}

/// What an evaluation gave once it lacked nothing.
pub(crate) struct Evaluated {
    /// What it gave.
    pub(crate) evaluation: Evaluation,
    /// What is wrong, what parsing found included.
    pub(crate) found: Vec<lang::Diagnostic>,
    /// The environments that took part besides the root.
    imports: Vec<Import>,
}

/// A rotator that is to make a new state.
pub(crate) struct RotatorCall {
    /// Where it stands, below `values`.
    pub(crate) path: String,
    /// Its name.
    pub(crate) name: String,
    /// What it is told.
    pub(crate) inputs: Arc<Value>,
    /// What it remembers.
    pub(crate) state: Option<Arc<Value>>,
    /// The part of the definition that the new state replaces.
    pub(crate) replaces: PropertyPath,
}

/// Makes new states, where an evaluation is a rotation.
pub(crate) trait Rotate: Send {
    /// The new state, or what is wrong; an error ends the evaluation.
    fn rotate(&mut self, call: RotatorCall) -> impl Future<Output = Result<rotators::NewState, Error>> + Send;
}

/// What is no rotation.
struct NoRotation;

impl Rotate for NoRotation {
    async fn rotate(&mut self, _call: RotatorCall) -> Result<rotators::NewState, Error> {
        Ok(Err("this is no rotation".to_owned()))
    }
}

impl Resolved {
    /// The list of secrets that somebody sees who sees these sources, as the log commits to it,
    /// and how many property paths it names.
    pub(crate) fn reads(&self, sources: impl IntoIterator<Item = u32>) -> (Option<Statement>, u64) {
        let Some(environment) = &self.environment else { return (None, 0) };
        let all = environment.sources();
        let mut by_environment: Vec<(&str, &[String], Vec<String>)> = Vec::new();
        for source in sources {
            let Some(source) = all.get(source as usize) else { continue };
            match by_environment.iter_mut().find(|(name, ..)| *name == source.environment) {
                Some((_, _, paths)) => paths.push(source.path.clone()),
                None => by_environment.push((&source.environment, &source.via, vec![source.path.clone()])),
            }
        }
        by_environment.sort_by_key(|(name, ..)| *name);
        let mut lists = Vec::new();
        let mut count = 0;
        for (name, via, paths) in &mut by_environment {
            paths.sort();
            paths.dedup();
            // A secret written in an anonymous definition came from the caller, who knows it.
            let Some((env, rev)) = self.identity_of(name) else { continue };
            count += paths.len() as u64;
            lists.push(ReadList { env, name, rev, via, paths });
        }
        (Statement::reads(&lists), count)
    }

    /// Which environment a name in ranges means, and at which revision.
    pub(crate) fn identity_of(&self, name: &str) -> Option<(EnvironmentId, u64)> {
        if let Some((id, root, revision)) = &self.root
            && root == name
        {
            return Some((*id, *revision));
        }
        self.imports.iter().find(|import| import.name == name).map(|import| (import.id, import.revision))
    }
}

impl Engine {
    /// Evaluates a definition for a caller.
    ///
    /// Imports need `level`. What a caller may not see looks like what is not there; that it was
    /// refused is noted in the attempt.
    pub(crate) async fn resolve(
        &self,
        attempt: &Attempt,
        entered: &Entered,
        root: Root,
        mode: Mode<'_>,
        level: Level,
    ) -> Result<Resolved, Error> {
        let (environment, name) = (root.environment, root.program.name().to_owned());
        let evaluated = self.evaluate(attempt, entered, root, mode, level, &mut NoRotation).await?;
        let Evaluated { evaluation, found, imports } = evaluated;
        if found.iter().any(lang::Diagnostic::is_error) {
            return Err(Error::Diagnostics(found));
        }
        let root = environment.map(|(id, rev)| (id, name, rev));
        Ok(Resolved { environment: evaluation.environment, warnings: found, imports, root })
    }

    /// Evaluates a definition for a caller, whatever is wrong with it.
    pub(crate) async fn evaluate<R: Rotate>(
        &self,
        attempt: &Attempt,
        entered: &Entered,
        root: Root,
        mode: Mode<'_>,
        level: Level,
        rotation: &mut R,
    ) -> Result<Evaluated, Error> {
        let Root { program, environment, imports: found, rest } = root;
        let context = caller_context(attempt, entered);
        let (providers, rotators) = (providers::schemas(), rotators::schemas());
        let mut facts = Facts { context, providers, rotators, ..Facts::default() };
        let mut calls = Calls::new(attempt, entered, environment.map(|(id, _)| id));
        let mut imports = Vec::new();
        answer_imports(found, &mut facts, &mut imports);
        let limits = Limits::default();
        for _ in 0..PASSES {
            let evaluation: Evaluation = lang::evaluate(&program, &facts, mode, &limits);
            if evaluation.needs.is_empty() {
                // What parsing found stands in the program; evaluation finds the rest.
                let found = [program.diagnostics(), &evaluation.diagnostics].concat();
                return Ok(Evaluated { evaluation, found, imports });
            }
            let (mut texts, mut asked) = (Vec::new(), Vec::new());
            for need in evaluation.needs {
                match need {
                    Need::Import { text, .. } => texts.push(text),
                    Need::Decrypt(key) => {
                        let root = environment.map(|(id, _)| id);
                        let plaintext = self.answer_decryption(attempt, entered, root, &imports, &key).await?;
                        facts.decrypted.insert(key, plaintext);
                    }
                    Need::Call { key, inputs, state, replaces, root } => {
                        let answer = match key.kind {
                            CallKind::Open => {
                                asked.push(Asked { key, inputs, root });
                                continue;
                            }
                            CallKind::OpenRotated => Ok(rotators::open(state.as_ref())),
                            CallKind::Rotate => {
                                let (path, name) = (key.path.clone(), key.name.clone());
                                let replaces = replaces.unwrap_or_default();
                                rotation.rotate(RotatorCall { path, name, inputs, state, replaces }).await?
                            }
                        };
                        facts.calls.insert(key, answer);
                    }
                }
            }
            facts.calls.extend(calls.answer(self, asked).await?);
            if !texts.is_empty() {
                if rest == Rest::Refused {
                    return Err(Error::Forbidden("the definition draws in what it was not known to draw in"));
                }
                let found = self.find_imports(attempt, entered, texts, level).await?;
                answer_imports(found, &mut facts, &mut imports);
            }
        }
        Err(Error::Invalid("the definition's imports are nested too deeply".into()))
    }

    /// The plaintext of a ciphertext. It must have been made for the environment in whose text it
    /// stands: a ciphertext copied elsewhere opens nothing. In an anonymous definition it may be
    /// of any environment that the caller may open.
    async fn answer_decryption(
        &self,
        attempt: &Attempt,
        entered: &Entered,
        root: Option<EnvironmentId>,
        imports: &[Import],
        key: &DecryptionKey,
    ) -> Result<Result<Plaintext, String>, Error> {
        const REFUSAL: &str = "the ciphertext does not belong to this environment or was changed";
        let Ok(sealed) = Sealed::from_bytes(key.ciphertext.clone()) else { return Ok(Err(REFUSAL.into())) };
        let Some(owned) = self.key_of(&sealed).await? else { return Ok(Err(REFUSAL.into())) };
        if owned.organization != entered.organization.id {
            return Ok(Err(REFUSAL.into()));
        }
        let written_in = imports.iter().find(|import| import.name == key.environment).map(|import| import.id).or(root);
        let belongs = match written_in {
            Some(environment) => owned.environment == Some(environment),
            None => match owned.environment {
                Some(environment) => self.may_open(attempt, entered, environment).await?,
                None => false,
            },
        };
        if !belongs {
            return Ok(Err(REFUSAL.into()));
        }
        Ok(owned.open_definition(&sealed).map(plaintext).ok_or_else(|| REFUSAL.into()))
    }

    /// A stored definition in plaintext, and the property paths of its secrets.
    pub(crate) async fn decrypt_definition(
        &self,
        entered: &Entered,
        environment: EnvironmentId,
        definition: &str,
    ) -> Result<(SecretString, Vec<String>), Error> {
        let key = self.key_for(entered.organization.id, Some(environment)).await?;
        let mut paths = Vec::new();
        let text = lang::decrypt_secrets(definition, |path, ciphertext| {
            paths.push(path.to_owned());
            let sealed = Sealed::from_bytes(ciphertext.to_vec()).map_err(|_| Error::Undecipherable)?;
            let plaintext = key.open_definition(&sealed).ok_or(Error::Undecipherable)?;
            Ok::<String, Error>(plaintext.expose().clone())
        });
        // In the order of every other list of reads, so that equal lists share one opening.
        paths.sort();
        match text {
            Ok(text) => Ok((SecretString::new(text), paths)),
            Err(_) => Err(Error::Undecipherable),
        }
    }

    /// A definition with every plaintext secret in it sealed.
    pub(crate) async fn encrypt_definition(
        &self,
        entered: &Entered,
        environment: EnvironmentId,
        definition: &str,
    ) -> Result<String, Error> {
        let key = self.key_for(entered.organization.id, Some(environment)).await?;
        self.encrypt_with(&key, definition)
    }

    /// The same, with a key at hand.
    pub(crate) fn encrypt_with(&self, key: &OwnedKey, definition: &str) -> Result<String, Error> {
        let random = &*self.ambient().random;
        lang::encrypt_secrets(definition, |plaintext| {
            Ok::<Vec<u8>, std::convert::Infallible>(key.seal_definition(plaintext, random))
        })
        .map_err(|error| match error {
            lang::EditError::Parse(diagnostic) => Error::Diagnostics(vec![diagnostic]),
            lang::EditError::Envelope { .. }
            | lang::EditError::Cipher { .. }
            | lang::EditError::Path(_)
            | lang::EditError::Ambiguous => {
                Error::Invalid("a secret of the definition cannot be encrypted where it stands".into())
            }
        })
    }
}

/// Puts what imports led to where the evaluator finds it.
fn answer_imports(found: Vec<Found>, facts: &mut Facts, imports: &mut Vec<Import>) {
    for (text, found) in found {
        let fact = match found {
            Ok(import) => {
                let fact = match &import.program {
                    Ok(program) => ImportFact::Program(Arc::clone(program)),
                    Err(diagnostics) => ImportFact::Broken(diagnostics.clone()),
                };
                imports.push(import);
                fact
            }
            Err(message) => ImportFact::Failed(message),
        };
        facts.imports.insert(text, fact);
    }
}

fn plaintext(text: SecretString) -> Plaintext {
    Plaintext::from(text.expose().as_str())
}

/// What `${context.pulumi…}` gives.
fn caller_context(attempt: &Attempt, entered: &Entered) -> serde_json::Map<String, serde_json::Value> {
    let (id, login) = match &attempt.context().who {
        Who::Account { id, login, .. } | Who::Machine { id, login, .. } | Who::Behalf { id, login, .. } => {
            (id.to_string(), login.to_string())
        }
        Who::Operator(_) | Who::System | Who::Anonymous => (String::new(), attempt.context().login().to_owned()),
    };
    let organization = &entered.organization;
    let pulumi = serde_json::json!({
        "user": { "id": id, "login": login },
        "organization": { "id": organization.id.to_string(), "login": organization.name },
    });
    HashMap::from([("pulumi".to_owned(), pulumi)]).into_iter().collect()
}
