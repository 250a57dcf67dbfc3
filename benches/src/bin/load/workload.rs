//! What the clients do: the environments, and the requests built beforehand.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use benches::http::{Answer, Caller, Connection, Request, RequestPrefix};
use benches::server::ORGANIZATION;
use clap::ValueEnum;

/// How many environments are opened in turn, by all clients.
const SERVICES: usize = 16;
/// How many environments each client updates in turn. They are its own: two writers of one environment would measure
/// how revisions wait for each other, which is not what a team of 128 does.
const UPDATED_EACH: usize = 4;

const ENVIRONMENTS: &str = "/api/esc/environments";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// Open an environment.
    Open,
    /// Open an environment and read all its values.
    OpenRead,
    /// Store a new definition.
    Update,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Open => "open",
            Self::OpenRead => "open-read",
            Self::Update => "update",
        })
    }
}

/// The environments of a run.
pub(crate) struct Workload {
    pub(crate) token: String,
    pub(crate) most_clients: usize,
}

impl Workload {
    /// Creates every environment that some client will need.
    pub(crate) async fn set_up(&self, address: SocketAddr) -> Result<()> {
        let caller = Caller::new(address, &self.token);
        let mut connection = Connection::open(address).await?;
        create(&mut connection, &caller, "base", Some(BASE)).await?;
        for service in 0..SERVICES {
            create(&mut connection, &caller, &service_name(service), Some(&service_definition(service))).await?;
        }
        for client in 0..self.most_clients {
            for turn in 0..UPDATED_EACH {
                create(&mut connection, &caller, &updated_name(client, turn), None).await?;
            }
        }
        Ok(())
    }

    /// Connects the clients of one measurement.
    pub(crate) async fn workers(
        &self,
        operation: Operation,
        clients: usize,
        address: SocketAddr,
    ) -> Result<Vec<Worker>> {
        let caller = Caller::new(address, &self.token);
        let mut workers = Vec::with_capacity(clients);
        for client in 0..clients {
            let steps = match operation {
                Operation::Open | Operation::OpenRead => (0..SERVICES)
                    .map(|turn| open_step(&caller, &service_name((client + turn) % SERVICES), operation))
                    .collect(),
                // Twice around, since the same text again would not be a change.
                Operation::Update => ["blue", "green"]
                    .iter()
                    .flat_map(|colour| (0..UPDATED_EACH).map(move |turn| (colour, turn)))
                    .map(|(colour, turn)| update_step(&caller, &updated_name(client, turn), colour))
                    .collect(),
            };
            workers.push(Worker { connection: Connection::open(address).await?, steps, next: client });
        }
        Ok(workers)
    }
}

/// One client.
pub(crate) struct Worker {
    connection: Connection,
    steps: Vec<Step>,
    next: usize,
}

struct Step {
    first: Request,
    /// Reads the session that `first` opened.
    then: Option<RequestPrefix>,
}

impl Worker {
    /// Clients that ask a server for anything, for the floor.
    pub(crate) async fn asking_for_nothing(address: SocketAddr, clients: usize) -> Result<Vec<Self>> {
        let request = Caller::new(address, "none").request("POST", "/nothing", &[]);
        let mut workers = Vec::with_capacity(clients);
        for _ in 0..clients {
            let steps = vec![Step { first: request.clone(), then: None }];
            workers.push(Self { connection: Connection::open(address).await?, steps, next: 0 });
        }
        Ok(workers)
    }

    /// Does one operation, and fails unless the server did it.
    pub(crate) async fn operate(&mut self) -> Result<()> {
        let step = &self.steps[self.next % self.steps.len()];
        self.next = self.next.wrapping_add(1);
        let answer = self.connection.send(&step.first).await?;
        ensure_ok(&answer)?;
        if let Some(prefix) = &step.then {
            let read = prefix.complete(session_id(answer.body).context("an open was answered without an id")?);
            ensure_ok(&self.connection.send(&read).await?)?;
        }
        Ok(())
    }
}

fn open_step(caller: &Caller, name: &str, operation: Operation) -> Step {
    let path = format!("{ENVIRONMENTS}/{ORGANIZATION}/bench/{name}/open");
    Step {
        first: caller.request("POST", &path, &[]),
        then: (operation == Operation::OpenRead).then(|| caller.get_prefix(&format!("{path}/"))),
    }
}

fn update_step(caller: &Caller, name: &str, colour: &str) -> Step {
    let path = format!("{ENVIRONMENTS}/{ORGANIZATION}/bench/{name}");
    Step { first: caller.request("PATCH", &path, updated_definition(colour).as_bytes()), then: None }
}

/// Creates an environment, with a first revision if there is one.
pub(crate) async fn create(
    connection: &mut Connection,
    caller: &Caller,
    name: &str,
    definition: Option<&str>,
) -> Result<()> {
    let body = format!(r#"{{"project":"bench","name":"{name}"}}"#);
    let create = caller.request("POST", &format!("{ENVIRONMENTS}/{ORGANIZATION}"), body.as_bytes());
    ensure_ok(&connection.send(&create).await?)?;
    if let Some(definition) = definition {
        let path = format!("{ENVIRONMENTS}/{ORGANIZATION}/bench/{name}");
        ensure_ok(&connection.send(&caller.request("PATCH", &path, definition.as_bytes())).await?)?;
    }
    Ok(())
}

fn ensure_ok(answer: &Answer<'_>) -> Result<()> {
    ensure!((200..300).contains(&answer.status), "the server answered {}: {}", answer.status, answer.text().trim());
    Ok(())
}

/// The id in `{"id":"…"}`, without parsing more than that.
fn session_id(body: &[u8]) -> Option<&str> {
    let body = str::from_utf8(body).ok()?;
    let (_, after_key) = body.split_once("\"id\"")?;
    let (_, after_quote) = after_key.split_once('"')?;
    Some(after_quote.split_once('"')?.0)
}

fn service_name(service: usize) -> String {
    format!("service-{service:02}")
}

fn updated_name(client: usize, turn: usize) -> String {
    format!("updated-{client:03}-{turn}")
}

const BASE: &str = "\
values:
  region: eu-west-1
  domain: example.com
  limits:
    cpu: 2
    memory: 512
";

fn service_definition(service: usize) -> String {
    format!(
        "\
# A service as many are: a shared base, a few values, two secrets.
imports:
  - bench/base
values:
  name: service-{service:02}
  host: ${{name}}.${{region}}.${{domain}}
  limits:
    memory: 1024
  database:
    user: ${{name}}
    password:
      fn::secret: correct horse battery staple {service}
  apiKey:
    fn::secret: 3b1f-{service:02}-77aa
  environmentVariables:
    DATABASE_PASSWORD: ${{database.password}}
    API_KEY: ${{apiKey}}
"
    )
}

fn updated_definition(colour: &str) -> String {
    format!(
        "\
values:
  colour: {colour}
  replicas: 3
  password:
    fn::secret: correct horse {colour}
  environmentVariables:
    COLOUR: ${{colour}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_session_is_found_without_parsing_more() {
        assert_eq!(session_id(b"{\"id\":\"s_1\"}\n"), Some("s_1"));
        assert_eq!(session_id(b"{ \"other\": 1, \"id\" : \"s_2\" }"), Some("s_2"));
        assert_eq!(session_id(b"{\"code\":404}"), None);
        assert_eq!(session_id(b"{\"id\":\"s_1"), None);
    }
}
