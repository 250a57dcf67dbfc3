//! The clients: each works on environments of its own until its server is gone.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use benches::clock::Random;
use benches::contract::EVENT_HEADER;
use benches::http::{Answer, Caller, Connection, Request};
use benches::server::ORGANIZATION;
use tokio::task::JoinHandle;

use crate::journal::{Deed, Fate, Journal, Session, Step};

/// The project of every environment.
pub(crate) const PROJECT: &str = "kill";
/// The path of the organisation's environments.
pub(crate) const ENVIRONMENTS: &str = "/api/esc/environments";

/// The tokens of those in whose name requests are made.
#[derive(Debug, Clone)]
pub(crate) struct People {
    pub(crate) admin: String,
    pub(crate) stranger: String,
}

/// All clients of a round.
pub(crate) struct Crowd {
    clients: Vec<JoinHandle<Client>>,
    leaving: Arc<AtomicBool>,
}

impl Crowd {
    /// Puts clients on servers: as many on each.
    pub(crate) fn start(
        people: &People,
        addresses: &[SocketAddr],
        round: u32,
        clients: usize,
        random: &mut Random,
    ) -> Self {
        let leaving = Arc::new(AtomicBool::new(false));
        let clients = (0..clients).map(|number| {
            let address = addresses[number % addresses.len()];
            let client = Client {
                name: format!("r{round}-c{number}"),
                random: Random::new(random.bits()),
                admin: Caller::new(address, &people.admin),
                stranger: Caller::new(address, &people.stranger),
                steps: Vec::new(),
                session: None,
                leaving: Arc::clone(&leaving),
            };
            tokio::spawn(client.work(address))
        });
        Self { clients: clients.collect(), leaving }
    }

    /// Waits until all clients have noticed that their server is gone, or that they are to leave one that is not, and
    /// collects what they did. Of the servers that are there still, none may have cut anybody off.
    pub(crate) async fn leave(self, there: &[SocketAddr]) -> Result<Journal> {
        self.leaving.store(true, Ordering::Relaxed);
        let mut journal = Journal::default();
        for client in self.clients {
            let client = client.await?;
            let cut_off = client.steps.iter().filter(|step| matches!(step.fate, Fate::Unknown));
            if there.contains(&client.admin.address()) {
                journal.cut_off_by_the_living.extend(cut_off.cloned());
            }
            journal.steps.extend(client.steps);
            journal.sessions.extend(client.session);
        }
        Ok(journal)
    }
}

struct Client {
    name: String,
    random: Random,
    admin: Caller,
    stranger: Caller,
    steps: Vec<Step>,
    session: Option<Session>,
    leaving: Arc<AtomicBool>,
}

/// The client is to leave, or the server has gone, or answered what it never should; the last step tells.
struct Stopped;

impl Client {
    async fn work(mut self, address: SocketAddr) -> Self {
        // A server that is killed before it accepts has been asked for nothing.
        if let Ok(mut connection) = Connection::open(address).await {
            for number in 0.. {
                if self.live(&mut connection, number).await.is_err() {
                    break;
                }
            }
        }
        self
    }

    /// The life of one environment.
    async fn live(&mut self, connection: &mut Connection, number: u32) -> Result<(), Stopped> {
        let name = format!("{}-{number}", self.name);
        let create = format!(r#"{{"project":"{PROJECT}","name":"{name}"}}"#);
        let create = self.admin.request("POST", &format!("{ENVIRONMENTS}/{ORGANIZATION}"), create.as_bytes());
        self.step(connection, Deed::Create, &name, None, &create).await?;
        for turn in 0..3 + self.random.below(10) {
            let request = match self.random.below(100) {
                0..30 => {
                    self.update(connection, &name, turn).await?;
                    continue;
                }
                30..55 => (Deed::Open, self.admin.request("POST", &path(&name, "/open"), &[])),
                55..70 => match &self.session {
                    Some(session) if session.environment == name => {
                        let read = path(&name, &format!("/open/{}", session.id));
                        (Deed::ReadOpen, self.admin.request("GET", &read, &[]))
                    }
                    _ => (Deed::Read, self.admin.request("GET", &path(&name, ""), &[])),
                },
                70..80 => (Deed::Decrypt, self.admin.request("GET", &path(&name, "/decrypt"), &[])),
                _ => (Deed::Intrude, self.stranger.request("POST", &path(&name, "/open"), &[])),
            };
            self.step(connection, request.0, &name, None, &request.1).await?;
        }
        if self.random.one_in(2) {
            let delete = self.admin.request("DELETE", &path(&name, ""), &[]);
            self.step(connection, Deed::Delete, &name, None, &delete).await?;
        }
        Ok(())
    }

    async fn update(&mut self, connection: &mut Connection, name: &str, turn: u64) -> Result<(), Stopped> {
        let marker = format!("{name}-t{turn}-m");
        let definition = format!("values:\n  marker: {marker}\n  password:\n    fn::secret: secret of {marker}\n");
        let update = self.admin.request("PATCH", &path(name, ""), definition.as_bytes());
        self.step(connection, Deed::Update, name, Some(marker), &update).await
    }

    async fn step(
        &mut self,
        connection: &mut Connection,
        deed: Deed,
        environment: &str,
        marker: Option<String>,
        request: &Request,
    ) -> Result<(), Stopped> {
        let fate = fate(connection.send(request).await);
        let outcome = match &fate {
            Fate::Answered { status, .. } if deed.expects(*status) => Ok(()),
            Fate::Answered { .. } | Fate::Unknown => Err(Stopped),
        };
        if let (Deed::Open, Ok(()), Fate::Answered { body, .. }) = (deed, &outcome, &fate) {
            let id = serde_json::from_str::<serde_json::Value>(body).ok();
            let id = id.and_then(|opened| opened["id"].as_str().map(str::to_owned)).unwrap_or_default();
            self.session = Some(Session { environment: environment.to_owned(), id });
        }
        self.steps.push(Step { deed, environment: environment.to_owned(), marker, fate });
        if self.leaving.load(Ordering::Relaxed) { Err(Stopped) } else { outcome }
    }
}

/// What an answer, or its absence, says of a request.
pub(crate) fn fate(answer: io::Result<Answer<'_>>) -> Fate {
    match answer {
        Ok(answer) => Fate::Answered { status: answer.status, events: events(&answer), body: answer.text() },
        Err(_) => Fate::Unknown,
    }
}

/// The ids of the events that a request caused.
pub(crate) fn events(answer: &Answer<'_>) -> Vec<String> {
    let ids = answer.headers(EVENT_HEADER).flat_map(|value| value.split(','));
    ids.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
}

/// The path of an environment, and of what stands below it.
pub(crate) fn path(name: &str, below: &str) -> String {
    format!("{ENVIRONMENTS}/{ORGANIZATION}/{PROJECT}/{name}{below}")
}
