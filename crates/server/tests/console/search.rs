//! Searching the audit log in the console.

use engine::{Level, Role};

use crate::server::{Browser, TestServer};

const LOG: &str = "/acme/settings/audit-logs";

#[tokio::test]
async fn console_searches_the_log_and_keeps_what_was_typed() {
    let server = TestServer::start().await;
    server.permit_members(Level::None).await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mallory = server.add("mallory", "Mallory Quist", Role::Member).await;
    ada.create("web", "prod").await;
    mallory.fail_to_open("web", "prod").await;
    let mut browser = Browser::signed_in(&server, &ada).await;
    let rows = |text: &str| text.matches("id=\"entry-").count();

    let denied = browser.get(&format!("{LOG}?q=user%3Amallory+outcome%3Adenied")).await;
    assert_eq!((denied.status, rows(denied.text())), (200, 1));
    assert!(denied.text().contains("value=\"user:mallory outcome:denied\""));
    // Downloads and pages are of the same.
    assert!(denied.text().contains("audit-logs.csv?q=user%3Amallory%20outcome%3Adenied"));
    let file = browser.get(&format!("{LOG}.csv?q=user%3Amallory%20outcome%3Adenied")).await;
    assert_eq!(file.text().lines().count(), 2, "{}", file.text());
    let none = browser.get(&format!("{LOG}?q=user%3Amallory+-outcome%3Adenied+env%3Aweb%2F")).await;
    assert!(rows(none.text()) == 0 && none.text().contains("No entry matches"));

    let wrong = browser.get(&format!("{LOG}?q=colour%3Ared")).await;
    assert_eq!((wrong.status, rows(wrong.text())), (400, 0));
    assert!(wrong.text().contains("value=\"colour:red\"") && wrong.text().contains("user"), "{}", wrong.text());
    assert_eq!(browser.get(&format!("{LOG}.csv?q=colour%3Ared")).await.status, 400);

    let mut member = Browser::signed_in(&server, &mallory).await;
    for query in ["colour%3Ared", "user%3Aada"] {
        assert_eq!(member.get(&format!("{LOG}?q={query}")).await.status, 403, "{query}");
    }
}
