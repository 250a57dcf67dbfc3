//! `escriba users …`

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use server::admin::{Password, Request};
use server::config::Settings;

use super::{administer, erase, text};
use crate::arguments::Users;
use crate::print;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, action: Users) -> Result<ExitCode> {
    let (request, as_json) = match action {
        Users::Add { login, organization, role, name, email, json } => {
            (Request::AddUser { login, name, email, organization, role: role.as_str().to_owned() }, json)
        }
        Users::List { json } => (Request::ListUsers, json),
        Users::SetRole { login, role, organization, json } => {
            (Request::SetRole { organization, login, role: role.as_str().to_owned() }, json)
        }
        Users::Remove { login, organization, json } => (Request::RemoveMember { organization, login }, json),
        Users::Erase { login, organization, yes, json } => {
            if !yes {
                erase::confirm(&login, organization.as_deref())?;
            }
            (Request::EraseUser { login, organization }, json)
        }
        Users::Link { login, json } => (Request::CreateLink { login }, json),
        Users::SetPassword { login, json } => {
            let password = read_password(&login)?;
            (Request::SetPassword { login, password }, json)
        }
    };
    let said = Said::of(&request);
    let answer = administer(settings, config, request).await?;
    if as_json {
        print::json(&answer);
    } else {
        said.print(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

/// A password from standard input: a line of a pipe, or typed.
fn read_password(login: &str) -> Result<Password> {
    if std::io::stdin().is_terminal() {
        print::note(format!("New password of {login} (it will be visible; Enter ends it):"));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the password cannot be read from standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("no password was given on standard input");
    }
    Ok(Password(password.to_owned()))
}

/// What is said of an answer.
enum Said {
    Added,
    List,
    RoleSet,
    Removed,
    Link,
    PasswordSet,
    Erased,
}

impl Said {
    fn of(request: &Request) -> Self {
        match request {
            Request::AddUser { .. } => Self::Added,
            Request::SetRole { .. } => Self::RoleSet,
            Request::RemoveMember { .. } => Self::Removed,
            Request::CreateLink { .. } => Self::Link,
            Request::SetPassword { .. } => Self::PasswordSet,
            Request::EraseUser { .. } => Self::Erased,
            _ => Self::List,
        }
    }

    fn print(&self, answer: &Value) {
        let say = |key| text(answer, key);
        match self {
            Self::Added => print::line(format!(
                "{} is a {} of {} now.\n\n  Access token   {}\n\nThe token is shown only this once.",
                say("login"),
                say("role"),
                say("organization"),
                say("token")
            )),
            Self::List => list(answer),
            Self::Erased => erase::say(answer),
            Self::RoleSet => {
                print::line(format!("{} has the role {} in {} now.", say("login"), say("role"), say("organization")));
            }
            Self::Removed => {
                print::line(format!("{} does not belong to {} any more.", say("login"), say("organization")));
            }
            Self::Link => print::line(format!(
                "With this link {} sets a password and signs in, once, within three days:\n\n  {}",
                say("login"),
                say("link")
            )),
            Self::PasswordSet => {
                print::line(format!("The password of {} is set; its console sessions have ended.", say("login")));
            }
        }
    }
}

fn list(answer: &Value) {
    let empty = Vec::new();
    let users = answer.as_array().unwrap_or(&empty);
    let rows: Vec<[String; 4]> = users
        .iter()
        .map(|user| {
            let memberships = user.get("organizations").and_then(Value::as_array).unwrap_or(&empty);
            let memberships: Vec<String> =
                memberships.iter().map(|of| format!("{} ({})", text(of, "organization"), text(of, "role"))).collect();
            let password = user.get("password").and_then(Value::as_bool).unwrap_or(false);
            [
                text(user, "login").to_owned(),
                text(user, "name").to_owned(),
                memberships.join(", "),
                if password { "yes" } else { "no" }.to_owned(),
            ]
        })
        .collect();
    print::table(["LOGIN", "NAME", "ORGANIZATIONS", "PASSWORD"], &rows);
}
