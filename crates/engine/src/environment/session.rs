//! What an open session keeps: the resolved values, and which secrets each of them shows.
//!
//! Before it is sealed it is laid out as the length of a header, the header as JSON, and the
//! values as the JSON that a whole read answers with, so that such a read copies bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lang::ValueKind;
use ledger::{EnvironmentId, Statement, StatementName};
use seal::SecretBytes;
use serde::{Deserialize, Serialize};

use crate::error::{Error, What};
use crate::resolve::Resolved;

/// What a session keeps besides the values.
#[derive(Serialize, Deserialize)]
struct Header {
    /// The list of secrets that a whole read shows, as the log commits to it.
    reads: Option<String>,
    /// How many it names.
    count: u64,
    /// Each source of a secret.
    sources: Vec<Source>,
    /// Property paths of the values that are secret, with their sources.
    secrets: Vec<(String, Vec<u32>)>,
}

#[derive(Serialize, Deserialize)]
struct Source {
    env: Option<String>,
    name: String,
    rev: u64,
    via: Vec<String>,
    path: String,
}

/// A session's content, unsealed.
pub(super) struct Content {
    header: Header,
    bytes: SecretBytes,
    body: usize,
}

/// What a reader of a session gets.
pub(super) struct Shown {
    /// JSON.
    pub(super) json: SecretBytes,
    /// The secrets in it, as the log commits to them.
    pub(super) reads: Option<Statement>,
    /// How many property paths that names.
    pub(super) count: u64,
}

/// Lays out what a session keeps.
///
/// `reads` is the list of all secrets that the values show, and `count` how many it names.
pub(super) fn lay_out(resolved: &Resolved, reads: Option<&Statement>, count: u64) -> SecretBytes {
    let mut header = Header {
        reads: reads.map(|statement| statement.value.to_string()),
        count,
        sources: Vec::new(),
        secrets: Vec::new(),
    };
    let mut body = String::from("{}");
    if let Some(environment) = &resolved.environment {
        body = environment.to_open_json();
        header.sources = environment
            .sources()
            .iter()
            .map(|source| {
                let identity = resolved.identity_of(&source.environment);
                Source {
                    env: identity.map(|(id, _)| id.to_string()),
                    name: source.environment.clone(),
                    rev: identity.map_or(0, |(_, revision)| revision),
                    via: source.via.clone(),
                    path: source.path.clone(),
                }
            })
            .collect();
        let mut path = String::new();
        for (key, value) in environment.properties() {
            collect(value, key, &mut path, &mut header.secrets);
        }
    }
    let header = serde_json::to_vec(&header).expect("a header of texts and numbers is JSON");
    let mut bytes = Vec::with_capacity(4 + header.len() + body.len());
    bytes.extend_from_slice(&u32::try_from(header.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(body.as_bytes());
    SecretBytes::new(bytes)
}

/// Every secret that the values show.
pub(super) fn all_reads(resolved: &Resolved) -> (Option<Statement>, u64) {
    let Some(environment) = &resolved.environment else { return (None, 0) };
    let mut sources = BTreeSet::new();
    for (_, value) in environment.properties() {
        sources.extend(lang::disclosed(value));
    }
    resolved.reads(sources)
}

/// Notes the secret values below one, by the path that a reader would ask for.
fn collect(value: &lang::Value, key: &str, path: &mut String, secrets: &mut Vec<(String, Vec<u32>)>) {
    let before = path.len();
    push_key(path, key);
    note(value, path, secrets);
    path.truncate(before);
}

fn note(value: &lang::Value, path: &mut String, secrets: &mut Vec<(String, Vec<u32>)>) {
    if value.is_secret() {
        secrets.push((path.clone(), lang::disclosed(value).into_iter().collect()));
        return;
    }
    match value.kind() {
        ValueKind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let before = path.len();
                push_index(path, index);
                note(item, path, secrets);
                path.truncate(before);
            }
        }
        ValueKind::Map(entries) => {
            for (key, value) in entries {
                collect(value, key, path, secrets);
            }
        }
        _ => {}
    }
}

