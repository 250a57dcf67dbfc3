//! Which cases a folder holds.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value as Json;

/// The definition of a case.
pub(crate) const DEFINITION: &str = "env.yaml";
/// What a case with a definition expects.
pub(crate) const EXPECTED: &str = "expected.json";

/// A case.
pub(crate) struct Case {
    /// Its path from the folder that was named.
    pub(crate) name: String,
    /// Its folder, or its file.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How a definition is parsed: `esc-ast`.
    Definition,
    /// How a definition is checked, opened and rotated: `esc-eval`.
    Evaluation,
    /// Whether a proof of a tree holds: `rfc6962`.
    Proof,
    /// A definition without expectation, to be measured.
    Unexpected,
}

/// All cases in and below a folder, in the order of their names.
pub(crate) fn find(folder: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    collect(folder, &mut cases)?;
    for case in &mut cases {
        let below = case.path.strip_prefix(folder).unwrap_or(&case.path);
        // What was named may be the case itself.
        let is_case = below.as_os_str().is_empty();
        let path = if is_case { case.path.file_name().map_or(below, Path::new) } else { below };
        case.name = path.with_extension("").to_string_lossy().replace('\\', "/");
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(cases)
}

fn collect(path: &Path, cases: &mut Vec<Case>) -> Result<()> {
    let mut push = |kind| cases.push(Case { name: String::new(), path: path.to_owned(), kind });
    if path.join(DEFINITION).is_file() {
        // Folders below it hold what it imports.
        push(if path.join(EXPECTED).is_file() {
            let expected = read_json(&path.join(EXPECTED))?;
            if expected.get("decl").is_some() { Kind::Definition } else { Kind::Evaluation }
        } else {
            Kind::Unexpected
        });
    } else if path.is_file() {
        let is_proof = path.extension().is_some_and(|extension| extension == "json");
        if is_proof && read_json(path)?.get("wantErr").is_some() {
            push(Kind::Proof);
        }
    } else {
        for entry in std::fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
            collect(&entry?.path(), cases)?;
        }
    }
    Ok(())
}

/// Reads a file of JSON.
pub(crate) fn read_json(path: &Path) -> Result<Json> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}
