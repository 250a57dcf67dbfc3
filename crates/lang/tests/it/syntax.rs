//! Places in the text, and what the YAML layer makes of it.

use std::fmt::Write as _;

use insta::assert_snapshot;
use lang::{Environment, Facts, Limits, Mode, Program, ValueKind, evaluate};

fn environment(source: &str) -> Environment {
    let program = Program::parse("p/e", source).program.expect("a definition of this test");
    let evaluation = evaluate(&program, &Facts::default(), Mode::Open, &Limits::default());
    evaluation.environment.expect("an environment")
}

/// Where each value is said to be.
fn places(source: &str) -> String {
    let mut out = String::new();
    for (key, value) in environment(source).properties() {
        let range = &value.trace().def;
        let (begin, end) = (range.begin, range.end);
        let _ = writeln!(
            out,
            "{key} {}:{}@{}-{}:{}@{}",
            begin.line, begin.column, begin.byte, end.line, end.column, end.byte
        );
    }
    out
}

/// Why a text is no definition.
fn failure(source: &str) -> String {
    let parsed = Program::parse("p/e", source);
    let shown: Vec<String> = parsed.diagnostics.iter().map(ToString::to_string).collect();
    shown.join(" | ")
}

#[test]
fn a_place_is_counted_as_the_reference_counts_it() {
    let source = "values:
  a: plain
  b: \"dq ${a}\"
  c: 'it''s'
  d: |
    one
    two
  e: >-
    folded
    text
  f: !!str tagged${a}
  g: [1, {h: 2} ]
  i: {}
  k: \"世界\"
  世l: 世${a}界 ${k}
  n: |-
    x
  r: &anch val
  s: several
    lines
  t:
    u: 1
    v:
    - w
  last: here";
    assert_snapshot!(places(source), @r#"
    a 2:6@13-2:11@18
    b 3:6@24-3:13@31
    c 4:6@39-4:10@43
    d 5:6@52-7:6@67
    e 8:6@75-8:17@86
    f 11:6@103-11:22@119
    g 12:6@125-12:15@134
    i 13:6@143-13:6@143
    k 14:6@151-14:12@159
    last 25:9@0-25:13@0
    n 16:6@189-16:7@190
    r 18:6@203-18:9@206
    s 19:6@218-19:19@231
    t 22:5@245-24:8@264
    世l 15:7@167-15:22@183
    "#);
}

#[test]
fn yaml_is_read_as_the_reference_reads_it() {
    let texts = [
        "[x:y]",
        "{f:g}",
        "{\"j\":k}",
        "{j: k, l}",
        "\"a\\x41\\u00e9\\U0001F600\"",
        "'a\n\n  b'",
        "a\n    b",
        "|\n    a\n\n    b\n",
        "|+\n    a\n\n",
        ">\n    a\n    b\n\n    c\n",
        "!!str 1",
        "!mine x",
        "&a x",
        "0o17",
        "<<",
        "? x",
        "- x",
        "1_0",
        "~",
    ];
    let mut out = String::new();
    for text in texts {
        let source = format!("values:\n  a: {text}\n  b: 1\n");
        let failed = failure(&source);
        let shown = if failed.is_empty() {
            let environment = environment(&source);
            show(environment.properties()[0].1.kind())
        } else {
            failed
        };
        let _ = writeln!(out, "{text:?}: {shown}");
    }
    assert_snapshot!(out, @r#"
    "[x:y]": ["x:y"]
    "{f:g}": {f:g: null}
    "{\"j\":k}": {j: "k"}
    "{j: k, l}": {j: "k", l: null}
    "\"a\\x41\\u00e9\\U0001F600\"": "aAé😀"
    "'a\n\n  b'": "a\nb"
    "a\n    b": "a b"
    "|\n    a\n\n    b\n": "a\n\nb\n"
    "|+\n    a\n\n": "a\n\n\n"
    ">\n    a\n    b\n\n    c\n": "a b\nc\n"
    "!!str 1": "1"
    "!mine x": "x"
    "&a x": "x"
    "0o17": 15
    "<<": "<<"
    "? x": yaml: line 2: mapping keys are not allowed in this context
    "- x": yaml: line 2: block sequence entries are not allowed in this context
    "1_0": 10
    "~": null
    "#);
}

fn show(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Null => "null".to_owned(),
        ValueKind::Bool(value) => value.to_string(),
        ValueKind::Number(digits) => digits.to_string(),
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::List(items) => {
            format!("[{}]", items.iter().map(|item| show(item.kind())).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", show(value.kind())));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn a_text_without_final_line_break_means_the_same() {
    for text in [
        "|\n    x",
        "|-\n    x",
        "|+\n    x",
        ">\n    x\n    y",
        "|\n    x\n    ",
        "|\n    x\n      ",
        "|",
        "\"x\"",
        "'x",
        "\"x\\",
        "[x",
        "{a: ",
        "x",
    ] {
        let source = format!("values:\n  a: {text}");
        let failed = failure(&source);
        let shown = if failed.is_empty() { show(environment(&source).properties()[0].1.kind()) } else { failed };
        let expected = match text {
            "|\n    x\n    " => "\"x\\n\"",
            "|\n    x\n      " => "\"x\\n  \"",
            ">\n    x\n    y" => "\"x y\"",
            "|" => "\"\"",
            "'x" | "\"x\\" => "yaml: line 2: found unexpected end of stream",
            "[x" => "yaml: line 1: did not find expected ',' or ']'",
            "{a: " => "yaml: line 2: did not find expected node content",
            _ => "\"x\"",
        };
        assert_eq!(shown, expected, "{text:?}");
    }
}

#[test]
fn what_is_no_definition_says_why() {
    let sources = [
        "values: *x\n",
        "values: &x {a: *x}\n",
        "values:\n  1: x\n  ? [y]\n  : z\n",
        "a: b: c\n",
        "\t- x\n",
        "values: [\n",
        "values: {\n  a: ]\n",
        "%YAML 1.1\n---\nvalues: {a: 1}\n...\n---\n]",
        "~\n",
        "[1]\n",
        "x\n",
        "values: 1\nimports: x\ndescription: [x]\nfoo: 1\nVALUES: {a: 1}\n",
        "imports: [null, {a: b, c: d}, {a: b}, {a: {merge: x, other: y}}, 1, x]\n",
        "values: {fn::join: 1, Fn::x: 2, a: {Fn::x: 1}, b: {fn::open: 1, c: 2}}\n",
        "values: {a: [!a,b]}\n",
        "values: \"\u{7f}\"\n",
        "values: {a: !!int x}\n",
        "values: {a: !!binary '*'}\n",
    ];
    let mut out = String::new();
    for source in sources {
        let _ = writeln!(
            out,
            "{source:?}\n  {}",
            if failure(source).is_empty() { "fine".to_owned() } else { failure(source).replace(" | ", "\n  ") }
        );
    }
    assert_snapshot!(out, @r#"
    "values: *x\n"
      yaml: unknown anchor 'x' referenced
    "values: &x {a: *x}\n"
      p/e:1,16-17: alias nodes are not supported
    "values:\n  1: x\n  ? [y]\n  : z\n"
      p/e:2,3-4: mapping keys must be strings
      p/e:3,5-7: mapping keys must be strings
    "a: b: c\n"
      yaml: mapping values are not allowed in this context
    "\t- x\n"
      yaml: found character that cannot start any token
    "values: [\n"
      yaml: line 1: did not find expected node content
    "values: {\n  a: ]\n"
      yaml: line 1: did not find expected node content
    "%YAML 1.1\n---\nvalues: {a: 1}\n...\n---\n]"
      fine
    "~\n"
      environment must be an object
    "[1]\n"
      p/e:1,1-3: environment must be an object
    "x\n"
      p/e:1,1-2: environment must be an object
    "values: 1\nimports: x\ndescription: [x]\nfoo: 1\nVALUES: {a: 1}\n"
      p/e:1,9-10: values must be an object
      p/e:2,10-11: imports must be a list
      p/e:3,14-16: description must be a string
      p/e:4,1-4: Field 'foo' does not exist on Object 'environment'. Existing fields are: 'imports', 'values', 'description'
    "imports: [null, {a: b, c: d}, {a: b}, {a: {merge: x, other: y}}, 1, x]\n"
      p/e:1,11-15: import must be a string or an object
      p/e:1,17-28: import must have a single key
      p/e:1,35-36: import must be an object
      p/e:1,51-52: merge must be a boolean value
      p/e:1,66-67: import must be a string or an object
    "values: {fn::join: 1, Fn::x: 2, a: {Fn::x: 1}, b: {fn::open: 1, c: 2}}\n"
      p/e:1,10-18: builtin function call "fn::join" not allowed at the top level
      p/e:1,37-42: 'fn::' is a reserved prefix
      p/e:1,51-69: illegal call to builtin function: "fn::open" must be the only key within its containing object
    "values: {a: [!a,b]}\n"
      yaml: did not find expected whitespace or line break
    "values: \"\u{7f}\"\n"
      yaml: control characters are not allowed
    "values: {a: !!int x}\n"
      p/e:1,13-20: yaml: cannot decode !!str `x` as a !!int
    "values: {a: !!binary '*'}\n"
      p/e:1,13-14: yaml: !!binary value contains invalid base64 data
    "#);
}

#[test]
fn a_builtin_says_what_is_wrong_with_its_argument() {
    let source = "values:
  a: {fn::validate: {schema: {type: strin}, value: 1}}
  b: {fn::validate: {schema: {type: object, properties: {x: {maximum: 1, type: number}}, required: [y, z]}, value: {x: 2}}}
  c: {fn::join: [',', '${list}', x]}
  d: {fn::join: [',', '${list}']}
  e: {fn::join: ['${list}', [1, '${list[0]}']]}
  f: {fn::concat: [['a'], 'b', '${list}']}
  g: {fn::split: [',', 1]}
  h: {fn::fromBase64: 'a'}
  i: {fn::fromJSON: '{'}
  j: {fn::toJSON: [.inf]}
  k: {fn::validate: {schema: false, value: 1}}
  l: {fn::validate: {schema: {type: string, enum: [a, '<']}, value: b}}
  m: {fn::validate: {schema: {type: number, multipleOf: 2}, value: 3}}
  n: {fn::concat: '${list}'}
  list: [1]
";
    let parsed = Program::parse("p/e", source);
    let mut found = parsed.diagnostics;
    let program = parsed.program.expect("a definition");
    found.extend(evaluate(&program, &Facts::default(), Mode::Open, &Limits::default()).diagnostics);
    let shown: Vec<String> = found.iter().map(|found| format!("{} {found}", found.path)).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    values.c["fn::join"] p/e:4,17-35: the argument to fn::join must be a two-valued list
    values.n["fn::concat"] p/e:15,19-26: the argument to fn::concat must be an array of arrays
    values.a["fn::validate"].schema p/e:2,30-42: expected boolean, got object
    values.a["fn::validate"].schema.type p/e:2,37-42: expected one of ["string","number","boolean","array","object","null"]
    values.a["fn::validate"].schema p/e:2,30-42: at least one subschema must match
    values.b["fn::validate"].value.x p/e:3,120-121: expected a number less than or equal to1
    values.b["fn::validate"].value p/e:3,116-121: missing required properties: y, z
    values.list[0] p/e:16,10-11: expected string, got number
    values.e["fn::join"][0] p/e:6,18-25: expected string, got array
    values.e["fn::join"][1][0] p/e:6,30-31: expected string, got number
    values.e["fn::join"][1][1] p/e:6,33-43: expected string, got number
    values.f["fn::concat"][1] p/e:7,27-28: expected array, got string
    values.g["fn::split"][1] p/e:8,24-25: expected string, got number
    values.h p/e:9,6-24: decoding base64 string: illegal base64 data at input byte 0
    values.i p/e:10,6-22: decoding JSON string: unexpected EOF
    values.j p/e:11,6-24: failed to encode JSON: json: invalid number literal "+Inf"
    values.l["fn::validate"].value p/e:13,69-70: expected one of ["a","\u003c"]
    values.m["fn::validate"].value p/e:14,68-69: expected a multiple of 2
    values.list[0] p/e:16,10-11: expected array, got number
    "#);
}

#[test]
fn what_the_parser_takes_and_the_reference_does_not_is_refused() {
    let unknown = "yaml: line 2: found unknown escape character";
    assert_eq!(failure("values:\n  a: \"b\\/c\"\n"), unknown);
    assert_eq!(failure("a:\n  !x # \"\n  \"b\\/c\"\n"), "yaml: line 3: found unknown escape character");
    assert_eq!(failure("values:\n  a: \"b\\\\/c\"\n  d: 'e\\/f' # \"\\/\"\n"), "");
    assert_eq!(failure("\"a\\/b\": c\n"), "yaml: found unknown escape character");
    assert_eq!(failure("\"a\n  b\\/c\"\n"), unknown);
    assert_eq!(failure("%YAML 1.2\n---\na: b\n"), "yaml: found incompatible YAML document");
    assert_eq!(failure("%TAG !x! y\n%YAML 1.2\n---\na: b\n"), "yaml: line 1: found incompatible YAML document");
    assert_eq!(failure("%YAML 2.0\n---\na: b\n"), "yaml: found incompatible YAML document");
    assert_eq!(failure("%YAML 1.1\n---\nvalues: {}\n"), "");
}

#[test]
fn what_is_missing_behind_the_last_line_is_missing_at_its_end() {
    assert_eq!(places("values:\n  ? a\n  #"), "a 3:4@0-3:4@0\n");
}
