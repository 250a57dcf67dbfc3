//! The page of an environment, and those of its revisions.

use engine::{Level, Role};

use crate::server::{Browser, TestServer, log_of};

const PAGE: &str = "/acme/environments/web/prod";

/// How many readings of an environment stand in the log.
async fn readings(browser: &mut Browser) -> usize {
    let log = browser.get("/acme/settings/audit-logs?event=environment-read").await;
    log.text().matches("id=\"entry-").count()
}

#[tokio::test]
async fn console_shows_an_environment_and_what_it_says_only_to_who_asks() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    ada.create("web", "prod").await;
    ada.update("web", "prod", "values: {greeting: hello, key: {fn::secret: hunter2}}\n").await;
    ada.update("web", "prod", "values: {greeting: good evening, key: {fn::secret: hunter2}}\n").await;
    let mut browser = Browser::signed_in(&server, &ada).await;

    let list = browser.get("/acme/environments").await;
    assert!(list.text().contains(&format!("href=\"{PAGE}\"")));
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Ada Park") && page.text().contains(&format!("{PAGE}/revisions/4")));
    assert!(!page.text().contains("good evening"), "nobody asked for it");
    assert_eq!(readings(&mut browser).await, 0);

    let page = browser.get(&format!("{PAGE}?definition=1")).await;
    assert!(page.text().contains("good evening") && !page.text().contains("hunter2"));
    assert!(page.header("escriba-event").starts_with('0'));
    assert_eq!(readings(&mut browser).await, 1);

    // Who saw its secrets is a click away: nobody did, until somebody opens it.
    let saw = "/acme/settings/audit-logs?q=secret%3Aweb%2Fprod%23";
    assert!(page.text().contains(&format!("href=\"{saw}\"")));
    assert_eq!(browser.get(saw).await.text().matches("id=\"entry-").count(), 0);
    ada.open("web", "prod").await;
    let log = browser.get(saw).await;
    assert!(log.text().matches("id=\"entry-").count() == 1 && log.text().contains("Opened "));

    let changed = browser.get(&format!("{PAGE}/revisions/4")).await;
    assert_eq!(changed.status, 200);
    for said in ["Added: ", "Removed: ", "good evening", "hello", "compared with revision 3"] {
        assert!(changed.text().contains(said), "{said}");
    }
    // Both that were compared.
    assert_eq!(readings(&mut browser).await, 3);
    let first = browser.get(&format!("{PAGE}/revisions/1")).await;
    assert!(first.status == 200 && !first.text().contains("compared with"));

    for path in ["/revisions/5", "/revisions/0", "/revisions/18446744073709551615"] {
        assert_eq!(browser.get(&format!("{PAGE}{path}")).await.status, 404, "{path}");
    }
    for path in ["?before=x", "?colour=1"] {
        assert_eq!(browser.get(&format!("{PAGE}{path}")).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn console_tells_of_an_environment_only_those_who_may_read_it() {
    let server = TestServer::start().await;
    server.permit_members(Level::None).await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mallory = server.add("mallory", "Mallory Quist", Role::Member).await;
    ada.create("web", "prod").await;
    let mut member = Browser::signed_in(&server, &mallory).await;
    let absent = member.get("/acme/environments/web/nowhere").await;
    for path in ["", "?definition=1", "/revisions/1"] {
        let page = member.get(&format!("{PAGE}{path}")).await;
        assert_eq!((page.status, page.text()), (404, absent.text()), "{path}");
    }
    let mut admin = Browser::signed_in(&server, &ada).await;
    assert!(admin.get(&log_of("mallory")).await.text().matches("outcome-denied").count() >= 3);
}
