//! A whole server in this process, with people who use it.

mod clock;
mod disk;
mod issuer;
mod log;
mod organization;
mod place;
mod socket;
mod user;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use engine::egress::{Egress, EgressSettings};
use engine::ledger::Entry;
use engine::seal::{Ring, SystemRandom, Token};
use engine::store::{Ambient, Clock, Faults, Store};
use engine::{AnchorFile, Context, Engine, Erasures, NewUser, Outside, Role, SetUp};
use server::http::{App, Limits, Settings, clean};
use server::telemetry::Metrics;
use tempfile::TempDir;
use tower::util::MapRequest;

pub(crate) use clock::TestClock;
pub(crate) use disk::{Disk, ReadOnly};
pub(crate) use issuer::TestIssuer;
pub(crate) use log::{actor, commitment, line, reads};
pub(crate) use organization::create as create_organization;
pub(crate) use place::Place;
pub(crate) use socket::Socket;
pub(crate) use user::{Answer, Call, User};

/// What listens: cleaned paths, then all routes.
pub(crate) type Service = MapRequest<Router, fn(Request<Body>) -> Request<Body>>;

/// Where environments are on the wire.
pub(crate) const ENVIRONMENTS: &str = "/api/esc/environments";
/// Where the log of the organisation of the tests is on the wire.
pub(crate) const LOGS: &str = "/api/orgs/acme/auditlogs";

/// A whole server in this process.
///
/// Its organisation is `acme`. Of the people, `ada` is the administrator; `alice` and `mallory`
/// are members, and no member may do anything with what is not its own; `otto` has a token and
/// belongs to nothing.
pub(crate) struct TestApp {
    service: Service,
    app: App,
    /// The database, opened once more: to look at the log without adding to it.
    store: Store,
    clock: Arc<TestClock>,
    tokens: Mutex<HashMap<String, String>>,
    /// How long each log was when the set-up was done.
    marks: Mutex<HashMap<Option<String>, u64>>,
    folder: PathBuf,
    /// Goes with the server, if it is its own.
    temporary: Option<TempDir>,
    // The last, for the database can only go once nobody uses it.
    place: Place,
}

/// Another server over the database of one.
pub(crate) struct Replica {
    service: Service,
    pub(crate) engine: Engine,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.engine.close();
    }
}

impl TestApp {
    /// Starts a server on a database of its own.
    pub(crate) async fn start() -> Self {
        Self::behind(&[]).await
    }

    /// Starts a server that trusts these proxies.
    pub(crate) async fn behind(proxies: &[&str]) -> Self {
        Self::with(proxies, Limits::default()).await
    }

    /// Starts a server that lets callers come only so often.
    pub(crate) async fn limited(limits: Limits) -> Self {
        Self::with(&[], limits).await
    }

