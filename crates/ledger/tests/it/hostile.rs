//! Whatever people send, no leaf holds it, and every format survives it.

use ledger::entry::Told;
use ledger::formats::{Format, Writer, csv, csv_full, json as lists};
use ledger::{
    Client, Entry, Event, Leaf, Opening, Outcome, ReadList, Reason, Record, Statement, TextKey, canonical, sentence,
};
use proptest::prelude::*;
use serde_json::json;

use crate::refused::is_lawful;
use crate::sample;

/// Where many readers end a line, besides the line feed.
const SEPARATORS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Marks a hostile text, so that it can be looked for.
const MARK: &str = "Hostile";

/// What people can send: any text, and the pieces that formats have a meaning for.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{2028}",
        "\u{feff}",
        "|",
        "=",
        ",",
        ";",
        "{",
        "}",
        "[",
        "]",
        "<script>",
        "=cmd()",
        "CEF:0|",
        "é",
        "\u{1f600}",
        "' OR 1=1",
        "\\u0000",
        "[erased]",
        " ",
    ]);
    let part =
        prop_oneof![3 => nasty.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from), 1 => ".{0,8}"];
    prop::collection::vec(part, 0..6).prop_map(|parts| format!("{MARK}{}", parts.concat()))
}

fn entry(texts: &[String; 6], denied: bool) -> Entry {
    sample::entry(&record(texts, denied), 3)
}

