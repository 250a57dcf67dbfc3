//! Every format that `escriba audit export` writes, and a bundle from the server to the verifiers and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Asked, run};
use crate::installation::Ran;

fn exported(asked: &Asked, format: &str) -> (PathBuf, Value) {
    let file = asked.installation.path(&format!("events.{format}"));
    let arguments = ["export", "--organization", "acme", "--format", format, "--json", "--output"];
    let ran = run(asked.command().args(arguments).arg(&file)).succeeded();
    let told = ran.json();
    assert_eq!(told["format"], format);
    assert_eq!(told["bytes"], fs::metadata(&file).unwrap().len());
    (file, told)
}

/// Each of them names the same event, so none is another one under its name.
#[test]
fn every_format_holds_what_happened() {
    let asked = Asked::new();
    asked.create("one");
    let created = asked.newest("environment-created");
    let text = |format| {
        let (file, told) = exported(&asked, format);
        (fs::read_to_string(file).unwrap(), told["rows"].as_u64())
    };

    let (csv, rows) = text("csv");
    let header =
        "Timestamp,Name,Login,Event,Description,SourceIP,RequireOrgAdmin,RequireStackAdmin,AuthenticationFailure\n";
    assert!(csv.starts_with(header) && csv.contains(",ada,Environment Created,"), "{csv}");
    assert_eq!(rows, Some(csv.lines().count() as u64 - 1));
    let (full, _) = text("csv-full");
    assert!(full.starts_with(header.trim_end()) && full.contains(&created), "{full}");
    assert!(full.lines().next().unwrap().ends_with(",Leaf,Openings"));
    let (cef, rows) = text("cef");
    assert!(cef.lines().all(|line| line.contains(" CEF:0|Pulumi|")) && cef.contains("|Environment Created|"), "{cef}");
    assert_eq!(rows, Some(cef.lines().count() as u64));
    let (json, _) = text("json");
    let json: Value = serde_json::from_str(&json).unwrap();
    let events = json["auditLogEvents"].as_array().unwrap();
    assert!(events.iter().any(|event| event["event"] == "environment-created"), "{json}");
    for (format, id) in [("ndjson", "/id"), ("ocsf", "/metadata/uid")] {
        let (lines, rows) = text(format);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows, Some(lines.len() as u64));
        assert!(lines.iter().any(|line| line.pointer(id) == Some(&created.as_str().into())), "{format}");
    }
}

/// The walk of the documents: from the server to a machine that knows nothing but the file and the key.
#[test]
fn a_bundle_verifies_with_both_verifiers_until_a_byte_is_changed_and_both_say_where() {
    let asked = Asked::new();
    asked.create("one");
    let key = asked.key();
    let (bundle, _) = exported(&asked, "bundle");
    let elsewhere = asked.installation.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let ours = |file: &Path, arguments: &[&str]| {
        let mut command = asked.unset();
        command.env_remove("ESCRIBA_DATA_DIR").env_remove("ESCRIBA_DATABASE_URL").current_dir(&elsewhere);
        run(command.arg("verify").arg(file).args(arguments))
    };

    let whole = ours(&bundle, &["--key", &key, "--json"]).succeeded().json();
    assert_eq!((&whole["verdict"], &whole["fault"]), (&"verified".into(), &Value::Null));
    assert!(whole["shown"][0].as_str().unwrap().starts_with("Every entry from 0 on"), "{whole}");
    assert_eq!(ours(&bundle, &[]).code, Some(3));
    assert_eq!(ours(&bundle, &["--key", &Asked::new().key()]).code, Some(3));
    if let Some(python) = theirs(&bundle, &[&key]) {
        let said = format!("{} entries checked; signed by the key you supplied\n", whole["entries"]);
        assert_eq!(python.succeeded().stdout, said);
        assert_eq!(theirs(&bundle, &[]).unwrap().code, Some(3));
    }

    let changed = elsewhere.join("changed.zip");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[700] ^= 1;
    fs::write(&changed, bytes).unwrap();
    let ran = ours(&changed, &["--key", &key]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("TAMPERED") && ran.stdout.contains("First place: events.jsonl"), "{}", ran.stdout);
    let fault = ours(&changed, &["--key", &key, "--json"]).json()["fault"].clone();
    assert_eq!(fault["file"], "events.jsonl", "{fault}");
    if let Some(python) = theirs(&changed, &[&key]) {
        assert_eq!(python.code, Some(1), "{}", python.stderr);
        assert!(python.stdout.starts_with("TAMPERED, first here: events.jsonl"), "{}", python.stdout);
    }
}

/// The verifier of the documents, where there is a Python.
pub(super) fn theirs(file: &Path, arguments: &[&str]) -> Option<Ran> {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3");
        return None;
    }
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py");
    let mut python = Command::new("python3");
    Some(run(python.env("PYTHONDONTWRITEBYTECODE", "1").arg(verifier).arg(file).args(arguments)))
}
