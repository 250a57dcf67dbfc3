//! The kill test of rotation: servers are killed at random moments while they rotate passwords of a real database.
//!
//! After each kill the login that an environment gives must let in, whatever was about to be set; and a rotation that
//! was acknowledged has written one revision, which no other one has. On PostgreSQL two servers rotate the same
//! environments, of which mostly one is killed: the other one goes on, and takes over what that one held.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use benches::clock::Random;
use benches::http::{Caller, Connection};
use benches::postgres::Cluster;
use benches::server::{Checked, Installation, ORGANIZATION};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::replicas::Replicas;

/// How many environments are rotated, each with two users of its own.
const ENVIRONMENTS: usize = 12;
/// How many clients rotate at once, on each server.
const CLIENTS: usize = 3;
/// How often the end is tried, once a second: what a killed process held is free after a quarter of a minute.
const TRIES: u32 = 60;

/// What came of the run.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) violations: Vec<String>,
    acknowledged: usize,
    cut_off: usize,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { violations, acknowledged, cut_off } = self;
        write!(f, "{acknowledged} rotations acknowledged, {cut_off} cut off, {} violations", violations.len())
    }
}

/// What a client was told: the revisions that its rotations wrote, by environment.
#[derive(Default)]
struct Told {
    revisions: Vec<(usize, u64)>,
    cut_off: usize,
    violations: Vec<String>,
}

/// The run.
pub(crate) struct Rotations {
    target: Cluster,
    token: String,
    /// The revisions that were acknowledged, with their environments.
    revisions: HashMap<(usize, u64), u32>,
    outcome: Outcome,
}

fn path(environment: usize, below: &str) -> String {
    format!("/api/esc/environments/{ORGANIZATION}/kill/e{environment}{below}")
}

fn definition(environment: usize, port: u16) -> String {
    format!(
        "values:\n  login:\n    fn::rotate::postgres:\n      inputs:\n        database:\n          host: 127.0.0.1\n          \
         port: {port}\n          database: postgres\n          managingUser:\n            username: manager\n            \
         password:\n              fn::secret: manager-password\n        rotateUsers:\n          username1: a{environment}\n          \
         username2: b{environment}\n"
    )
}

impl Rotations {
    /// Kills servers `rounds` times while they rotate.
    pub(crate) async fn run(
        installation: Installation,
        count: usize,
        target: Cluster,
        rounds: u32,
        mut random: Random,
    ) -> Result<Outcome> {
        set_up(&target)?;
        let token = installation.init()?;
        let mut this = Self { target, token, revisions: HashMap::new(), outcome: Outcome::default() };
        let mut replicas = Replicas::start(installation, count).await?;
        this.create(replicas.address(0)).await?;
        for round in 1..=rounds {
            let mut clients = JoinSet::new();
            let leaving = Arc::new(AtomicBool::new(false));
            for address in replicas.addresses().repeat(CLIENTS) {
                let caller = Caller::new(address, &this.token);
                clients.spawn(work(caller, Random::new(random.bits()), Arc::clone(&leaving)));
            }
            let most = if random.one_in(4) { 1_500 } else { 300 };
            let moment = random.below(most);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            replicas.kill_some(&mut random)?;
            let there = replicas.addresses();
            if !there.is_empty() {
                tokio::time::sleep(Duration::from_millis(random.below(500))).await;
            }
            leaving.store(true, Ordering::Relaxed);
            while let Some(left) = clients.join_next().await {
                let (address, told) = left?;
                if told.cut_off > 0 && there.contains(&address) {
                    this.outcome.violations.push("a rotation was cut off by a server that was not killed".to_owned());
                }
                this.note(told);
            }
            replicas.restart().await.context("starting again after a kill")?;
            this.check(replicas.address(round)).await.context("checking a round")?;
            this.sound(&replicas.fsck()?);
            println!(
                "round {round:>4}: {} of {count} killed after {moment:>4} ms; {}",
                count - there.len(),
                this.outcome
            );
        }
        println!("kill: every environment is rotated to the end");
        this.finish(replicas.address(0)).await?;
        for address in replicas.addresses() {
            this.check(address).await?;
        }
        replicas.stop().await?;
        this.sound(&replicas.fsck()?);
        this.target.stop().await?;
        for violation in &this.outcome.violations {
            println!("VIOLATION: {violation}");
        }
        Ok(this.outcome)
    }

