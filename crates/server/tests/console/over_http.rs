//! What needs no browser: cookies, headers, forgeries, hostile texts.

use engine::{Level, Role, SetUp};

use crate::exchange::{encode, exchange};
use crate::server::{Browser, TestServer, log_of};

const LOG: &str = "/acme/settings/audit-logs";

/// The texts of the elements that begin with a tag, without markup.
fn texts<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    page.split(tag).skip(1).map(|rest| rest.split('<').next().unwrap_or_default()).collect()
}

/// The identifiers of the entries on a page.
fn entries(page: &str) -> Vec<String> {
    let ids = page.split(r#"id="entry-"#).skip(1);
    ids.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// The numbers of the entries on a page.
fn numbers(page: &str) -> Vec<u64> {
    let numbers = page.split("Entry </span>No.&nbsp;").skip(1);
    numbers.map(|rest| rest.split('<').next().unwrap_or_default().replace(',', "").parse().unwrap()).collect()
}

/// The address behind the link to older entries.
fn older(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("pages-older\" href=\"")?;
    Some(rest.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test]
async fn console_asks_to_sign_in_and_leads_back_to_what_was_asked_for() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mut browser = Browser::new(&server);
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    let asked = "/acme/settings/audit-logs?user=ben&event=environment-open";
    let sent = browser.get(asked).await;
    assert_eq!(sent.location(), format!("/sign-in?next={}", encode(asked).replace("%2D", "-")));

    let csrf = browser.token_at(sent.location()).await;
    let fields = [("csrf", &*csrf), ("token", ada.token.expose()), ("next", asked)];
    assert_eq!(browser.post("/sign-in", &fields).await.location(), asked);
    assert_eq!(browser.get("/").await.location(), "/acme/environments");
    assert_eq!(browser.get("/acme/settings").await.location(), LOG);
    assert_eq!(browser.get(&format!("/sign-in?next={}", encode(asked))).await.location(), asked);
}

#[tokio::test]
async fn console_never_leads_to_another_server() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil"] {
        let mut browser = Browser::new(&server);
        let path = format!("/sign-in?next={}", encode(next));
        let page = browser.get(&path).await;
        assert!(!page.text().contains("evil"), "{next:?} is in the form");
        let csrf = browser.token_at(&path).await;
        let fields = [("csrf", &*csrf), ("token", ada.token.expose()), ("next", next)];
        assert_eq!(browser.post("/sign-in", &fields).await.location(), "/", "{next:?}");
        assert_eq!(browser.get(&path).await.location(), "/", "{next:?}");
    }
}

#[tokio::test]
async fn console_session_cookies_are_for_this_server_and_no_script() {
    for (scheme, name, last) in [("http", "escriba_session", ""), ("https", "__Host-escriba_session", "; Secure")] {
        let server = TestServer::start_behind(scheme).await;
        let ada = server.add("ada", "Ada Park", Role::Admin).await;
        let mut browser = Browser::new(&server);
        let csrf = browser.token_at("/sign-in").await;
        let reply = browser.post("/sign-in", &[("csrf", &csrf), ("token", ada.token.expose())]).await;
        let value = browser.cookie(name).unwrap().to_owned();
        assert!(value.starts_with("escriba_session_"), "{value}");
        let expected = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200{last}");
        assert_eq!(reply.header("set-cookie"), expected);

        let csrf = browser.token_at("/acme/environments").await;
        let reply = browser.post("/sign-out", &[("csrf", &csrf)]).await;
        assert_eq!(reply.location(), "/sign-in?signed-out=1");
        assert_eq!(reply.header("set-cookie"), format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{last}"));
        // The session is over on the server, whoever still has the cookie.
        let cookie = format!("{name}={value}");
        let reply = exchange(server.address, "GET", "/", &[("cookie", &cookie)], b"").await;
        assert_eq!(reply.location(), "/sign-in");
    }
}

#[tokio::test]
async fn console_pages_cannot_be_framed_sniffed_cached_or_refilled() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mallory = server.add("mallory", "Mallory Quist", Role::Member).await;
    let link = server.link("mallory").await;
    let mut guest = Browser::new(&server);
    let mut admin = Browser::signed_in(&server, &ada).await;
    let mut member = Browser::signed_in(&server, &mallory).await;
    let replies = [
        ("sign-in", guest.get("/sign-in").await),
        ("welcome", guest.get(&format!("/welcome/{link}")).await),
        ("welcome-expired", guest.get("/welcome/nothing").await),
        ("invite", guest.get(&server.invite("member").await).await),
        ("invite-expired", guest.get("/invite/nothing").await),
        ("lost", guest.get("/nowhere/at/all").await),
        ("redirect", guest.get("/").await),
        ("stale", guest.post("/sign-in", &[]).await),
        ("environments", admin.get("/acme/environments").await),
        ("log", admin.get(LOG).await),
        ("csv", admin.get("/acme/settings/audit-logs.csv").await),
        ("bad request", admin.get("/acme/settings/audit-logs?colour=red").await),
        ("other organisation", admin.get("/globex/environments").await),
        ("forbidden", member.get(LOG).await),
    ];
    for (name, reply) in replies {
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{name}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{name}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(reply.header("x-frame-options"), "DENY", "{name}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{name}");
        assert_eq!(reply.header("cache-control"), "no-store", "{name}");
    }
}

