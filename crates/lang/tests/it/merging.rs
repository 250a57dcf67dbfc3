//! Merging imports: it does not matter how they are grouped.

use std::collections::BTreeMap;

use lang::{Facts, Limits, Mode, Program, Value, ValueKind, evaluate};
use proptest::prelude::*;

/// The text of a value, in brackets.
fn value() -> impl Strategy<Value = String> {
    let scalar =
        prop::sample::select(vec!["1", "x", "null", "true", "[]", "{}", "[1, {a: 2}]", "{fn::secret: s}", "'${r.d}'"]);
    scalar.prop_map(str::to_owned).prop_recursive(4, 16, 3, |inner| {
        let map = prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), inner.clone(), 1..4);
        prop_oneof![
            4 => map.prop_map(|entries| object(&entries)),
            1 => inner.prop_map(|inner| format!("{{fn::final: {inner}}}")),
        ]
    })
}

fn object(entries: &BTreeMap<&str, String>) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", entries.join(", "))
}

fn definition() -> impl Strategy<Value = String> {
    prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), value(), 0..4).prop_map(|mut entries| {
        // What references lead to: itself merged, and without a reference that might lead back.
        entries.insert("r", format!("{{d: {}, e{}: f}}", entries.len(), entries.len()));
        format!("values: {}\n", object(&entries))
    })
}

/// What an environment of these imports and values gives.
fn merged(imports: &str, own: &str, known: &[(&str, &str)]) -> String {
    let source = format!("imports: {imports}\n{own}");
    let program = Program::parse("p/root", &source).program.expect("a definition of this test");
    let mut facts = Facts::default();
    for (name, source) in known {
        facts.imports.insert((*name).to_owned(), Program::parse(name, source).into());
    }
    let evaluation = evaluate(&program, &facts, Mode::Open, &Limits::default());
    assert!(evaluation.needs.is_empty(), "{:?}", evaluation.needs);
    let found = evaluation.diagnostics;
    let environment = evaluation.environment.unwrap_or_else(|| panic!("no environment, but {found:?}"));
    let values: Vec<String> =
        environment.properties().iter().map(|(key, value)| format!("{key}: {}", shown(value))).collect();
    values.join("\n")
}

/// A value with what is secret or unknown in it, and without its origin.
fn shown(value: &Value) -> String {
    let marks = format!("{}{}", if value.is_secret() { "*" } else { "" }, if value.is_unknown() { "?" } else { "" });
    let text = match value.kind() {
        ValueKind::Null => "null".to_owned(),
        ValueKind::Bool(value) => value.to_string(),
        ValueKind::Number(text) | ValueKind::String(text) => text.to_string(),
        ValueKind::List(items) => items.iter().map(|item| shown(item)).collect::<Vec<_>>().join(","),
        ValueKind::Map(entries) => {
            entries.iter().map(|(key, value)| format!("{key}={}", shown(value))).collect::<Vec<_>>().join(",")
        }
    };
    format!("{marks}({text})")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn imports_may_be_grouped_in_any_way(
        (a, b, c, own) in (definition(), definition(), definition(), definition())
    ) {
        let known = [
            ("a", &*a),
            ("b", &*b),
            ("c", &*c),
            ("ab", "imports: [a, b]\n"),
            ("bc", "imports: [b, c]\n"),
            ("abc", "imports: [a, b, c]\n"),
        ];
        let flat = merged("[a, b, c]", &own, &known);
        for grouped in ["[ab, c]", "[a, bc]", "[abc]"] {
            prop_assert_eq!(&merged(grouped, &own, &known), &flat, "{}", grouped);
        }
    }
}