    /// Creates the environments and rotates each once.
    async fn create(&mut self, address: SocketAddr) -> Result<()> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        for environment in 0..ENVIRONMENTS {
            let create = caller.request("POST", &path(environment, ""), &[]);
            ensure!(connection.send(&create).await?.status < 300, "an environment could not be created");
            let text = definition(environment, self.target.port());
            let update = caller.request("PATCH", &path(environment, ""), text.as_bytes());
            let updated = connection.send(&update).await?;
            ensure!(updated.status == 200, "a definition was refused: {}", updated.text());
            let mut told = Told::default();
            ensure!(rotate(&caller, &mut connection, environment, &mut told).await?, "the first rotation was refused");
            self.note(told);
        }
        Ok(())
    }

    fn note(&mut self, told: Told) {
        self.outcome.acknowledged += told.revisions.len();
        self.outcome.cut_off += told.cut_off;
        self.outcome.violations.extend(told.violations);
        for written in told.revisions {
            let times = self.revisions.entry(written).or_default();
            *times += 1;
            if *times > 1 {
                let (environment, revision) = written;
                self.outcome.violations.push(format!("two rotations of e{environment} wrote revision {revision}"));
            }
        }
    }

    /// Looks whether what the environments give lets in.
    async fn check(&mut self, address: SocketAddr) -> Result<()> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        for environment in 0..ENVIRONMENTS {
            let login = opened(&caller, &mut connection, environment).await?;
            let current = &login["current"]["value"];
            let part = |key: &str| current[key]["value"].as_str().unwrap_or_default().to_owned();
            let (user, password) = (part("username"), part("password"));
            if !self.target.lets_in(&user, &password)? {
                self.outcome.violations.push(format!("the login of e{environment}, {user:?}, is lost"));
            }
        }
        Ok(())
    }

    /// Rotates every environment once more, which takes up whatever was cut off.
    async fn finish(&mut self, address: SocketAddr) -> Result<()> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        for environment in 0..ENVIRONMENTS {
            let mut tries = 0;
            let mut told = Told::default();
            while !rotate(&caller, &mut connection, environment, &mut told).await? {
                tries += 1;
                ensure!(tries < TRIES, "e{environment} cannot be rotated any more");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            self.note(told);
        }
        Ok(())
    }

    fn sound(&mut self, checked: &Checked) {
        let findings = checked.findings.iter().chain(checked.logs.iter().flat_map(|log| &log.findings));
        self.outcome.violations.extend(findings.map(|finding| format!("fsck: {}", finding.what)));
    }
}

/// Makes the users, and lets nobody in without a password.
fn set_up(target: &Cluster) -> Result<()> {
    let mut statements =
        "CREATE ROLE manager LOGIN CREATEROLE PASSWORD 'manager-password'; SET ROLE manager;".to_owned();
    for environment in 0..ENVIRONMENTS {
        write!(statements, "CREATE ROLE a{environment} LOGIN; CREATE ROLE b{environment} LOGIN;")?;
    }
    target.query(&statements)?;
    target.ask_for_passwords()
}

/// Rotates one environment after the other until the server is gone, or it is to leave.
async fn work(caller: Caller, mut random: Random, leaving: Arc<AtomicBool>) -> (SocketAddr, Told) {
    let (address, mut told) = (caller.address(), Told::default());
    let Ok(mut connection) = Connection::open(address).await else { return (address, told) };
    while !leaving.load(Ordering::Relaxed) {
        let environment = usize::try_from(random.below(ENVIRONMENTS as u64)).unwrap_or_default();
        if rotate(&caller, &mut connection, environment, &mut told).await.is_err() {
            told.cut_off += 1;
            break;
        }
    }
    (address, told)
}

/// Rotates an environment; false if another rotation is at it.
async fn rotate(caller: &Caller, connection: &mut Connection, environment: usize, told: &mut Told) -> Result<bool> {
    let answer = connection.send(&caller.request("POST", &path(environment, "/rotate"), b"{\"Paths\":[]}")).await?;
    let event = match answer.status {
        409 => return Ok(false),
        200 => serde_json::from_slice::<Value>(answer.body)?["secretRotationEvent"].take(),
        status => {
            told.violations.push(format!("rotating e{environment} was answered with {status}: {}", answer.text()));
            return Ok(false);
        }
    };
    match (event["status"].as_str(), event["postRotationRevision"].as_u64()) {
        (Some("succeeded"), Some(revision)) => told.revisions.push((environment, revision)),
        _ => told.violations.push(format!("e{environment} was not rotated: {event}")),
    }
    Ok(true)
}

/// The login that an environment gives.
async fn opened(caller: &Caller, connection: &mut Connection, environment: usize) -> Result<Value> {
    let answer = connection.send(&caller.request("POST", &path(environment, "/open"), &[])).await?;
    ensure!(answer.status == 200, "e{environment} cannot be opened: {}", answer.text());
    let session = serde_json::from_slice::<Value>(answer.body)?["id"].as_str().unwrap_or_default().to_owned();
    let read = caller.request("GET", &path(environment, &format!("/open/{session}")), &[]);
    let answer = connection.send(&read).await?;
    let mut values: Value = serde_json::from_slice(answer.body).context("reading an open environment")?;
    Ok(values["properties"]["login"]["value"].take())
}
