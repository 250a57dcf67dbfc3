//! A log as a busy organisation makes it: forty people and two pipelines, over two hundred environments.

use anyhow::{Context as _, Result};
use ledger::{
    Actor, ActorId, AnyId, Authorization, Client, Credential, CredentialKind, Detail, EnvironmentId, Event, EventId,
    GrantSource, Need, NodeId, Outcome, ProjectId, ReadList, Reason, Record, RequestId, SessionId, Statement, Target,
    TargetKind, TokenId,
};
use store::{
    Addressed, Ambient, Command, Done, Failure, LogKey, Question, Read, Records, Store, StoreError, Tx, log,
    organization,
};

use crate::clock::Random;
use crate::server::ORGANIZATION;

/// How many records one commit holds.
const TOGETHER: u64 = 512;
/// After how many records bundles are made.
const BUNDLED: u64 = 16_384;
const PEOPLE: u64 = 42;
/// Of this many events, the last person has done one.
const SELDOM: u64 = 50_000;
const ENVIRONMENTS: u64 = 200;

/// Appends events to the organisation's log, and bundles what can be bundled. `before` is told how many come next: it
/// may let time pass.
pub async fn fill(store: &Store, events: u64, mut before: impl FnMut(u64)) -> Result<()> {
    let ambient = store.ambient().clone();
    let log = store.ask(FindLog).await?.context("the organisation has a log")?;
    let cast = Cast::draw(&ambient);
    let mut random = Random::new(1);
    let mut left = events;
    while left > 0 {
        let count = left.min(TOGETHER);
        left -= count;
        before(count);
        let command = Fill { ambient: ambient.clone(), log, cast: cast.clone(), count, seed: random.bits() };
        match store.commit(command).await {
            Ok(_) => {}
            Err(Failure::Unrecorded(error)) => return Err(error.into()),
            Err(Failure::Refused(refused)) => return Err(refused.into_parts().0.into()),
        }
        // As a server does between requests. All at the end would leave a file with room for every row that there was.
        if left % BUNDLED < count {
            store.sequence().await?;
            store.bundle().await?;
        }
    }
    store.sequence().await?;
    store.bundle().await?;
    Ok(())
}

struct FindLog;

impl Question for FindLog {
    type Answer = Option<LogKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(organization::find(read, ORGANIZATION).await?.map(|found| found.log))
    }
}

/// Who acts, and on what.
#[derive(Clone)]
struct Cast {
    people: Vec<(ActorId, TokenId, EventId)>,
    environments: Vec<(EnvironmentId, ProjectId)>,
    node: NodeId,
}

impl Cast {
    fn draw(ambient: &Ambient) -> Self {
        let person = |_| {
            let issued = EventId::new(ambient.clock.wall().unsigned_abs() / 1_000, ambient.random());
            (ActorId::from_random(ambient.random()), TokenId::from_random(ambient.random()), issued)
        };
        let environment = |_| (EnvironmentId::from_random(ambient.random()), ProjectId::from_random(ambient.random()));
        Self {
            people: (0..PEOPLE).map(person).collect(),
            environments: (0..ENVIRONMENTS).map(environment).collect(),
            node: NodeId::from_random(ambient.random()),
        }
    }
}

/// Several records in one commit.
struct Fill {
    ambient: Ambient,
    log: LogKey,
    cast: Cast,
    count: u64,
    seed: u64,
}

impl Command for Fill {
    type Output = ();
    type Error = StoreError;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, StoreError> {
        // As every command does: it looks where it writes.
        log::origin(tx, self.log).await?;
        let mut random = Random::new(self.seed);
        let records = (1..self.count).map(|_| self.record(&mut random)).collect::<Vec<_>>();
        let first = Records::one(self.record(&mut random));
        Ok(Done { output: (), records: records.into_iter().fold(first, Records::and) })
    }

    fn refused(&self, _: &StoreError) -> Records {
        let mut record = self.record(&mut Random::new(self.seed));
        record.record.outcome = Outcome::Failed(Reason::StorageFailed);
        Records::one(record)
    }
}

impl Fill {
    fn record(&self, random: &mut Random) -> Addressed {
        let person = if random.below(SELDOM) == 0 { PEOPLE - 1 } else { random.below(PEOPLE - 1) };
        let place = random.below(ENVIRONMENTS);
        let (actor, token, issued) = self.cast.people[index(person)];
        let (environment, project) = self.cast.environments[index(place)];
        let (event, need) = match random.below(10) {
            0..=4 => (Event::EnvironmentOpen, Need::EnvironmentOpen),
            5..=6 => (Event::EnvironmentReadOpen, Need::EnvironmentOpen),
            7 => (Event::EnvironmentRead, Need::EnvironmentRead),
            8 => (Event::EnvironmentUpdated, Need::EnvironmentWrite),
            _ => (Event::EnvironmentUnauthorizedOpen, Need::EnvironmentOpen),
        };
        let denied = event == Event::EnvironmentUnauthorizedOpen;
        let wall = self.ambient.clock.wall();
        let authorization = Authorization {
            by: if denied { GrantSource::None } else { GrantSource::OrgRole },
            id: None,
            need,
            held: denied.then_some(ledger::Held::None),
            policy: 41,
        };
        let detail = if event == Event::EnvironmentOpen {
            let session = SessionId::from_random(self.ambient.random());
            Detail::new().integer("lifetime", 7_200).integer("reads", 2).id("session", session)
        } else {
            Detail::new()
        };
        let record = Record {
            id: EventId::new(wall.unsigned_abs() / 1_000, self.ambient.random()),
            event,
            actor: Actor::user(actor),
            behalf: None,
            credential: Credential {
                kind: CredentialKind::PersonalToken,
                id: Some(AnyId::from(token)),
                from: Some(issued),
            },
            authorization: Some(authorization),
            target: Some(Target {
                project: Some(project),
                rev: Some(7),
                ..Target::new(TargetKind::Environment, environment)
            }),
            outcome: if denied { Outcome::Denied(Reason::PermissionMissing) } else { Outcome::Succeeded },
            cause: Vec::new(),
            detail,
            request: RequestId::from_random(self.ambient.random()),
            node: self.cast.node,
            salt: self.ambient.random(),
            statements: statements(actor, person, environment, place, event),
            wall,
        };
        Addressed { log: self.log, account: None, record }
    }
}

fn statements(actor: ActorId, person: u64, environment: EnvironmentId, place: u64, event: Event) -> Vec<Statement> {
    let (login, name) = (format!("person{person}"), format!("Person of the Number {person}"));
    let address = format!("203.0.113.{person}");
    let client =
        Client { addr: Some(&address), how: Some("socket"), peer: None, ua: Some("pulumi-esc/0.14.3 (linux)") };
    let (project, place) = (format!("team-{}", place % 20), format!("service-{place}"));
    let mut statements = vec![Statement::actor(actor, &login, &name)];
    statements.extend(Statement::client(Some(actor.into()), &client));
    statements.push(Statement::environment(ORGANIZATION, &project, &place));
    if event == Event::EnvironmentOpen {
        let name = format!("{project}/{place}");
        let paths = ["database.password".to_owned(), "stripe.key".to_owned()];
        let list = ReadList { env: environment, name: &name, rev: 7, via: &[], paths: &paths };
        statements.extend(Statement::reads(&[list]));
    }
    statements
}

fn index(place: u64) -> usize {
    usize::try_from(place).expect("a small number")
}
