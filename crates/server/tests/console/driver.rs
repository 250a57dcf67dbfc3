//! Chromium, driven over `WebDriver`: JSON over HTTP on the loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::exchange::exchange;

/// The key under which `WebDriver` names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How often a condition is looked at before it is given up, and how long the browser waits between.
const LOOKS: u32 = 200;
const PAUSE: u32 = 50;

/// A browser with a fresh profile. Dropping it closes it.
pub(crate) struct Chromium {
    driver: Child,
    address: SocketAddr,
    session: String,
    _said: BufReader<ChildStdout>,
    profile: TempDir,
}

impl Chromium {
    /// Starts the browser, or says why not.
    pub(crate) async fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("ESCRIBA_CHROMEDRIVER").filter(|path| !path.is_empty()) else {
            println!("skipped: ESCRIBA_CHROMEDRIVER does not name a ChromeDriver");
            return None;
        };
        let mut driver = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ESCRIBA_CHROMEDRIVER names a program");
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "ChromeDriver did not start");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                let port: String = port.chars().take_while(char::is_ascii_digit).collect();
                break SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
            }
        };
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, address, session: String::new(), _said: said, profile };
        let opened = browser.ask("POST", "/session", &capabilities(browser.profile.path())).await;
        opened["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        Some(browser)
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        match self.try_ask(method, path, body).await {
            Ok(value) => value,
            Err(error) => panic!("{method} {path} {body}: {error}"),
        }
    }

    async fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let text = if method == "POST" { body.to_string() } else { String::new() };
        let headers = [("content-type", "application/json; charset=utf-8")];
        let reply = exchange(self.address, method, path, &headers, text.as_bytes()).await;
        let mut answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let value = answer["value"].take();
        if reply.status == 200 { Ok(value) } else { Err(value) }
    }

    async fn command(&self, command: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}/{command}", self.session), body).await
    }

    pub(crate) async fn go(&self, url: &str) {
        self.command("url", &json!({ "url": url })).await;
    }

    pub(crate) async fn url(&self) -> String {
        let url = self.ask("GET", &format!("/session/{}/url", self.session), &Value::Null).await;
        url.as_str().unwrap().to_owned()
    }

    /// Runs a script in the page, and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Speaks to the browser past `WebDriver`.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await
    }

    /// Waits until an expression is true in whatever page is shown by then.
    pub(crate) async fn wait_for(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             setTimeout(() => done(Boolean({expression})), {PAUSE});"
        );
        let path = format!("/session/{}/execute/async", self.session);
        for _ in 0..LOOKS {
            // A page that is left while it is looked at is no failure yet.
            let looked = self.try_ask("POST", &path, &json!({ "script": script, "args": [] })).await;
            if looked == Ok(Value::Bool(true)) {
                return;
            }
        }
        panic!("in vain: {expression} at {}\n{}", self.url().await, self.text("body").await);
    }

    /// Lets the browser pause for a moment: what is waited for is outside of it.
    pub(crate) async fn pause(&self) {
        let script = format!("setTimeout(arguments[arguments.length - 1], {PAUSE})");
        self.command("execute/async", &json!({ "script": script, "args": [] })).await;
    }

    async fn find(&self, css: &str) -> String {
        let found = self.command("element", &json!({ "using": "css selector", "value": css })).await;
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/click"), &json!({})).await;
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/value"), &json!({ "text": text })).await;
    }

    /// The text of an element as it is seen.
    pub(crate) async fn text(&self, css: &str) -> String {
        let element = self.find(css).await;
        let path = format!("/session/{}/element/{element}/text", self.session);
        self.ask("GET", &path, &Value::Null).await.as_str().unwrap().to_owned()
    }

    pub(crate) async fn count(&self, css: &str) -> u64 {
        let script = format!("return document.querySelectorAll({}).length", json!(css));
        self.run(&script).await.as_u64().unwrap()
    }

    /// What the browser complained about: scripts that failed, files that did not load, policies that
    /// were violated.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let lines = self.command("se/log", &json!({ "type": "browser" })).await;
        let severe = lines.as_array().unwrap().iter().filter(|line| line["level"] == "SEVERE");
        severe.map(|line| line["message"].to_string()).collect()
    }
}

fn capabilities(profile: &Path) -> Value {
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
        "--window-size=1440,900",
        &format!("--user-data-dir={}", profile.display()),
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
        // The driver itself waits this long for an element that is not there yet.
        "timeouts": { "implicit": 10_000, "pageLoad": 60_000, "script": 60_000 },
    } } })
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver ends the browser with the session; without this the browser would stay.
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                self.session, self.address
            );
            // The first byte of the answer says that it is done; the connection stays open for ever.
            let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_exact(&mut [0]));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
