//! Others' test cases: proofs that hold and proofs that do not.
//!
//! They are read from the folder that `ESCRIBA_CONFORMANCE` names. Without it the tests say *not present* and pass.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::Hash;
use ledger::proof::{consistency, inclusion};
use serde_json::Value as Json;

/// Cases that hold there and are refused here, and why.
const REFUSED: &[(&str, &str)] = &[(
    "consistency/additional/sizes-are-equal-one-and-proof-is-empty",
    "its roots have 12 bytes, and no tree's root has",
)];

#[test]
fn inclusion_proofs_hold_where_others_say_so() {
    each_case("inclusion", |case| {
        let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
        let (leaf, root, proof) = (hash(&case["leafHash"])?, hash(&case["root"])?, proof(&case["proof"])?);
        inclusion::verify(leaf, index, size, &root, &proof).ok()
    });
}

#[test]
fn consistency_proofs_hold_where_others_say_so() {
    each_case("consistency", |case| {
        let (old, new) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
        let (old_root, new_root, proof) = (hash(&case["root1"])?, hash(&case["root2"])?, proof(&case["proof"])?);
        consistency::verify(old, &old_root, new, &new_root, &proof).ok()
    });
}

fn each_case(suite: &str, holds: impl Fn(&Json) -> Option<()>) {
    let Some(root) = std::env::var_os("ESCRIBA_CONFORMANCE") else {
        println!("not present: ESCRIBA_CONFORMANCE does not name a folder");
        return;
    };
    let root = PathBuf::from(root).join("rfc6962");
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    collect(&root.join(suite), &mut files);
    assert!(!files.is_empty(), "the suite has cases");
    for file in files {
        let name = file.strip_prefix(&root).expect("below the root").with_extension("");
        let name = name.to_str().expect("a case has a name");
        let case: Json = serde_json::from_slice(&std::fs::read(&file).expect("a readable case")).expect("JSON");
        let is_expected = match REFUSED.iter().find(|(case, _)| *case == name) {
            Some((_, reason)) => {
                println!("{name}: refused, {reason}");
                false
            }
            None => case["wantErr"] == false,
        };
        if holds(&case).is_some() != is_expected {
            failed.push(format!("{name}: {}", case["desc"]));
        }
    }
    assert!(failed.is_empty(), "{suite}: {} failed: {}", failed.len(), failed.join(", "));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn hash(json: &Json) -> Option<Hash> {
    STANDARD.decode(json.as_str()?).ok()?.try_into().ok()
}

fn proof(json: &Json) -> Option<Vec<Hash>> {
    json.as_array().map_or(Some(Vec::new()), |hashes| hashes.iter().map(hash).collect())
}
