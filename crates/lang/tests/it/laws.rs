//! What holds for any bytes. The property tests, the fuzzer and its stored findings put the same laws to the test.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use lang::{
    Diagnostic, EditError, Facts, ImportFact, Limits, Mode, Parsed, Program, PropertyPath, ProviderSchema, Schema,
    Step, decrypt_secrets, edit, encrypt_secrets, envelope, evaluate,
};
use serde_json::{Value as Json, json};

/// A law: it panics where it is broken.
type Law = fn(&[u8]);

/// Every law, under the name of its fuzz target.
pub(crate) const LAWS: [(&str, Law); 6] = [
    ("yaml", text_becomes_a_tree_or_a_diagnostic),
    ("evaluation", definitions_are_checked_and_opened),
    ("interpolation", accesses_are_read_as_they_are_written),
    ("path", paths_are_read_as_they_are_printed),
    ("edit", edits_change_secrets_and_nothing_else),
    ("change", changes_are_found_and_can_be_taken_back),
];

/// The name of the definition at hand.
const NAME: &str = "p/e";

/// The characters that end a line in YAML 1.1.
const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The environment that every definition may import.
const IMPORTED: &str = "values:\n  b:\n    c: [1, {d: e}]\n    f: {fn::secret: g}\n  h: ${b.c[1].d}\n";

fn text_becomes_a_tree_or_a_diagnostic(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let Parsed { program, diagnostics } = Program::parse(NAME, &source);
    for diagnostic in &diagnostics {
        assert_inside(&source, diagnostic);
    }
    let Some(program) = program else {
        assert!(diagnostics.iter().any(Diagnostic::is_error), "there is neither a program nor an error");
        return;
    };
    assert_eq!(program.diagnostics(), diagnostics);
    assert!(program.dump().is_object());
}

/// A diagnostic with a place has one in the text.
fn assert_inside(source: &str, diagnostic: &Diagnostic) {
    let Some(range) = &diagnostic.range else { return };
    // The YAML layer knows more line breaks than the map of lines, as in the reference: then bytes are only a guess.
    let is_rare = source.contains(['\u{85}', '\u{2028}', '\u{2029}']) || source.replace("\r\n", "\n").contains('\r');
    // Where text is escaped, tagged or a literal block, its end is an estimate. Where it starts is not.
    let is_estimated = is_rare || !source.is_ascii() || source.contains(['\\', '!', '|']);
    assert!(range.begin.line >= 1 && range.begin.line as usize <= source.split(BREAKS).count(), "{diagnostic}");
    assert!(range.begin.column >= 1, "{diagnostic}");
    assert!(range.begin.line <= range.end.line, "{diagnostic}");
    assert!(is_rare || range.begin.byte as usize <= source.len(), "{diagnostic}");
    assert!(is_estimated || range.end.byte as usize <= source.len(), "{diagnostic}");
}

fn definitions_are_checked_and_opened(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let Some(program) = Program::parse(NAME, &source).program else { return };
    // So small that no text takes long, and that every limit is met.
    let limits = Limits { values: 2_000, steps: 20_000, bytes: 1 << 16, output: 1 << 18, ..Limits::default() };
    for mode in [Mode::Check { show_secrets: false }, Mode::Check { show_secrets: true }, Mode::OpenWithExprs] {
        let evaluation = evaluate(&program, &FACTS, mode, &limits);
        for diagnostic in &evaluation.diagnostics {
            let is_own = diagnostic.range.as_ref().is_none_or(|range| &*range.environment == NAME);
            assert_inside(if is_own { &source } else { IMPORTED }, diagnostic);
        }
        let is_waiting = !evaluation.needs.is_empty();
        assert!(!is_waiting || (evaluation.environment.is_none() && evaluation.diagnostics.is_empty()));
        let Some(environment) = evaluation.environment else { continue };
        assert_json(&environment.to_check_json());
        assert_json(&environment.to_open_json());
        for (_, value) in environment.properties() {
            let sources = lang::disclosed(value);
            assert!(sources.iter().all(|source| (*source as usize) < environment.sources().len()));
        }
    }
}

fn assert_json(text: &str) {
    let is_json = serde_json::from_str::<Json>(text).is_ok();
    assert!(is_json, "{text}");
}

/// What is known: an import that failed, one that did not, a provider and a rotator.
static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let always = || Schema::parse(&json!(true)).expect("a schema");
    let schema = || ProviderSchema { inputs: always(), state: always(), outputs: always() };
    let mut facts = Facts::default();
    facts.imports.insert("a".to_owned(), ImportFact::Failed("none".to_owned()));
    facts.imports.insert("b".to_owned(), Program::parse("b", IMPORTED).into());
    facts.providers = HashMap::from([("x".to_owned(), schema())]);
    facts.rotators = HashMap::from([("x".to_owned(), schema())]);
    facts
});

