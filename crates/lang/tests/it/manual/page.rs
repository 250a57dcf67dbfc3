//! Reading a page of the manual: its examples and its tables.

use std::path::{Path, PathBuf};

/// What a page says, in order.
pub(super) enum Part {
    /// A definition with all that is said of it.
    Example(Example),
    /// A table, as its cells; the first row is its head.
    Table(Vec<Vec<String>>),
    /// A heading, without its hashes.
    Heading(String),
}

pub(super) struct Example {
    /// The page and the line, for whoever has to mend it.
    pub(super) place: String,
    /// The environments shown before it: their names, from their first lines, and their texts.
    pub(super) stored: Vec<(String, String)>,
    pub(super) source: String,
    /// The blocks after it: what kind they are, and their texts.
    pub(super) results: Vec<(String, String)>,
}

impl Example {
    pub(super) fn result(&self, kind: &str) -> Option<&str> {
        self.results.iter().find(|(name, _)| name == kind).map(|(_, text)| text.as_str())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language")
}

/// The pages of the manual, by name.
pub(super) fn pages() -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder()).expect("the manual");
    let mut pages: Vec<(String, String)> = files
        .map(|file| {
            let path = file.expect("a file of the manual").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a page of the manual"))
        })
        .collect();
    pages.sort();
    pages
}

pub(super) fn page(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect("a page of the manual")
}

/// The parts of a page that are tested.
///
/// A block of `yaml` is a definition. One whose first line is a comment that names an environment, `# project/name`, is
/// an environment that the next definition may import. The blocks after a definition say what it gives, each in its way,
/// up to the next block of `yaml`.
pub(super) fn parts(name: &str, page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut stored = Vec::new();
    let mut block: Option<(String, String)> = None;
    let mut is_in_table = false;
    for (number, line) in (1..).zip(page.lines()) {
        if let Some((info, text)) = &mut block {
            if line != "```" {
                text.push_str(line);
                text.push('\n');
                continue;
            }
            let (info, text) = (std::mem::take(info), std::mem::take(text));
            block = None;
            if info != "yaml" {
                let Some(Part::Example(example)) = parts.last_mut() else {
                    panic!("{name}:{number}: a result of what?")
                };
                example.results.push((info, text));
            } else if let Some(environment) = named(&text) {
                stored.push((environment.to_owned(), text));
            } else {
                let stored = std::mem::take(&mut stored);
                let place = format!("{name}:{number}");
                parts.push(Part::Example(Example { place, stored, source: text, results: Vec::new() }));
            }
        } else if let Some(info) = line.strip_prefix("```") {
            block = Some((info.to_owned(), String::new()));
        } else if let Some(heading) = line.strip_prefix('#') {
            parts.push(Part::Heading(heading.trim_start_matches(['#', ' ']).to_owned()));
        } else if let Some(row) = line.strip_prefix("| ") {
            let row = cells(row.strip_suffix(" |").expect("a row ends with a bar"));
            match parts.last_mut() {
                Some(Part::Table(rows)) if is_in_table => rows.push(row),
                _ => parts.push(Part::Table(vec![row])),
            }
        }
        is_in_table = line.starts_with('|');
    }
    assert!(block.is_none(), "{name}: a block is not closed");
    parts
}

/// The name in the first line of an environment that others import.
fn named(text: &str) -> Option<&str> {
    let name = text.lines().next()?.strip_prefix("# ")?;
    let is_name = name.contains('/') && !name.contains(' ');
    is_name.then_some(name)
}

/// The cells of a row, with the bars in them as they are meant.
fn cells(row: &str) -> Vec<String> {
    row.split(" | ").map(|cell| cell.trim().replace("\\|", "|")).collect()
}

/// The texts in backticks in a cell.
pub(super) fn quoted(cell: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = cell;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let fence = "`".repeat(ticks);
        let Some(length) = rest[start + ticks..].find(&fence) else { break };
        let text = &rest[start + ticks..start + ticks + length];
        // A text with backticks in it has a space on both sides.
        texts.push(if ticks > 1 { text.trim() } else { text }.to_owned());
        rest = &rest[start + ticks + length + ticks..];
    }
    texts
}
