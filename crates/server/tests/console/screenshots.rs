//! Pictures of the console, for people to look at: `ESCRIBA_SCREENSHOTS=FOLDER`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::Role;
use serde_json::json;

use crate::chromium::sign_in;
use crate::driver::Chromium;
use crate::server::TestServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_pages_are_pictured_wide_and_narrow_light_and_dark() {
    let Some(folder) = std::env::var_os("ESCRIBA_SCREENSHOTS").filter(|path| !path.is_empty()) else {
        println!("skipped: ESCRIBA_SCREENSHOTS does not name a folder");
        return;
    };
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    std::fs::create_dir_all(&folder).unwrap();
    let folder = Path::new(&folder);
    let ada = server.add("ada", "Ada Park", Role::Admin).await;
    let ben = server.add("ben", "Ben Oyelaran", Role::Member).await;
    let chiara = server.add("chiara", "Chiara Fontanelli-Morgenstern", Role::Member).await;
    let mallory = server.add("mallory", "Mallory Quist", Role::Member).await;

    picture(&browser, folder, "sign-in", &server.url("/sign-in")).await;
    picture(&browser, folder, "welcome", &server.url(&format!("/welcome/{}", server.link("ben").await))).await;
    let (invite, another) = (server.invite("member").await, server.invite("admin").await);
    picture(&browser, folder, "invite", &server.url(&invite)).await;
    picture(&browser, folder, "invite-expired", &server.url("/invite/nothing")).await;
    browser.go(&server.url("/")).await;
    sign_in(&browser, &ada).await;
    let asked = "/cli-login?cliSessionPort=54321&cliSessionNonce=n&cliCommand=login\
        &cliSessionDescription=Generated%20by%20esc%20login%20on%20workbench%20at%2025%20Nov%2026%2012%3A00%20UTC";
    picture(&browser, folder, "invite-signed-in", &server.url(&another)).await;
    picture(&browser, folder, "cli-login", &server.url(asked)).await;
    picture(&browser, folder, "cli-login-done", &server.url("/welcome/cli")).await;
    picture(&browser, folder, "environments-empty", &server.url("/acme/environments")).await;

    for (project, name) in [("payments", "production"), ("website", "production"), ("website", "staging")] {
        ada.create(project, name).await;
    }
    ben.create("website", "dev").await;
    chiara.create("data-platform", "warehouse-readonly").await;
    let session = ben.open("website", "dev").await;
    ben.read_open("website", "dev", &session).await;
    ada.open("website", "production").await;
    chiara.read("data-platform", "warehouse-readonly").await;
    mallory.fail_to_open("payments", "production").await;
    mallory.fail_to_open("payments", "nowhere").await;
    ada.update("website", "production", "values: {greeting: good evening}\n").await;

    picture(&browser, folder, "environments", &server.url("/acme/environments")).await;
    let log = server.url("/acme/settings/audit-logs");
    picture(&browser, folder, "audit-logs", &log).await;
    picture(&browser, folder, "audit-logs-filtered", &format!("{log}?user=ben&event=environment-open")).await;
    picture(&browser, folder, "audit-logs-unknown", &format!("{log}?user=zoe")).await;
    picture(&browser, folder, "log-key", &server.url("/acme/settings/log-key")).await;
    menu(&browser, folder, &log).await;
    picture(&browser, folder, "lost", &server.url("/nowhere")).await;
}

/// The menu of downloads, open, as far as the window shows it.
async fn menu(browser: &Chromium, folder: &Path, url: &str) {
    for width in [1440, 360] {
        for scheme in ["light", "dark"] {
            let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
            browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            browser.devtools("Emulation.setEmulatedMedia", features).await;
            browser.go(url).await;
            browser.click(".downloads > summary").await;
            let edges = "const box = document.querySelector('.downloads .menu-panel').getBoundingClientRect();
                return box.left >= 0 && box.right <= document.documentElement.clientWidth;";
            assert_eq!(browser.run(edges).await, json!(true), "the menu sticks out at {width}");
            let shot = browser.devtools("Page.captureScreenshot", json!({ "format": "png" })).await;
            let bytes = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
            std::fs::write(folder.join(format!("downloads-{width}-{scheme}.png")), bytes).unwrap();
        }
    }
}

/// A page in both widths and both schemes, as far down as it goes.
async fn picture(browser: &Chromium, folder: &Path, name: &str, url: &str) {
    for width in [1440, 390, 360] {
        for scheme in ["light", "dark"] {
            let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
            browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            browser.devtools("Emulation.setEmulatedMedia", features).await;
            browser.go(url).await;
            // What is not in sight yet would not be in the picture either.
            browser.run("for (const image of document.images) image.loading = 'eager'").await;
            let pictures = "[...document.images].every((image) => image.complete)";
            browser.wait_for(&format!("document.readyState === 'complete' && {pictures}")).await;
            // Nothing may stick out at the side.
            let overhang = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(browser.run(overhang).await, json!(0), "{name} at {width}");
            let height = browser.run("return document.documentElement.scrollHeight").await.as_u64().unwrap().min(2_400);
            let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
            let taken = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
            let shot = browser.devtools("Page.captureScreenshot", taken).await;
            let bytes = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), bytes).unwrap();
        }
    }
}