fn accesses_are_read_as_they_are_written(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (tree, is_well) = value_of(&quoted(&text));
    if is_well {
        let again = value_of(&quoted(&written(&tree)));
        assert_eq!((tree, true), again, "{text:?}");
    }
    let is_line = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    // An anchor or a tag is where the reference begins to count, and then a place is that much too early.
    if is_line && !text.trim_start().starts_with(['&', '!']) {
        let source = document(&text);
        let (tree, is_well) = value_of(&text);
        for accessor in is_well.then(|| accesses(&tree)).into_iter().flatten().flat_map(accessors) {
            assert_stands(accessor, &source);
        }
    }
}

fn document(scalar: &str) -> String {
    format!("values:\n  a: {scalar}\n  b: x\n")
}

/// The expression that a scalar is, and whether nothing is wrong with it.
fn value_of(scalar: &str) -> (Json, bool) {
    let Parsed { program, diagnostics } = Program::parse(NAME, &document(scalar));
    let tree = program.map_or(Json::Null, |program| program.dump()["Values"]["Entries"][0]["Value"].take());
    (tree, diagnostics.is_empty())
}

/// The text as a scalar in double quotes.
fn quoted(text: &str) -> String {
    let mut scalar = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => scalar.extend(['\\', character]),
            ' '..='~' => scalar.push(character),
            _ => write!(scalar, "\\U{:08X}", u32::from(character)).expect("a text takes everything"),
        }
    }
    scalar.push('"');
    scalar
}

/// The text that is read as this expression.
fn written(tree: &Json) -> String {
    let plain = |text: &Json| text.as_str().unwrap_or_default().replace('$', "$$");
    let access = |access: &Json| if access.is_null() { String::new() } else { format!("${{{}}}", path_of(access)) };
    if let Some(parts) = tree["Parts"].as_array() {
        return parts.iter().map(|part| plain(&part["Text"]) + &access(&part["Value"])).collect();
    }
    plain(&tree["Value"]) + &access(&tree["Property"])
}

fn path_of(access: &Json) -> String {
    let mut path = String::new();
    for (index, accessor) in accessors(access).enumerate() {
        if let Some(name) = accessor["Name"].as_str() {
            path.extend([if index > 0 { "." } else { "" }, name]);
        } else if let Some(key) = accessor["Index"].as_str() {
            path.extend(["[\"", &key.replace('"', "\\\""), "\"]"]);
        } else {
            path.extend(["[", &accessor["Index"].to_string(), "]"]);
        }
    }
    path
}

fn accesses(tree: &Json) -> Vec<&Json> {
    let parts = tree["Parts"].as_array().into_iter().flatten().map(|part| &part["Value"]);
    parts.chain([&tree["Property"]]).collect()
}

fn accessors(access: &Json) -> impl Iterator<Item = &Json> {
    access["Accessors"].as_array().into_iter().flatten()
}

/// The place of an accessor, if it has one, holds what was read from it.
fn assert_stands(accessor: &Json, source: &str) {
    let range = &accessor["AccessorRange"];
    let byte = |end: &str| range[end]["Byte"].as_u64().and_then(|byte| usize::try_from(byte).ok());
    let (Some(start), Some(end)) = (byte("Start"), byte("End")) else { return };
    let found = &source[start..end];
    let is_it = match (&accessor["Name"], &accessor["Index"]) {
        // The name that is not there in `${}` stands at the brace, as in the reference.
        (Json::String(name), _) if name.is_empty() => found == "}",
        (Json::String(name), _) => found.strip_prefix('.').unwrap_or(found) == name,
        (_, Json::String(key)) => found == format!("[\"{}\"]", key.replace('"', "\\\"")),
        (_, index) => {
            let number = found.trim_matches(['[', ']']).parse::<i64>();
            number.is_ok_and(|number| index.as_i64() == Some(number))
        }
    };
    assert!(is_it, "{accessor} is not {found:?}");
}

fn paths_are_read_as_they_are_printed(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(path) = PropertyPath::parse(&text) else { return };
    // As in the reference, an empty key is not printed, and a backslash before the closing quote is not escaped.
    let is_printable = |step: &Step| !matches!(step, Step::Key(key) if key.is_empty() || key.ends_with('\\'));
    if path.steps().iter().all(is_printable) {
        let printed = path.to_string();
        assert_eq!(PropertyPath::parse(&printed).as_ref(), Ok(&path), "{printed}");
        assert_eq!(PropertyPath::parse(&printed).map(|path| path.to_string()), Ok(printed));
    }
    assert!(lang::property(&[], &path).is_err());
}

