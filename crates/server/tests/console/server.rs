//! A server in this process, with people who use it, and browsers without a window.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::egress::EgressSettings;
use engine::seal::SecretString;
use engine::{Context, Engine, Level, NewInvite, NewUser, Role, SetUp};
use server::http::{App, Limits, Settings, clean};
use server::installation::{Installation, Location};
use server::telemetry::Metrics;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::exchange::{Reply, encode, exchange, form};
use crate::place::Place;

/// A server with the organisation `acme`. Dropping it ends it.
pub(crate) struct TestServer {
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    _stop: oneshot::Sender<()>,
    _background: JoinSet<()>,
    _installation: Installation,
    // The last to go: the database is removed once nobody uses it any more.
    _folder: TempDir,
    _place: Place,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_behind("http").await
    }

    /// A server whose public address has a scheme. It speaks plain HTTP all the same, as behind a
    /// proxy.
    pub(crate) async fn start_behind(scheme: &str) -> Self {
        Self::start_with(scheme, EgressSettings::default()).await
    }

    /// A server that may call what these settings allow.
    pub(crate) async fn start_calling(egress: EgressSettings) -> Self {
        Self::start_with("http", egress).await
    }

    async fn start_with(scheme: &str, egress: EgressSettings) -> Self {
        let place = Place::new().await;
        let folder = tempfile::tempdir().unwrap();
        let database_url = match &place {
            Place::Sqlite => None,
            Place::Postgres { url, .. } => Some(url.clone()),
        };
        let location =
            Location { data_dir: folder.path().join("data"), database_url, key_file: None, anchor: None, egress };
        let set_up = SetUp { organization: "acme".into(), admin: "founder".into() };
        let (installation, _) = location.init(set_up).await.unwrap();
        let engine = installation.engine.clone();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Settings {
            public_url: format!("{scheme}://{address}"),
            trusted_proxies: Vec::new(),
            secure_cookies: scheme == "https",
            limits: Limits::default(),
        };
        let app = App { engine: engine.clone(), settings: Arc::new(settings), metrics: Arc::new(Metrics::new()) };
        let (stop, stopped) = oneshot::channel::<()>();
        let service = MapRequestLayer::new(clean).layer(server::service(app));
        tokio::spawn(server::listen::serve(listener, None, service, async {
            stopped.await.ok();
        }));
        Self {
            _background: server::tasks::start(&engine, None),
            engine,
            address,
            _stop: stop,
            _installation: installation,
            _folder: folder,
            _place: place,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn operator(&self) -> Context {
        self.engine.operator_context("root")
    }

    /// Adds somebody to `acme`.
    pub(crate) async fn add(&self, login: &str, name: &str, role: Role) -> User<'_> {
        self.add_as(NewUser { login: login.into(), name: Some(name.into()), email: None }, role).await
    }

    /// Adds somebody to `acme` who is known by an e-mail address.
    pub(crate) async fn add_with_email(&self, login: &str, email: &str) -> User<'_> {
        self.add_as(NewUser { login: login.into(), name: None, email: Some(email.into()) }, Role::Member).await
    }

    async fn add_as(&self, user: NewUser, role: Role) -> User<'_> {
        let login = user.login.clone();
        let token = self.engine.add_user(&self.operator(), user, "acme".into(), role).await.unwrap();
        User { server: self, login, token: token.get().text.clone() }
    }

    /// What members may do with environments that are not their own.
    pub(crate) async fn permit_members(&self, level: Level) {
        self.engine.set_default_permission(&self.operator(), "acme".into(), level).await.unwrap();
    }

    /// The path of an invitation's page.
    pub(crate) async fn invite(&self, role: &str) -> String {
        self.invite_by_email(role, "").await
    }

    /// The same of an invitation that is meant for an e-mail address.
    pub(crate) async fn invite_by_email(&self, role: &str, email: &str) -> String {
        let role = Role::parse(role).unwrap();
        let new = NewInvite { role: role.into(), email: email.to_owned(), expires_at: None };
        let made = self.engine.send_invite(&self.operator(), "acme".into(), new).await.unwrap();
        format!("/invite/{}", made.get().text.expose())
    }

    /// The text of a fresh one-time link.
    pub(crate) async fn link(&self, login: &str) -> String {
        let link = self.engine.create_link(&self.operator(), login.into()).await.unwrap();
        link.get().text.expose().clone()
    }
}

