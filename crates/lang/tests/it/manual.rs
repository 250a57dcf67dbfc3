//! The manual: its examples give what it says, and it leaves no function out.

use std::path::{Path, PathBuf};

use lang::{BUILTINS, Diagnostic, Facts, Limits, Mode, Program, Value, ValueKind, evaluate};
use serde_json::{Value as Json, json};

/// A fenced block: its info string, and its text.
type Block = (String, String);

fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(manual().join(name)).expect("a page of the manual")
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

#[test]
fn every_example_gives_what_the_manual_says() {
    let mut count = 0;
    for name in ["values.md", "secrets.md", "imports.md", "functions.md"] {
        let page = page(name);
        let mut facts = Facts::default();
        let mut blocks = blocks(&page).into_iter().peekable();
        while let Some((info, source)) = blocks.next() {
            if let Some(import) = info.strip_prefix("yaml ") {
                facts.imports.insert(import.to_owned(), Program::parse(import, &source).into());
                continue;
            }
            assert_eq!(info, "yaml", "{name}: an example starts with its text");
            let (kind, values) = blocks.next().expect("an example has a result");
            assert_eq!(kind, "json", "{name}: an example shows its values");
            let findings = blocks.next_if(|(info, _)| info == "text").map_or(String::new(), |(_, text)| text);
            let (actual, found) = open(&source, &facts);
            let expected: Json = serde_json::from_str(&values).expect("the values are JSON");
            assert_eq!(actual, expected, "{name}:\n{source}");
            assert_eq!(found, findings, "{name}:\n{source}");
            facts = Facts::default();
            count += 1;
        }
    }
    assert!(count > 20, "the examples are found");
}

#[test]
fn every_function_has_a_section() {
    let page = page("functions.md");
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
    let mut functions = BUILTINS.to_vec();
    let mut documented = sections.clone();
    functions.sort_unstable();
    documented.sort_unstable();
    assert_eq!(documented, functions);
}

#[test]
fn the_limits_are_the_ones_that_hold() {
    let Limits { document, nesting, imports, depth, values, steps, bytes, output } = Limits::default();
    let rows = [
        format!("| bytes of a document | {} MiB |", document >> 20),
        format!("| nesting of a document | {nesting} levels |"),
        format!("| environments that take part | {imports} |"),
        format!("| nesting of values, references and imports | {depth} levels |"),
        format!("| values made, copies and results included | {} 000 |", values / 1_000),
        format!("| steps taken | {} 000 000 |", steps / 1_000_000),
        format!("| bytes of text that functions and references make | {} MiB |", bytes >> 20),
        format!("| bytes of JSON that the result makes, about | {} MiB |", output >> 20),
    ];
    let page = page("limits.md");
    for row in rows {
        assert!(page.contains(&row), "{row}");
    }
}

fn open(source: &str, facts: &Facts) -> (Json, String) {
    let parsed = Program::parse("project/example", source);
    let program = parsed.program.expect("an example is a definition");
    let evaluation = evaluate(&program, facts, Mode::Open, &Limits::default());
    assert!(evaluation.needs.is_empty(), "an example lacks an import: {:?}", evaluation.needs);
    let environment = evaluation.environment.expect("an example has values");
    let values = environment.properties().iter().map(|(key, value)| (key.to_string(), plain(value)));
    let found = parsed.diagnostics.iter().chain(&evaluation.diagnostics).map(line);
    (Json::Object(values.collect()), found.collect())
}

/// The place, without the name of the example, and the summary.
fn line(diagnostic: &Diagnostic) -> String {
    let text = diagnostic.to_string();
    format!("{}\n", text.strip_prefix("project/example:").unwrap_or(&text))
}

fn plain(value: &Value) -> Json {
    if value.is_secret() {
        return json!("[secret]");
    }
    if value.is_unknown() {
        return json!("[unknown]");
    }
    match value.kind() {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => json!(value),
        ValueKind::Number(digits) => serde_json::from_str(digits).expect("a number"),
        ValueKind::String(text) => json!(&**text),
        ValueKind::List(items) => items.iter().map(|item| plain(item)).collect(),
        ValueKind::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), plain(value))).collect())
        }
    }
}
