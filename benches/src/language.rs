//! The definitions that the language is measured on, and what is measured.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use lang::{Evaluation, Facts, ImportFact, Limits, Mode, Need, Program, ProviderSchema, Schema, Value, ValueKind};
use serde::{Deserialize, Serialize};

/// A definition with all that it imports.
#[derive(Debug)]
pub struct Subject {
    /// What it is called in the results.
    pub name: String,
    /// How many keys it has, if it is generated.
    pub keys: Option<u32>,
    text: String,
    imports: Vec<(String, String)>,
}

/// The same, parsed.
#[derive(Debug)]
pub struct Parsed {
    program: Program,
    imports: Vec<(String, Arc<Program>)>,
}

/// What is done with a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Parses the definition and all that it imports.
    Parse,
    /// Checks what is parsed.
    Check,
    /// Opens what is parsed.
    Open,
    /// Parses and opens, as for a definition that nobody has opened yet.
    ParseOpen,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Parse, Self::Check, Self::Open, Self::ParseOpen];

    /// Its name in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Check => "check",
            Self::Open => "open",
            Self::ParseOpen => "parse+open",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What one operation allocates.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Counts {
    /// How often memory is asked for, growing included.
    pub allocations: u64,
    /// How much.
    pub bytes: u64,
}

/// Everything that is measured; the case `bench` if the folder of stored examples is given.
pub fn subjects(stored: Option<&Path>) -> Result<Vec<Subject>> {
    let stored = stored.map(Subject::stored).transpose()?;
    Ok(stored.into_iter().chain([10, 100, 1_000].map(Subject::generated)).collect())
}

impl Subject {
    /// So many keys, each with a secret and an interpolation.
    pub fn generated(keys: u32) -> Self {
        let mut text = String::from("values:\n  base: production\n");
        for key in 0..keys {
            let url = format!("postgres://${{key{key}.user}}:${{key{key}.pass}}@host/${{base}}");
            write!(text, "  key{key}:\n    user: user{key}\n    pass: {{fn::secret: pass{key}}}\n    url: {url}\n")
                .expect("a text takes everything");
        }
        Self { name: format!("{keys} keys"), keys: Some(keys), text, imports: Vec::new() }
    }

    /// The case `bench` among the stored examples in `folder`: a definition that imports 26 others.
    pub fn stored(folder: &Path) -> Result<Self> {
        let folder = folder.join("esc-eval/bench");
        let read =
            |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        let text = read(&folder.join("env.yaml"))?;
        let mut imports = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name != "env" {
                imports.push((name, read(&path)?));
            }
        }
        imports.sort();
        Ok(Self { name: "bench".to_owned(), keys: None, text, imports })
    }

    /// Parses the definition and all that it imports.
    pub fn parse(&self) -> Result<Parsed> {
        let parse = |name: &str, text: &str| {
            let parsed = Program::parse(name, text);
            ensure!(parsed.diagnostics.is_empty(), "{name}: {}", parsed.diagnostics[0]);
            parsed.program.with_context(|| format!("{name} is no definition"))
        };
        let program = parse(&self.name, &self.text)?;
        let mut imports = Vec::with_capacity(self.imports.len());
        for (name, text) in &self.imports {
            imports.push((name.clone(), Arc::new(parse(name, text)?)));
        }
        Ok(Parsed { program, imports })
    }

    /// Does an operation once. `parsed` is what [`Subject::parse`] gave.
    pub fn operate(&self, operation: Operation, parsed: &Parsed) -> Result<()> {
        match operation {
            Operation::Parse => self.parse().map(drop),
            Operation::Check => parsed.evaluate(Mode::Check { show_secrets: false }).map(drop),
            Operation::Open => parsed.evaluate(Mode::Open).map(drop),
            Operation::ParseOpen => self.parse()?.evaluate(Mode::Open).map(drop),
        }
    }
}

impl Parsed {
    /// Answers what the evaluation asks for, until it asks no more, as a server does.
    fn evaluate(&self, mode: Mode) -> Result<Evaluation> {
        let always = || Schema::parse(&serde_json::Value::Bool(true)).context("the simplest schema");
        let mut facts = Facts::default();
        let schema = ProviderSchema { inputs: always()?, state: always()?, outputs: always()? };
        facts.providers.insert("bench".to_owned(), schema);
        loop {
            let evaluation = lang::evaluate(&self.program, &facts, mode, &Limits::default());
            if evaluation.needs.is_empty() {
                ensure!(evaluation.diagnostics.is_empty(), "{}", evaluation.diagnostics[0]);
                return Ok(evaluation);
            }
            for need in evaluation.needs {
                self.answer(need, &mut facts)?;
            }
        }
    }

    fn answer(&self, need: Need, facts: &mut Facts) -> Result<()> {
        match need {
            Need::Import { text, .. } => {
                let import = self.imports.binary_search_by(|(name, _)| name.cmp(&text));
                let (_, program) = &self.imports[import.ok().with_context(|| format!("{text} is not there"))?];
                facts.imports.insert(text, ImportFact::Program(Arc::clone(program)));
            }
            Need::Decrypt(key) => {
                // The cipher of these cases: each byte plus 128.
                let plaintext = key.ciphertext.iter().map(|byte| byte.wrapping_add(128)).collect();
                let plaintext = String::from_utf8(plaintext).context("a plaintext is text")?;
                facts.decrypted.insert(key, Ok(plaintext.as_str().into()));
            }
            // This provider tells how long it has slept: not at all.
            Need::Call { key, .. } => {
                facts.calls.insert(key, Ok(Arc::new(Value::new(ValueKind::String("0s".into())))));
            }
        }
        Ok(())
    }
}
