//! The documents, and the files whose names carry meaning.

use std::collections::BTreeSet;

use super::{TextFile, Tree};

/// The documents that a visitor looks for, and how each begins.
const EXPECTED: [(&str, &str); 7] = [
    ("README.md", "# "),
    ("ARCHITECTURE.md", "# "),
    ("CONTRIBUTING.md", "# "),
    ("STYLE.md", "# "),
    ("SECURITY.md", "# "),
    ("CHANGELOG.md", "# Changelog"),
    ("LICENSE", ""),
];

/// Every expected document is there.
pub(super) fn present(tree: &Tree) -> Vec<String> {
    let lacks = |(path, start): &(&str, &str)| !tree.file(path).is_some_and(|file| file.text.starts_with(start));
    let lacking = EXPECTED.iter().filter(|expected| lacks(expected));
    lacking.map(|(path, start)| format!("{path} is missing, or does not begin with `{start}`")).collect()
}

/// Decisions are numbered 0001, 0002, … without a gap, and each has a title.
pub(super) fn decisions(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    let files = tree.files.iter().filter(|file| file.path.starts_with("docs/decisions/"));
    let decisions: Vec<&TextFile> = files.filter(|file| !file.path.ends_with("/README.md")).collect();
    for (number, file) in (1..).zip(&decisions) {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if !name.starts_with(&format!("{number:04}-")) {
            complaints.push(format!("{} should be number {number:04}, as in {number:04}-title.md", file.path));
        }
        if !file.text.starts_with("# ") {
            complaints.push(format!("{} has no title", file.path));
        }
    }
    complaints
}

/// A link from one document to another file leads there.
pub(super) fn links(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.with_extension("md") {
        let folder = tree.root.join(&file.path).parent().map(ToOwned::to_owned).unwrap_or_default();
        for target in link_targets(&file.text) {
            let path = target.split('#').next().unwrap_or_default();
            let is_elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !is_elsewhere && !folder.join(path).exists() {
                complaints.push(format!("{} links to {target}, which is not there", file.path));
            }
        }
    }
    complaints
}

/// The targets of inline links, outside of code.
fn link_targets(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every other piece between backticks is code.
        for prose in line.split('`').step_by(2) {
            for (at, _) in prose.match_indices("](") {
                let rest = &prose[at + 2..];
                targets.extend(rest.split_once(')').map(|(target, _)| target));
            }
        }
    }
    targets
}

/// Both databases have migrations of the same numbers and names.
pub(super) fn migrations(tree: &Tree) -> Vec<String> {
    let names = |database: &str| -> BTreeSet<&str> {
        let folder = format!("crates/store/migrations/{database}/");
        tree.files.iter().filter_map(|file| file.path.strip_prefix(&folder)).collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    let only = |name: &&str| format!("{name} exists for one database only");
    let mut complaints: Vec<String> = sqlite.symmetric_difference(&postgres).map(only).collect();
    for (number, name) in (1..).zip(&sqlite) {
        if !name.starts_with(&format!("{number:04}_")) {
            complaints.push(format!("{name} should be number {number:04}"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::tree;

    #[test]
    fn a_missing_document_is_found() {
        let complaints = present(&tree("CHANGELOG.md", "# Changelog\n"));
        assert_eq!(complaints.len(), EXPECTED.len() - 1);
    }

    #[test]
    fn a_decision_out_of_number_is_found() {
        assert!(decisions(&tree("docs/decisions/0001-log.md", "# One log\n")).is_empty());
        assert_eq!(decisions(&tree("docs/decisions/0002-log.md", "# One log\n")).len(), 1);
        assert_eq!(decisions(&tree("docs/decisions/0001-log.md", "One log\n")).len(), 1);
    }

    #[test]
    fn links_are_read_outside_of_code_only() {
        let text = "[a](b.md) and `[c](d)` and [e](f#g)\n```\n[h](i)\n```\n[j](k)\n";
        assert_eq!(link_targets(text), ["b.md", "f#g", "k"]);
    }

    #[test]
    fn a_migration_for_one_database_is_found() {
        let complaints = migrations(&tree("crates/store/migrations/sqlite/0001_start.sql", ""));
        assert_eq!(complaints, ["0001_start.sql exists for one database only"]);
    }
}
