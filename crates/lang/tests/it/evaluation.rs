//! What evaluation gives, asks and refuses.

use std::fmt::Write as _;

use insta::assert_snapshot;
use lang::{
    Environment, Evaluation, Facts, ImportFact, Limits, Mode, Need, Program, PropertyPath, Value, ValueKind, disclosed,
    evaluate, property,
};

fn program(name: &str, source: &str) -> Program {
    Program::parse(name, source).program.expect("a definition of this test")
}

/// Opens a definition whose imports are given, decrypting by taking the payload for the text.
fn open_with(source: &str, imports: &[(&str, &str)], limits: &Limits) -> Evaluation {
    let program = program("p/root", source);
    let mut facts = Facts::default();
    for (name, source) in imports {
        facts.imports.insert((*name).to_owned(), Program::parse(name, source).into());
    }
    loop {
        let evaluation = evaluate(&program, &facts, Mode::OpenWithExprs, limits);
        if evaluation.needs.is_empty() {
            return evaluation;
        }
        for need in evaluation.needs {
            match need {
                Need::Decrypt(key) => {
                    let text = String::from_utf8_lossy(&key.ciphertext).into_owned();
                    facts.decrypted.insert(key, Ok(text.as_str().into()));
                }
                Need::Import { text, .. } => {
                    facts.imports.insert(text.clone(), ImportFact::Failed(format!("no environment {text}")));
                }
                Need::Call { .. } => panic!("no provider is known here"),
            }
        }
    }
}

fn open(source: &str, imports: &[(&str, &str)]) -> Evaluation {
    open_with(source, imports, &Limits::default())
}

fn environment(evaluation: Evaluation) -> Environment {
    assert!(evaluation.diagnostics.is_empty(), "{:?}", evaluation.diagnostics);
    evaluation.environment.expect("an environment without a finding")
}

/// The properties, a line each, and the findings.
fn show(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    if let Some(environment) = &evaluation.environment {
        for (key, value) in environment.properties() {
            let _ = writeln!(out, "{key}: {}", text(value));
        }
    }
    for diagnostic in &evaluation.diagnostics {
        let _ = writeln!(out, "{diagnostic}");
    }
    out
}