fn edits_change_secrets_and_nothing_else(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    // A text with ciphertexts of its own is opened first, so that all of its secrets are ours.
    let Ok(plain) = decrypt_secrets(&source, |_, payload| decrypt(payload)) else { return };
    let mut payloads = Vec::new();
    let encrypt = |text: &str| {
        payloads.push(encrypt(text));
        Ok::<_, &str>(encrypt(text))
    };
    let encrypted = match encrypt_secrets(&plain, encrypt) {
        Ok(encrypted) => encrypted,
        Err(EditError::Parse(problem)) => {
            assert!(plain == source || problem.is_error(), "{problem}");
            return;
        }
        Err(other) => panic!("{other}: {plain:?}"),
    };
    assert_kept(&plain, &encrypted, &payloads);
    let back = decrypt_secrets(&encrypted, |_, payload| decrypt(payload)).expect("it was just encrypted");
    let again = encrypt_secrets(&back, |text| Ok::<_, &str>(self::encrypt(text))).expect("it was a definition before");
    assert_eq!(tree(&again), tree(&encrypted), "{encrypted:?}\n{back:?}\n{again:?}");
}

/// The bytes are a path, a value and a definition, with a zero between them.
fn changes_are_found_and_can_be_taken_back(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == 0).map(String::from_utf8_lossy);
    let (Some(path), Some(value), Some(source)) = (parts.next(), parts.next(), parts.next()) else { return };
    let Ok(path) = PropertyPath::parse(&path) else { return };
    let old = edit::get(&source, &path);
    if let Ok(without) = edit::delete(&source, &path) {
        assert!(!matches!(old, Ok(None)) || without == source, "{without:?}");
        assert_eq!(is_definition(&without), is_definition(&source), "{without:?}");
    }
    let Ok(changed) = edit::set(&source, &path, &value) else { return };
    let Some(new) = edit::get(&changed, &path).expect("what was set is read") else {
        // A text that is null is no document.
        assert!(path.is_empty(), "{changed:?}");
        return;
    };
    assert_eq!(alone(&new), alone(&value), "{changed:?}");
    if let Ok(Some(old)) = old {
        let back = edit::set(&changed, &path, &old).expect("what was there can be there again");
        assert_eq!(tree(&back), tree(&source), "{changed:?}\n{back:?}");
    }
}

/// Whether there is a tree, be it one with mistakes.
fn is_definition(source: &str) -> bool {
    Program::parse(NAME, source).program.is_some()
}

/// The tree of a value as the only one of a definition.
fn alone(value: &str) -> Option<Json> {
    let path = PropertyPath::parse("values.only").expect("a path");
    tree(&edit::set("values: {}\n", &path, value).expect("a value alone is no riddle"))
}

fn encrypt(text: &str) -> Vec<u8> {
    b"pad-".iter().chain(text.as_bytes()).map(|byte| byte ^ 0xA5).collect()
}

fn decrypt(payload: &[u8]) -> Result<String, &'static str> {
    let text = String::from_utf8(payload.iter().map(|byte| byte ^ 0xA5).collect()).map_err(|_| "no text")?;
    text.strip_prefix("pad-").map(str::to_owned).ok_or("not from here")
}

/// What stands between the ciphertexts stood in the text before, in the same order.
fn assert_kept(plain: &str, encrypted: &str, payloads: &[Vec<u8>]) {
    let mut pieces = Vec::new();
    let mut rest = encrypted;
    for payload in payloads {
        let ciphertext = format!("ciphertext: {}", envelope::encode(payload));
        let (before, after) = rest.split_once(&ciphertext).expect("every payload is in the text, in order");
        pieces.push(before.trim_end_matches('{').trim_end());
        rest = after.strip_prefix('}').unwrap_or(after);
        // The comment behind the header of a block is set behind the ciphertext.
        let line = rest.split(BREAKS).next().unwrap_or_default();
        if line.trim_start().starts_with('#') {
            pieces.push(line.trim());
            rest = &rest[line.len()..];
        }
        rest = rest.trim_start();
    }
    pieces.push(rest);
    let mut left = plain;
    for piece in &pieces {
        let at = left.find(piece).unwrap_or_else(|| panic!("{piece:?} is not in {left:?} of {plain:?}"));
        left = &left[at + piece.len()..];
    }
    assert!(plain.starts_with(pieces[0]) && plain.ends_with(rest), "{plain:?} became {encrypted:?}");
}

/// The tree, without the places in it.
fn tree(source: &str) -> Option<Json> {
    fn strip(json: &mut Json) {
        match json {
            Json::Object(entries) => {
                entries.remove("AccessorRange");
                entries.values_mut().for_each(strip);
            }
            Json::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut json = Program::parse(NAME, source).program?.dump();
    strip(&mut json);
    Some(json)
}
