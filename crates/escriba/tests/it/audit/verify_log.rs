//! `escriba audit verify` of a whole log behind an address.

use std::fs;
use std::process::Command;

use super::{Asked, forger::Forger, run};
use crate::installation::Ran;

/// The path of the organization's log on its server.
fn path(asked: &Asked) -> String {
    let key = asked.key();
    let origin = key.split('+').next().unwrap();
    format!("/log/{}/", origin.rsplit('/').next().unwrap())
}

fn verify(asked: &Asked, server: &str, arguments: &[&str]) -> Ran {
    let mut command: Command = asked.command();
    command.env("ESCRIBA_URL", server).env("XDG_STATE_HOME", asked.installation.path("state"));
    run(command.args(["verify", "--json", &format!("{server}{}", path(asked))]).args(arguments))
}

#[test]
fn a_log_is_fetched_derived_again_and_remembered() {
    let asked = Asked::new();
    let server = format!("http://{}", asked.server.address());
    let key = asked.key();
    // More than a tile has.
    for number in 0..300 {
        asked.read(&format!("e{number}"));
    }
    asked.run(["prove", &asked.newest("environment-read")]).succeeded();

    let first = verify(&asked, &server, &["--key", &key]).succeeded().json();
    assert_eq!(first["verdict"], "verified");
    assert!(first["entries"].as_u64().unwrap() > 300, "{first}");
    let remembered = asked.installation.path("state").join("escriba/checkpoints");
    assert_eq!(fs::read_dir(remembered).unwrap().count(), 1);

    asked.create("one");
    asked.run(["prove", &asked.newest("environment-created")]).succeeded();
    let second = verify(&asked, &server, &["--key", &key]).succeeded().json();
    let extends = format!("It extends the log as it was at size {}.", first["entries"]);
    assert!(second["shown"].as_array().unwrap().contains(&extends.into()), "{second}");
    let unknown = verify(&asked, &server, &["--no-remember"]);
    assert_eq!((unknown.code, &unknown.json()["verdict"]), (Some(3), &"signer-unknown".into()));
}

#[test]
fn a_changed_answer_is_named() {
    let asked = Asked::new();
    for number in 0..10 {
        asked.read(&format!("e{number}"));
    }
    asked.run(["prove", &asked.newest("environment-read")]).succeeded();
    let key = asked.key();
    let flip = |part: &'static str, at: usize| {
        Forger::new(asked.server.address(), move |path: &str, body: &mut Vec<u8>| {
            if path.contains(part) {
                body[at] ^= 1;
            }
        })
    };
    let fault = |forger: &Forger| {
        let ran = verify(&asked, forger.url(), &["--key", &key, "--no-remember"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
        ran.json()["fault"].clone()
    };
    let entry = fault(&flip("/tile/entries/", 60));
    assert!(entry["file"].as_str().unwrap().starts_with("tile/entries/000"), "{entry}");
    assert!(entry["what"].as_str().unwrap().starts_with("entry 0: "), "{entry}");
    let tile = fault(&flip("/tile/0/", 32));
    assert!(tile["file"].as_str().unwrap().starts_with("tile/0/000"), "{tile}");
    assert!(tile["what"].as_str().unwrap().starts_with("entry 1: "), "{tile}");
    assert_eq!(fault(&flip("/checkpoint", 60))["file"], "checkpoint");
}

#[test]
fn a_log_that_was_cut_since_is_noticed_by_whoever_saw_it_before() {
    let asked = Asked::new();
    let key = asked.key();
    asked.run(["prove", &asked.newest("escriba-log-opened")]).succeeded();
    let earlier = asked.server.call(&asked.token, "GET", &format!("{}checkpoint", path(&asked)), "").expect(200).body;
    asked.create("one");
    asked.run(["prove", &asked.newest("environment-created")]).succeeded();
    let server = format!("http://{}", asked.server.address());
    verify(&asked, &server, &["--key", &key]).succeeded();

    let forger = Forger::new(asked.server.address(), move |path, body| {
        if path.ends_with("/checkpoint") {
            earlier.as_bytes().clone_into(body);
        }
    });
    let ran = verify(&asked, forger.url(), &["--key", &key]);

    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let what = ran.json()["fault"]["what"].as_str().unwrap().to_owned();
    assert!(what.contains("entries, and had"), "{what}");
    assert!(ran.stderr.contains("seen of this log before stands in"), "{}", ran.stderr);
    // Who does not remember cannot notice.
    verify(&asked, forger.url(), &["--key", &key, "--no-remember"]).succeeded();
}

#[test]
fn what_cannot_be_checked_is_neither_right_nor_wrong() {
    let asked = Asked::new();
    let server = format!("http://{}", asked.server.address());
    let file = asked.installation.path("notes.txt");
    fs::write(&file, "nothing to verify\n").unwrap();
    let key = asked.key();
    let cases: [(&[&str], &str); 8] = [
        (&[&server], "is not the address of a log"),
        (&[&format!("{server}/log/rf26ggh4sztli7x4/")], "log not found"),
        (&["no-such-file.zip"], "cannot be read"),
        (&[file.to_str().unwrap()], "is neither a bundle"),
        (&[file.to_str().unwrap(), "--key", "no-such-file"], "no verifier key, and no file"),
        (&[file.to_str().unwrap(), "--key", &key[..key.len() - 4]], "cannot be trusted"),
        (&[file.to_str().unwrap(), "--policy", file.to_str().unwrap()], "is no policy"),
        (&[file.to_str().unwrap(), "--event", file.to_str().unwrap()], "--event is for a proof"),
    ];
    for (arguments, expected) in cases {
        let ran = asked.run(["verify"].iter().chain(arguments));
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
}
