//! Properties that hold for any text.

use lang::{
    Diagnostic, Evaluation, Facts, ImportFact, Limits, Mode, Program, decrypt_secrets, encrypt_secrets, evaluate,
};
use proptest::prelude::*;

/// Pieces that meet in definitions, in every wrong order too.
const PIECES: &[&str] = &[
    "values:\n",
    "imports:\n",
    "  ",
    "    ",
    "\n",
    "\r\n",
    "\t",
    "a",
    "b: ",
    "- ",
    "? ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "|+\n",
    "&x ",
    "*x",
    "!!int ",
    "!t",
    "!",
    "%41",
    "# c\n",
    "${",
    "}",
    "$$",
    "a.b",
    "[0]",
    "[\"k\"]",
    "fn::secret: ",
    "fn::join: ",
    "fn::toJSON: ",
    "fn::fromJSON: ",
    "fn::final: ",
    "fn::concat: ",
    "fn::validate: ",
    "ciphertext: ",
    "ZXNjeAAAAAHo9e705fKyKo30VQ==",
    "1",
    "0x1f",
    "null",
    "true",
    "---\n",
    "...\n",
    "\u{feff}",
    "é",
    "世",
    "\u{85}",
    "\\",
    "\\x",
    "imports.",
    "environments.p.e.",
    "context.",
    "${a}",
    "${b.c}",
    "~",
    "fn::open::x: ",
    "fn::rotate: ",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat()),
        proptest::collection::vec(proptest::sample::select(PIECES), 0..12)
            .prop_map(|pieces| format!("values:\n  a: {}\n  b: x\n", pieces.concat())),
        any::<String>(),
    ]
}

fn assert_inside(source: &str, diagnostics: &[Diagnostic]) {
    // The YAML layer knows more line breaks than the map of lines, as in the reference: then bytes are only a guess.
    let rare = source.contains(['\u{85}', '\u{2028}', '\u{2029}']) || source.replace("\r\n", "\n").contains('\r');
    let breaks = |character| matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = source.split(breaks).count();
    for diagnostic in diagnostics {
        let Some(range) = &diagnostic.range else {
            continue;
        };
        // Where text is escaped or folded, its end is only an estimate; where it starts is not.
        assert!(range.begin.line >= 1 && range.begin.line as usize <= lines, "{diagnostic}");
        assert!(range.begin.column >= 1, "{diagnostic}");
        assert!(rare || range.begin.byte as usize <= source.len(), "{diagnostic}");
        assert!(range.begin.line <= range.end.line, "{diagnostic}");
    }
}

fn evaluate_all(program: &Program) -> Vec<Evaluation> {
    let mut facts = Facts::default();
    facts.imports.insert("a".to_owned(), ImportFact::Failed("none".to_owned()));
    [Mode::Check { show_secrets: false }, Mode::Check { show_secrets: true }, Mode::Open, Mode::OpenWithExprs]
        .into_iter()
        .map(|mode| evaluate(program, &facts, mode, &Limits::default()))
        .collect()
}

fn encrypt(text: &str) -> Result<Vec<u8>, &'static str> {
    if text == "refused" { Err("refused") } else { Ok(format!("pad-{text}").into_bytes()) }
}

fn decrypt(payload: &[u8]) -> Result<String, &'static str> {
    let text = std::str::from_utf8(payload).map_err(|_| "no text")?;
    text.strip_prefix("pad-").map(str::to_owned).ok_or("not from here")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_parses_and_evaluates_to_something(source in text()) {
        let parsed = Program::parse("p/e", &source);
        assert_inside(&source, &parsed.diagnostics);
        if let Some(program) = parsed.program {
            for evaluation in evaluate_all(&program) {
                assert_inside(&source, &evaluation.diagnostics);
                if let Some(environment) = evaluation.environment {
                    let json = environment.to_check_json();
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
                    for value in environment.properties() {
                        let sources = lang::disclosed(&value.1);
                        prop_assert!(sources.iter().all(|source| (*source as usize) < environment.sources().len()));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_encrypted_decrypts_to_the_same_definition(source in text()) {
        let Ok(plain) = decrypt_secrets(&source, |_, payload| decrypt(payload)) else { return Ok(()) };
        let encrypted = match encrypt_secrets(&plain, encrypt) {
            Ok(encrypted) => encrypted,
            Err(lang::EditError::Parse(problem)) => {
                prop_assert!(plain == source || problem.is_error());
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(format!("{other} in {plain:?}"))),
        };
        let back = decrypt_secrets(&encrypted, |_, payload| decrypt(payload));
        prop_assert!(back.is_ok(), "{encrypted:?}");
        let again = encrypt_secrets(&back.expect("just checked"), encrypt).expect("it was a definition before");
        let tree = |source: &str| Program::parse("p/e", source).program.map(|program| program.dump().to_string());
        // Places differ, the tree does not.
        prop_assert_eq!(without_ranges(tree(&again)), without_ranges(tree(&encrypted)));
    }
}

fn without_ranges(dump: Option<String>) -> Option<serde_json::Value> {
    fn strip(json: &mut serde_json::Value) {
        match json {
            serde_json::Value::Object(entries) => {
                entries.remove("AccessorRange");
                entries.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut json = serde_json::from_str(&dump?).expect("a dump is JSON");
    strip(&mut json);
    Some(json)
}
