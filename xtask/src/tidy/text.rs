//! What every text of the project keeps to.

use super::{TextFile, Tree};

/// A file that is longer is several files.
const LONGEST: usize = 1000;

/// Where length is the nature of the thing: the language's suite.
const MAY_BE_LONG: [&str; 1] = ["crates/lang/tests/"];

/// Kinds of file whose white space nobody depends on.
const TIDIED: [&str; 12] =
    ["rs", "toml", "md", "sql", "html", "css", "js", "py", "yaml", "yml", "json", "editorconfig"];

/// Folders whose files are recorded, and compared byte by byte.
const RECORDED: [&str; 5] = ["/data/", "/vectors/", "/snapshots/", "/testdata/", "/fixtures/"];

/// What must not stand anywhere, and why. Written in two halves, so that this file does not complain of itself.
const FORBIDDEN: [(&str, &str, &str); 6] = [
    ("/ho", "me/", "a path of one person's machine"),
    ("/ro", "ot/", "a path of one person's machine"),
    ("/Us", "ers/", "a path of one person's machine"),
    ("/wo", "rk/", "a path of one person's machine"),
    ("FIX", "ME", "an open end is an issue, not a comment"),
    ("TO", "DO", "an open end is an issue, not a comment"),
];

/// The crates that compute and do nothing else, and the parts of the standard library that do.
const PURE: [&str; 3] = ["crates/api/src/", "crates/lang/src/", "crates/ledger/src/"];
const EFFECTS: [&str; 7] =
    ["std::env", "std::fs", "std::io::stdout", "std::net", "std::process", "std::thread", "std::time"];

/// Every Rust file says in its first line what it is.
pub(super) fn headings(tree: &Tree) -> Vec<String> {
    let says = |file: &&TextFile| {
        let first = file.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_some_and(|sentence| sentence.len() > 10)
    };
    let silent = tree.with_extension("rs").filter(|file| !says(file));
    silent.map(|file| format!("{} does not begin with `//! ` and a sentence", file.path)).collect()
}

/// No Rust file is too long to read from top to bottom.
pub(super) fn lengths(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.with_extension("rs") {
        let is_exempt = MAY_BE_LONG.iter().any(|folder| file.path.starts_with(folder));
        let is_generated = file.text.lines().take(5).any(|line| line.contains("@generated"));
        let lines = file.text.lines().count();
        if lines > LONGEST && !is_exempt && !is_generated {
            complaints.push(format!("{} has {lines} lines, more than {LONGEST}", file.path));
        }
    }
    complaints
}

/// No tab, no white space at the end of a line, one line feed at the end of a file.
pub(super) fn white_space(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        let extension = file.path.rsplit('.').next().unwrap_or_default();
        let is_recorded = RECORDED.iter().any(|folder| format!("/{}", file.path).contains(folder));
        let is_lock = file.path.ends_with("package-lock.json");
        if !TIDIED.contains(&extension) || is_recorded || is_lock {
            continue;
        }
        for (number, line) in (1..).zip(file.text.split('\n')) {
            if line.contains('\t') {
                complaints.push(format!("{}:{number} has a tab", file.path));
            }
            if line.ends_with([' ', '\r']) {
                complaints.push(format!("{}:{number} ends with white space", file.path));
            }
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            complaints.push(format!("{} does not end with one line feed", file.path));
        }
    }
    complaints
}

/// No forbidden word.
pub(super) fn words(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (number, line) in (1..).zip(file.text.lines()) {
            for (head, tail, reason) in FORBIDDEN {
                let word = format!("{head}{tail}");
                if is_in(line, &word) {
                    complaints.push(format!("{}:{number} has `{word}`: {reason}", file.path));
                }
            }
        }
    }
    complaints
}

/// No pure crate reaches for the world. Its tests may.
pub(super) fn effects(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.with_extension("rs") {
        let is_pure = PURE.iter().any(|folder| file.path.starts_with(folder));
        let is_test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
        if !is_pure || is_test {
            continue;
        }
        let lines = file.text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
        for (number, line) in (1..).zip(lines) {
            let code = line.split("//").next().unwrap_or_default();
            let effects =
                EFFECTS.iter().filter(|effect| code.contains(*effect) && !code.contains("std::time::Duration"));
            complaints.extend(effects.map(|effect| format!("{}:{number} uses {effect}", file.path)));
        }
    }
    complaints
}

/// Whether `word` stands in `line`, not as a part of a longer word or path.
fn is_in(line: &str, word: &str) -> bool {
    let continues = |character: char| character.is_alphanumeric() || "_-.~*}".contains(character);
    line.match_indices(word).any(|(at, _)| {
        let is_start = !line[..at].ends_with(continues);
        let is_path = word.ends_with('/');
        let is_end = is_path || !line[at + word.len()..].starts_with(continues);
        is_start && is_end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::tree;

    #[test]
    fn a_silent_file_is_found() {
        for text in ["", "use std::fs;\n", "//!\n", "//! \n", "// A comment is not a heading.\n"] {
            assert_eq!(headings(&tree("a.rs", text)).len(), 1, "{text:?}");
        }
        assert!(headings(&tree("a.rs", "//! What this is.\n")).is_empty());
        assert!(headings(&tree("a.md", "")).is_empty());
    }

    #[test]
    fn a_long_file_is_found_unless_it_is_generated() {
        let long = "\n".repeat(1001);
        assert_eq!(lengths(&tree("a.rs", &long)), ["a.rs has 1001 lines, more than 1000"]);
        assert!(lengths(&tree("a.rs", &format!("// @generated{long}"))).is_empty());
        assert!(lengths(&tree("a.rs", &"\n".repeat(1000))).is_empty());
    }

    #[test]
    fn stray_white_space_is_found_with_its_line() {
        let complaints = white_space(&tree("a.rs", "a\n\tb\nc \nd"));
        assert_eq!(
            complaints,
            ["a.rs:2 has a tab", "a.rs:3 ends with white space", "a.rs does not end with one line feed"]
        );
        assert!(white_space(&tree("tests/data/a.json", "\t")).is_empty());
    }

    #[test]
    fn a_path_of_somebody_s_machine_is_found_and_a_longer_path_is_not() {
        let path = ["/ho", "me/ada/escriba"].concat();
        assert_eq!(words(&tree("a.md", &format!("run {path}\n"))).len(), 1);
        assert!(words(&tree("a.md", &format!("see https://example.com{path}\n"))).is_empty());
        assert!(words(&tree("a.md", &["a TO", "DOs list\n"].concat())).is_empty());
    }

    #[test]
    fn an_effect_in_a_pure_crate_is_found_and_one_in_its_tests_is_not() {
        let text = "use std::fmt;\n// not std::fs\nuse std::fs;\n#[cfg(test)]\nuse std::fs;\n";
        assert_eq!(effects(&tree("crates/lang/src/a.rs", text)), ["crates/lang/src/a.rs:3 uses std::fs"]);
        assert!(effects(&tree("crates/store/src/a.rs", text)).is_empty());
    }
}