/// Every step is written one way only, so that a prefix of a path is a prefix of its text.
fn push_key(path: &mut String, key: &str) {
    path.push_str(&serde_json::json!([key]).to_string());
}

fn push_index(path: &mut String, index: usize) {
    write!(path, "[{index}]").expect("a string takes everything");
}

impl Content {
    /// Reads what [`lay_out`] made.
    pub(super) fn read(bytes: SecretBytes) -> Option<Self> {
        let (length, rest) = bytes.expose().split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let header = serde_json::from_slice(rest.get(..length)?).ok()?;
        Some(Self { header, body: 4 + length, bytes })
    }

    fn body(&self) -> &[u8] {
        &self.bytes.expose()[self.body..]
    }

    /// Everything.
    pub(super) fn whole(self) -> Shown {
        let reads = self.header.reads.as_deref().map(as_reads);
        // A line end, as the answers of the hosted product have it.
        let json = [self.body(), b"\n"].concat();
        Shown { json: SecretBytes::new(json), reads, count: self.header.count }
    }

    /// One property.
    pub(super) fn property(self, property: &str) -> Result<Shown, Error> {
        let path = lang::PropertyPath::parse(property)
            .map_err(|error| Error::Invalid(format!("the property path is not valid: {error}")))?;
        let body: serde_json::Value = serde_json::from_slice(self.body()).map_err(|_| Error::Undecipherable)?;
        let mut text = String::new();
        let mut here = body.get("properties");
        for (depth, step) in path.steps().iter().enumerate() {
            let within = if depth == 0 { here } else { here.and_then(|value| value.get("value")) };
            here = match step {
                lang::Step::Key(key) => {
                    push_key(&mut text, key);
                    within.and_then(|within| within.as_object()?.get(&**key))
                }
                lang::Step::Index(index) => {
                    let index = usize::try_from(*index).ok();
                    push_index(&mut text, index.unwrap_or(usize::MAX));
                    within.and_then(|within| within.as_array()?.get(index?))
                }
            };
        }
        let found = here.filter(|_| !path.is_empty()).ok_or(Error::Absent(What::Property))?;
        let json = SecretBytes::new(format!("{found}\n").into_bytes());
        let (reads, count) = self.reads_below(&text);
        Ok(Shown { json, reads, count })
    }

    /// The secrets at and below a path; a secret above it shows all its sources too.
    fn reads_below(&self, path: &str) -> (Option<Statement>, u64) {
        let mut sources = BTreeSet::new();
        for (secret, from) in &self.header.secrets {
            if secret.starts_with(path) || path.starts_with(secret.as_str()) {
                sources.extend(from.iter().copied());
            }
        }
        let mut lists: Vec<(EnvironmentId, &Source, Vec<String>)> = Vec::new();
        for source in sources.into_iter().filter_map(|source| self.header.sources.get(source as usize)) {
            let Some(env) = source.env.as_deref().and_then(|env| env.parse().ok()) else { continue };
            match lists.iter_mut().find(|(_, known, _)| known.name == source.name) {
                Some((_, _, paths)) => paths.push(source.path.clone()),
                None => lists.push((env, source, vec![source.path.clone()])),
            }
        }
        lists.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        for (_, _, paths) in &mut lists {
            paths.sort();
            paths.dedup();
        }
        let count = lists.iter().map(|(_, _, paths)| paths.len() as u64).sum();
        let lists: Vec<ledger::ReadList<'_>> = lists
            .iter()
            .map(|(env, source, paths)| ledger::ReadList {
                env: *env,
                name: &source.name,
                rev: source.rev,
                via: &source.via,
                paths,
            })
            .collect();
        (Statement::reads(&lists), count)
    }
}

/// The text was canonical when the session was opened, and has been sealed since.
fn as_reads(text: &str) -> Statement {
    Statement { name: StatementName::Reads, value: text.into(), subject: None, sharing: ledger::Sharing::Always }
}
