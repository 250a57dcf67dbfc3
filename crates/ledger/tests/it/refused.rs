//! Bytes that are almost a leaf, and why they are none.

use std::fs;
use std::path::Path;

use ledger::{Event, InstanceId, Leaf, LeafFault, LogId, LogKind, Origin, Outcome};
use serde_json::{Value, json};

use crate::sample;

/// The stored cases are never rewritten; a new one goes to the end of [`cases`] and of the file.
#[test]
fn what_is_not_exactly_canonical_is_refused_for_its_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1/refused.json");
    if !path.exists() && std::env::var_os("LEDGER_NEW_VECTORS").is_some() {
        let cases: Vec<_> = cases()
            .into_iter()
            .map(|(name, leaf)| json!({"case": name, "error": refusal(&leaf), "leaf": leaf}))
            .collect();
        let text = serde_json::to_string_pretty(&cases).expect("JSON");
        fs::write(&path, text + "\n").expect("the vectors can be written");
    }
    let text = fs::read_to_string(path).expect("the vectors are there");
    let stored: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let cases = cases();
    assert_eq!(stored.len(), cases.len());
    for (stored, (name, leaf)) in stored.iter().zip(cases) {
        assert_eq!(stored["case"], name);
        assert_eq!(stored["leaf"], leaf.as_str(), "{name}");
        assert_eq!(stored["error"], refusal(&leaf).as_str(), "{name}");
    }
}

#[test]
fn a_leaf_of_another_log_is_refused() {
    let entry = sample::entry(&sample::record(Event::EnvironmentOpen, Outcome::Succeeded, 1), 1);
    let leaf = entry.leaf.as_leaf();
    assert_eq!(leaf.check_log(&sample::origin()), Ok(()));
    let other = Origin::new(InstanceId::from_random([0x17; 10]), LogKind::Server, LogId::from_random([0x4e; 10]));
    let at = leaf.as_str().find("\"log\":").expect("a log") + 6;
    let error = leaf.check_log(&other).expect_err("another log");
    assert_eq!((error.at, error.fault), (at, LeafFault::ForeignLog));
}

#[test]
fn a_later_version_is_read_as_far_as_the_format_is_frozen() {
    let leaf = base().replace("\"v\":1", "\"v\":2").replace("\"actor\":{", "\"acted\":{\"by\":[\"x\"],");
    let leaf = Leaf::parse(leaf.as_bytes()).expect("the frozen members are there");
    assert_eq!((leaf.version(), leaf.event_type(), leaf.actor_kind()), (2, "environment-open", None));
    let unknown = base().replace("environment-open", "environment-of-the-future");
    let leaf = Leaf::parse(unknown.as_bytes()).expect("a type may be unknown");
    assert_eq!((leaf.event(), leaf.event_type()), (None, "environment-of-the-future"));
}

#[test]
fn no_changed_byte_goes_unnoticed_as_another_spelling() {
    let leaf = base();
    for at in 0..leaf.len() {
        for byte in 0..=255 {
            let mut bytes = leaf.clone().into_bytes();
            if bytes[at] == byte {
                continue;
            }
            bytes[at] = byte;
            if let Ok(read) = Leaf::parse(&bytes) {
                // What still reads is another leaf: it obeys the lexical law and says something else.
                assert!(bytes.iter().all(|byte| is_lawful(*byte)), "byte {at}");
                assert_eq!(read.as_bytes(), bytes);
            }
        }
        assert!(Leaf::parse(&leaf.as_bytes()[..at]).is_err(), "cut at {at}");
    }
}

pub(crate) fn is_lawful(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"\"._:/+=,[]{}-".contains(&byte)
}

fn refusal(leaf: &str) -> String {
    Leaf::parse(leaf.as_bytes()).expect_err(leaf).to_string()
}

fn base() -> String {
    let entry = sample::entry(&sample::record(Event::EnvironmentOpen, Outcome::Denied(ledger::Reason::Invalid), 1), 1);
    entry.leaf.as_leaf().as_str().to_owned()
}

