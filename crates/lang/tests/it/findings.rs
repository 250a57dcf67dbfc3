//! What the fuzzer once found stays mended, and its targets are the laws.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::laws::LAWS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The files in a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.into_iter().collect()
}

#[test]
fn no_stored_finding_breaks_its_law() {
    let seeds = files(&fuzz().join("seeds/lang"));
    assert!(!seeds.is_empty());
    for (name, law) in LAWS {
        for file in files(&fuzz().join("regressions").join(name)).iter().chain(&seeds) {
            println!("{name}: {}", file.display());
            law(&std::fs::read(file).expect("a readable file"));
        }
    }
}

#[test]
fn every_law_is_fuzzed() {
    let laws: BTreeSet<String> = LAWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = |folder: &str| -> BTreeSet<String> {
        let name = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
        // The others are laws of the log.
        let is_ours = |name: &String| !name.starts_with("ledger_");
        files(&fuzz().join(folder)).into_iter().filter_map(name).filter(is_ours).collect()
    };
    assert_eq!(names("targets"), laws);
    assert_eq!(names("regressions"), laws);
}
