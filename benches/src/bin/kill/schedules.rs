//! Servers that are killed while they run schedules: each time runs once, or nobody knows how it ended; never twice.
//!
//! Each round gives new environments a schedule for one time, a moment ahead, and kills a server around that moment. On
//! PostgreSQL there are two servers, of which one, the other or both are killed. At the end everything that was due must
//! have ended, with one announcement and one outcome in the log.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use benches::clock::{self, Random};
use benches::http::{Caller, Connection};
use benches::server::{Checked, Installation, ORGANIZATION};
use serde_json::{Value, json};

use crate::audit::Pages;
use crate::clients::{ENVIRONMENTS, PROJECT, path};
use crate::replicas::Replicas;

/// How many schedules a round has.
const EACH_ROUND: u64 = 16;
/// How long it is waited for the last of them: a server is taken to be gone half a minute after it was heard of.
const PATIENCE: Duration = Duration::from_secs(90);

/// What was found.
pub(crate) struct Outcome {
    pub(crate) violations: Vec<String>,
    runs: usize,
    unknown: usize,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { violations, runs, unknown } = self;
        write!(f, "{runs} runs of schedules, {unknown} closed as unknown, {} violations", violations.len())
    }
}

/// The test.
pub(crate) struct Schedules {
    random: Random,
    token: String,
    /// The path of each schedule, by the name of its environment.
    made: BTreeMap<String, String>,
}

impl Schedules {
    /// Kills servers `rounds` times, and checks at the end.
    pub(crate) async fn run(installation: Installation, count: usize, rounds: u32, random: Random) -> Result<Outcome> {
        let mut this = Self { random, token: installation.init()?, made: BTreeMap::new() };
        let mut replicas = Replicas::start(installation, count).await?;
        for round in 1..=rounds {
            let due = this.schedule(replicas.address(0), round).await?;
            let moment = this.near(due).await;
            replicas.kill_some(&mut this.random)?;
            let killed = count - replicas.addresses().len();
            replicas.restart().await.context("starting again after a kill")?;
            println!("round {round:>4}: {killed} of {count} killed {moment:>4} ms after what was due");
        }
        let histories = this.settle(replicas.address(0)).await?;
        let log = this.log(replicas.address(1)).await?;
        replicas.stop().await?;
        Ok(this.judge(&histories, &log, &replicas.fsck()?))
    }

    /// Gives new environments a schedule each, for one moment, and says when that is.
    async fn schedule(&mut self, address: SocketAddr, round: u32) -> Result<i64> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        let due = clock::wall() + 400_000;
        let at = jiff::Timestamp::from_microsecond(due)?.to_string();
        for number in 0..EACH_ROUND {
            let name = format!("s{round}-{number}");
            let body = format!(r#"{{"project":"{PROJECT}","name":"{name}"}}"#);
            ask(&caller, &mut connection, "POST", &format!("{ENVIRONMENTS}/{ORGANIZATION}"), &body).await?;
            let body = json!({ "scheduleOnce": at }).to_string();
            let Some(made) = try_ask(&caller, &mut connection, "POST", &path(&name, "/schedules"), &body).await? else {
                // The machine was so busy that the moment is over.
                break;
            };
            let id = made["id"].as_str().context("a schedule has an id")?;
            self.made.insert(name.clone(), path(&name, &format!("/schedules/{id}")));
        }
        Ok(due)
    }

    /// Waits until about the time when servers look for what is due: up to a second after it.
    async fn near(&mut self, due: i64) -> u64 {
        let after = self.random.below(1_300);
        let left = u64::try_from(due - clock::wall()).unwrap_or(0) / 1_000;
        tokio::time::sleep(Duration::from_millis(left + after)).await;
        after
    }

    /// Waits until everything that was due has ended, and gives how each ended.
    async fn settle(&self, address: SocketAddr) -> Result<BTreeMap<String, Vec<String>>> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        let began = clock::now();
        println!("kill: it is waited for what servers that are gone had begun");
        loop {
            let mut ended = BTreeMap::new();
            for (name, path) in &self.made {
                let history = ask(&caller, &mut connection, "GET", &format!("{path}/history"), "").await?;
                let runs = history["scheduleHistoryEvents"].as_array().context("a history is a list")?;
                let results = runs.iter().map(|run| run["result"].as_str().unwrap_or_default().to_owned());
                ended.insert(name.clone(), results.collect::<Vec<_>>());
            }
            let is_open =
                |results: &Vec<String>| results.is_empty() || results.iter().any(|result| result == "in_progress");
            if !ended.values().any(is_open) || began.elapsed() > PATIENCE {
                return Ok(ended);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// What the log says of each environment's runs, the newest first.
    async fn log(&self, address: SocketAddr) -> Result<BTreeMap<String, Vec<String>>> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        let mut pages = Pages::newest(&caller);
        let mut log: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(page) = pages.next(&mut connection).await? {
            for entry in page.into_iter().filter(|entry| entry.event == "escriba-schedule-run") {
                let name = entry.environment().context("a rotation is one of an environment")?.to_owned();
                log.entry(name).or_default().push(entry.outcome);
            }
        }
        Ok(log)
    }

    /// Compares what the histories and the log say with what may be.
    fn judge(
        &self,
        histories: &BTreeMap<String, Vec<String>>,
        log: &BTreeMap<String, Vec<String>>,
        checked: &Checked,
    ) -> Outcome {
        let mut outcome = Outcome { violations: Vec::new(), runs: histories.len(), unknown: 0 };
        for (name, results) in histories {
            let recorded = log.get(name).map(Vec::as_slice).unwrap_or_default();
            match (results.as_slice(), recorded) {
                ([result], [ended, begun]) if begun == "intended" && ended == result => match result.as_str() {
                    "succeeded" => {}
                    "unknown" => outcome.unknown += 1,
                    _ => outcome.violations.push(format!("the run of {name} ended as {result}")),
                },
                _ => outcome.violations.push(format!("{name}: its history is {results:?}, the log has {recorded:?}")),
            }
        }
        for name in log.keys().filter(|name| !self.made.contains_key(*name)) {
            outcome.violations.push(format!("{name} was rotated without a schedule"));
        }
        let found = checked.findings.iter().chain(checked.logs.iter().flat_map(|log| &log.findings));
        outcome.violations.extend(found.map(|finding| format!("fsck: {}", finding.what)));
        outcome
    }
}

/// Asks, and wants a yes.
async fn ask(caller: &Caller, connection: &mut Connection, method: &str, path: &str, body: &str) -> Result<Value> {
    let answer = try_ask(caller, connection, method, path, body).await?;
    answer.with_context(|| format!("{method} {path} was refused"))
}

/// Asks; none if the request made no sense to the server.
async fn try_ask(
    caller: &Caller,
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: &str,
) -> Result<Option<Value>> {
    let answer = connection.send(&caller.request(method, path, body.as_bytes())).await?;
    if answer.status == 400 {
        return Ok(None);
    }
    ensure!(matches!(answer.status, 200 | 204), "{method} {path} was answered with {}", answer.status);
    Ok(Some(serde_json::from_slice(answer.body).unwrap_or_default()))
}
