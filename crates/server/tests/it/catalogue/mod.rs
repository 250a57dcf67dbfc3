//! Every event of the catalogue happens, and is read back wherever the log can be read.

mod activities;
mod read_back;

use engine::ledger::{Category, Event};
use engine::store::{Clock as _, SystemClock};

use crate::app::TestApp;
use activities::happen;
pub(crate) use read_back::{console_session, console_session_of, read_back};

/// What the log is expected to say of an activity.
#[derive(Debug)]
pub(crate) struct Happened {
    /// The login of whoever did it; empty if nobody did who has one.
    login: &'static str,
    /// The address it came from; empty if it came from none.
    address: String,
    /// The sentence; `…` stands for an identifier or a number that is another one each time.
    sentence: &'static str,
    /// Whether it stands in the server's log, and not in the organisation's.
    in_server_log: bool,
}

impl Happened {
    /// Somebody tried what they may not.
    pub(crate) fn refused(login: &'static str, address: &str) -> Self {
        Self { login, address: address.to_owned(), sentence: "Tried to …: permission missing", in_server_log: false }
    }

    fn in_the_server_s_log(self) -> Self {
        Self { in_server_log: true, ..self }
    }
}

async fn every_event_of(category: Category) {
    let events: Vec<Event> = Event::ALL.iter().copied().filter(|event| event.category() == category).collect();
    assert!(!events.is_empty());
    let mut wrong = Vec::new();
    for event in events {
        // Before the server is there, which is an event as well.
        let began = SystemClock::new().wall() / 1_000_000;
        let app = TestApp::start().await;
        let happened = happen(event, &app).await;
        let cookie = console_session(&app).await;
        wrong.extend(read_back(&app, &cookie, event, &happened, began).await.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn activities_of_environments_are_read_back_in_every_way() {
    every_event_of(Category::Environments).await;
}

#[tokio::test]
async fn activities_of_authentication_are_read_back_in_every_way() {
    every_event_of(Category::Authentication).await;
}

#[tokio::test]
async fn activities_of_access_tokens_are_read_back_in_every_way() {
    every_event_of(Category::AccessTokens).await;
}

#[tokio::test]
async fn activities_of_organizations_are_read_back_in_every_way() {
    every_event_of(Category::Organization).await;
}

#[tokio::test]
async fn activities_of_the_audit_log_are_read_back_in_every_way() {
    every_event_of(Category::AuditLog).await;
}

#[tokio::test]
async fn activities_of_the_server_are_read_back_in_every_way() {
    every_event_of(Category::Server).await;
}