#[tokio::test]
async fn console_forms_that_are_not_ours_change_nothing() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let token = ada.token.expose();

    // Before there is a session: without the cookie, with a token of another browser, from elsewhere.
    let mut other = Browser::new(&server);
    let foreign = other.token_at("/sign-in").await;
    let reply = Browser::new(&server).post("/sign-in", &[("csrf", &foreign), ("token", token)]).await;
    assert_eq!(reply.status, 403);
    let mut browser = Browser::new(&server);
    let own = browser.token_at("/sign-in").await;
    for (csrf, header) in [
        ("", ("accept-language", "en")),
        (&*foreign, ("accept-language", "en")),
        (&own[1..], ("accept-language", "en")),
        (&own, ("sec-fetch-site", "cross-site")),
        (&own, ("sec-fetch-site", "same-site")),
        (&own, ("origin", "https://evil.example")),
        (&own, ("origin", "null")),
    ] {
        let reply = browser.post_with("/sign-in", &[("csrf", csrf), ("token", token)], &[header]).await;
        assert_eq!(reply.status, 403, "{csrf} {header:?}");
        assert!(reply.text().contains("This form has gone stale"), "{csrf} {header:?}");
        assert!(browser.cookie("escriba_session").is_none(), "{csrf} {header:?}");
    }
    let host = format!("http://{}", server.address);
    let fields = [("csrf", &*own), ("token", token)];
    assert_eq!(browser.post_with("/sign-in", &fields, &[("origin", &host)]).await.location(), "/");

    // With one: signing out, with the token of a guest and from elsewhere.
    let csrf = browser.token_at("/acme/environments").await;
    for (csrf, header) in [("", "same-origin"), (&own, "same-origin"), (&csrf, "cross-site")] {
        let reply = browser.post_with("/sign-out", &[("csrf", csrf)], &[("sec-fetch-site", header)]).await;
        assert_eq!(reply.status, 403, "{csrf} {header}");
        assert_eq!(browser.get("/acme/environments").await.status, 200, "{csrf} {header}");
    }
    let reply = browser.post_with("/sign-out", &[("csrf", &csrf)], &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(reply.location(), "/sign-in?signed-out=1");

    // A one-time link stays good.
    let link = format!("/welcome/{}", server.link("ada").await);
    let password = "a long enough password";
    let fields = [("password", password), ("confirmation", password)];
    assert_eq!(browser.post(&link, &fields).await.status, 403);
    assert_eq!(browser.get(&link).await.status, 200);
}

