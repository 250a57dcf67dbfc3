//! Writes every page of the console, filled with examples, into a folder.
//!
//! `cargo run -p server --example console_preview -- FOLDER`, then open
//! `FOLDER/index.html`. The pages are as the server sends them but for their
//! addresses, which point into the folder.

use std::path::Path;
use std::{env, fs, io};

use server::console::views::{
    Access, Activity, AuditLogs, AuditLogsForbidden, Change, CliLogin, CliLoginEnd, CodeLine, Entry, Environment,
    EnvironmentRef, EnvironmentRow, Environments, ErrorPage, EventChoice, EventGroup, Extent, Filter, Invite,
    InviteExpired, LogKey, MemberAccess, Moment, Organization, Outcome, Part, Person, Revision, RevisionRow,
    RoleHolders, RoleRow, Roles, ScheduleRow, Section, Sentence, Shell, SignIn, SignInError, Signed, Template,
    UserChoice, Way, Welcome, WelcomeExpired, links,
};
use server::console::{assets, avatar};

#[path = "../src/console/views/samples.rs"]
mod samples;

fn main() -> io::Result<()> {
    let Some(folder) = env::args_os().nth(1) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "usage: console_preview FOLDER"));
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("static"))?;
    fs::create_dir_all(folder.join("avatars"))?;
    for asset in assets::all() {
        fs::write(folder.join(asset.url.trim_start_matches('/')), asset.bytes)?;
    }
    let people = [
        ("ada", "Ada Park"),
        ("ben", "Ben Oyelaran"),
        ("chiara", "Chiara Fontanelli-Morgenstern"),
        ("mallory", "Mallory Quist"),
    ];
    for (login, name) in people {
        fs::write(folder.join(format!("avatars/{login}.svg")), avatar::svg(login, name))?;
    }
    fs::write(folder.join("avatars/github-actions.svg"), avatar::identicon("github-actions"))?;

    let mut index = String::from("<!doctype html>\n<meta charset=\"utf-8\">\n<title>Console</title>\n<ul>\n");
    for (name, page) in samples::pages(now()) {
        let page = page
            .replace("src=\"/", "src=\"")
            .replace("rel=\"stylesheet\" href=\"/", "rel=\"stylesheet\" href=\"")
            .replace("type=\"image/svg+xml\" href=\"/", "type=\"image/svg+xml\" href=\"");
        fs::write(folder.join(format!("{name}.html")), page)?;
        index.extend(["<li><a href=\"", name, ".html\">", name, "</a>\n"]);
    }
    fs::write(folder.join("index.html"), index + "</ul>\n")
}

#[expect(clippy::disallowed_methods, reason = "the script measures from the real time, so the examples do, too")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
