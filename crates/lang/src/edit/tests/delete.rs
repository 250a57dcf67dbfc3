//! Deleting parts of a definition.

use insta::assert_snapshot;

use super::{TEXT, edits, results};

#[test]
fn an_entry_is_deleted_with_its_own_lines() {
    let changes = "
        delete values.plain
        delete values.block
        delete values.block.a
        delete values.block.b
        delete values.literal
        delete values.list[0]
        delete values.list[1]
        delete values.list[1].k
        delete values.list[1].l
        delete values.list[2]
        delete values.list[2][0]
        delete values.flow.a
        delete values.flow.b
        delete values.flow.b[0]
        delete values.flow.b[1]
        delete values
        delete imports[0]
        delete values.missing
        delete values.missing.deeper
    ";
    assert_snapshot!(edits(TEXT, changes), @r#"
    delete values.plain
    -  plain:   old  # on plain
    delete values.block
    -  block:
    -    # inside block
    -    b: 1 # one
    -    a: [x, y]  # flow
    delete values.block.a
    -    a: [x, y]  # flow
    delete values.block.b
    -    b: 1 # one
    delete values.literal
    -  literal: | # header
    -    some
    -    text
    delete values.list[0]
    -  - one # first
    delete values.list[1]
    -  - k: two
    -    l: 2
    delete values.list[1].k
    -  - k: two
    -    l: 2
    +  - l: 2
    delete values.list[1].l
    -    l: 2
    delete values.list[2]
    -  - - 3
    delete values.list[2][0]
    -  - - 3
    +  - []
    delete values.flow.a
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {b: [1, 2], } # on flow
    delete values.flow.b
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {a: 1, } # on flow
    delete values.flow.b[0]
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {a: 1, b: [2], } # on flow
    delete values.flow.b[1]
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {a: 1, b: [1], } # on flow
    delete values
    -values: # on values
    -  plain:   old  # on plain
    -  quoted: "old"
    -  single: 'it''s'
    -  # about block
    -  block:
    -    # inside block
    -    b: 1 # one
    -    a: [x, y]  # flow
    -
    -  literal: | # header
    -    some
    -    text
    -
    -  list:
    -  - one # first
    -  # about two
    -  - k: two
    -    l: 2
    -  - - 3
    -  flow: {a: 1, b: [1, 2], } # on flow
    -  empty:
    -  nothing: {} # no entries
    -  none: []
    delete imports[0]
    -imports: [a] # on imports
    +imports: [] # on imports
    delete values.missing
    delete values.missing.deeper
    "#);
}

#[test]
fn the_last_entry_leaves_an_empty_collection() {
    assert_snapshot!(results(&[
        ("a: b\n", "a", None),
        ("a: b", "a", None),
        ("a: b # c\n# d\n", "a", None),
        ("a:\n  b: c # d\ne: f\n", "a.b", None),
        ("a: # one\n  # two\n  b: c # three\n  # four\ne: f\n", "a.b", None),
        ("a:\n- b # d\ne: f\n", "a[0]", None),
        ("- a: b # c\n- d\n", "[0].a", None),
        ("- - a\n", "[0][0]", None),
        ("a: [b]\n", "a[0]", None),
        ("a: {b: c}\n", "a.b", None),
        ("a: [\n  # one\n  b, # two\n  # three\n]\n", "a[0]", None),
        ("a: [b: c]\n", "a[0].b", None),
        ("a: {b}\n", "a.b", None),
        ("a:\r\n  b: c\r\nd: e\r\n", "a.b", None),
    ]), @r#"
    "a: b\n" a: "{}\n"
    "a: b" a: "{}"
    "a: b # c\n# d\n" a: "{}\n# d\n"
    "a:\n  b: c # d\ne: f\n" a.b: "a: {}\ne: f\n"
    "a: # one\n  # two\n  b: c # three\n  # four\ne: f\n" a.b: "a: # one\n  # two\n  {}\n  # four\ne: f\n"
    "a:\n- b # d\ne: f\n" a[0]: "a: []\ne: f\n"
    "- a: b # c\n- d\n" [0].a: "- {} # c\n- d\n"
    "- - a\n" [0][0]: "- []\n"
    "a: [b]\n" a[0]: "a: []\n"
    "a: {b: c}\n" a.b: "a: {}\n"
    "a: [\n  # one\n  b, # two\n  # three\n]\n" a[0]: "a: [\n  # one\n  # three\n]\n"
    "a: [b: c]\n" a[0].b: "a: [{}]\n"
    "a: {b}\n" a.b: "a: {}\n"
    "a:\r\n  b: c\r\nd: e\r\n" a.b: "a: {}\r\nd: e\r\n"
    "#);
}