#[tokio::test]
async fn console_tells_nothing_by_how_it_refuses_to_sign_in() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    server.add("ben", "Ben Oyelaran", Role::Member).await;
    let password = "correct horse battery staple";
    server.engine.set_password(&server.operator(), "ada".into(), password.into()).await.unwrap();
    let mut browser = Browser::new(&server);
    let csrf = browser.token_at("/sign-in").await;
    let mut pages = Vec::new();
    // A wrong password, somebody without one, nobody.
    for login in ["ada", "ben", "zoe"] {
        let fields = [("csrf", &*csrf), ("login", login), ("password", "wrong and long enough")];
        let reply = browser.post("/sign-in", &fields).await;
        assert_eq!(reply.status, 401);
        assert!(reply.text().contains("That login and password do not belong together."));
        assert!(!reply.text().contains("wrong and long enough"), "the password is shown again");
        pages.push(reply.text().replace(&format!("value=\"{login}\""), "value=\"?\""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    let tokens = ["escriba_nonsense", "x", &format!("{}x", ada.token.expose())];
    for token in tokens {
        let reply = browser.post("/sign-in", &[("csrf", &csrf), ("token", token)]).await;
        assert_eq!(reply.status, 401);
        assert!(reply.text().contains("This is not an access token that can be used here."));
    }
    let fields = [("csrf", &*csrf), ("login", "ada"), ("password", password)];
    assert_eq!(browser.post("/sign-in", &fields).await.location(), "/");
}

#[tokio::test]
async fn console_links_set_a_password_once() {
    let server = TestServer::start().await;
    server.add("ben", "Ben Oyelaran", Role::Member).await;
    let link = format!("/welcome/{}", server.link("ben").await);
    let mut browser = Browser::new(&server);
    let csrf = browser.token_at(&link).await;
    for (password, confirmation, message) in [
        ("a long enough password", "another password", "The two passwords differ."),
        ("short", "short", "A password has at least 12 characters."),
    ] {
        let fields = [("csrf", &*csrf), ("password", password), ("confirmation", confirmation)];
        let reply = browser.post(&link, &fields).await;
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains(message), "{}", reply.text());
    }
    let password = "a long enough password";
    let fields = [("csrf", &*csrf), ("password", password), ("confirmation", password)];
    assert_eq!(browser.post(&link, &fields).await.location(), "/");
    assert_eq!(browser.get("/").await.location(), "/acme/environments");

    let mut another = Browser::new(&server);
    let expired = another.get(&link).await;
    assert_eq!(expired.status, 404);
    assert_eq!(expired.text(), another.get("/welcome/escriba_link_nonsense").await.text());
    assert_eq!(browser.post(&link, &fields).await.status, 404);
}

#[tokio::test]
async fn console_shows_the_log_to_administrators_only_and_records_who_tried() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mallory = server.add("mallory", "Mallory Quist", Role::Member).await;
    let mut member = Browser::signed_in(&server, &mallory).await;
    for path in [LOG, "/acme/settings/audit-logs?user=ada", "/acme/settings/audit-logs.csv"] {
        let page = member.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text().contains("The audit log is for administrators"), "{path}");
        assert!(page.text().contains("Ada Park") && !page.text().contains("entry-"), "{path}");
        assert!(page.header("escriba-event").starts_with('0'), "{path}: {}", page.header("escriba-event"));
    }
    let mut admin = Browser::signed_in(&server, &ada).await;
    let page = admin.get(&log_of("mallory")).await;
    assert_eq!(page.text().matches("outcome-denied").count(), 3);
    assert_eq!(page.text().matches("Tried to read the audit log").count(), 2);
    assert_eq!(page.text().matches("Tried to export the audit log").count(), 1);
}

#[tokio::test]
async fn console_lets_nobody_into_another_organisation() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mut admin = Browser::signed_in(&server, &ada).await;
    for page in ["environments", "settings/audit-logs", "settings/audit-logs.csv"] {
        let reply = admin.get(&format!("/globex/{page}")).await;
        assert_eq!(reply.status, 404, "{page}");
        assert!(reply.text().contains("This page is not here"), "{page}");
    }
}