fn text(value: &Value) -> String {
    let mark = if value.is_secret() { "*" } else { "" };
    let text = match value.kind() {
        _ if value.is_unknown() => "?".to_owned(),
        ValueKind::Null => "null".to_owned(),
        ValueKind::Bool(value) => value.to_string(),
        ValueKind::Number(digits) => digits.to_string(),
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::List(items) => {
            format!("[{}]", items.iter().map(|item| self::text(item)).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}: {}", self::text(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    };
    format!("{mark}{text}")
}

#[test]
fn imports_are_asked_for_first_and_with_the_chain_that_leads_to_them() {
    let root = program(
        "p/root",
        "imports: [a]\nvalues: {s: {fn::secret: {ciphertext: ZXNjeAAAAAHo9e705fKyKo30VQ==}}, r: '${environments.q.d.x}'}\n",
    );
    let mut facts = Facts::default();
    let ask = |facts: &Facts| {
        let evaluation = evaluate(&root, facts, Mode::Open, &Limits::default());
        assert!(evaluation.environment.is_none() && evaluation.diagnostics.is_empty());
        evaluation.needs.iter().map(|need| format!("{need:?}")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(ask(&facts), @r#"Import { text: "a", chain: ["p/root"] }"#);
    facts.imports.insert("a".into(), Program::parse("p/a", "imports: [b, c]").into());
    assert_snapshot!(ask(&facts), @r#"
    Import { text: "b", chain: ["p/root", "p/a"] }
    Import { text: "c", chain: ["p/root", "p/a"] }
    "#);
    facts.imports.insert(
        "b".into(),
        Program::parse("p/b", "values: {x: {fn::secret: {ciphertext: ZXNjeAAAAAHo9e705fKyKo30VQ==}}}").into(),
    );
    facts.imports.insert("c".into(), ImportFact::Failed("no such environment".into()));
    assert_snapshot!(ask(&facts), @r#"Import { text: "q/d", chain: ["p/root"] }"#);
    facts.imports.insert("q/d".into(), Program::parse("q/d", "").into());
    assert_snapshot!(ask(&facts), @r#"
    Decrypt(p/b:x)
    Decrypt(p/root:s)
    "#);
}

#[test]
fn programs_and_environments_cross_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<Program>();
    assert_shared::<Environment>();
    assert_shared::<Facts>();
    assert_shared::<Need>();
}

#[test]
fn an_empty_definition_gives_nothing_and_asks_nothing() {
    for source in ["", "{}", "description: x\n", "# only a comment\n", "values: {}\n"] {
        let Some(program) = Program::parse("p/e", source).program else { panic!("{source:?} has a program") };
        assert!(program.is_empty());
        let evaluation = evaluate(&program, &Facts::default(), Mode::Open, &Limits::default());
        assert!(evaluation.environment.is_none() && evaluation.diagnostics.is_empty() && evaluation.needs.is_empty());
    }
    let empty = environment(open("imports: [a]\n", &[("a", "")]));
    assert_eq!(empty.to_open_json(), "{}");
}

#[test]
fn a_secret_leads_back_to_the_places_it_comes_from() {
    let base = "values:\n  token: {fn::secret: t}\n  nested: {a: {fn::secret: n}, b: plain}\n";
    let root = "imports: [q/mid]
values:
  own: {fn::secret: o}
  url: https://${own}:${token}@host
  list: {fn::join: ['-', ['${nested.b}', '${nested.a}']]}
  json: {fn::fromJSON: {fn::toJSON: '${nested}'}}
  copy: ${nested}
  plain: ${nested.b}
  a-b: [{fn::secret: {ciphertext: ZXNjeAAAAAHo9e705fKyKo30VQ==}}]
  token: overridden
";
    let environment = environment(open(root, &[("q/mid", "imports: [q/base]\n"), ("q/base", base)]));
    let mut out = String::new();
    for source in environment.sources() {
        let _ = writeln!(out, "{} {} via {:?}", source.environment, source.path, source.via);
    }
    for (key, value) in environment.properties() {
        let _ = writeln!(out, "{key}: own {:?}, disclosed {:?}", value.sources(), disclosed(value));
    }
    assert_snapshot!(out, @r#"
    q/base nested.a via ["q/mid", "q/base"]
    q/base token via ["q/mid", "q/base"]
    p/root ["a-b"][0] via []
    p/root own via []
    a-b: own [], disclosed {2}
    copy: own [], disclosed {0}
    json: own [0], disclosed {0}
    list: own [0], disclosed {0}
    nested: own [], disclosed {0}
    own: own [3], disclosed {3}
    plain: own [], disclosed {}
    token: own [], disclosed {1}
    url: own [3], disclosed {3}
    "#);
}

#[test]
fn what_prints_for_people_prints_no_secret() {
    let source = "values: {a: {fn::secret: hunter2}, b: 'x${a}', c: {fn::toJSON: '${a}'}, d: {deep: ['${a}']}}\n";
    let program = program("p/e", source);
    let evaluation = evaluate(&program, &Facts::default(), Mode::OpenWithExprs, &Limits::default());
    let environment = evaluation.environment.as_ref().expect("an environment");
    let printed =
        format!("{program:?} {evaluation:?} {environment:?} {:?} {:?}", environment.properties(), environment.schema());
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("[secret]"));
}

#[test]
fn a_finding_shows_no_secret() {
    let sources = [
        "values: {a: {fn::secret: !!int hunter2}}\n",
        "values: {a: {fn::secret: hunter2}, b: {fn::fromJSON: '${a}'}}\n",
        "values: {a: {fn::fromBase64: {fn::secret: 'hunter2!'}}}\n",
        "values: {a: {fn::fromJSON: {fn::secret: '{\"hunter2\": 1}'}}, b: '${a.hunter}'}\n",
        "values: {s: {fn::secret: hunter2}, a: {fn::validate: {schema: {const: '${s}'}, value: x}}}\n",
        "values: {s: {fn::secret: hunter2}, a: {fn::validate: {schema: {const: x}, value: '${s}'}}}\n",
        "values: {s: {fn::secret: hunter2}, a: {fn::validate: {schema: {pattern: '(${s}'}, value: x}}}\n",
        "values: {s: {fn::secret: hunter2}, a: '${s.hunter}', b: '${s[0]}'}\n",
        "values: {a: {fn::secret: [hunter2]}}\n",
    ];
    for source in sources {
        let parsed = Program::parse("p/e", source);
        let mut found = parsed.diagnostics;
        if let Some(program) = &parsed.program {
            found.extend(evaluate(program, &Facts::default(), Mode::Open, &Limits::default()).diagnostics);
        }
        assert!(!found.is_empty(), "{source}");
        for diagnostic in found {
            assert!(!diagnostic.to_string().contains("hunter2"), "{diagnostic}");
        }
    }
}

#[test]
fn objects_merge_deeply_and_everything_else_is_replaced() {
    let evaluation = open(
        "imports: [a, b, {c: {merge: false}}]\nvalues: {o: {y: {own: 1}, gone: null}, l: [3], viaC: '${imports.c.v}', inherited: '${o.x}'}\n",
        &[
            ("a", "values: {o: {x: 1, y: {a: 1}, gone: 2}, l: [1, 2]}"),
            ("b", "values: {o: {y: {b: 2}}, s: b}"),
            ("c", "values: {v: 4, w: 5}"),
        ],
    );
    assert_snapshot!(show(&evaluation), @r#"
    inherited: 1
    l: [3]
    o: {gone: null, x: 1, y: {a: 1, b: 2, own: 1}}
    s: "b"
    viaC: 4
    "#);
}

#[test]
fn the_quirks_of_the_reference_are_kept() {
    let evaluation = open(
        "imports: [a, b]
values:
  k$$y: '$${x} $$$'
  nested: {k$$y: 1}
  f: 2
  o: {r: 5}
  r: ${o.r}
  text: {fn::toString: '${m}'}
  m: {own: 1}
  json: {fn::toJSON: '${m}'}
  again: {fn::final: '${m}'}
  lost: '${again.inherited}'
  float: [1.0, 1e6, 017, 0x1F, .5]
  quoted: '${list} ${map}'
  list: [\"a\\\"b\", [x], null, true]
  map: {b: \"\\n\", a: <}
  html: {fn::toJSON: \"<&>\\u2028\"}
  bytes: {fn::toBase64: {fn::fromBase64: /w==}}
  invalid: {fn::toString: {fn::fromBase64: /w==}}
",
        &[("a", "values: {f: {fn::final: 1}, o: {fn::final: {r: 3}}, m: {inherited: 0}}"), ("b", "values: {f: b}")],
    );
    assert_snapshot!(show(&evaluation), @r#"
    again: {own: 1}
    bytes: "/w=="
    f: 2
    float: [1, 1e+06, 15, 31, 0.5]
    html: "\"\\u003c\\u0026\\u003e\\u2028\""
    invalid: "�"
    json: "{\"inherited\":0,\"own\":1}"
    k$$y: "${x} $$"
    list: ["a\"b", ["x"], null, true]
    lost: ?
    m: {inherited: 0, own: 1}
    map: {a: "<", b: "\n"}
    nested: {k$y: 1}
    o: {r: 3}
    quoted: "\"a\\\"b\",\"\\\"x\\\"\",\"\",\"true\" \"a\"=\"<\",\"b\"=\"\\n\""
    r: 5
    text: "\"own\"=\"1\""
    p/root:12,9-27: unknown property "inherited"
    p/root:6,6-11: cannot override final value
    "#);
}

#[test]
fn a_cycle_is_reported_where_it_closes() {
    let evaluation = open("values: {a: '${b}', b: {c: ['${a}']}, d: {x: '${d.y}', y: 1}}\n", &[]);
    assert_snapshot!(show(&evaluation), @r#"
    a: {c: [?]}
    b: {c: [?]}
    d: {x: 1, y: 1}
    p/root:1,13-17: cyclic reference to a
    "#);
}

#[test]
fn an_unknown_provider_is_a_finding_and_its_value_is_unknown() {
    let evaluation =
        open("values: {a: {fn::open::vault: {}}, b: {fn::rotate::iam: {inputs: {}}}, c: '${a.x}-${b}'}\n", &[]);
    assert_snapshot!(show(&evaluation), @r#"
    a: ?
    b: ?
    c: ?
    p/root:1,13-31: unknown provider "vault"
    p/root:1,39-66: unknown rotator "iam"
    "#);
}

#[test]
fn a_value_is_found_by_its_path() {
    let environment = environment(open("values: {a: {b: {x.y: [1, {z: deep}]}}}\n", &[]));
    let find = |path: &str| {
        let path = PropertyPath::parse(path).expect("a path of this test");
        property(environment.properties(), &path).map_or_else(|error| error.to_string(), text)
    };
    assert_snapshot!([r#"a.b["x.y"][1].z"#, "a.b", "a.c", r#"a.b["x.y"][2]"#, r#"a.b["x.y"].k"#, "[0]"].map(find).join("\n"), @r#"
    "deep"
    {x.y: [1, {z: "deep"}]}
    there is no property a.c
    there is no element a.b["x.y"][2]
    a.b["x.y"].k leads into something that has no such parts
    [0] leads into something that has no such parts
    "#);
}

#[test]
fn hostile_definitions_meet_a_limit() {
    let chain = |count: usize| {
        let mut source = String::from("values:\n");
        for index in 0..count {
            let _ = writeln!(source, "  a{index:06}: ${{a{:06}}}", index + 1);
        }
        let _ = writeln!(source, "  a{count:06}: end");
        source
    };
    let doubling = |first: &str, next: fn(&str) -> String| {
        let mut source = format!("values:\n  a00: {first}\n");
        for index in 0..60 {
            let _ = writeln!(source, "  a{:02}: {}", index + 1, next(&format!("${{a{index:02}}}")));
        }
        source
    };
    let through_functions = chain(1_000).replace(": ${", ": {fn::join: ['', ['${").replace("}\n", "}']]}\n");
    let deep = |count: usize| {
        let mut source = String::from("values:\n  a000000: x\n");
        for index in 0..count {
            let _ = writeln!(source, "  a{:06}: ['${{a{index:06}}}']", index + 1);
        }
        source
    };
    let cases = [
        ("a long chain of references", chain(100_000 / 8)),
        ("lists of lists", doubling("x", |last| format!("['{last}', '{last}']"))),
        ("text of texts", doubling("xxxxxxxxxxxxxxxx", |last| format!("'{last}{last}'"))),
        ("quotes of quotes", doubling("'\"'", |last| format!("{{fn::toString: ['{last}']}}"))),
        ("JSON of JSON", doubling("'\"'", |last| format!("{{fn::toJSON: ['{last}']}}"))),
        ("references through functions", through_functions),
        ("a long text in many places", {
            let copies: Vec<String> = (0..1_000).map(|index| format!("  c{index}: ${{a}}\n")).collect();
            format!("values:\n  a: {}\n{}", "x".repeat(500_000), copies.concat())
        }),
        ("deep values", deep(2_000)),
        ("brackets", format!("values: {}", "[".repeat(200_000))),
        (
            "indentation",
            (0..2_000).fold("values:\n".to_owned(), |source, depth| source + &" ".repeat(depth + 1) + "a:\n"),
        ),
        ("bytes", format!("values: {{a: {}}}", "x".repeat(2 << 20))),
        ("dashes", format!("values:\n  {}", "- ".repeat(100_000))),
    ];
    let mut out = String::new();
    for (name, source) in cases {
        let parsed = Program::parse("p/e", &source);
        let mut found = parsed.diagnostics;
        if let Some(program) = parsed.program {
            let evaluation = evaluate(&program, &Facts::default(), Mode::OpenWithExprs, &Limits::default());
            assert!(evaluation.environment.is_none(), "{name}");
            found.extend(evaluation.diagnostics);
        }
        let _ = writeln!(out, "{name}: {}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    assert_snapshot!(out, @r#"
    a long chain of references: values, references and imports nest deeper than 256 levels
    lists of lists: the evaluation makes more than 200000 values
    text of texts: functions and references make more than 33554432 bytes of text
    quotes of quotes: functions and references make more than 33554432 bytes of text
    JSON of JSON: functions and references make more than 33554432 bytes of text
    references through functions: values, references and imports nest deeper than 256 levels
    a long text in many places: the values make more than 67108864 bytes of JSON
    deep values: values, references and imports nest deeper than 256 levels
    brackets: the definition nests deeper than 100 levels
    indentation: the definition is larger than 1048576 bytes
    bytes: the definition is larger than 1048576 bytes
    dashes: the definition nests deeper than 100 levels
    "#);
}

#[test]
fn imports_that_never_end_meet_a_limit() {
    let root = program("p/0", "imports: [p/1]\nvalues: {a: 1}\n");
    let mut facts = Facts::default();
    for index in 1..1_000 {
        let source = format!("imports: [p/{}]\nvalues: {{a: {index}}}\n", index + 1);
        facts.imports.insert(format!("p/{index}"), Program::parse(&format!("p/{index}"), &source).into());
    }
    let evaluation = evaluate(&root, &facts, Mode::OpenWithExprs, &Limits::default());
    assert!(evaluation.environment.is_none() && evaluation.needs.is_empty());
    assert_snapshot!(show(&evaluation), @"more than 256 environments take part");
    let chain: Vec<(String, String)> = (0..200)
        .map(|index| {
            (format!("p/{index}"), format!("imports: [p/{}]\nvalues: {{a: {{b: {{c: {index}}}}}}}\n", index + 1))
        })
        .collect();
    let imports: Vec<(&str, &str)> = chain.iter().map(|(name, source)| (name.as_str(), source.as_str())).collect();
    let evaluation = open_with("imports: [p/0]\n", &imports, &Limits::default());
    assert_snapshot!(show(&evaluation), @"the values make more than 67108864 bytes of JSON");
    let wide: Vec<(String, String)> = (0..200)
        .map(|index| (format!("w/{index}"), format!("values: {{a: {{k{index}: {index}}}, b: {index}}}")))
        .collect();
    let names: Vec<&str> = wide.iter().map(|(name, _)| name.as_str()).collect();
    let imports: Vec<(&str, &str)> = wide.iter().map(|(name, source)| (name.as_str(), source.as_str())).collect();
    let environment = environment(open(&format!("imports: [{}]\n", names.join(", ")), &imports));
    assert_eq!(environment.properties().len(), 2);
}
