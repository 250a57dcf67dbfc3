//! Joining an organisation by the link of an invitation.

use engine::Role;

use crate::server::{Browser, TestServer};

const PASSWORD: &str = "a long enough password";
const ACCEPTED: &str = "/acme/settings/audit-logs?event=organization-invite-accepted";

fn account<'a>(csrf: &'a str, login: &'a str, password: &'a str, confirmation: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("csrf", csrf), ("login", login), ("password", password), ("confirmation", confirmation)]
}

#[tokio::test]
async fn console_lets_somebody_new_make_an_account_and_join_once() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let invite = server.invite("member").await;
    let form = format!("{invite}/account");
    let mut browser = Browser::new(&server);
    let page = browser.get(&invite).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("acme") && page.text().contains("/sign-in?next=%2Finvite%2F"), "{}", page.text());
    let csrf = browser.token_at(&invite).await;
    assert_eq!(browser.post(&form, &account("forged", "lin", PASSWORD, PASSWORD)).await.status, 403);
    for (login, password, confirmation, message) in [
        ("lin", PASSWORD, "another password", "The two passwords differ."),
        ("lin", "short", "short", "A password has at least 12 characters."),
        ("ada", PASSWORD, PASSWORD, "User already exists."),
        ("l i n", PASSWORD, PASSWORD, "notice-bad"),
    ] {
        let reply = browser.post(&form, &account(&csrf, login, password, confirmation)).await;
        assert_eq!(reply.status, 400, "{login}");
        assert!(reply.text().contains(message) && !reply.text().contains(PASSWORD), "{}", reply.text());
    }
    let joined = account(&csrf, "lin", PASSWORD, PASSWORD);
    assert_eq!(browser.post(&form, &joined).await.location(), "/");
    assert_eq!(browser.get("/").await.location(), "/acme/environments");

    let mut another = Browser::new(&server);
    let expired = another.get(&invite).await;
    assert_eq!(expired.status, 404);
    assert_eq!(expired.text(), another.get("/invite/escriba_link_nonsense").await.text());
    let late = browser.post(&form, &account(&csrf, "lin2", PASSWORD, PASSWORD)).await;
    assert_eq!((late.status, late.text()), (404, expired.text()));
    // With the password that was chosen.
    let csrf = another.token_at("/sign-in").await;
    let fields = [("csrf", &*csrf), ("login", "lin"), ("password", PASSWORD)];
    assert_eq!(another.post("/sign-in", &fields).await.location(), "/");

    let mut admin = Browser::signed_in(&server, &ada).await;
    let log = admin.get("/acme/settings/audit-logs?user=lin").await;
    for said in ["Created user", "Accepted an invitation", "Added", "Signed in"] {
        assert!(log.text().contains(said), "{said} is not in the log of lin");
    }
}

#[tokio::test]
async fn console_lets_somebody_who_is_signed_in_join_by_a_button() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    let invite = server.invite("admin").await;
    // A member has nothing to join, and does not use the link up.
    let mut member = Browser::signed_in(&server, &ben).await;
    let csrf = member.token_at(&invite).await;
    let reply = member.post(&invite, &[("csrf", &csrf)]).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("Member already exists."), "{}", reply.text());
    server.engine.remove_member(&server.operator(), "acme".into(), "ben".into()).await.unwrap();

    assert_eq!(member.get("/acme/environments").await.status, 404);
    assert_eq!(member.post(&invite, &[("csrf", "forged")]).await.status, 403);
    let page = member.get(&invite).await;
    assert!(page.text().contains("Ben Oyelaran") && page.text().contains("as an administrator"), "{}", page.text());
    let joined = member.post(&invite, &[("csrf", &csrf)]).await;
    assert_eq!(joined.location(), "/acme/environments");
    assert!(joined.header("escriba-event").starts_with('0'));
    assert_eq!(member.get(ACCEPTED).await.status, 200);
    assert_eq!(member.post(&invite, &[("csrf", &csrf)]).await.status, 404);

    // Nobody joins who is not signed in.
    let other = server.invite("member").await;
    let mut guest = Browser::new(&server);
    let csrf = guest.token_at(&other).await;
    assert!(guest.post(&other, &[("csrf", &csrf)]).await.location().starts_with("/sign-in"));
    let log = Browser::signed_in(&server, &ada).await.get(ACCEPTED).await;
    assert!(!log.text().contains("escriba_link_"), "the log shows a link");
}
