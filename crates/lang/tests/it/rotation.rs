//! Rotating: what is asked, in which order, and what comes of it.

use std::fmt::Write as _;
use std::sync::Arc;

use insta::assert_snapshot;
use lang::{
    CallKind, Evaluation, Facts, Limits, Mode, Need, Program, PropertyPath, ProviderSchema, Schema, Value, ValueKind,
    apply_patches, encrypt_secrets, evaluate,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// A rotator that swaps `a` and `b` of its state, and one that keeps what it is given.
fn facts() -> Facts {
    let schema = |json: Json| Schema::parse(&json).expect("a schema of this test");
    let pair = json!({"type": "object", "required": ["a", "b"],
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
    let next = json!({"type": "object", "required": ["next"], "rotateOnly": ["next"],
        "properties": {"next": {"type": "string"}}});
    let mut facts = Facts::default();
    let rotator =
        |inputs, state| ProviderSchema { inputs: schema(inputs), state: schema(state), outputs: schema(json!(true)) };
    facts.rotators.insert("swap".into(), rotator(json!(true), pair));
    facts.rotators.insert("keep".into(), rotator(next, json!({"type": "object"})));
    facts.rotators.insert("any".into(), rotator(json!(true), json!({"type": "object"})));
    let open = ProviderSchema { inputs: schema(json!(true)), state: schema(json!(true)), outputs: schema(json!(true)) };
    facts.providers.insert("echo".into(), open);
    facts
}

fn map(entries: Vec<(&str, Arc<Value>)>) -> Arc<Value> {
    Arc::new(Value::new(ValueKind::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())))
}

fn answer(kind: CallKind, name: &str, inputs: &Arc<Value>, state: Option<&Arc<Value>>) -> Result<Arc<Value>, String> {
    let none = || Arc::new(Value::new(ValueKind::Map(Vec::new())));
    let part = |key: &str| state.and_then(|state| state.property(key)).map_or_else(none, Arc::clone);
    match (kind, name) {
        (CallKind::Open, _) => Ok(Arc::clone(inputs)),
        (CallKind::OpenRotated, "keep") => Ok(Arc::new(Value::clone(&map(vec![("now", part("now"))])).into_secret())),
        (CallKind::OpenRotated, _) => Ok(state.map_or_else(none, Arc::clone)),
        (CallKind::Rotate, "swap") => Ok(map(vec![("a", part("b")), ("b", part("a"))])),
        (CallKind::Rotate, "keep") => match inputs.property("next") {
            Some(next) if next.is_unknown() => Err("the next one is not known".to_owned()),
            Some(next) => Ok(map(vec![("now", Arc::new(Value::clone(next).into_secret()))])),
            None => Err("there is no next one".to_owned()),
        },
        (CallKind::Rotate, _) => match inputs.property("answer") {
            Some(answer) => Ok(Arc::clone(answer)),
            None => Err("refused".to_owned()),
        },
    }
}

/// Evaluates until there are no needs; what is asked is written down.
fn run(source: &str, imports: &[(&str, &str)], mode: Mode<'_>, asked: &mut String) -> Evaluation {
    run_answering(usize::MAX, source, imports, mode, asked)
}

/// The same, with so many answers at a time.
fn run_answering(
    most: usize,
    source: &str,
    imports: &[(&str, &str)],
    mode: Mode<'_>,
    asked: &mut String,
) -> Evaluation {
    let program = Program::parse("p/root", source).program.expect("a definition of this test");
    let mut facts = facts();
    for (name, source) in imports {
        facts.imports.insert((*name).to_owned(), Program::parse(name, source).into());
    }
    for pass in 1.. {
        let evaluation = evaluate(&program, &facts, mode, &Limits::default());
        if evaluation.needs.is_empty() {
            return evaluation;
        }
        assert!(
            evaluation.environment.is_none() && evaluation.diagnostics.is_empty() && evaluation.rotations.is_empty()
        );
        for need in evaluation.needs.into_iter().take(most) {
            match need {
                Need::Call { key, inputs, state, replaces, .. } => {
                    let replaces = replaces.map_or_else(String::new, |path| format!(" for {path}"));
                    let _ = writeln!(asked, "{pass}: {key:?} {inputs:?} {state:?}{replaces}");
                    let answer = answer(key.kind, &key.name, &inputs, state.as_ref());
                    assert!(facts.calls.insert(key, answer).is_none(), "a call is made once");
                }
                Need::Decrypt(key) => {
                    let text = String::from_utf8_lossy(&key.ciphertext).into_owned();
                    let text = text.strip_prefix("pad-").expect("a ciphertext of this test");
                    facts.decrypted.insert(key, Ok(text.into()));
                }
                Need::Import { text, .. } => panic!("{text} is given"),
            }
        }
    }
    unreachable!("there is always another pass")
}

fn rotate(source: &str, imports: &[(&str, &str)], paths: &[&str]) -> String {
    let paths: Vec<PropertyPath> =
        paths.iter().map(|path| PropertyPath::parse(path).expect("a path of this test")).collect();
    let mut out = String::new();
    let evaluation = run(source, imports, Mode::Rotate { paths: &paths }, &mut out);
    show(&evaluation, &mut out);
    out
}

fn show(evaluation: &Evaluation, out: &mut String) {
    for rotation in &evaluation.rotations {
        let why: Vec<String> = rotation.diagnostics.iter().map(ToString::to_string).collect();
        let patch = rotation.patch.as_ref().map_or_else(String::new, |patch| format!(" {patch:?}"));
        let _ = writeln!(out, "{}: {} [{}]{patch}", rotation.path, rotation.status.as_str(), why.join(", "));
    }
    for diagnostic in &evaluation.diagnostics {
        let _ = writeln!(out, "{diagnostic}");
    }
    if let Some(environment) = &evaluation.environment {
        let _ = writeln!(out, "{environment:?}");
    }
}

#[test]
fn a_rotator_is_asked_for_a_state_and_then_opened_with_it() {
    assert_snapshot!(rotate(
        "values:
  long: {fn::rotate: {provider: swap, inputs: {}, state: {a: one, b: two}}}
  short: {fn::rotate::keep: {inputs: {next: '${long.a}'}}}
  after: '${long.b} ${short.now}'
",
        &[],
        &[],
    ), @r#"
    1: p/root:long Rotate swap {} Some({"a": "one", "b": "two"}) for values.long["fn::rotate"].state
    2: p/root:long OpenRotated swap {} Some({"a": "two", "b": "one"})
    3: p/root:short Rotate keep {"next": "two"} None for values.short["fn::rotate::keep"].state
    4: p/root:short OpenRotated keep {"next": "two"} Some({"now": [secret]})
    values.long: succeeded [] values.long["fn::rotate"].state: {"a": "two", "b": "one"}
    values.short: succeeded [] values.short["fn::rotate::keep"].state: {"now": [secret]}
    {"after": [secret], "long": {"a": "two", "b": "one"}, "short": [secret]}
    "#);
}

#[test]
fn only_what_is_selected_rotates_and_the_rest_is_opened() {
    let source = "values:
  a: {fn::rotate::swap: {inputs: {}, state: {a: '1', b: '2'}}}
  list: [{fn::rotate::swap: {inputs: {}, state: {a: '3', b: '4'}}}]
  in: {fn::open::echo: {x-y: {fn::rotate::swap: {inputs: {}, state: {a: '5', b: '6'}}}}}
  0th: {0th: {fn::rotate::swap: {inputs: {}, state: {a: '7', b: '8'}}}}
  q-u: {fn::rotate::swap: {inputs: {}, state: {a: '9', b: '0'}}}
";
    let rotated = |paths: &[&str]| {
        let paths: Vec<PropertyPath> =
            paths.iter().map(|path| PropertyPath::parse(path).expect("a path of this test")).collect();
        let evaluation = run(source, &[], Mode::Rotate { paths: &paths }, &mut String::new());
        evaluation.rotations.iter().map(|rotation| rotation.path.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(rotated(&["a"]), "values.a");
    assert_eq!(rotated(&["list[0]", "a", "a"]), "values.a values.list[0]");
    assert_eq!(rotated(&[r#"in["fn::open::echo"].x-y"#]), r#"values.in["fn::open::echo"]["x-y"]"#);
    // As in the reference, whose two ways to print a path differ.
    assert_eq!(rotated(&["0th.0th", r#"["0th"]["0th"]"#, "q-u", r#"["q-u"]"#]), "");
    assert_eq!(rotated(&["list", "in", "missing"]), "");
    assert_eq!(rotated(&[]).split(' ').count(), 5);
}

#[test]
fn a_rotation_that_fails_is_a_result_and_a_diagnostic() {
    assert_snapshot!(rotate(
        "values:
  refused: {fn::rotate::any: {inputs: {}, state: {x: 1}}}
  after: ${refused.x}
  text: {fn::rotate::any: {inputs: {answer: no object}}}
  fine: {fn::rotate::any: {inputs: {answer: {x: 1}}}}
  inputs: {fn::rotate::any: {inputs: [1]}}
  state: {fn::rotate::swap: {inputs: {}, state: {a: 1, b: x}}}
  unknown: {fn::rotate::keep: {inputs: {next: '${refused.x}'}}}
  nobody: {fn::rotate::nobody: {inputs: {}}}
",
        &[],
        &[],
    ), @r#"
    1: p/root:refused Rotate any {} Some({"x": 1}) for values.refused["fn::rotate::any"].state
    1: p/root:fine Rotate any {"answer": {"x": 1}} None for values.fine["fn::rotate::any"].state
    1: p/root:text Rotate any {"answer": "no object"} None for values.text["fn::rotate::any"].state
    2: p/root:fine OpenRotated any {"answer": {"x": 1}} Some({"x": 1})
    values.refused: failed [p/root:2,12-55: refused]
    values.fine: succeeded [] values.fine["fn::rotate::any"].state: {"x": 1}
    values.inputs: not-evaluated []
    values.nobody: not-evaluated []
    values.state: not-evaluated []
    values.text: failed [p/root:4,9-54: expected object, got string]
    values.unknown: not-evaluated []
    p/root:2,12-55: rotate: refused
    p/root:6,38-40: expected object, got array
    p/root:9,11-41: unknown rotator "nobody"
    p/root:7,53-54: expected string, got number
    p/root:7,49-60: expected null, got object
    p/root:7,49-60: exactly one subschema must match
    p/root:4,9-54: rotate: expected object, got string
    {"after": [unknown], "fine": {"x": 1}, "inputs": [unknown], "nobody": [unknown], "refused": [unknown], "state": [unknown], "text": [unknown], "unknown": [unknown]}
    "#);
}

#[test]
fn imported_rotators_are_opened_with_the_state_they_have() {
    let import = "values:
  pair: {fn::rotate::swap: {inputs: {}, state: {a: one, b: two}}}
  kept: {fn::rotate::keep: {inputs: {next: '${environments.p.secret.x}'}, state: {now: old}}}
";
    assert_snapshot!(rotate(
        "imports: [p/import]\nvalues: {mine: {fn::rotate::keep: {inputs: {next: '${pair.a}'}, state: {now: '${pair.b}'}}}}\n",
        &[("p/import", import)],
        &[],
    ), @r#"
    1: p/import:kept OpenRotated keep {"next": [unknown]} Some({"now": "old"})
    1: p/import:pair OpenRotated swap {} Some({"a": "one", "b": "two"})
    2: p/root:mine Rotate keep {"next": "one"} Some({"now": "two"}) for values.mine["fn::rotate::keep"].state
    3: p/root:mine OpenRotated keep {"next": "one"} Some({"now": [secret]})
    values.mine: succeeded [] values.mine["fn::rotate::keep"].state: {"now": [secret]}
    {"kept": [secret], "mine": [secret], "pair": {"a": "one", "b": "two"}}
    "#);
}

#[test]
fn what_is_only_for_rotations_is_evaluated_for_every_rotator_of_the_root() {
    let source = "values:
  a: {fn::rotate::keep: {inputs: {next: {fn::toString: {fn::open::echo: {x: y}}}}, state: {now: a}}}
  b: {fn::rotate::keep: {inputs: {next: next}, state: {now: b}}}
";
    let mut opened = String::new();
    let evaluation = run(source, &[], Mode::Open, &mut opened);
    assert!(evaluation.rotations.is_empty());
    assert_snapshot!(opened, @r#"
    1: p/root:a OpenRotated keep {"next": [unknown]} Some({"now": "a"})
    1: p/root:b OpenRotated keep {"next": [unknown]} Some({"now": "b"})
    "#);
    assert_snapshot!(rotate(source, &[], &["b"]), @r#"
    1: p/root:a["fn::rotate::keep"].inputs.next["fn::toString"] Open echo {"x": "y"} None
    1: p/root:b Rotate keep {"next": "next"} Some({"now": "b"}) for values.b["fn::rotate::keep"].state
    2: p/root:a OpenRotated keep {"next": "\"x\"=\"y\""} Some({"now": "a"})
    2: p/root:b OpenRotated keep {"next": "next"} Some({"now": [secret]})
    values.b: succeeded [] values.b["fn::rotate::keep"].state: {"now": [secret]}
    {"a": [secret], "b": [secret]}
    "#);
}

#[test]
fn a_check_rotates_nothing() {
    let source = "values: {a: {fn::rotate::swap: {inputs: {}, state: {a: one, b: two}}}}\n";
    let mut asked = String::new();
    let evaluation = run(source, &[], Mode::Check { show_secrets: true }, &mut asked);
    assert_eq!((asked.as_str(), evaluation.rotations.len()), ("", 0));
}

#[test]
fn beyond_a_limit_the_states_that_were_made_are_not_lost() {
    let source = "values:
  a: {fn::rotate::swap: {inputs: {}, state: {a: one, b: two}}}
  b: {fn::rotate::any: {inputs: {}}}
  c: {fn::toJSON: ['${a}', '${a}', '${a}']}
";
    let program = Program::parse("p/root", source).program.expect("a definition of this test");
    let mut facts = facts();
    let mode = Mode::Rotate { paths: &[] };
    loop {
        let needs = evaluate(&program, &facts, mode, &Limits::default()).needs;
        if needs.is_empty() {
            break;
        }
        for need in needs {
            let Need::Call { key, inputs, state, .. } = need else { panic!("only calls are made here") };
            let answer = answer(key.kind, &key.name, &inputs, state.as_ref());
            facts.calls.insert(key, answer);
        }
    }
    let evaluation = evaluate(&program, &facts, mode, &Limits { bytes: 60, ..Limits::default() });
    assert!(evaluation.environment.is_none());
    assert_eq!(evaluation.diagnostics.len(), 1, "{:?}", evaluation.diagnostics);
    assert_eq!(evaluation.patches().len(), 1);
}

#[test]
fn rotating_patching_and_encrypting_gives_a_definition_that_rotates_on() {
    let mut source = "values:
  long: # stays
    fn::rotate:
      provider: swap
      inputs: {}
      state: {a: {fn::secret: 'x $${y'}, b: plain}
  short: {fn::rotate::keep: {inputs: {next: {fn::secret: '1'}}}} # stays too
"
    .to_owned();
    let mut shown = String::new();
    for _ in 0..3 {
        let evaluation = run(&source, &[], Mode::Rotate { paths: &[] }, &mut String::new());
        assert!(evaluation.diagnostics.is_empty(), "{:?}", evaluation.diagnostics);
        let patched = apply_patches(&source, &evaluation.patches()).expect("a patch of this test");
        source = encrypt_secrets(&patched, |text| Ok::<_, ()>(format!("pad-{text}").into_bytes()))
            .expect("a text of this test");
        shown += &patched;
    }
    assert_snapshot!(shown, @r#"
    values:
      long: # stays
        fn::rotate:
          provider: swap
          inputs: {}
          state: {a: plain, b: {'fn::secret': 'x ${y'}}
      short: {fn::rotate::keep: {inputs: {next: {fn::secret: '1'}}, state: {now: {'fn::secret': "1"}}}} # stays too
    values:
      long: # stays
        fn::rotate:
          provider: swap
          inputs: {}
          state: {a: {'fn::secret': 'x ${y'}, b: plain}
      short: {fn::rotate::keep: {inputs: {next: {fn::secret: {ciphertext: ZXNjeAAAAAFwYWQtMezq07s=}}}, state: {now: {'fn::secret': "1"}}}} # stays too
    values:
      long: # stays
        fn::rotate:
          provider: swap
          inputs: {}
          state: {a: plain, b: {'fn::secret': 'x ${y'}}
      short: {fn::rotate::keep: {inputs: {next: {fn::secret: {ciphertext: ZXNjeAAAAAFwYWQtMezq07s=}}}, state: {now: {'fn::secret': "1"}}}} # stays too
    "#);
    let evaluation = run(&source, &[], Mode::Open, &mut String::new());
    let environment = evaluation.environment.expect("an environment");
    let pair = environment.properties()[0].1.property("b").expect("the pair");
    assert!(pair.is_secret());
    assert!(matches!(pair.kind(), ValueKind::String(text) if &**text == "x ${y"));
}

#[test]
fn what_prints_of_a_rotation_prints_no_secret() {
    let source = "values:
  a: {fn::rotate::swap: {inputs: {}, state: {a: {fn::secret: hunter2}, b: {fn::secret: hunter2}}}}
  b: {fn::rotate::keep: {inputs: {next: {fn::secret: hunter2}}, state: {now: {fn::secret: hunter2}}}}
  c: {fn::rotate::swap: {inputs: {}, state: {a: {fn::secret: hunter2}}}}
  d: {fn::rotate::any: {inputs: {fn::secret: hunter2}, state: {x: {fn::secret: hunter2}}}}
  e: {fn::rotate::any: {inputs: {answer: {fn::secret: hunter2}}}}
  f: {fn::rotate::any: {inputs: {}, state: {fn::fromJSON: {fn::secret: 'hunter2'}}}}
";
    let printed = rotate(source, &[], &[]);
    assert!(!printed.contains("hunter2"), "{printed}");
    let mut asked = String::new();
    let evaluation = run(source, &[], Mode::Rotate { paths: &[] }, &mut asked);
    assert!(!format!("{evaluation:?}").contains("hunter2"));
}

/// Rotators and providers that take what others give.
fn definition() -> impl Strategy<Value = String> {
    let inner = || {
        let texts = vec!["x", "{fn::secret: s}", "'${a.a}'", "'${b.now}'", "'${c.x}'", "'${d.z}'", "'-${a.b}-'", "[y]"];
        prop::sample::select(texts)
    };
    let entry = prop_oneof![
        (inner(), inner())
            .prop_map(|(a, b)| format!("{{fn::rotate::swap: {{inputs: {{}}, state: {{a: {a}, b: {b}}}}}}}")),
        (inner(), inner()).prop_map(|(next, now)| format!(
            "{{fn::rotate::keep: {{inputs: {{next: {next}}}, state: {{now: {now}}}}}}}"
        )),
        inner().prop_map(|z| format!("{{fn::rotate::any: {{inputs: {{answer: {{z: {z}}}}}}}}}")),
        inner().prop_map(|z| format!("{{fn::rotate::any: {{inputs: {{refuse: {z}}}, state: {{}}}}}}")),
        inner().prop_map(|x| format!("{{fn::open::echo: {{x: {x}}}}}")),
        inner().prop_map(str::to_owned),
    ];
    prop::collection::vec(entry, 1..5).prop_map(|entries| {
        let lines = "abcd".chars().zip(entries).map(|(key, entry)| format!("  {key}: {entry}\n"));
        format!("values:\n{}", lines.collect::<String>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_rotates_does_not_depend_on_how_it_is_answered(source in definition(), paths in prop::sample::subsequence(vec!["a", "b", "d"], 0..3)) {
        let paths: Vec<PropertyPath> =
            paths.iter().map(|path| PropertyPath::parse(path).expect("a path of this test")).collect();
        let mode = Mode::Rotate { paths: &paths };
        let outcome = |most: usize| {
            let (mut asked, mut out) = (String::new(), String::new());
            show(&run_answering(most, &source, &[], mode, &mut asked), &mut out);
            let mut calls: Vec<&str> = asked.lines().filter_map(|line| line.split_once(": ")).map(|(_, call)| call).collect();
            calls.sort_unstable();
            (calls.join("\n"), out)
        };
        let all = outcome(usize::MAX);
        prop_assert_eq!(&outcome(usize::MAX), &all);
        prop_assert_eq!(&outcome(1), &all);
        prop_assert_eq!(&outcome(2), &all);
        // Each rotator rotates once, whatever is known when.
        let mut rotated: Vec<&str> = all.0.lines().filter_map(|call| call.split_once(" Rotate ")).map(|(at, _)| at).collect();
        let count = rotated.len();
        rotated.dedup();
        prop_assert_eq!(rotated.len(), count);
    }
}
