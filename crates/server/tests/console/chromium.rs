//! What people do with the console, in a real browser.

use std::path::{Path, PathBuf};

use engine::Role;
use engine::ledger::note::VerifierKey;
use engine::ledger::verify::{TrustRoots, Verdict, verify_bundle};
use serde_json::{Value, json};

use crate::driver::Chromium;
use crate::server::{TestServer, User};

/// A row of the log, as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    seconds: String,
    name: String,
    login: String,
    event: String,
    sentence: String,
    source: String,
}

/// The rows on the page, in their order.
async fn rows(browser: &Chromium) -> Vec<Row> {
    let script = "return [...document.querySelectorAll('[data-row]')].map((row) => {
        const text = (css) => (row.querySelector(css)?.textContent ?? '').trim();
        return {
            seconds: row.querySelector('time').dateTime.slice(0, 19) + 'Z',
            name: text('.name-label'),
            login: text('.name-login') || text('.name-label'),
            event: text('.badge'),
            sentence: text('.sentence'),
            source: text('.source'),
        };
    });";
    let rows = browser.run(script).await;
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let row = |row: &Value| Row {
        seconds: text(row, "seconds"),
        name: text(row, "name"),
        login: text(row, "login"),
        event: text(row, "event"),
        sentence: text(row, "sentence").replace('"', ""),
        source: text(row, "source"),
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

/// The rows of this page and of all older ones.
async fn all_rows(browser: &Chromium) -> Vec<Row> {
    let mut all = rows(browser).await;
    while browser.count("a[rel=next]").await > 0 {
        assert!(all.len() < 500, "the pages have no end");
        let before = browser.url().await;
        browser.click("a[rel=next]").await;
        browser.wait_for(&format!("location.href !== {}", json!(before))).await;
        all.extend(rows(browser).await);
    }
    all
}

/// The rows of a CSV file. The page shows a name in bold where the sentence has it in quotation marks.
fn rows_of_csv(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header: Vec<&str> = reader.headers().unwrap().iter().collect();
    let documented = [
        "Timestamp",
        "Name",
        "Login",
        "Event",
        "Description",
        "SourceIP",
        "RequireOrgAdmin",
        "RequireStackAdmin",
        "AuthenticationFailure",
    ];
    assert_eq!(header, documented);
    let row = |record: csv::StringRecord| Row {
        seconds: record[0].to_owned(),
        name: record[1].to_owned(),
        login: record[2].to_owned(),
        event: record[3].to_owned(),
        sentence: record[4].replace('"', ""),
        source: record[5].to_owned(),
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Types a token into the page that is shown, and sends it.
pub(crate) async fn type_token(browser: &Chromium, user: &User<'_>) {
    browser.type_into("#token", user.token.expose()).await;
    browser.click("form:has(#token) button").await;
}

/// Signs in with a token, at the page that is shown.
pub(crate) async fn sign_in(browser: &Chromium, user: &User<'_>) {
    type_token(browser, user).await;
    browser.wait_for("document.querySelector('.bar-account')").await;
}

/// Chooses a format in the menu, and gives the file that comes into the folder.
async fn download(browser: &Chromium, folder: &Path, format: &str, extension: &str) -> PathBuf {
    let allow = json!({ "behavior": "allow", "downloadPath": folder });
    browser.devtools("Browser.setDownloadBehavior", allow).await;
    browser.click(".downloads > summary").await;
    browser.click(&format!(".downloads a[download]{format}")).await;
    downloaded(browser, folder, extension).await
}

/// Waits for the one file that is downloaded into a folder.
async fn downloaded(browser: &Chromium, folder: &Path, wanted: &str) -> PathBuf {
    for _ in 0..200 {
        let files: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        if let [file] = &files[..]
            && file.extension().is_some_and(|extension| extension == wanted)
        {
            return file.clone();
        }
        browser.pause().await;
    }
    panic!("nothing was downloaded")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_in_chromium_shows_filters_and_exports_what_people_did() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    let mallory = server.add("mallory", "Mallory Quist", Role::Member).await;
    ada.create("website", "production").await;
    ada.open("website", "production").await;
    ben.create("website", "dev").await;
    let session = ben.open("website", "dev").await;
    for _ in 0..60 {
        ben.read_open("website", "dev", &session).await;
    }
    ben.fail_to_open("website", "production").await;
    mallory.fail_to_open("website", "production").await;
    ben.update("website", "dev", "values: {greeting: good evening}\n").await;

    // Signed out, one is asked to sign in, and comes to what one asked for.
    let log = server.url("/acme/settings/audit-logs");
    browser.go(&log).await;
    assert!(browser.url().await.contains("/sign-in?next="));
    sign_in(&browser, &ada).await;
    assert_eq!(browser.url().await, log);

    // Newest first: signing in, then what was done before it.
    let first = rows(&browser).await;
    assert_eq!(first.len(), 50);
    assert!(first.is_sorted_by(|one, other| one.seconds >= other.seconds));
    let seen: Vec<(&str, &str)> = first.iter().take(4).map(|row| (&*row.name, &*row.event)).collect();
    assert_eq!(
        seen,
        [
            ("Ada Park", "User Login"),
            ("Ben Oyelaran", "Environment Updated"),
            ("Mallory Quist", "Environment Unauthorized Open"),
            ("Ben Oyelaran", "Environment Unauthorized Open"),
        ]
    );
    assert_eq!(first[1].sentence, "Updated environment acme/website/dev to revision 3");
    assert_eq!(first[1].source, "127.0.0.1");
    assert_eq!(browser.text("#main tr:nth-child(2) .sentence strong").await, "acme/website/dev");

    // A click on a picture shows only what that person did; the address says so.
    browser.click("a.person-link[href*='user=ben']").await;
    let filtered = format!("{log}?user=ben");
    browser.wait_for("document.querySelector('.chip')").await;
    assert_eq!(browser.url().await, filtered);
    assert!(browser.text(".chip").await.contains("Ben Oyelaran"));
    assert!(rows(&browser).await.iter().all(|row| row.login == "ben"));

    // The filter can be taken away, and typed in again.
    browser.click(".chip-remove").await;
    browser.wait_for("!document.querySelector('.chip')").await;
    assert_eq!(browser.url().await, log);
    assert!(rows(&browser).await.iter().any(|row| row.login == "mallory"));
    browser.type_into("#filter-user", "ben").await;
    browser.click(".filter-form button").await;
    browser.wait_for("document.querySelector('.chip')").await;
    assert_eq!(browser.url().await, filtered);

    // The file holds the rows of all pages, and no other.
    let folder = tempfile::tempdir().unwrap();
    let file = download(&browser, folder.path(), "[href*='audit-logs.csv']", "csv").await;
    assert!(file.file_name().unwrap().to_str().unwrap().starts_with("acme-audit-log-ben-20"), "{}", file.display());
    let shown = all_rows(&browser).await;
    // Created and updated, opened, read 60 times, refused, updated.
    assert_eq!(shown.len(), 65);
    assert_eq!(rows_of_csv(&file), shown);

    // Both filters at once.
    browser.go(&format!("{filtered}&event=environment-unauthorized-open")).await;
    assert_eq!(rows(&browser).await.len(), 1);
    assert_eq!(browser.count(".chip").await, 2);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_in_chromium_hands_out_evidence_and_the_key_that_verifies_it() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    ada.create("website", "production").await;
    browser.go(&server.url("/acme/settings/audit-logs")).await;
    sign_in(&browser, &ada).await;
    let folder = tempfile::tempdir().unwrap();
    let file = download(&browser, folder.path(), "[href*='format=bundle']", "zip").await;
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("acme-audit-log-evidence-20"), "{name}");

    browser.click(".tabs a[href$='/log-key']").await;
    browser.wait_for("document.querySelector('#key-1')").await;
    let key: VerifierKey = browser.text("#key-1").await.trim().parse().unwrap();
    let trust = TrustRoots::new(vec![key.clone()], None);
    let report = verify_bundle(std::fs::File::open(&file).unwrap(), &trust).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let said = documents_verifier(&file, &key);
    assert!(said.is_none_or(|said| said.ends_with("signed by the key you supplied\n")));
    // One byte, and both say where.
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[700] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let report = verify_bundle(std::fs::File::open(&file).unwrap(), &trust).unwrap();
    assert_eq!(report.fault.map(|fault| fault.file), Some("events.jsonl".to_owned()));
    let said = documents_verifier(&file, &key);
    assert!(said.is_none_or(|said| said.starts_with("TAMPERED, first here: events.jsonl")));
    // Copied, or selected where the browser permits no more.
    browser.click("[data-copy='key-1']").await;
    browser.wait_for("document.querySelector('[data-copy-label]').textContent !== 'Copy'").await;
    assert_eq!(
        browser.run("return getSelection().toString().trim()").await,
        json!(browser.text("#key-1").await.trim())
    );
    assert_eq!(browser.complaints().await, [""; 0]);
    // A text names no picture for its tab, so the browser looks for one in vain.
    browser.click("a[href*='log-format']").await;
    browser.wait_for("document.contentType === 'text/plain'").await;
}

/// What the verifier of the documents says, where there is a Python.
fn documents_verifier(bundle: &Path, key: &VerifierKey) -> Option<String> {
    let mut python = std::process::Command::new("python3");
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py")).arg(bundle).arg(key.to_string());
    let said = python.output().ok()?;
    Some(String::from_utf8(said.stdout).unwrap())
}

/// Drives the server with the suite of the official TypeScript SDK; false where it is not installed.
async fn run_sdk(server: &TestServer, user: &User<'_>) -> bool {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compat/typescript");
    if !suite.join("node_modules").is_dir() {
        eprintln!("skipped: the TypeScript SDK is not installed; run `npm ci` in compat/typescript");
        return false;
    }
    let mut command = std::process::Command::new("npm");
    command.args(["test"]).current_dir(suite).env("ESCRIBA_URL", server.url("")).env("ESCRIBA_ORGANIZATION", "acme");
    command.env("ESCRIBA_TOKEN", user.token.expose());
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_in_chromium_shows_what_an_official_sdk_did() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Admin).await;
    if !run_sdk(&server, &ben).await {
        return;
    }
    ada.create("website", "after").await;

    let log = server.url("/acme/settings/audit-logs");
    browser.go(&log).await;
    sign_in(&browser, &ada).await;
    let first = rows(&browser).await;
    assert!(first.is_sorted_by(|one, other| one.seconds >= other.seconds));
    let newest: Vec<(&str, &str)> = first.iter().take(4).map(|row| (&*row.login, &*row.event)).collect();
    let own = [("ada", "User Login"), ("ada", "Environment Updated"), ("ada", "Environment Created")];
    assert_eq!(newest[..3], own);
    assert_eq!(newest[3].0, "ben");

    browser.click("a.person-link[href*='user=ben']").await;
    browser.wait_for("document.querySelector('.chip')").await;
    assert_eq!(browser.url().await, format!("{log}?user=ben"));
    let folder = tempfile::tempdir().unwrap();
    let file = download(&browser, folder.path(), "[href*='audit-logs.csv']", "csv").await;

    let shown = all_rows(&browser).await;
    assert!(shown.iter().all(|row| row.login == "ben"));
    for event in ["Created", "Updated", "Read", "Open", "Read Open", "Decrypted", "Deleted"] {
        let event = format!("Environment {event}");
        assert!(shown.iter().any(|row| row.event == event), "the SDK did nothing that is {event}");
    }
    assert_eq!(rows_of_csv(&file), shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_in_chromium_signs_in_by_link_and_password_and_out_by_its_own_form_only() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    let password = "a few unrelated words";

    browser.go(&server.url(&format!("/welcome/{}", server.link(&ben.login).await))).await;
    assert_eq!(browser.text("h1").await, "Choose a password");
    browser.type_into("#password", password).await;
    browser.type_into("#confirmation", password).await;
    browser.click(".card button").await;
    browser.wait_for("document.querySelector('.bar-account')").await;
    assert_eq!(browser.url().await, server.url("/acme/environments"));
    assert_eq!(browser.text("h2").await, "Create your first environment");

    // A form with another token does nothing.
    let forge = "document.querySelector('.menu-panel form [name=csrf]').value = 'f'.repeat(64);
        document.querySelector('.menu-panel form').submit();";
    browser.run(forge).await;
    browser.wait_for("location.pathname === '/sign-out'").await;
    assert_eq!(browser.text("h1").await, "This form has gone stale");
    browser.go(&server.url("/acme/environments")).await;
    assert_eq!(browser.count(".bar-account").await, 1);

    // The log is not for members.
    browser.go(&server.url("/acme/settings/audit-logs")).await;
    assert_eq!(browser.text("h1").await, "The audit log is for administrators");
    assert!(browser.text(".people").await.contains("Ada Park"));

    browser.click(".bar-account summary").await;
    browser.click(".menu-action").await;
    browser.wait_for("location.pathname === '/sign-in'").await;
    assert_eq!(browser.text("[role=status]").await, "You have signed out.");
    browser.go(&server.url("/acme/environments")).await;
    assert!(browser.url().await.contains("/sign-in?next="));

    for (attempt, expected) in [("a wrong password", "/sign-in"), (password, "/acme/environments")] {
        browser.run("document.querySelector('#login').value = ''").await;
        browser.type_into("#login", "ben").await;
        browser.type_into("#password", attempt).await;
        browser.click("form:has(#password) button").await;
        browser.wait_for(&format!("location.pathname === '{expected}' && document.readyState === 'complete'")).await;
        if expected == "/sign-in" {
            browser.wait_for("document.querySelector('[role=alert]')").await;
            assert_eq!(browser.text("[role=alert]").await, "That login and password do not belong together.");
        }
    }
    assert_eq!(browser.count(".bar-account").await, 1);
}