    async fn with(proxies: &[&str], limits: Limits) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_owned();
        let place = Place::new().await;
        let mut this = Self::open(folder, place, proxies, EgressSettings::default(), limits).await;
        this.temporary = Some(temporary);
        this
    }

    /// Starts a server on the embedded database in this folder.
    pub(crate) async fn in_folder(folder: &Path) -> Self {
        Self::open(folder.to_owned(), Place::Sqlite, &[], EgressSettings::default(), Limits::default()).await
    }

    /// Starts a server that may call what these settings allow.
    pub(crate) async fn calling(egress: EgressSettings) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut this =
            Self::open(temporary.path().to_owned(), Place::new().await, &[], egress, Limits::default()).await;
        this.temporary = Some(temporary);
        this
    }

    async fn open(folder: PathBuf, place: Place, proxies: &[&str], egress: EgressSettings, limits: Limits) -> Self {
        let file = folder.join("escriba.db");
        let clock = Arc::new(TestClock::default());
        let ambient = Ambient::new(clock.clone(), Arc::new(SystemRandom));
        let ring_file = folder.join("escriba.keys");
        let ring = Ring::create(&ring_file, &SystemRandom).unwrap();
        let anchor = Arc::new(AnchorFile::new(folder.join("escriba.anchor")));
        let erasures = Erasures::new(folder.join("escriba.erased"));
        let egress = Egress::new(egress).unwrap();
        let outside = Outside { ring, ring_file, anchor, erasures, egress };
        let store = Store::open(place.database(&file), ambient.clone()).await.unwrap();
        let set_up = SetUp { organization: "acme".to_owned(), admin: "ada".to_owned() };
        let (engine, installed) = Engine::install(store, outside, set_up).await.unwrap();
        let settings = Settings {
            public_url: "http://escriba.test".to_owned(),
            trusted_proxies: proxies.iter().map(|network| network.parse().unwrap()).collect(),
            secure_cookies: false,
            limits,
        };
        engine.reached_at("http://escriba.test");
        let app = App { engine, settings: Arc::new(settings), metrics: Arc::new(Metrics::new()) };
        let clean: fn(Request<Body>) -> Request<Body> = clean::<Body>;
        let this = Self {
            service: MapRequest::new(server::service(app.clone()), clean),
            app,
            store: Store::open(place.database(&file), ambient).await.unwrap(),
            clock,
            tokens: Mutex::new(HashMap::from([("ada".to_owned(), installed.token.expose().clone())])),
            marks: Mutex::default(),
            folder,
            temporary: None,
            place,
        };
        for login in ["alice", "mallory", "otto"] {
            this.add(login, Role::Member).await;
        }
        let operator = this.operator();
        this.engine().remove_member(&operator, "acme".into(), "otto".into()).await.unwrap();
        this.mark(None).await;
        this.mark(Some("acme")).await;
        this
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.app.engine
    }

    /// The database, beside the server.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn clock_now(&self) -> i64 {
        self.clock.wall()
    }

    pub(crate) fn clock(&self) -> &TestClock {
        &self.clock
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn service(&self) -> Service {
        self.service.clone()
    }

    /// Does to the database what somebody does who can write it.
    pub(crate) async fn tamper(&self, statement: &str) {
        self.place.tamper(&self.folder.join("escriba.db"), statement).await;
    }

    /// Another process over the same database, as the one that comes after this one.
    pub(crate) async fn next_process(&self) -> Engine {
        self.process_with(Faults::default()).await
    }

    /// Another process over the same database, of which some steps fail.
    pub(crate) async fn process_with(&self, faults: Faults) -> Engine {
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        self.process_calling(faults, EgressSettings { allow, ..EgressSettings::default() }).await
    }

    /// Another process that may call what these settings allow.
    pub(crate) async fn process_calling(&self, faults: Faults, egress: EgressSettings) -> Engine {
        let ring_file = self.folder.join("escriba.keys");
        let anchor = Arc::new(AnchorFile::new(self.folder.join("escriba.anchor")));
        let erasures = Erasures::new(self.folder.join("escriba.erased"));
        let egress = Egress::new(egress).unwrap();
        let outside = Outside { ring: Ring::load(&ring_file).unwrap(), ring_file, anchor, erasures, egress };
        let ambient = Ambient { faults, ..Ambient::new(self.clock.clone(), Arc::new(SystemRandom)) };
        let store = Store::open(self.place.database(&self.folder.join("escriba.db")), ambient).await.unwrap();
        let instance = engine::installation(&store).await.unwrap().unwrap();
        let engine = Engine::open(store, outside, &instance).await.unwrap();
        engine.reached_at("http://escriba.test");
        engine
    }

    /// Another replica on the same database, which must be PostgreSQL.
    pub(crate) async fn replica(&self) -> Replica {
        assert!(Place::is_postgres_tested(), "a data directory has one owner");
        let engine = self.next_process().await;
        let settings = Arc::clone(&self.app.settings);
        let app = App { engine, settings, metrics: Arc::new(Metrics::new()) };
        let clean: fn(Request<Body>) -> Request<Body> = clean::<Body>;
        Replica { service: MapRequest::new(server::service(app.clone()), clean), engine: app.engine }
    }

    /// The context of somebody at the shell.
    pub(crate) fn operator(&self) -> Context {
        self.engine().operator_context("setup")
    }

    /// Adds somebody to the organisation.
    pub(crate) async fn add(&self, login: &str, role: Role) {
        let user = NewUser { login: login.to_owned(), name: None, email: None };
        let token = self.engine().add_user(&self.operator(), user, "acme".into(), role).await.unwrap();
        self.tokens.lock().unwrap().insert(login.to_owned(), token.get().text.expose().clone());
    }

    /// Makes a second organisation with these members.
    pub(crate) async fn organization(&self, name: &str, members: &[&str]) {
        organization::create(&self.store, name, members).await;
    }

    /// Another token of somebody, by identifier and text; it ends at this time.
    pub(crate) async fn token(&self, login: &str, name: &str, expires_at: Option<i64>) -> (String, String) {
        let operator = self.operator();
        let issued = self.engine().issue_token_for(&operator, login.into(), name.into(), expires_at).await.unwrap();
        (issued.get().id.to_string(), issued.get().text.expose().clone())
    }

    /// Somebody who calls, by login.
    pub(crate) fn user(&self, login: &str) -> User<'_> {
        let token = self.tokens.lock().unwrap().get(login).cloned();
        User::new(self, Some(token.expect("somebody of this login has a token")))
    }

    /// Somebody who calls with this token, whatever it is.
    pub(crate) fn bearer(&self, token: &str) -> User<'_> {
        User::new(self, Some(token.to_owned()))
    }

    /// Somebody who calls without a token.
    pub(crate) fn anonymous(&self) -> User<'_> {
        User::new(self, None)
    }

    /// A token of the right form that this server never issued.
    pub(crate) fn foreign_token() -> String {
        Token::mint(&SystemRandom).text.expose().clone()
    }

    /// The text of somebody's token.
    pub(crate) fn token_of(&self, login: &str) -> String {
        self.tokens.lock().unwrap()[login].clone()
    }

    /// Creates an environment of somebody's, with this definition.
    pub(crate) async fn environment(&self, login: &str, name: &str, definition: &str) {
        let (project, environment) = name.split_once('/').unwrap();
        let user = self.user(login);
        let body = serde_json::json!({ "project": project, "name": environment }).to_string();
        user.post(&format!("{ENVIRONMENTS}/acme")).body(body).await.expect(204);
        if !definition.is_empty() {
            user.patch(&format!("{ENVIRONMENTS}/acme/{name}")).body(definition.to_owned()).await.expect(200);
        }
    }

    /// Opens an environment and gives the session.
    pub(crate) async fn session(&self, login: &str, name: &str) -> String {
        let opened = self.user(login).post(&format!("{ENVIRONMENTS}/acme/{name}/open")).await;
        opened.expect(200).json()["id"].as_str().unwrap().to_owned()
    }

    /// What comes after now is what [`Self::log`] and [`Self::entries`] show.
    pub(crate) async fn mark(&self, organization: Option<&str>) {
        let size = log::size(&self.store, organization).await;
        self.marks.lock().unwrap().insert(organization.map(str::to_owned), size);
    }

    /// The entries of an organisation's log, or of the server's, since the mark.
    pub(crate) async fn entries(&self, organization: Option<&str>) -> Vec<Entry> {
        let mark = self.marks.lock().unwrap().get(&organization.map(str::to_owned)).copied().unwrap_or(0);
        log::since(&self.store, organization, mark).await
    }

    /// All entries of a log, the set-up's too.
    pub(crate) async fn all_entries(&self, organization: Option<&str>) -> Vec<Entry> {
        log::since(&self.store, organization, 0).await
    }

    /// The identifier of an organisation's log, and of the newest event in it.
    pub(crate) async fn newest_event(&self, organization: &str) -> (String, String) {
        let size = log::size(&self.store, Some(organization)).await;
        let entries = log::since(&self.store, Some(organization), size - 1).await;
        let leaf = entries.last().expect("a log has an entry").leaf.as_leaf();
        let origin: engine::ledger::Origin = leaf.log().parse().unwrap();
        (origin.log().to_string(), leaf.id().to_string())
    }

    /// The entries since the mark once there are this many: what a task of the server's writes
    /// after the answer comes a little later.
    pub(crate) async fn entries_once(&self, organization: Option<&str>, count: usize) -> Vec<Entry> {
        let mut found = 0;
        for _ in 0..5_000 {
            let entries = self.entries(organization).await;
            found = entries.len();
            if found >= count {
                return entries;
            }
            tokio::task::yield_now().await;
        }
        panic!("there never were {count} entries, but {found}")
    }

    /// The log of an organisation since the mark, oldest first, one entry on a line.
    pub(crate) async fn log(&self, organization: &str) -> String {
        lines(&self.entries(Some(organization)).await)
    }

    /// The log of the server since the mark, oldest first, one entry on a line.
    pub(crate) async fn server_log(&self) -> String {
        lines(&self.entries(None).await)
    }

    /// A socket on which this server listens until it is dropped.
    pub(crate) async fn listen(&self) -> Socket {
        Socket::open(self.service()).await
    }
}

/// The address that calls without a socket come from.
pub(crate) fn peer() -> SocketAddr {
    "203.0.113.7:40000".parse().unwrap()
}

fn lines(entries: &[Entry]) -> String {
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The files in a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    files
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.engine.close();
        self.store.close();
    }
}