fn cases() -> Vec<(&'static str, String)> {
    let base = base();
    let with = |from: &str, to: &str| {
        assert!(base.contains(from), "the base has no {from}");
        base.replacen(from, to, 1)
    };
    let id = &base[base.find("\"id\":\"0").expect("an id")..][..42];
    let commitment = {
        let start = base.find("\"c\":{\"actor\":\"").expect("a commitment") + 14;
        base[start..start + 44].to_owned()
    };
    let salt = {
        let start = base.find("\"salt\":\"").expect("a salt") + 8;
        base[start..start + 24].to_owned()
    };
    vec![
        ("nothing", String::new()),
        ("no object", "[]".to_owned()),
        ("a blank after a colon", with("\"v\":1", "\"v\": 1")),
        ("a line feed at the end", format!("{base}\n")),
        ("a second object", format!("{base}{{}}")),
        ("a missing brace", base[..base.len() - 1].to_owned()),
        ("a repeated key", with("\"type\":", "\"ts\":1,\"type\":")),
        ("a repeated inner key", with("\"kind\":\"user\"", "\"kind\":\"user\",\"kind\":\"user\"")),
        ("keys out of order", with("\"req\":", "\"zzz\":1,\"req\":")),
        ("inner keys out of order", with("{\"by\":\"latest\"", "{\"session\":1,\"by\":\"latest\"")),
        ("an escape", with("environment-open", "environment\\u002dopen")),
        ("a letter outside ASCII", with("environment-open", "environment-öpen")),
        ("a blank in a string", with("environment-open", "environment open")),
        ("a comma in a string", with("environment-open", "environment,open")),
        ("a capital key", with("\"node\":", "\"Node\":")),
        ("an underscore in a key", with("\"reads\":", "\"re_ds\":")),
        ("a key that starts with a digit", with("\"reads\":", "\"1eads\":")),
        ("an empty key", with("\"reads\":", "\"\":")),
        ("a float", with("\"lifetime\":207", "\"lifetime\":207.0")),
        ("an exponent", with("\"lifetime\":207", "\"lifetime\":2e7")),
        ("a negative integer", with("\"lifetime\":207", "\"lifetime\":-207")),
        ("minus zero", with("\"lifetime\":207", "\"lifetime\":-0")),
        ("a leading zero", with("\"lifetime\":207", "\"lifetime\":0207")),
        ("2^53", with("\"lifetime\":207", "\"lifetime\":9007199254740992")),
        ("far beyond 2^64", with("\"lifetime\":207", "\"lifetime\":99999999999999999999999999")),
        ("a null", with("\"lifetime\":207", "\"lifetime\":null")),
        ("an empty string", with("\"by\":\"latest\"", "\"by\":\"\"")),
        ("an empty object", with("\"lifetime\":207", "\"lifetime\":{}")),
        ("an empty array", with("\"lifetime\":207", "\"lifetime\":[]")),
        ("a trailing comma", with("\"v\":1}", "\"v\":1,}")),
        ("too deep", with("\"lifetime\":207", "\"lifetime\":[[[1]]]")),
        ("a detail that is not flat", with("\"lifetime\":207", "\"lifetime\":{\"a\":1}")),
        ("an array in an array", with("\"lifetime\":207", "\"lifetime\":[[1]]")),
        ("a detail that is a word", {
            let (start, end) =
                (base.find("{\"by\":\"latest\"").expect("a detail"), base.find(",\"id\":\"0").expect("an id"));
            format!("{}\"word\"{}", &base[..start], &base[end..])
        }),
        ("too long", with("environment-open", &"x".repeat(4096))),
        ("base64 without padding", with(&commitment, commitment.trim_end_matches('='))),
        ("base64 of another alphabet", with(&commitment, &format!("-{}", &commitment[1..]))),
        ("base64 with bits to spare", with(&commitment, &format!("{}B=", &commitment[..42]))),
        ("a commitment of 31 bytes", with(&commitment, &format!("{}A==", &commitment[..41]))),
        ("a commitment that is a number", with(&format!("\"{commitment}\""), "1")),
        ("a salt with bits to spare", with(&salt, &format!("{}B==", &salt[..21]))),
        ("a salt of 17 bytes", with(&salt, &format!("{}AA=", &salt[..21]))),
        ("an unknown member", with("\"node\":", "\"mood\":1,\"node\":")),
        ("an unknown inner member", with("\"kind\":\"user\"", "\"kind\":\"user\",\"mood\":1")),
        ("no id", with(&format!("{id}\","), "")),
        ("an id of another version", with(id, &id.replacen("-7", "-4", 1))),
        ("an id in capitals", with(id, &format!("\"id\":{}", id[5..].to_uppercase()))),
        ("no node", with(&format!("\"node\":\"{}\",", sample::id::<ledger::kinds::Node>(2)), "")),
        ("a node of another kind", with("\"node\":\"n_", "\"node\":\"m_")),
        ("an unknown outcome", with("\"outcome\":\"denied\"", "\"outcome\":\"refused\"")),
        ("a reason for success", with("\"outcome\":\"denied\"", "\"outcome\":\"succeeded\"")),
        ("no reason", with("\"reason\":\"invalid\",", "")),
        ("a wall that is the time", with("\"v\":1}", &format!("\"v\":1,\"wall\":{}}}", sample::time(1)))),
        ("a time that is a word", with(&format!("\"ts\":{}", sample::time(1)), "\"ts\":\"now\"")),
        ("version 0", with("\"v\":1}", "\"v\":0}")),
        ("an actor without an id", with(&format!("\"id\":\"{}\",", ledger::ActorId::from_random([0xa1; 10])), "")),
        ("an anonymous actor with an id", with("\"kind\":\"user\"", "\"kind\":\"anonymous\"")),
        ("an actor that is a word", {
            let end = base.find(",\"authz\"").expect("an authorization");
            format!("{{\"actor\":\"user\"{}", &base[end..])
        }),
        ("a log that is no origin", with(".escriba/org/", ".escriba/orgs/")),
        (
            "nine causes",
            with(
                "\"cred\":",
                &format!("\"cause\":[{}],\"cred\":", [&id[5..]; 9].map(|id| format!("{id}\"")).join(",")),
            ),
        ),
        ("a cause that is no id", with("\"cred\":", "\"cause\":[\"x\"],\"cred\":")),
        ("a cause that is a word", with("\"cred\":", "\"cause\":\"x\",\"cred\":")),
    ]
}
