//! Reading an event back: as V1, as V2, as CSV, and in the console.

use std::io::Read;

use engine::Client;
use engine::ledger::Event;
use engine::seal::SecretString;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::Happened;
use crate::app::{LOGS, TestApp};

/// What the log says of an event, the same in every way of reading it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// Unix seconds.
    time: i64,
    name: String,
    login: String,
    description: String,
    address: String,
}

impl Said {
    fn is(&self, happened: &Happened) -> bool {
        self.login == happened.login && self.address == happened.address && fits(happened.sentence, &self.description)
    }
}

/// Whether a text is a sentence in which `…` stands for anything.
fn fits(sentence: &str, text: &str) -> bool {
    let mut parts = sentence.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Finds an event in every way of reading the log, with the same time, name, login, description and address. Says what is
/// there instead if it is not found.
pub(crate) async fn read_back(
    app: &TestApp,
    cookie: &str,
    event: Event,
    happened: &Happened,
    began: i64,
) -> Result<(), String> {
    let log = if happened.in_server_log { "&log=server" } else { "" };
    let query = format!("eventFilter={}{log}", event.id());

    let v1 = listed(app, &format!("{LOGS}?{query}"), event).await;
    let v2 = listed(app, &format!("{LOGS}/v2?{query}"), event).await;
    let csv = exported(app, &format!("{LOGS}/v2/export?format=csv&{query}"), event).await;
    let ended = app.clock_now() / 1_000_000;
    let said = v1.iter().find(|said| said.is(happened));
    let said = said.ok_or_else(|| format!("{}: V1 has no {happened:?} but {v1:#?}", event.id()))?;
    if !(began..=ended).contains(&said.time) {
        return Err(format!("{}: the time is {}, not {began} to {ended}", event.id(), said.time));
    }
    if !v2.contains(said) {
        return Err(format!("{}: V2 has no {said:?} but {v2:#?}", event.id()));
    }
    if !csv.contains(said) {
        return Err(format!("{}: CSV has no {said:?} but {csv:#?}", event.id()));
    }

    let page = format!("/acme/settings/audit-logs?event={}{log}", event.id());
    let page = app.anonymous().get(&page).header("cookie", cookie).await.expect(200).text();
    let rows: Vec<&str> = page.split("<tr role=\"row\" id=\"entry-").skip(1).collect();
    if !rows.iter().any(|row| shows(row, said, event)) {
        let rows: Vec<String> = rows.iter().map(|row| plain(row)).collect();
        return Err(format!("{}: the console has no {said:?} but {rows:#?}", event.id()));
    }
    Ok(())
}

/// Whether a row of the console's page says the same. It sets names in bold where text sets them in quotation marks.
fn shows(row: &str, said: &Said, event: Event) -> bool {
    let time = jiff::Timestamp::from_second(said.time).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let text = plain(row).replace('"', "");
    let description = said.description.replace('"', "");
    let words = [&*said.name, &description, &said.address, event.display_name()];
    row.contains(&time) && words.iter().all(|words| text.contains(*words))
}

/// The cookie of the administrator, who signs in to look.
pub(crate) async fn console_session(app: &TestApp) -> String {
    console_session_of(app, "ada").await
}

/// The cookie of somebody who is signed in at the console.
pub(crate) async fn console_session_of(app: &TestApp, login: &str) -> String {
    let password = || SecretString::new("correct horse battery staple".to_owned());
    app.engine().set_password(&app.operator(), login.into(), password()).await.unwrap();
    let signed_in = app.engine().sign_in_with_password(login, password(), Client::default()).await.unwrap();
    format!("escriba_session={}", signed_in.get().cookie.expose())
}

async fn listed(app: &TestApp, path: &str, event: Event) -> Vec<Said> {
    let body = app.user("ada").get(path).await.expect(200).json();
    let events = body["auditLogEvents"].as_array().unwrap();
    assert!(events.iter().all(|found| found["event"] == event.id()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let said = |found: &Value| Said {
        time: found["timestamp"].as_i64().unwrap(),
        name: text(&found["user"]["name"]),
        login: text(&found["user"]["githubLogin"]),
        description: text(&found["description"]),
        address: text(&found["sourceIP"]),
    };
    events.iter().map(said).collect()
}

async fn exported(app: &TestApp, path: &str, event: Event) -> Vec<Said> {
    let answer = app.user("ada").get(path).await.expect(200);
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let columns = rows.headers().unwrap().clone();
    let said = |row: csv::StringRecord| {
        let of = |column: &str| row[columns.iter().position(|name| name == column).unwrap()].to_owned();
        assert_eq!(of("Event"), event.display_name());
        Said {
            time: of("Timestamp").parse::<jiff::Timestamp>().unwrap().as_second(),
            name: of("Name"),
            login: of("Login"),
            description: of("Description"),
            address: of("SourceIP"),
        }
    };
    rows.records().map(|row| said(row.unwrap())).collect()
}

/// The text of a piece of a page.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let text = [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (escaped, character)| text.replace(escaped, character));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
