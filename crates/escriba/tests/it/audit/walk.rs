//! The walk of an auditor, `docs/operating/verify.md`: every command in it is run as it is written there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::{Asked, run};

/// Stands between what two commands print.
const MARK: &str = "@@@@";

/// A command of the page, and what the page says that it prints.
struct Step {
    command: String,
    printed: Vec<String>,
}

#[test]
fn every_command_of_the_walk_prints_what_the_page_says() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3");
        return;
    }
    let asked = Asked::new();
    asked.create("prod");
    let opened = asked.server.call(&asked.token, "POST", "/api/esc/environments/acme/web/prod/open", "");
    opened.expect(200);
    let event = asked.newest("environment-open");
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").canonicalize().unwrap();
    let steps = steps(&fs::read_to_string(documents.join("operating/verify.md")).unwrap());
    assert!(steps.len() > 12, "{} commands were found", steps.len());

    let walk = asked.installation.path("walk");
    fs::create_dir(&walk).unwrap();
    symlink(documents, walk.join("docs")).unwrap();
    let script = script(&steps, &asked, &event);
    let mut shell = Command::new("bash");
    for (name, value) in asked.unset().get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_escriba")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", programs.display())).env("PYTHONDONTWRITEBYTECODE", "1");
    let ran = run(shell.current_dir(&walk).arg("-c").arg(&script));

    let printed: Vec<&str> = ran.stdout.split(&format!("{MARK}\n")).skip(1).collect();
    assert_eq!(printed.len(), steps.len(), "{}{}", ran.stdout, ran.stderr);
    for (Step { command, printed: expected }, printed) in steps.iter().zip(printed) {
        let printed: Vec<String> = printed.lines().map(str::to_owned).collect();
        assert_eq!(told(&printed), told(expected), "\n$ {command}\n{}", printed.join("\n"));
    }
}

/// The commands of a page.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```"));
    for line in blocks.flat_map(|(block, _)| block.lines()) {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), printed: Vec::new() }),
            None => steps.last_mut().expect("a block begins with a command").printed.push(line.to_owned()),
        }
    }
    steps
}

/// The page with this server, its log and its event in the place of those that it tells of.
fn script(steps: &[Step], asked: &Asked, event: &str) -> String {
    let key = asked.key();
    let log = key.split('+').next().unwrap().rsplit('/').next().unwrap();
    let mut script = "exec 2>&1\n".to_owned();
    for Step { command, .. } in steps {
        let words = command.split(' ').map(|word| match word.split_once("https://escriba.example.com/log/") {
            Some(_) => format!("http://{}/log/{log}/", asked.server.address()),
            None if is_event(word) => event.to_owned(),
            None => word.to_owned(),
        });
        let command = words.collect::<Vec<_>>().join(" ");
        let command = command
            .replace("https://escriba.example.com", &format!("http://{}", asked.server.address()))
            .replace("escriba_…", &asked.token)
            .replace("/var/lib/escriba", asked.installation.data_dir().to_str().unwrap());
        // `$?` is that of the command before, whatever we print in between.
        script.extend(["code=$?; echo ", MARK, "; (exit $code)\n", &command, "\n"]);
    }
    script
}

/// What lines say, without what is another with each server: numbers, identifiers and keys.
fn told(lines: &[String]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        // Whether the log of the server has named this one already, under a checkpoint of its own, is a matter of time.
        if line.starts_with("- The log of the server, ") {
            continue;
        }
        let line = match line.strip_prefix("First place: events.jsonl") {
            Some(_) => "First place: events.jsonl".to_owned(),
            None => line.split(' ').map(word).collect::<Vec<_>>().join(" "),
        };
        let is_told_twice = line.starts_with("- The checkpoint of ") && told.contains(&line);
        told.extend((!is_told_twice).then_some(line));
    }
    told
}

fn word(word: &str) -> String {
    let bare = word.trim_matches(|edge: char| "(),:;".contains(edge));
    match bare {
        _ if is_event(bare) => word.replace(bare, "EVENT"),
        _ if bare.contains(".escriba/") => word.replace(bare, if bare.contains('+') { "KEY" } else { "LOG" }),
        _ => {
            let mut text: String = word.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
            while text.contains("##") {
                text = text.replace("##", "#");
            }
            text
        }
    }
}

fn is_event(word: &str) -> bool {
    word.len() == 36 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