#[tokio::test]
async fn console_pages_of_the_log_meet_without_gap_or_overlap_while_it_grows() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    ben.create("web", "dev").await;
    for _ in 0..110 {
        ben.read("web", "dev").await;
    }
    let mut admin = Browser::signed_in(&server, &ada).await;
    let mut address = Some(log_of("ben"));
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    while let Some(path) = address {
        assert!(sizes.len() < 5, "the pages have no end");
        let page = admin.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        sizes.push(entries(page.text()).len());
        seen.extend(numbers(page.text()));
        address = older(page.text());
        // What happens meanwhile is above, and moves nothing.
        ben.read("web", "dev").await;
    }
    assert_eq!(sizes[..2], [50, 50]);
    // Created, updated, and read.
    assert_eq!(seen.len(), 112);
    assert!(seen.is_sorted_by(|one, other| one > other), "not newest first, or doubled: {seen:?}");
}

#[tokio::test]
async fn console_records_each_look_at_the_log_and_shows_it_from_the_next_one_on() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mut admin = Browser::signed_in(&server, &ada).await;
    for looks in 0..3 {
        let page = admin.get(&format!("{LOG}?event=escriba-audit-log-read")).await;
        assert_eq!(entries(page.text()).len(), looks);
        assert!(!page.header("escriba-event").is_empty());
    }
    let page = admin.get(&format!("{LOG}?user=ada&event=escriba-audit-log-read")).await;
    assert!(page.text().contains("console session"), "{}", page.text());
}

#[tokio::test]
async fn console_answers_strange_filters_with_words() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let mut admin = Browser::signed_in(&server, &ada).await;
    let hostile = "\"><script>alert(1)</script>";
    for (query, notice) in [
        ("user=zoe".to_owned(), "Nobody here has the login “zoe”."),
        ("event=tea-made".to_owned(), "“tea-made” is not an event of this log."),
        (format!("user={}", encode(hostile)), "Nobody here has the login"),
        (format!("event={}", encode(hostile)), "is not an event of this log."),
    ] {
        let page = admin.get(&format!("{LOG}?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.text().contains(notice), "{query}: {}", page.text());
        assert!(entries(page.text()).is_empty() && !page.text().contains("<script>alert"), "{query}");
    }
    // An event that the hosted product has and this server never writes is no error.
    let page = admin.get(&format!("{LOG}?event=stack-deleted")).await;
    assert!(page.status == 200 && page.text().contains("No entry matches"));
    // Empty parameters ask for nothing, a display name is as good as an identifier.
    let all = admin.get(&format!("{LOG}?user=&event=")).await;
    assert!(!all.text().contains("class=\"chip\""));
    let named = admin.get(&format!("{LOG}?event=User%20Login")).await;
    assert!(named.text().contains("<option value=\"user-login\" selected>"), "{}", named.text());
    for query in ["colour=red", "before=42", "before=%00"] {
        assert_eq!(admin.get(&format!("{LOG}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(admin.get("/acme/settings/audit-logs.csv?user=zoe").await.status, 404);
    assert_eq!(admin.get("/acme/settings/audit-logs.csv?event=tea-made").await.status, 400);
}

#[tokio::test]
async fn console_shows_hostile_names_as_text() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada <b>Park</b>", Role::Admin).await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let ben = server.add("ben", hostile, Role::Member).await;
    ben.create("web", "dev").await;
    ben.open("web", "dev").await;
    let cx = server.operator();
    server.engine.issue_token_for(&cx, "ben".into(), hostile.into(), None).await.unwrap();
    let mut admin = Browser::signed_in(&server, &ada).await;
    for path in [LOG, "/acme/settings/audit-logs?user=ben", "/acme/environments"] {
        let page = admin.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for raw in ["<script>alert", "<img src=x", "<b>Park"] {
            assert!(!page.text().contains(raw), "{path} holds {raw}");
        }
        assert!(page.text().contains("&#60;script&#62;alert(1)"), "{path}: {}", page.text());
    }
}

#[tokio::test]
async fn console_csv_is_what_is_filtered_under_a_name_that_says_so() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    ben.create("web", "dev").await;
    let session = ben.open("web", "dev").await;
    ben.read_open("web", "dev", &session).await;
    let mut admin = Browser::signed_in(&server, &ada).await;
    let query = "?user=ben&event=Environment%20Open";
    let reply = admin.send("GET", &format!("{LOG}.csv{query}"), &[("accept-encoding", "gzip")], "").await;
    assert_eq!((reply.status, reply.header("content-encoding")), (200, ""));
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    let disposition = reply.header("content-disposition");
    let start = "attachment; filename=\"acme-audit-log-ben-environment-open-20";
    assert!(disposition.starts_with(start) && disposition.ends_with(".csv\""), "{disposition}");
    let lines: Vec<&str> = reply.text().lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].contains(",Ben Oyelaran,ben,Environment Open,"), "{lines:?}");
}

#[tokio::test]
async fn console_downloads_every_format_that_it_offers() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    ada.create("web", "dev").await;
    let mut admin = Browser::signed_in(&server, &ada).await;
    let page = admin.get(&format!("{LOG}?user=ada")).await;
    let menu = page.text().split("class=\"menu downloads\"").nth(1).expect("a menu").split("</ul>").next().unwrap();
    let links = texts(menu, "<li><a href=\"");
    let links: Vec<String> = links.iter().map(|link| link.split('"').next().unwrap().replace("&#38;", "&")).collect();
    assert_eq!(links.len(), 6, "{links:?}");
    for link in &links {
        let reply = admin.get(link).await;
        assert_eq!(reply.status, 200, "{link}");
        assert!(reply.header("content-disposition").starts_with("attachment; filename=\"acme-audit-log-"), "{link}");
        assert!(link.ends_with("user=ada"), "{link}");
    }
    assert_eq!(admin.get(&format!("{LOG}/export?format=xml")).await.status, 400);
    assert_eq!(admin.get(&format!("{LOG}/export?colour=red")).await.status, 400);
    let mut member = Browser::signed_in(&server, &ben).await;
    assert_eq!(member.get(&format!("{LOG}/export?format=bundle")).await.status, 403);
}