/// A record that has these texts wherever a record can have some.
pub(crate) fn record(texts: &[String; 6], denied: bool) -> Record {
    let [login, name, agent, address, environment, tag] = texts;
    let outcome = if denied { Outcome::Denied(Reason::PermissionMissing) } else { Outcome::Succeeded };
    let mut record = sample::record(Event::EnvironmentRevisionTagOpen, outcome, 3);
    let actor = record.actor.id.expect("a user");
    let client = Client { addr: Some(address), how: None, peer: Some(address), ua: Some(agent) };
    let (via, paths) = ([environment.clone()], [tag.clone()]);
    let list = ReadList { env: sample::id(1), name: environment, rev: 1, via: &via, paths: &paths };
    record.statements = vec![
        Statement::actor(actor, login, name),
        Statement::client(Some(actor.into()), &client).expect("known"),
        Statement::environment("acme", "web", environment),
        Statement::detail(None, &[(TextKey::Tag, tag)]).expect("a tag"),
        Statement::reads(&[list]).expect("a list"),
    ];
    record
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_leaf_holds_what_people_sent(texts in prop::array::uniform6(hostile()), denied: bool) {
        let entry = entry(&texts, denied);
        let leaf = entry.leaf.as_leaf();
        prop_assert!(leaf.as_bytes().iter().all(|byte| is_lawful(*byte)));
        prop_assert!(!leaf.as_str().contains(MARK));
        for text in &texts {
            prop_assert!(!leaf.as_str().contains(text.as_str()));
        }
    }

    #[test]
    fn openings_read_back_and_verify(texts in prop::array::uniform6(hostile()), flip in 0_usize..32) {
        let entry = entry(&texts, false);
        for opening in &entry.openings {
            prop_assert!(canonical::is_canonical(&opening.value));
            let line = opening.line();
            prop_assert_eq!(line.matches('\n').count(), 1);
            let read = Opening::parse_line(&line).expect("a line of ours");
            prop_assert_eq!(&read, opening);
            prop_assert_eq!(read.verify(), Ok(()));
            prop_assert_eq!(entry.leaf.as_leaf().commitment(&opening.name), Some(opening.commitment));
            let mut other = read.clone();
            other.key[flip] ^= 1;
            prop_assert!(other.verify().is_err());
        }
        let actor = entry.actor().text().expect("not erased");
        prop_assert_eq!([&actor.login, &actor.name], [&texts[0], &texts[1]]);
        let target = entry.target().text().expect("not erased");
        prop_assert_eq!(target.environment.as_ref(), Some(&texts[4]));
        let reads = entry.reads().text().expect("not erased");
        prop_assert_eq!(&reads[0].paths, &[texts[5].clone()]);
    }

    #[test]
    fn every_format_keeps_its_shape(texts in prop::array::uniform6(hostile()), denied: bool) {
        let entry = entry(&texts, denied);
        let said = sentence(&entry);
        prop_assert!(!said.chars().any(char::is_control), "{said:?}");

        let text = file(Format::Csv, &entry, None);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let read: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("CSV");
        prop_assert_eq!(read.len(), 1);
        let columns: Vec<&str> = read[0].iter().collect();
        prop_assert_eq!(columns.len(), csv::COLUMNS.len());
        prop_assert_eq!([columns[1], columns[2], columns[4], columns[5]], [&*texts[1], &*texts[0], &*said, &*texts[3]]);

        let line = file(Format::Cef, &entry, Some(&texts[0]));
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert!(!line.contains('\r'));
        // Readers take the first seven bars for the header; in the extension a bar means nothing.
        let parts = unescaped(&line, '|');
        let (fields, extension) = (&parts[..7], parts[7..].join("|"));
        prop_assert_eq!(fields[5].replace("\\|", "|").replace("\\\\", "\\"), said.as_str());
        prop_assert_eq!(unescaped(&extension, '=').len(), 12);
        for (key, next, text) in [("src", "suser", &texts[3]), ("suser", "tokenID", &texts[0]), ("tokenName", "userID", &texts[0])] {
            let (start, end) = (format!(" {key}="), format!(" {next}="));
            let value = &extension[extension.find(&start).expect("a key") + start.len()..];
            let value = &value[..value.find(&end).expect("the next key")];
            prop_assert_eq!(&plain(value), text);
        }

        let event = lists::AuditLogEvent::new(&entry, "https://esc.example.net/avatars/", None);
        let text = serde_json::to_string(&event).expect("JSON");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(value["user"]["githubLogin"].as_str(), Some(texts[0].as_str()));
        prop_assert_eq!(value["user"]["name"].as_str(), Some(texts[1].as_str()));
        prop_assert_eq!(value["sourceIP"].as_str(), Some(texts[3].as_str()));
        prop_assert_eq!(value["description"].as_str(), Some(said.as_str()));
        prop_assert_eq!(value.get("authFailure").is_some(), denied);
    }

    #[test]
    fn every_field_comes_back_out_of_the_full_formats(texts in prop::array::uniform6(hostile()), gone in 0_usize..6) {
        let mut entry = entry(&texts, false);
        if gone < entry.openings.len() {
            entry.openings.remove(gone);
        }
        let told = |name: &str, text: &str| match entry.value(name) {
            Told::Text(_) => text.to_owned(),
            _ => "[erased]".to_owned(),
        };
        let openings: Vec<String> = entry.openings.iter().map(|opening| opening.line().trim_end_matches('\n').to_owned()).collect();

        let text = file(Format::CsvFull, &entry, None);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        prop_assert_eq!(reader.headers().expect("a header").iter().collect::<Vec<_>>(), csv_full::COLUMNS);
        let rows: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("CSV");
        prop_assert_eq!(rows.len(), 1);
        let cell = |name: &str| &rows[0][csv_full::COLUMNS.iter().position(|column| *column == name).expect(name)];
        prop_assert_eq!(cell("Leaf"), entry.leaf.as_leaf().as_str());
        prop_assert_eq!(cell("Openings"), openings.join("\t"));
        prop_assert_eq!(cell("Login"), told("actor", &texts[0]));
        prop_assert_eq!(cell("Name"), told("actor", &texts[1]));
        prop_assert_eq!(cell("UserAgent"), told("client", &texts[2]));
        prop_assert_eq!(cell("SourceIP"), told("client", &texts[3]));
        prop_assert_eq!(cell("TargetEnvironment"), told("target", &texts[4]));
        prop_assert_eq!(cell("Description"), sentence(&entry));

        let text = file(Format::Ndjson, &entry, None);
        prop_assert_eq!(text.lines().count(), 1);
        prop_assert_eq!(text.find(SEPARATORS), None);
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(canonical::to_string(&line["leaf"]).expect("a leaf"), entry.leaf.as_leaf().as_str());
        prop_assert_eq!(&line["openings"], &json!(openings));
        if gone != 0 {
            prop_assert_eq!(line["actor"]["names"]["login"].as_str(), Some(texts[0].as_str()));
        } else {
            prop_assert_eq!(&line["erased"], &json!(["actor"]));
        }

        let text = file(Format::Ocsf, &entry, Some(&texts[0]));
        prop_assert_eq!(text.find(SEPARATORS), None);
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(line["raw_data"].as_str(), Some(entry.leaf.as_leaf().as_str()));
        prop_assert_eq!(&line["unmapped"]["openings"], &json!(openings));
        prop_assert_eq!(line["unmapped"]["credential_name"].as_str(), Some(texts[0].as_str()));
        prop_assert_eq!(&line["type_uid"], &json!(600_302));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..900) {
        let _ = Leaf::parse(&bytes);
        let _ = Opening::parse_line(&String::from_utf8_lossy(&bytes));
        let mut leaf = entry(&Default::default(), false).leaf.as_leaf().as_bytes().to_vec();
        let cut = cut.min(leaf.len());
        let end = (cut + bytes.len()).min(leaf.len());
        leaf.splice(cut..end, bytes);
        let _ = Leaf::parse(&leaf);
    }
}

/// A file of one entry.
fn file(format: Format, entry: &Entry, token_name: Option<&str>) -> String {
    let (mut text, writer) = (String::new(), Writer::new(format, sample::DEVICE));
    writer.start(&mut text);
    writer.entry(&mut text, entry, token_name);
    text
}

/// The value of an extension without its escapes.
fn plain(text: &str) -> String {
    let (mut plain, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        plain.extend(match character {
            '\\' => characters.next().map(|escaped| match escaped {
                'n' => '\n',
                'r' => '\r',
                other => other,
            }),
            other => Some(other),
        });
    }
    plain
}

/// Cuts at a separator that no backslash stands before.
fn unescaped(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        if character == separator && !escaped {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("never empty").push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    parts
}
