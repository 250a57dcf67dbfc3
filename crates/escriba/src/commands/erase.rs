//! `escriba users erase`: what is asked before, and what is said after.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{number, text};
use crate::print;

/// Asks whoever sits at the terminal. A script has nobody to ask, and says `--yes`.
pub(super) fn confirm(login: &str, organization: Option<&str>) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("erasing {login} cannot be undone, and nobody is here to confirm it; say --yes");
    }
    let scope = organization.map_or_else(String::new, |organization| format!(" from {organization}"));
    print::note(format!("This erases {login}{scope} for good. Type the login again to go on:"));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the confirmation cannot be read")?;
    if line.trim() == login { Ok(()) } else { bail!("nothing was erased") }
}

/// Says what was done, what is out of reach, and what stays.
pub(super) fn say(answer: &Value) {
    done(answer);
    print::line("\nOut of reach:\n");
    for export in list(answer, "exports") {
        let (of, count, newest) = (log(export), number(export, "count"), text(export, "newest"));
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        print::line(format!(
            "  - The log of {of} was exported {times} since it first spoke of them, last at {newest}. Its events\n    \
             `escriba-audit-log-exported` say who has the copies."
        ));
    }
    print::line(
        "  - Backups of the database from before now hold the texts until you throw them away. Events
    `escriba-backup-made` in the log of the server say which were made here; this program cannot know of others.
  - Whoever read the log may remember or have kept what it said.
  - What stands in environments, and in names of environments and properties, was not looked at.",
    );
    print::line("\nWhat stays:\n");
    for of in list(answer, "logs") {
        if let Some(actor) = of.get("actor").and_then(Value::as_str) {
            print::line(format!("  - What they did, as {actor} in the log of {}. Every proof of it holds.", log(of)));
        }
    }
    if let Some(account) = answer.get("account").and_then(Value::as_str) {
        print::line(format!("  - The account {account}, without a name: what it made still belongs to it."));
    }
    let unfinished = list(answer, "unfinished");
    if !unfinished.is_empty() {
        print::line("\nNOT FINISHED; run the same command again:\n");
        unfinished.iter().filter_map(Value::as_str).for_each(|what| print::line(format!("  - {what}")));
    }
}

fn done(answer: &Value) {
    let login = text(answer, "login");
    let (logs, account) = (list(answer, "logs"), answer.get("account").and_then(Value::as_str));
    if logs.is_empty() && account.is_none() && list(answer, "left").is_empty() {
        print::line(format!("Nothing here speaks of {login}. That this was asked for is recorded, without the login."));
        return;
    }
    let scope = match text(answer, "organization") {
        "" => String::new(),
        organization => format!(" from {organization}"),
    };
    print::line(format!("{login} is erased{scope}:\n"));
    for of in logs {
        print::line(format!("  - {} in the log of {}", counted(number(of, "texts"), "text"), log(of)));
    }
    for organization in list(answer, "left").iter().filter_map(Value::as_str) {
        print::line(format!("  - the membership in {organization}"));
    }
    if account.is_some() {
        let tokens = counted(number(answer, "tokens"), "access token");
        let sessions = counted(number(answer, "sessions"), "session");
        print::line(format!(
            "  - login, name, e-mail address and password of the account; {tokens} and {sessions} ended"
        ));
    }
}

fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("one {thing}") } else { format!("{count} {thing}s") }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whose log it is, or its name.
fn log(of: &Value) -> String {
    match text(of, "organization") {
        "" if text(of, "log").contains("/server/") => "the server".to_owned(),
        "" => text(of, "log").to_owned(),
        organization => organization.to_owned(),
    }
}