#[tokio::test]
async fn console_shows_administrators_what_signs_their_log() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    server.engine.publish().await.unwrap();
    let keys = server.engine.verifier_keys().await.unwrap();
    let named = keys.iter().find(|named| named.name.organization.as_deref() == Some("acme")).unwrap();
    let mut admin = Browser::signed_in(&server, &ada).await;
    let page = admin.get("/acme/settings/log-key").await;
    assert_eq!(page.status, 200);
    let shown = page.text().replace("&#43;", "+");
    assert!(shown.contains(&named.keys[0]) && shown.contains("Entries covered"), "{shown}");
    assert!(shown.contains("escriba audit verify --key"), "{shown}");
    let mut member = Browser::signed_in(&server, &ben).await;
    let refused = member.get("/acme/settings/log-key").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text().contains(&named.keys[0]));
    assert!(!refused.header("escriba-event").is_empty(), "a refusal is recorded");
    assert_eq!(admin.get("/acme/settings/log-key?x=1").await.status, 400);
    assert_eq!(admin.get("/nowhere/settings/log-key").await.status, 404);
}

#[tokio::test]
async fn console_lists_the_environments_that_one_may_see_and_what_happened_to_them() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    ben.create("web", "dev").await;
    ada.create("web", "prod").await;
    ada.update("web", "dev", "values: {greeting: hello again}\n").await;
    ben.open("web", "dev").await;
    let mut member = Browser::signed_in(&server, &ben).await;
    let page = member.get("/acme/environments").await;
    assert!(page.text().contains("id=\"web/dev\"") && !page.text().contains("web/prod"));
    assert!(page.text().contains(", revision 3"), "{}", page.text());
    // Changed by Ada, opened by Ben.
    let names = texts(page.text(), "<bdi class=\"name-label clip\">");
    assert_eq!(names, ["Ada Park", "Ben Oyelaran"]);
    server.permit_members(Level::Read).await;
    assert!(member.get("/acme/environments").await.text().contains("id=\"web/prod\""));

    // More than a page holds.
    for number in 0..101 {
        ben.create("many", &format!("e{number:03}")).await;
    }
    let first = member.get("/acme/environments").await;
    assert_eq!(first.text().matches("data-row>").count(), 100);
    let second = member.get(&older(first.text()).unwrap()).await;
    assert_eq!(second.text().matches("data-row>").count(), 3);
    assert!(second.text().contains("id=\"many/e100\"") && older(second.text()).is_none());
}

