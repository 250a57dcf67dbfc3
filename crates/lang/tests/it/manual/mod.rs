//! The manual: its examples give what it says, and it leaves out no function and no diagnostic.

mod page;
mod texts;
mod world;

use std::collections::BTreeMap;

use lang::{
    BUILTINS, Limits, Mode, PropertyPath, ValueKind, apply_patches, decrypt_secrets, edit, encrypt_secrets, property,
};
use serde_json::Value as Json;

use self::page::{Example, Part, page, pages, parts, quoted};
use self::world::{Given, given};

const CHECK: Mode = Mode::Check { show_secrets: false };
const ROTATE: Mode = Mode::Rotate { paths: &[] };

/// The example before a table, and what opening it gives.
type Last<'e> = Option<&'e (Example, Given)>;

/// Every part of every page, with the name of the page.
fn manual() -> Vec<(String, Part)> {
    let with_name = |(name, text): (String, String)| {
        parts(&name, &text).into_iter().map(move |part| (name.clone(), part)).collect::<Vec<_>>()
    };
    pages().into_iter().flat_map(with_name).collect()
}

#[test]
fn every_example_gives_what_the_manual_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (_, part) in manual() {
        if let Part::Example(example) = part {
            wrong.extend(mistakes(&example));
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "the examples are found");
}

/// What the blocks after a definition say that is not so. Opening and checking find the same, unless both are shown.
fn mistakes(example: &Example) -> Vec<String> {
    let (opened, checked) = (given(example, Mode::Open), given(example, CHECK));
    let found = example.result("text").unwrap_or_default();
    let found_by_check = example.result("text check").unwrap_or(found);
    let mut mistakes = Vec::new();
    let mut compare = |what: &str, says: &str, is: &str| {
        if says != is {
            mistakes.push(format!("{}: {what}\n{says}but it is\n{is}", example.place));
        }
    };
    compare("opening finds", found, &opened.lines());
    compare("a check finds", found_by_check, &checked.lines());
    for (kind, says) in &example.results {
        let json = |given: &Given| {
            let says: Json = serde_json::from_str(says).expect("the values are JSON");
            (says.to_string() + "\n", given.values().to_string() + "\n")
        };
        match kind.as_str() {
            "text" | "text check" => {}
            "text rotation" => compare("a rotation finds", says, &given(example, ROTATE).lines()),
            "json" => {
                let (says, is) = json(&opened);
                compare("opening gives", &says, &is);
            }
            "json check" => {
                let (says, is) = json(&checked);
                compare("a check gives", &says, &is);
            }
            "yaml rotated" => compare("a rotation makes", says, &rotated(example)),
            "yaml saved" => {
                let saved = saved(&example.source);
                compare("saving gives", says, &saved);
                let read = decrypt_secrets(&saved, |_, payload| world::decrypt(payload));
                compare("reading gives back", &example.source, &read.expect("what was saved can be read"));
            }
            other => panic!("{}: nobody knows what a block of {other:?} is", example.place),
        }
    }
    if example.results.is_empty() {
        mistakes.push(format!("{}: an example says what it gives", example.place));
    }
    mistakes
}

/// A definition with its secrets encrypted.
fn saved(source: &str) -> String {
    encrypt_secrets(source, |text| Ok::<_, String>(world::encrypt(text))).expect("an example can be saved")
}

/// The definition that a rotation of everything in it stores.
fn rotated(example: &Example) -> String {
    let patches = given(example, ROTATE).patches;
    saved(&apply_patches(&example.source, &patches).expect("a new state can be written"))
}

