//! Setting parts of a definition.

use insta::assert_snapshot;

use super::{TEXT, edits, results};

#[test]
fn a_scalar_takes_the_place_of_what_was_there() {
    let changes = r"
        values.plain = new
        values.plain = '1'
        values.plain = 0x1F
        values.plain = 'a: b #c'
        values.plain = |\n  two\n  lines\n
        values.quoted = new
        values.quoted = 1
        values.single = isn't
        values.block = new
        values.block.a[1] = 'a, b'
        values.literal = new
        values.list = new
        values.list[0] = new
        values.list[1] = new
        values.list[2][0] = new
        values.empty = new
        values.nothing = new
        imports[0] = new
    ";
    assert_snapshot!(edits(TEXT, changes), @r#"
    values.plain = new
    -  plain:   old  # on plain
    +  plain:   new  # on plain
    values.plain = '1'
    -  plain:   old  # on plain
    +  plain:   "1"  # on plain
    values.plain = 0x1F
    -  plain:   old  # on plain
    +  plain:   0x1F  # on plain
    values.plain = 'a: b #c'
    -  plain:   old  # on plain
    +  plain:   'a: b #c'  # on plain
    values.plain = |\n  two\n  lines\n
    -  plain:   old  # on plain
    +  plain:   "two\nlines\n"  # on plain
    values.quoted = new
    -  quoted: "old"
    +  quoted: "new"
    values.quoted = 1
    -  quoted: "old"
    +  quoted: 1
    values.single = isn't
    -  single: 'it''s'
    +  single: 'isn''t'
    values.block = new
    -    b: 1 # one
    -    a: [x, y]  # flow
    +    new  # flow
    values.block.a[1] = 'a, b'
    -    a: [x, y]  # flow
    +    a: [x, 'a, b']  # flow
    values.literal = new
    -  literal: | # header
    -    some
    -    text
    +  literal: new # header
    values.list = new
    -  list:
    -  - one # first
    -  # about two
    -  - k: two
    -    l: 2
    -  - - 3
    +  list: new
    values.list[0] = new
    -  - one # first
    +  - new # first
    values.list[1] = new
    -  - k: two
    -    l: 2
    +  - new
    values.list[2][0] = new
    -  - - 3
    +  - - new
    values.empty = new
    -  empty:
    +  empty: new
    values.nothing = new
    -  nothing: {} # no entries
    +  nothing: new # no entries
    imports[0] = new
    -imports: [a] # on imports
    +imports: [new] # on imports
    "#);
}

#[test]
fn a_collection_is_a_block_two_columns_deeper_or_stays_in_brackets() {
    let changes = "
        values.plain = {k: v, l: [1, {m: 2}], n: {}}
        values.block = {k: v, l: [1, {m: 2}], n: {}}
        values.block = [1, [2, 3]]
        values.block.a = {k: v, l: [1, {m: 2}], n: {}}
        values.list = {k: v, l: [1, {m: 2}], n: {}}
        values.list = [1, [2, 3]]
        values.list[1] = {k: v, l: [1, {m: 2}], n: {}}
        values.list[2][0] = {k: v, l: [1, {m: 2}], n: {}}
        values.flow = {k: v, l: [1, {m: 2}], n: {}}
        values.empty = {k: v, l: [1, {m: 2}], n: {}}
        values.nothing = {k: v, l: [1, {m: 2}], n: {}}
    ";
    assert_snapshot!(edits(TEXT, changes), @r#"
    values.plain = {k: v, l: [1, {m: 2}], n: {}}
    -  plain:   old  # on plain
    +  plain:  # on plain
    +    k: v
    +    l:
    +      - 1
    +      - m: 2
    +    "n": {}
    values.block = {k: v, l: [1, {m: 2}], n: {}}
    -    b: 1 # one
    -    a: [x, y]  # flow
    +    k: v
    +    l:
    +      - 1
    +      - m: 2
    +    "n": {}  # flow
    values.block = [1, [2, 3]]
    -    b: 1 # one
    -    a: [x, y]  # flow
    +    - 1
    +    - - 2
    +      - 3  # flow
    values.block.a = {k: v, l: [1, {m: 2}], n: {}}
    -    a: [x, y]  # flow
    +    a: {k: v, l: [1, {m: 2}], "n": {}}  # flow
    values.list = {k: v, l: [1, {m: 2}], n: {}}
    -  - one # first
    -  # about two
    -  - k: two
    -    l: 2
    -  - - 3
    +    k: v
    +    l:
    +      - 1
    +      - m: 2
    +    "n": {}
    values.list = [1, [2, 3]]
    -  - one # first
    -  # about two
    -  - k: two
    -    l: 2
    -  - - 3
    +  - 1
    +  - - 2
    +    - 3
    values.list[1] = {k: v, l: [1, {m: 2}], n: {}}
    -  - k: two
    -    l: 2
    +  - k: v
    +    l:
    +      - 1
    +      - m: 2
    +    "n": {}
    values.list[2][0] = {k: v, l: [1, {m: 2}], n: {}}
    -  - - 3
    +  - - k: v
    +      l:
    +        - 1
    +        - m: 2
    +      "n": {}
    values.flow = {k: v, l: [1, {m: 2}], n: {}}
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {k: v, l: [1, {m: 2}], "n": {}} # on flow
    values.empty = {k: v, l: [1, {m: 2}], n: {}}
    +    k: v
    +    l:
    +      - 1
    +      - m: 2
    +    "n": {}
    values.nothing = {k: v, l: [1, {m: 2}], n: {}}
    -  nothing: {} # no entries
    +  nothing: {k: v, l: [1, {m: 2}], "n": {}} # no entries
    "#);
}

#[test]
fn what_is_missing_is_created() {
    let changes = r#"
        values.new = x
        values.new.a[0].b = x
        values["1"] = x
        values.block.c = x
        values.list[3] = x
        values.list[3].a.b = x
        values.list[1].m = x
        values.list[2][1] = {a: b, c: d}
        values.flow.c = x
        values.flow.c.d = 'x, y'
        values.flow.b[2] = x
        values.empty.a = x
        values.empty[0] = x
        values.nothing.a = x
        values.none[0] = {a: b}
        description = x
        values.new = |\n  two\n  lines\n
    "#;
    assert_snapshot!(edits(TEXT, changes), @r#"
    values.new = x
    +  new: x
    values.new.a[0].b = x
    +  new:
    +    a:
    +      - b: x
    values["1"] = x
    +  "1": x
    values.block.c = x
    +    c: x
    values.list[3] = x
    +  - x
    values.list[3].a.b = x
    +  - a:
    +      b: x
    values.list[1].m = x
    +    m: x
    values.list[2][1] = {a: b, c: d}
    +    - a: b
    +      c: d
    values.flow.c = x
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {a: 1, b: [1, 2], c: x, } # on flow
    values.flow.c.d = 'x, y'
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {a: 1, b: [1, 2], c: {d: 'x, y'}, } # on flow
    values.flow.b[2] = x
    -  flow: {a: 1, b: [1, 2], } # on flow
    +  flow: {a: 1, b: [1, 2, x], } # on flow
    values.empty.a = x
    +    a: x
    values.empty[0] = x
    +    - x
    values.nothing.a = x
    -  nothing: {} # no entries
    +  nothing: # no entries
    +    a: x
    values.none[0] = {a: b}
    -  none: []
    +  none: [{a: b}]
    description = x
    +description: x
    values.new = |\n  two\n  lines\n
    +  new: |
    +    two
    +    lines
    "#);
}

#[test]
fn what_is_set_in_an_empty_document_begins_it() {
    let x = Some("x");
    assert_snapshot!(results(&[
        ("", "a.b", x),
        ("", "[0].b", x),
        ("", "", x),
        ("", "", Some("{a: [1]}")),
        ("# only this\n", "a", x),
        ("# only this", "a", x),
        ("\r\n", "a.b", x),
        ("---\n", "a", x),
        ("{}", "a", x),
        ("{}\n", "a.b", x),
        ("[]", "[0]", x),
        ("values:", "values.a", x),
        ("values:\n", "values.a", x),
        ("values: # here\n", "values.a", x),
        ("values:\n  # here\n", "values.a", x),
        ("a: b", "", x),
        ("a: b\n", "", Some("[1]")),
    ]), @r##"
    "" a.b: "a:\n  b: x\n"
    "" [0].b: "- b: x\n"
    "" : "x\n"
    "" : "a:\n  - 1\n"
    "# only this\n" a: "# only this\na: x\n"
    "# only this" a: "# only this\na: x\n"
    "\r\n" a.b: "\r\na:\r\n  b: x\r\n"
    "---\n" a: "---\na: x\n"
    "{}" a: "a: x"
    "{}\n" a.b: "a:\n  b: x\n"
    "[]" [0]: "[x]"
    "values:" values.a: "values:\n  a: x"
    "values:\n" values.a: "values:\n  a: x\n"
    "values: # here\n" values.a: "values: # here\n  a: x\n"
    "values:\n  # here\n" values.a: "values:\n  a: x\n  # here\n"
    "a: b" : "x"
    "a: b\n" : "- 1\n"
    "##);
}
