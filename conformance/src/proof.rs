//! Proofs of RFC 6962 that hold, and proofs that do not.

use std::path::Path;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::Hash;
use ledger::proof::{consistency, inclusion};
use serde_json::Value as Json;

use crate::find::read_json;

/// Cases that hold there and are refused here: their roots are no hashes, and no tree's root is anything else.
const REFUSED: [&str; 1] = ["additional/sizes-are-equal-one-and-proof-is-empty.json"];

pub(crate) fn test(file: &Path) -> Result<()> {
    let case = read_json(file)?;
    let is_refused = REFUSED.iter().any(|refused| file.ends_with(refused));
    let is_expected = case["wantErr"] == false && !is_refused;
    let holds = if case.get("leafIdx").is_some() { is_included(&case) } else { is_consistent(&case) };
    ensure!(
        holds.is_some() == is_expected,
        "it should {}hold: {}",
        if is_expected { "" } else { "not " },
        case["desc"]
    );
    Ok(())
}

fn is_included(case: &Json) -> Option<()> {
    let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
    let (leaf, root, proof) = (hash(&case["leafHash"])?, hash(&case["root"])?, proof(&case["proof"])?);
    inclusion::verify(leaf, index, size, &root, &proof).ok()
}

fn is_consistent(case: &Json) -> Option<()> {
    let (old, new) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
    let (old_root, new_root, proof) = (hash(&case["root1"])?, hash(&case["root2"])?, proof(&case["proof"])?);
    consistency::verify(old, &old_root, new, &new_root, &proof).ok()
}

fn hash(json: &Json) -> Option<Hash> {
    STANDARD.decode(json.as_str()?).ok()?.try_into().ok()
}

fn proof(json: &Json) -> Option<Vec<Hash>> {
    json.as_array().map_or(Some(Vec::new()), |hashes| hashes.iter().map(hash).collect())
}
