//! Patches of rotations.

use std::sync::Arc;

use insta::assert_snapshot;

use crate::edit::{Patch, apply_patches, encrypt_secrets};
use crate::{Key, PropertyPath, Step, Value, ValueKind};

fn text(text: &str) -> Value {
    Value::new(ValueKind::String(text.into()))
}

fn number(digits: &str) -> Value {
    Value::new(ValueKind::Number(digits.into()))
}

fn map(entries: Vec<(&str, Value)>) -> Value {
    let mut entries: Vec<(Key, Arc<Value>)> =
        entries.into_iter().map(|(key, value)| (key.into(), Arc::new(value))).collect();
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    Value::new(ValueKind::Map(entries))
}

fn list(items: Vec<Value>) -> Value {
    Value::new(ValueKind::List(items.into_iter().map(Arc::new).collect()))
}

fn patch(path: &str, replacement: Value) -> Patch {
    Patch { path: PropertyPath::parse(path).expect("a path of this test"), replacement: Arc::new(replacement) }
}

fn patched(source: &str, patches: &[Patch]) -> String {
    apply_patches(source, patches).expect("a patch of this test")
}

const TEXT: &str = "# head
values:
  full: # the long form
    fn::rotate:
      provider: swap
      inputs: {}
      state:
        # the state
        a: a # one
        b: b
  # between
  short:
    fn::rotate::swap: {inputs: {}, state: {a: a, b: b}} # in brackets
  new:
    fn::rotate::swap:
      inputs: {} # nothing

other: 1.50
";

#[test]
fn a_new_state_takes_the_place_of_the_old_one() {
    let state = || map(vec![("a", text("b").into_secret()), ("b", text("a"))]);
    let patches = [
        patch("values.full[\"fn::rotate\"].state", state()),
        patch("values.short[\"fn::rotate::swap\"].state", state()),
        patch("values.new[\"fn::rotate::swap\"].state", state()),
    ];
    let text = patched(TEXT, &patches);
    assert_snapshot!(text, @r#"
    # head
    values:
      full: # the long form
        fn::rotate:
          provider: swap
          inputs: {}
          state:
            # the state
            a:
              fn::secret: b
            b: a
      # between
      short:
        fn::rotate::swap: {inputs: {}, state: {a: {'fn::secret': b}, b: a}} # in brackets
      new:
        fn::rotate::swap:
          inputs: {} # nothing
          state:
            a:
              fn::secret: b
            b: a

    other: 1.50
    "#);
    let encrypted = encrypt_secrets(&text, |_| Ok::<_, ()>(b"sealed".to_vec())).expect("a text of this test");
    assert_eq!(encrypted.matches("ciphertext: ").count(), 3);
}

#[test]
fn every_kind_of_value_is_written_as_the_reference_writes_it() {
    let state = map(vec![
        ("9", text("#x")),
        ("10", text("1:30")),
        ("Z", text("")),
        ("a.b", text(" lead")),
        ("a9", text("x: y")),
        ("a10", number("42")),
        ("arr", list(vec![text("yes"), number("1.5"), Value::new(ValueKind::Bool(true)), list(vec![])])),
        ("n", Value::new(ValueKind::Null)),
        ("on", map(vec![])),
        ("lines", text("one\ntwo\n")),
        ("secret", map(vec![("<k>", number("1")), ("l", list(vec![text("x")]))]).into_secret()),
        ("lined", text("one\n${two}\n").into_secret()),
    ]);
    assert_snapshot!(patched("values:\n  a: {fn::rotate::x: {inputs: 1}}\n", &[patch("values.b.c", state)]), @r#"
    values:
      a: {fn::rotate::x: {inputs: 1}}
      b:
        c:
          "9": '#x'
          "10": "1:30"
          Z: ""
          a.b: ' lead'
          a9: 'x: y'
          a10: "42"
          arr:
            - "yes"
            - "1.5"
            - true
            - []
          lined:
            fn::secret: |
              one
              ${two}
          lines: |
            one
            two
          "n": null
          "on": {}
          secret:
            fn::fromJSON:
              fn::secret: '{"\u003ck\u003e":1,"l":["x"]}'
    "#);
}

#[test]
fn what_a_rotator_answers_is_data_and_no_code() {
    let state = map(vec![
        ("reference", text("${environments.other.env.secret}")),
        ("dollars", text("a$b $$c")),
        ("one", text("a$b")),
        ("secret", text("${x} $$").into_secret()),
        ("call", map(vec![("fn::open::aws", map(vec![("x", text("${y}"))]))])),
        ("k$$e${y}", text("x")),
    ]);
    assert_snapshot!(patched("values: {}\n", &[patch("values.s", state)]), @r#"
    values:
      s:
        call:
          fn::fromJSON: '{"fn::open::aws":{"x":"$${y}"}}'
        dollars: a$$b $$$$c
        k$$$$e$${y}: x
        one: a$b
        reference: $${environments.other.env.secret}
        secret:
          fn::secret: ${x} $$
    "#);
}

#[test]
fn a_patch_finds_keys_that_no_printed_path_could_name() {
    let steps = ["values", "a\\", "", "b\"c", "state"].map(|key| Step::Key(key.into())).to_vec();
    let patch = Patch { path: PropertyPath::from(steps), replacement: Arc::new(text("new")) };
    assert_eq!(patch.path.to_string(), r#"values["a\"]["b\"c"].state"#);
    let source = r#"values: {"a\\": {"": {'b"c': {state: old}}}}"#;
    assert_eq!(patched(source, &[patch]), source.replace("old", "new"));
}

#[test]
fn a_patch_prints_no_secret() {
    let state = map(vec![("a", text("hunter2").into_secret())]);
    assert_eq!(format!("{:?}", patch("values.a", state)), "values.a: {\"a\": [secret]}");
}
