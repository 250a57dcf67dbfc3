//! Every text that the language can say, found in its source.

use std::path::Path;

use regex::{Captures, Regex};

/// What stands for a gap in a text.
const GAP: &str = "{}";

/// Texts of the source that no example can show, and why. A gap in a text is `{}`.
const UNREACHABLE: &[(&str, &str)] = &[
    ("the first byte chose the word", "a debug assertion"),
    ("the definition ", "the beginning of two others"),
    (", {}", "a part of a definition"),
    ("{ciphertext: {}}{}", "a part of a definition"),
    ("{}{}ciphertext: {}{}", "a part of a definition"),
    ("ciphertext: {}{}", "a part of a definition"),
    ("the definition cannot be read", "the server shows the diagnostic that it comes from"),
    ("invalid ciphertext", "the server has words of its own for a stored definition that it cannot decrypt"),
    ("the cipher failed", "the same"),
    ("the text cannot be edited without changing its meaning", "no definition is known that leads here"),
    ("unclosed group", "what the reader of patterns says, and is said otherwise"),
    ("unopened group", "the same"),
    ("the path names the whole document", "a row of the manual has a path"),
    ("a schema must be a boolean or an object", "the schema of schemas finds it first"),
    ("an object", "the schema of schemas finds it first"),
    ("a number", "the schema of schemas finds it first"),
    ("invalid number {}", "every number of a definition is one"),
];

/// The texts for people in the source of the language, as they stand there, without those that cannot be reached.
pub(super) fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    texts.sort();
    texts.dedup();
    for (unreachable, _) in UNREACHABLE {
        let index = texts.iter().position(|text| text == unreachable);
        texts.remove(index.unwrap_or_else(|| panic!("{unreachable:?} does not stand in the source any more")));
    }
    texts
}

fn visit(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("a file of the source").path();
        if path.ends_with("tests") || path.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            visit(&path, texts);
        } else {
            let source = std::fs::read_to_string(&path).expect("a file of the source");
            // Unit tests are the end of a file.
            literals(source.split("\n#[cfg(test)]").next().unwrap_or_default(), texts);
        }
    }
}

/// The literals of a source that are texts for people: those with several words, and those of errors.
fn literals(source: &str, texts: &mut Vec<String>) {
    let token = Regex::new(r#"(?s)//[^\n]*|'(?:[^'\\]|\\.[^']*)'|b?"(?:[^"\\]|\\.)*""#).expect("a pattern");
    let gap = Regex::new(r"\{\{|\}\}|\{[^{} ]*\}").expect("a pattern");
    for found in token.find_iter(source).filter(|found| found.as_str().starts_with('"')) {
        let before = source[..found.start()].trim_end();
        let is_for_programmers = ["expect(", "unreachable!(", "reason ="].iter().any(|call| before.ends_with(call));
        let quoted = found.as_str();
        let text = quoted[1..quoted.len() - 1].replace("\\\"", "\"").replace("\\\\", "\\");
        let has_words = text.trim().contains(' ') || before.ends_with("#[error(");
        if has_words && !is_for_programmers && text.contains(char::is_alphabetic) {
            let text = gap.replace_all(&text, |gap: &Captures| match &gap[0] {
                "{{" => "{",
                "}}" => "}",
                _ => GAP,
            });
            texts.push(text.into_owned());
        }
    }
}

/// Finds the texts that a line is made of.
pub(super) struct Recognizer {
    /// From the most telling to the least.
    texts: Vec<(String, Regex)>,
}

impl Recognizer {
    pub(super) fn new(texts: &[String]) -> Self {
        let mut texts: Vec<(String, Regex)> = texts.iter().map(|text| (text.clone(), pattern(text, GAP))).collect();
        texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.replace(GAP, "").len()));
        Self { texts }
    }

    /// Adds the text that a line is, and those in its gaps.
    pub(super) fn recognize(&self, line: &str, found: &mut Vec<String>) {
        let telling = self.texts.iter().find_map(|(text, pattern)| Some((text, pattern.captures(line)?)));
        let Some((text, captures)) = telling else { return };
        found.push(text.clone());
        for gap in captures.iter().skip(1).flatten().filter(|gap| gap.as_str() != line) {
            self.recognize(gap.as_str(), found);
        }
    }
}

/// What matches a text with gaps, and captures them.
pub(super) fn pattern(text: &str, gap: &str) -> Regex {
    let pieces: Vec<String> = text.split(gap).map(regex::escape).collect();
    Regex::new(&format!("(?s)^{}$", pieces.join("(.*?)"))).expect("a pattern")
}