#[tokio::test]
async fn console_says_who_may_do_what_and_why_to_whoever_administers_an_environment() {
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    ben.create("web", "dev").await;
    ada.create("web", "prod").await;
    server.permit_members(Level::Read).await;
    let mut member = Browser::signed_in(&server, &ben).await;
    let listed = member.get("/acme/environments").await;
    assert!(listed.text().contains("href=\"/acme/environments/web/dev/access\""), "{}", listed.text());
    assert!(!listed.text().contains("/acme/environments/web/prod/access"), "{}", listed.text());
    let page = member.get("/acme/environments/web/dev/access").await;
    assert_eq!(page.status, 200);
    for said in ["Administrator of the organization", "Owner of the environment", "Default of the organization: read"] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    let refused = member.get("/acme/environments/web/prod/access").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.header("escriba-event").is_empty(), "a refusal is recorded");
    assert_eq!(member.get("/acme/environments/web/nosuch/access").await.status, 404);
    assert_eq!(member.get("/acme/environments/web/dev/access?x=1").await.status, 400);
}

#[tokio::test]
async fn console_pictures_and_files_are_the_same_for_everybody() {
    let server = TestServer::start().await;
    server.add("ada", "Ada Park", Role::Admin).await;
    let mut guest = Browser::new(&server);
    let (known, unknown) = (guest.get("/avatars/ada.svg").await, guest.get("/avatars/nobody.svg").await);
    for picture in [&known, &unknown] {
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(picture.header("cache-control"), "public, max-age=86400");
    }
    // Drawn from the login, not from the name that belongs to it.
    assert!(known.text().contains(">A</text>"), "{}", known.text());
    assert_eq!(guest.get("/avatars/%3Cscript%3E.svg").await.status, 200);
    assert_eq!(guest.get("/avatars/ada.png").await.status, 404);

    for asset in server::console::assets::all() {
        let file = guest.get(&asset.url).await;
        assert_eq!((file.status, file.body.as_slice()), (200, asset.bytes), "{}", asset.url);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(guest.send("GET", &asset.url, &[("if-none-match", &asset.etag)], "").await.status, 304);
    }
    assert_eq!(guest.get("/static/console.css").await.status, 404);
}

#[tokio::test]
async fn console_loses_browsers_on_a_page_and_programs_on_a_problem() {
    let server = TestServer::start().await;
    let mut guest = Browser::new(&server);
    for path in ["/nowhere", "/acme/nowhere", "/acme/environments/more", "/static/x.css"] {
        let page = guest.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    }
    for path in ["/api/nowhere", "/api/environments", "/api/settings", "/api/esc/nowhere"] {
        let problem = guest.get(path).await;
        assert_eq!(problem.status, 404, "{path}");
        assert_eq!(problem.text().trim(), r#"{"code":404,"message":"there is nothing at this path"}"#, "{path}");
    }
    let problem = exchange(server.address, "GET", "/nowhere", &[], b"").await;
    assert_eq!((problem.status, problem.header("content-type")), (404, "application/json"));
    assert_eq!(guest.get("/sign-out").await.status, 405);
    assert_eq!(guest.post("/acme/environments", &[]).await.status, 405);
    let large = "x".repeat(100_000);
    assert_eq!(guest.post("/sign-in", &[("login", &large)]).await.status, 413);
}

#[tokio::test]
async fn console_paths_are_no_names_of_organisations() {
    for name in ["api", "static", "avatars", "invite", "welcome"] {
        let folder = tempfile::tempdir().unwrap();
        let location = server::installation::Location {
            data_dir: folder.path().join("data"),
            database_url: None,
            key_file: None,
            anchor: None,
            egress: engine::egress::EgressSettings::default(),
        };
        let made = location.init(SetUp { organization: name.into(), admin: "ada".into() }).await;
        assert!(made.is_err(), "{name}");
    }
}