#[test]
fn every_row_of_examples_gives_what_the_manual_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut last = None;
    for (name, part) in manual() {
        let rows = match part {
            Part::Example(example) => {
                let given = given(&example, Mode::Open);
                last = Some((example, given));
                continue;
            }
            Part::Table(rows) => rows,
            Part::Heading(_) => continue,
        };
        let row: fn(&[String], Last) -> String = match rows[0][0].as_str() {
            "definition" => diagnostics_of_a_line,
            "scalar" => type_of_a_scalar,
            "path" => value_at_a_path,
            "path to set" => setting_a_path,
            _ => continue,
        };
        for cells in &rows[1..] {
            let (says, is) = (quoted(&cells[1]).join("\n"), row(cells, last.as_ref()));
            if says != is {
                wrong.push(format!("{name}: {}\n{says}\nbut it is\n{is}", cells[0]));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "the tables are found");
}

/// `⏎` stands for a line break, `⇥` for a tab, and `␇` for the control character.
fn diagnostics_of_a_line(cells: &[String], _: Last) -> String {
    given(&row_example(&quoted(&cells[0])[0].replace('⏎', "\n").replace('⇥', "\t").replace('␇', "\x07")), CHECK)
        .diagnostics
        .join("\n")
}

fn type_of_a_scalar(cells: &[String], _: Last) -> String {
    let given = given(&row_example(&format!("values:\n  x: {}\n", quoted(&cells[0])[0])), Mode::Open);
    let environment = given.environment.expect("a scalar is a value");
    match environment.properties()[0].1.kind() {
        ValueKind::Null => "null".to_owned(),
        ValueKind::Bool(value) => format!("boolean\n{value}"),
        ValueKind::Number(digits) => format!("number\n{digits}"),
        ValueKind::String(text) => format!("string\n{text}"),
        ValueKind::List(_) | ValueKind::Map(_) => panic!("{cells:?} is no scalar"),
    }
}

/// A path into the values of the last example.
fn value_at_a_path(cells: &[String], last: Last) -> String {
    let environment = last.and_then(|(_, given)| given.environment.as_ref()).expect("an example with values");
    let path = match PropertyPath::parse(&quoted(&cells[0])[0]) {
        Ok(path) => path,
        Err(error) => return error.to_string(),
    };
    property(environment.properties(), &path).map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
}

/// Why a part of the last example's definition cannot be set.
fn setting_a_path(cells: &[String], last: Last) -> String {
    let (example, _) = last.expect("an example");
    let path = PropertyPath::parse(&quoted(&cells[0])[0]).expect("a path");
    let error = edit::set(&example.source, &path, "new").expect_err("an example of a mistake");
    error.to_string()
}

fn row_example(source: &str) -> Example {
    Example { place: String::new(), stored: Vec::new(), source: source.to_owned(), results: Vec::new() }
}

#[test]
fn every_function_has_an_example_with_its_result() {
    let mut results: BTreeMap<String, Vec<(String, Json)>> = BTreeMap::new();
    let mut section = String::new();
    for part in parts("functions.md", &page("functions.md")) {
        match part {
            Part::Heading(heading) => section = heading.trim_matches('`').to_owned(),
            Part::Example(example) => {
                let opened = given(&example, Mode::Open);
                let stored = example.stored.iter().map(|(_, text)| text.as_str());
                let sources = stored.chain([example.source.as_str()]).collect();
                results.entry(section.clone()).or_default().push((sources, opened.values()));
            }
            Part::Table(_) => {}
        }
    }
    let calls = BUILTINS.iter().map(|name| (*name, format!("{name}:")));
    let short = ["fn::open", "fn::rotate"].map(|name| (name, format!("{name}::")));
    for (section, call) in calls.chain(short) {
        let examples = results.get(section).unwrap_or_else(|| panic!("{section} has no section with an example"));
        let works =
            |(source, values): &(String, Json)| source.contains(&call) && !values.to_string().contains("[unknown]");
        assert!(examples.iter().any(works), "{call} has no example in which it works");
    }
    let unknown = results.keys().find(|section| section.starts_with("fn::") && !BUILTINS.contains(&section.as_str()));
    assert_eq!(unknown, None, "a section is about a function that does not exist");
}

#[test]
fn every_diagnostic_has_an_example() {
    let mut texts = texts::texts();
    let recognizer = texts::Recognizer::new(&texts);
    let mut shown = Vec::new();
    for (_, part) in manual() {
        for line in lines(&part) {
            recognizer.recognize(summary(&line), &mut shown);
        }
    }
    texts.retain(|text| !shown.contains(text));
    assert!(texts.is_empty(), "no example of the manual shows\n{}", texts.join("\n"));
}

/// What the tested parts of the manual say that the language says.
fn lines(part: &Part) -> Vec<String> {
    match part {
        Part::Example(example) => {
            let texts = example.results.iter().filter(|(kind, _)| kind.starts_with("text"));
            texts.flat_map(|(_, text)| text.lines().map(str::to_owned)).collect()
        }
        Part::Table(rows) if matches!(rows[0][0].as_str(), "definition" | "path" | "path to set") => {
            rows[1..].iter().flat_map(|row| quoted(&row[1])).collect()
        }
        _ => Vec::new(),
    }
}

/// A line without its place.
fn summary(line: &str) -> &str {
    let line = line.strip_prefix("warning: ").unwrap_or(line);
    let is_place =
        |text: &str| text.ends_with(|last: char| last.is_ascii_digit()) && text.contains(',') && !text.contains(' ');
    line.split_once(": ").filter(|(place, _)| is_place(place)).map_or(line, |(_, summary)| summary)
}

/// Each page of diagnostics ends a group of examples with a table, which explains what they show and nothing else.
#[test]
fn every_diagnostic_is_explained_where_it_is_shown() {
    let mut shown: Vec<String> = Vec::new();
    let mut wrong = Vec::new();
    for part in parts("diagnostics.md", &page("diagnostics.md")) {
        match &part {
            Part::Example(_) => shown.extend(lines(&part).iter().map(|line| summary(line).to_owned())),
            Part::Table(rows) if rows[0][0] == "diagnostic" => {
                let patterns: Vec<_> =
                    rows[1..].iter().map(|row| (&row[0], texts::pattern(&quoted(&row[0])[0], "…"))).collect();
                let unused = patterns.iter().filter(|(_, pattern)| !shown.iter().any(|line| pattern.is_match(line)));
                wrong.extend(unused.map(|(cell, _)| format!("no example shows {cell}")));
                let silent = shown.iter().filter(|line| !patterns.iter().any(|(_, pattern)| pattern.is_match(line)));
                wrong.extend(silent.map(|line| format!("nothing explains {line}")));
                shown.clear();
            }
            _ => {}
        }
    }
    wrong.extend(shown.iter().map(|line| format!("no table explains {line}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_limits_are_the_ones_that_hold() {
    let Limits { document, nesting, imports, depth, values, steps, bytes, output } = Limits::default();
    let rows = [
        format!("| bytes of a definition | {} MiB |", document >> 20),
        format!("| nesting of a definition | {nesting} levels |"),
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
