//! Edits in all kinds of surroundings, paths that lead nowhere, and reading.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::{TEXT, path, results};
use crate::edit::{EditError, get, set};

#[test]
fn the_surroundings_decide_how_an_edit_is_written() {
    let x = Some("x");
    assert_snapshot!(results(&[
        // In brackets over several lines.
        ("a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n", "a[0]", None),
        ("a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n", "a[1]", None),
        ("a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n", "a[2]", None),
        ("a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n", "a[3]", x),
        ("a: {\n  b: 1,\n  c: 2,\n}\n", "a.d", x),
        ("a: {\n  b: 1,\n  c: 2,\n}\n", "a.c", None),
        ("a: {b, c: }\n", "a.b", x),
        ("a: {b, c: }\n", "a.c", x),
        ("a: {b, c: }\n", "a.d", x),
        ("a: {\"b\":1}\n", "a.b", x),
        ("a: [b: 1]\n", "a[0].c", x),
        ("a: [b: 1]\n", "a[1]", x),
        // After and before texts of several lines.
        ("a: |\n  b\n\nc: d\n", "e", x),
        ("a: |+\n  b\n\n", "e", x),
        ("a: |\n  b", "e", x),
        ("a: |\n  b\nc: d\n  # deep\ne: f\n", "c", None),
        ("a: |\n  b\nc: d\n# 1\n# 2\n\n# 3\n# 4\n# 5\n# 6\n# 7\n  # deep\n", "c", None),
        ("a: |+\n  b\n\nc: d\n", "a", x),
        ("a: |-\n  b\nc: d\n", "a", Some("{k: v}")),
        ("a: b\n  c\nd: e\n", "a", x),
        ("a: b\n  c\nd: e\n", "a", Some("[1]")),
        // Where a collection begins on the line of a dash.
        ("- a: 1 # one\n  # two\n  b: 2\n", "[0].a", None),
        ("-\n  a: 1\n  b: 2\n", "[0].a", None),
        ("-\n- a\n", "[0]", Some("{k: v, l: w}")),
        ("-   a\n", "[0]", Some("{k: v, l: w}")),
        ("-   a: b\n", "[0].c", x),
        // Keys and values that are written in other ways.
        ("? a\n: b\nc: d\n", "a", x),
        ("? a\n: b\nc: d\n", "a", None),
        ("? a\n: b\nc: d\n", "c", None),
        ("a: &anchor !tag b\nc: d\n", "a", x),
        ("a: !tag\n  b: c\n", "a.d", x),
        ("'a': b\n\"c\": d\n", "c", Some("{k: v}")),
        ("é: ü # ö\n世: 界\n", "é", Some("{ß: 1}")),
        ("é: ü # ö\n世: 界\n", "世", None),
        ("a: 1\na: 2\n", "a", x),
        ("a: 1\na: 2\n", "a", None),
        ("\u{FEFF}a: 1\r\nb: 2\r\n", "a", None),
        ("a: 1\r\nb:\r\n  c: 2\r\n", "b.d", Some("{k: v}")),
        ("a: 1 # c\rb: 2\r", "a", None),
        ("a: 1 # c\rb: 2\r", "a", Some("{k: v}")),
        ("a: 1 # c\u{85}b: 2\u{2028}", "a", None),
        ("a: 1\n...\n", "b", x),
        ("a: 1\n--- \nb: 2\n", "c", x),
    ]), @r#"
    "a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n" a[0]: "a: [ # one\n  c, # three\n  d # four\n]\n"
    "a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n" a[1]: "a: [ # one\n  b, # two\n  d # four\n]\n"
    "a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n" a[2]: "a: [ # one\n  b, # two\n  c # three\n]\n"
    "a: [ # one\n  b, # two\n  c, # three\n  d # four\n]\n" a[3]: "a: [ # one\n  b, # two\n  c, # three\n  d, x # four\n]\n"
    "a: {\n  b: 1,\n  c: 2,\n}\n" a.d: "a: {\n  b: 1,\n  c: 2, d: x,\n}\n"
    "a: {\n  b: 1,\n  c: 2,\n}\n" a.c: "a: {\n  b: 1,\n}\n"
    "a: {b, c: }\n" a.b: "a: {b: x, c: }\n"
    "a: {b, c: }\n" a.c: "a: {b, c: x}\n"
    "a: {b, c: }\n" a.d: "a: {b, c: , d: x}\n"
    "a: {\"b\":1}\n" a.b: "a: {\"b\":x}\n"
    "a: [b: 1]\n" a[0].c: "a: [{b: 1, c: x}]\n"
    "a: [b: 1]\n" a[1]: "a: [b: 1, x]\n"
    "a: |\n  b\n\nc: d\n" e: "a: |\n  b\n\nc: d\ne: x\n"
    "a: |+\n  b\n\n" e: "a: |+\n  b\n\ne: x\n"
    "a: |\n  b" e: "a: |-\n  b\ne: x"
    "a: |\n  b\nc: d\n  # deep\ne: f\n" c: "a: |\n  b\ne: f\n"
    "a: |\n  b\nc: d\n# 1\n# 2\n\n# 3\n# 4\n# 5\n# 6\n# 7\n  # deep\n" c: "a: |\n  b\n# 1\n# 2\n\n# 3\n# 4\n# 5\n# 6\n# 7\n  # deep\n"
    "a: |+\n  b\n\nc: d\n" a: "a: x\n\nc: d\n"
    "a: |-\n  b\nc: d\n" a: "a:\n  k: v\nc: d\n"
    "a: b\n  c\nd: e\n" a: "a: x\nd: e\n"
    "a: b\n  c\nd: e\n" a: "a:\n  - 1\nd: e\n"
    "- a: 1 # one\n  # two\n  b: 2\n" [0].a: "-\n  # two\n  b: 2\n"
    "-\n  a: 1\n  b: 2\n" [0].a: "-\n  b: 2\n"
    "-\n- a\n" [0]: "- k: v\n  l: w\n- a\n"
    "-   a\n" [0]: "-   k: v\n    l: w\n"
    "-   a: b\n" [0].c: "-   a: b\n    c: x\n"
    "? a\n: b\nc: d\n" a: "? a\n: x\nc: d\n"
    "? a\n: b\nc: d\n" a: "c: d\n"
    "? a\n: b\nc: d\n" c: "? a\n: b\n"
    "a: &anchor !tag b\nc: d\n" a: "a: x\nc: d\n"
    "a: !tag\n  b: c\n" a.d: "a: !tag\n  b: c\n  d: x\n"
    "'a': b\n\"c\": d\n" c: "'a': b\n\"c\":\n  k: v\n"
    "é: ü # ö\n世: 界\n" é: "é: # ö\n  ß: 1\n世: 界\n"
    "é: ü # ö\n世: 界\n" 世: "é: ü # ö\n"
    "a: 1\na: 2\n" a: "a: x\na: 2\n"
    "a: 1\na: 2\n" a: "a: 2\n"
    "\u{feff}a: 1\r\nb: 2\r\n" a: "\u{feff}b: 2\r\n"
    "a: 1\r\nb:\r\n  c: 2\r\n" b.d: "a: 1\r\nb:\r\n  c: 2\r\n  d:\r\n    k: v\r\n"
    "a: 1 # c\rb: 2\r" a: "b: 2\r"
    "a: 1 # c\rb: 2\r" a: "a: # c\n  k: v\rb: 2\r"
    "a: 1 # c\u{85}b: 2\u{2028}" a: "b: 2\u{2028}"
    "a: 1\n...\n" b: "a: 1\nb: x\n...\n"
    "a: 1\n--- \nb: 2\n" c: "a: 1\nc: x\n--- \nb: 2\n"
    "#);
}

#[test]
fn a_path_that_leads_nowhere_says_where_it_ends() {
    let x = Some("x");
    let source = "a: [1, {b: c}]\n0d: e\n";
    assert_snapshot!(results(&[
        (source, "a[3]", x),
        (source, "a[-1]", x),
        (source, "a.b", x),
        (source, "a[1][0]", x),
        (source, "[0]", x),
        (source, "a[0].b", x),
        (source, "0d.e", x),
        (source, "f.g[1].h", x),
        (source, "a[2][1]", x),
        (source, "a[2]", None),
        (source, "a.b", None),
        (source, "a[1].b.c", None),
        (source, "", None),
        ("~\n", "a", x),
        ("a: *b\n", "a", x),
        ("a: [\n", "a", x),
        ("a: b\n", "a", Some("[")),
    ]), @r#"
    "a: [1, {b: c}]\n0d: e\n" a[3]: ! a[3]: array index out of range
    "a: [1, {b: c}]\n0d: e\n" a[-1]: ! a[-1]: array index out of range
    "a: [1, {b: c}]\n0d: e\n" a.b: ! a.b: key for an array must be an int
    "a: [1, {b: c}]\n0d: e\n" a[1][0]: ! a[1][0]: key for a map must be a string
    "a: [1, {b: c}]\n0d: e\n" [0]: ! [0]: key for a map must be a string
    "a: [1, {b: c}]\n0d: e\n" a[0].b: ! a[0].b: expected an array or an object
    "a: [1, {b: c}]\n0d: e\n" 0d.e: ! 0d.e: expected an array or an object
    "a: [1, {b: c}]\n0d: e\n" f.g[1].h: ! f.g[1]: array index out of range
    "a: [1, {b: c}]\n0d: e\n" a[2][1]: ! a[2][1]: array index out of range
    "a: [1, {b: c}]\n0d: e\n" a[2]: ! a[2]: array index out of range
    "a: [1, {b: c}]\n0d: e\n" a.b: ! a.b: key for an array must be an int
    "a: [1, {b: c}]\n0d: e\n" a[1].b.c: ! a[1].b.c: expected an array or an object
    "a: [1, {b: c}]\n0d: e\n" : ! the path names the whole document
    "~\n" a: ! a: expected an array or an object
    "a: *b\n" a: ! the definition cannot be read
    "a: [\n" a: ! the definition cannot be read
    "a: b\n" a: ! the definition cannot be read
    "#);
}

#[test]
fn a_part_is_read_as_a_text_of_its_own() {
    let mut out = String::new();
    for at in [
        "values.plain",
        "values.quoted",
        "values.block",
        "values.block.a[0]",
        "values.literal",
        "values.list",
        "values.list[1]",
        "values.flow.b",
        "values.empty",
        "values.missing",
        "values.list[9]",
        "values.plain.deeper",
    ] {
        let _ = writeln!(out, "{at}: {:?}", get(TEXT, &path(at)).expect("a text that is read"));
    }
    assert_snapshot!(out, @r#"
    values.plain: Some("old")
    values.quoted: Some("\"old\"")
    values.block: Some("b: 1 # one\na: [x, y]")
    values.block.a[0]: Some("x")
    values.literal: Some("| # header\n    some\n    text\n")
    values.list: Some("- one # first\n# about two\n- k: two\n  l: 2\n- - 3")
    values.list[1]: Some("k: two\nl: 2")
    values.flow.b: Some("[1, 2]")
    values.empty: Some("")
    values.missing: None
    values.list[9]: None
    values.plain.deeper: None
    "#);
    assert_eq!(get("", &path("")).expect("nothing"), None);
    assert!(matches!(get("a: [", &path("a")), Err(EditError::Parse(_))));
}

#[test]
fn an_edit_keeps_within_the_limits() {
    let deep = format!("{}x{}", "[".repeat(99), "]".repeat(99));
    let error = set("a: 1\n", &path("a.b"), "1").expect_err("a scalar");
    assert_eq!(error.to_string(), "a.b: expected an array or an object");
    let error = set("a: {}\n", &path("a.b"), &deep).expect_err("too deep");
    assert!(matches!(error, EditError::Parse(_)), "{error:?}");
}
