//! How a definition is checked, opened and rotated.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use lang::{
    CallKind, Diagnostic, Environment, Evaluation, Facts, ImportFact, Limits, Mode, Need, Parsed, Patch, Program,
    PropertyPath, evaluate,
};
use serde_json::{Value as Json, json};

use crate::compare::{normal, plain, same, same_diagnostics};
use crate::find::{DEFINITION, EXPECTED, read_json};
use crate::providers::{open, open_rotated, providers, rotate, rotators};

/// What a case may say of how it is run.
const OVERRIDES: &str = "overrides.json";

pub(crate) fn test(folder: &Path) -> Result<()> {
    let overrides = folder.join(OVERRIDES);
    let overrides = if overrides.is_file() { read_json(&overrides)? } else { json!({}) };
    Case { folder, name: name(folder), overrides, expected: read_json(&folder.join(EXPECTED))? }.test()
}

/// The name of a case: its definition goes by it.
pub(crate) fn name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The definition of a case.
pub(crate) fn read_definition(folder: &Path) -> Result<String> {
    std::fs::read_to_string(folder.join(DEFINITION)).context("the definition cannot be read")
}

struct Case<'a> {
    folder: &'a Path,
    name: String,
    overrides: Json,
    expected: Json,
}

impl Case<'_> {
    fn test(&self) -> Result<()> {
        let name = self.overrides["rootEnvironment"].as_str().unwrap_or(&self.name);
        let Parsed { program, diagnostics } = Program::parse(name, &read_definition(self.folder)?);
        self.diagnostics("loadDiags", &diagnostics)?;
        let Some(program) = program else {
            ensure!(self.expected["check"].is_null() && self.expected["eval"].is_null(), "there is no program");
            return Ok(());
        };
        let show_secrets = self.overrides["showSecrets"].as_bool().unwrap_or(false);
        let checked = self.evaluate(&program, Mode::Check { show_secrets })?;
        self.diagnostics("checkDiags", &checked.diagnostics)?;
        self.environment("check", "checkJson", None, checked.environment.as_ref())?;
        let opened = self.evaluate(&program, Mode::OpenWithExprs)?;
        self.diagnostics("evalDiags", &opened.diagnostics)?;
        self.environment("eval", "evalJsonRedacted", Some("evalJSONRevealed"), opened.environment.as_ref())?;
        if self.overrides["rotate"].as_bool().unwrap_or(false) {
            let paths = self.rotated_paths()?;
            let rotated = self.evaluate(&program, Mode::Rotate { paths: &paths })?;
            self.diagnostics("rotateDiags", &rotated.diagnostics)?;
            self.environment("rotate", "rotateJson", None, rotated.environment.as_ref())?;
            self.patches(rotated.patches())?;
        }
        Ok(())
    }

    fn rotated_paths(&self) -> Result<Vec<PropertyPath>> {
        let paths = self.overrides["rotatePaths"].as_array().map_or(&[][..], Vec::as_slice);
        let parse = |path: &Json| Ok(PropertyPath::parse(path.as_str().context("a path is a text")?)?);
        paths.iter().map(parse).collect()
    }

    fn patches(&self, patches: Vec<Patch>) -> Result<()> {
        let mut shown = Vec::with_capacity(patches.len());
        for patch in patches {
            let replacement: Json = serde_json::from_str(&patch.replacement.to_json())?;
            shown.push((patch.path.to_string(), replacement));
        }
        shown.sort_by(|left, right| left.0.cmp(&right.0));
        let shown = shown.into_iter().map(|(path, value)| json!({"DocPath": path, "Replacement": value})).collect();
        let expected = self.expected["rotatePatches"].as_array().cloned().unwrap_or_default();
        same("rotatePatches", &normal(shown), &normal(Json::Array(expected)))
    }

    fn diagnostics(&self, member: &str, diagnostics: &[Diagnostic]) -> Result<()> {
        same_diagnostics(member, diagnostics, &self.expected[member])
    }

    fn environment(
        &self,
        member: &str,
        redacted: &str,
        revealed: Option<&str>,
        environment: Option<&Environment>,
    ) -> Result<()> {
        let json = match environment {
            Some(environment) => serde_json::from_str(&environment.to_check_json())?,
            None => Json::Null,
        };
        same(member, &normal(json), &normal(self.expected[member].clone()))?;
        let Some(environment) = environment else { return Ok(()) };
        let plain = |redact: bool| {
            let entries = environment.properties().iter();
            Json::Object(entries.map(|(key, value)| (key.to_string(), plain(value, redact))).collect())
        };
        same(redacted, &plain(true), &self.expected[redacted])?;
        revealed.map_or(Ok(()), |revealed| same(revealed, &plain(false), &self.expected[revealed]))
    }

    /// Answers what the evaluation asks for, until it asks no more.
    fn evaluate(&self, program: &Program, mode: Mode) -> Result<Evaluation> {
        let mut facts = Facts { context: context(), providers: providers(), rotators: rotators(), ..Facts::default() };
        loop {
            let evaluation = evaluate(program, &facts, mode, &Limits::default());
            if evaluation.needs.is_empty() {
                return Ok(evaluation);
            }
            let is_silent = evaluation.environment.is_none() && evaluation.diagnostics.is_empty();
            ensure!(is_silent, "an evaluation that asks says something, too");
            for need in evaluation.needs {
                // What is asked twice is asked for ever.
                ensure!(self.answer(need, &mut facts)?, "something is asked twice");
            }
        }
    }

    /// Whether the answer is new.
    fn answer(&self, need: Need, facts: &mut Facts) -> Result<bool> {
        Ok(match need {
            Need::Import { text, .. } => {
                let fact = self.load(&text);
                facts.imports.insert(text, fact).is_none()
            }
            Need::Decrypt(key) => {
                // The cipher of the cases: each byte plus 128.
                let plaintext = key.ciphertext.iter().map(|byte| byte.wrapping_add(128)).collect();
                let plaintext = String::from_utf8(plaintext).context("a plaintext is no text")?;
                facts.decrypted.insert(key, Ok(plaintext.as_str().into())).is_none()
            }
            Need::Call { key, inputs, state, .. } => {
                let answer = match key.kind {
                    CallKind::Open => open(&key.name, &inputs),
                    CallKind::OpenRotated => open_rotated(&key.name, &inputs, state),
                    CallKind::Rotate => rotate(&key.name, &inputs, state),
                };
                facts.calls.insert(key, answer).is_none()
            }
        })
    }

    fn load(&self, text: &str) -> ImportFact {
        match std::fs::read_to_string(self.folder.join(format!("{text}.yaml"))) {
            Ok(source) => Program::parse(text, &source).into(),
            // The cases hold the text of the reference, with the folder that its tests are in.
            Err(_) => {
                ImportFact::Failed(format!("open testdata/eval/{}/{text}.yaml: no such file or directory", self.name))
            }
        }
    }
}

fn context() -> serde_json::Map<String, Json> {
    serde_json::Map::from_iter([("pulumi".to_owned(), json!({"user": {"id": "USER_123"}}))])
}
