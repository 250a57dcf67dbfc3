//! `docs/log-format.md` says what the crate does.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ledger::{
    ActorKind, CredentialKind, DetailKey, DetailKind, Event, GrantSource, Held, Need, Reason, StatementName,
    TargetKind, TextKey,
};

#[test]
fn every_event_key_and_word_stands_in_the_format() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/log-format.md");
    let text = fs::read_to_string(path).expect("the document is there");
    for event in Event::ALL {
        has(&text, &paragraph(*event));
    }
    for key in Event::ALL.iter().flat_map(|event| event.detail_keys()) {
        has(&text, &row(key));
    }
    macro_rules! words {
        ($($name:ident)+) => {
            $(has(&text, &list(&$name::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()));)+
        };
    }
    words!(ActorKind CredentialKind GrantSource Held Need Reason StatementName TargetKind TextKey);
}

#[test]
fn no_event_stands_in_the_format_that_is_not_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/log-format.md");
    let text = fs::read_to_string(path).expect("the document is there");
    for id in text.lines().filter_map(|line| line.strip_prefix("#### `")?.split_once('`').map(|(id, _)| id)) {
        assert!(Event::from_word(id).is_some(), "{id}");
    }
}

fn has(text: &str, part: &str) {
    assert!(text.contains(part), "docs/log-format.md should hold:\n\n{part}");
}

fn paragraph(event: Event) -> String {
    let [past, infinitive] = event.templates();
    let mut text = format!("#### `{}`\n\n*{}*. {}", event.id(), event.display_name(), event.description());
    if event.requires_org_admin() {
        text += " Requires an organization admin.";
    }
    if event.authentication_failure() {
        text += " Is an authentication failure.";
    }
    let keys: Vec<_> = event.detail_keys().iter().map(|key| key.name).collect();
    let keys = if keys.is_empty() { "none".to_owned() } else { list(&keys) };
    write!(text, " Detail: {keys}.\n\n```\n{past}\n{infinitive}\n```\n").expect("a string takes everything");
    text
}

fn row(key: &DetailKey) -> String {
    let kind = match key.kind {
        DetailKind::Integer => "integer",
        DetailKind::Boolean => "boolean",
        DetailKind::Word => "word",
        DetailKind::Id => "id",
        DetailKind::Event => "event id",
        DetailKind::Log => "log id",
        DetailKind::Digest => "digest",
        DetailKind::Words => "array of words",
        DetailKind::Integers => "array of integers",
        DetailKind::Ids => "array of ids",
    };
    format!("| `{}` | {kind} | {} |\n", key.name, key.about)
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A check whose test was renamed, or is gone, is one that nobody sees any more.
#[test]
fn every_test_that_the_format_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/log-format.md")).expect("the document is there");
    let (_, section) = text.split_once("### Which check finds what\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let folders = ["crates/ledger/tests/it/bundle", "crates/server/tests/it/signing"];
    let sources = |file: &str| {
        let sources = folders.iter().filter_map(|folder| fs::read_to_string(root.join(folder).join(file)).ok());
        sources.collect::<String>()
    };
    let (mut file, mut tests) = (String::new(), 0);
    for word in section.split('`').skip(1).step_by(2) {
        if Path::new(word).extension().is_some_and(|extension| extension == "rs") {
            file = sources(word);
            assert!(!file.is_empty(), "no file {word}");
        } else if word.matches('_').count() > 1 && word != word.to_uppercase() {
            assert!(file.contains(&format!("fn {word}(")), "no test {word}");
            tests += 1;
        }
    }
    assert!(tests > 30, "{tests}");
}