/// Somebody who uses the API with a token, as the SDKs do.
pub(crate) struct User<'a> {
    server: &'a TestServer,
    pub(crate) login: String,
    pub(crate) token: SecretString,
}

impl User<'_> {
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        let authorization = format!("token {}", self.token.expose());
        let headers = [("authorization", &*authorization), ("user-agent", "esc-sdk/ts/0.13.0")];
        exchange(self.server.address, method, &format!("/api/esc{path}"), &headers, body.as_bytes()).await
    }

    async fn succeed(&self, method: &str, path: &str, body: &str) -> Reply {
        let reply = self.send(method, path, body).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text());
        reply
    }

    /// Creates an environment and gives it a definition.
    pub(crate) async fn create(&self, project: &str, name: &str) {
        let body = format!(r#"{{"project":"{project}","name":"{name}"}}"#);
        self.succeed("POST", "/environments/acme", &body).await;
        self.update(project, name, "values:\n  greeting: hello\n  password: {fn::secret: hunter2}\n").await;
    }

    pub(crate) async fn update(&self, project: &str, name: &str, definition: &str) {
        self.succeed("PATCH", &format!("/environments/acme/{project}/{name}"), definition).await;
    }

    pub(crate) async fn read(&self, project: &str, name: &str) {
        self.succeed("GET", &format!("/environments/acme/{project}/{name}"), "").await;
    }

    /// Opens an environment, and gives the session.
    pub(crate) async fn open(&self, project: &str, name: &str) -> String {
        let reply = self.succeed("POST", &format!("/environments/acme/{project}/{name}/open"), "").await;
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn read_open(&self, project: &str, name: &str, session: &str) {
        self.succeed("GET", &format!("/environments/acme/{project}/{name}/open/{session}"), "").await;
    }

    /// Tries to open an environment in vain.
    pub(crate) async fn fail_to_open(&self, project: &str, name: &str) {
        let reply = self.send("POST", &format!("/environments/acme/{project}/{name}/open"), "").await;
        assert_eq!(reply.status, 404, "{}", reply.text());
    }
}

/// A browser without a window: it keeps cookies, and follows nothing by itself.
pub(crate) struct Browser {
    address: SocketAddr,
    cookies: Vec<(String, String)>,
}

impl Browser {
    pub(crate) fn new(server: &TestServer) -> Self {
        Self::at(server.address)
    }

    /// A browser that visits another server.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, cookies: Vec::new() }
    }

    /// A browser in which somebody has signed in with their token.
    pub(crate) async fn signed_in(server: &TestServer, user: &User<'_>) -> Self {
        let mut browser = Self::new(server);
        let csrf = browser.token_at("/sign-in").await;
        let reply = browser.post("/sign-in", &[("csrf", &csrf), ("token", user.token.expose())]).await;
        assert_eq!(reply.location(), "/");
        browser
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let jar = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut all = vec![("cookie", &*jar), ("accept", "text/html,application/xhtml+xml")];
        all.extend(headers);
        let reply = exchange(self.address, method, path, &all, body.as_bytes()).await;
        for (_, line) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        reply
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_with(path, fields, &[]).await
    }

    pub(crate) async fn post_with(&mut self, path: &str, fields: &[(&str, &str)], more: &[(&str, &str)]) -> Reply {
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(more);
        self.send("POST", path, &headers, &form(fields)).await
    }

    /// The token in the forms of a page.
    pub(crate) async fn token_at(&mut self, path: &str) -> String {
        let page = self.get(path).await;
        let (_, rest) = page.text().split_once(r#"name="csrf" value=""#).expect("a page with a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// The address of `acme`'s audit log with a filter.
pub(crate) fn log_of(user: &str) -> String {
    format!("/acme/settings/audit-logs?user={}", encode(user))
}
