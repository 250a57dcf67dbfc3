//! The rotators of one rotation, one after the other: announce, ask, note.

use std::sync::Arc;
use std::time::Duration;

use lang::{Patch, Value};
use ledger::{AccountId, Detail, Event, EventId, TextKey};
use seal::{Sealed, SecretBytes};
use store::Failure;
use store::environment::Environment;
use store::rotation::Attempt as Pending;
use tokio::time::timeout;

use super::announce::Announce;
use super::watch::Watch;
use super::{Finish, Rotated, Step};
use crate::Engine;
use crate::audit::Attempt;
use crate::environment::{target, typed};
use crate::error::Error;
use crate::keys::OwnedKey;
use crate::name::EnvironmentName;
use crate::providers::Caller;
use crate::resolve::{Rotate, RotatorCall};
use crate::rotators::{Asked, NewState, Plan, Rotator};

/// How long one target may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long all of them may take, in microseconds: two minutes. One more may begin as long as they have not passed.
const LONGEST: i64 = 120_000_000;
/// How many targets one rotation may have.
const MOST: usize = 100;

/// The rotators of one rotation.
pub(super) struct Steps {
    engine: Engine,
    /// The rotation as a whole.
    whole: Attempt,
    name: EnvironmentName,
    environment: Environment,
    account: AccountId,
    schedule: Option<String>,
    /// What rotations before left behind.
    pending: Vec<Pending>,
    key: Arc<OwnedKey>,
    /// The rotation, once it has begun, and what says that it goes on.
    running: Option<(EventId, Watch)>,
    done: Vec<Step>,
    /// When it began with them, by the steady clock.
    since: i64,
    /// Why it did not begin, if that is recorded.
    failure: Option<Failure<Error>>,
}

impl Steps {
    #[expect(clippy::too_many_arguments, reason = "what was found before it begins")]
    pub(super) fn new(
        engine: &Engine,
        whole: &Attempt,
        name: EnvironmentName,
        environment: &Environment,
        account: AccountId,
        schedule: Option<String>,
        pending: Vec<Pending>,
        key: Arc<OwnedKey>,
    ) -> Self {
        Self {
            engine: engine.clone(),
            whole: whole.clone(),
            name,
            environment: environment.clone(),
            account,
            schedule,
            pending,
            key,
            running: None,
            done: Vec::new(),
            since: engine.ambient().clock.steady(),
            failure: None,
        }
    }

    /// Why it did not begin, if that is recorded.
    pub(super) fn failure(&mut self) -> Option<Failure<Error>> {
        self.failure.take()
    }

    /// Whether nothing was to be rotated so far.
    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// Notes that a rotator was not asked, because of its inputs.
    pub(super) fn not_asked(&mut self, document_path: &str) {
        let path = document_path.strip_prefix("values").unwrap_or(document_path);
        let path = path.strip_prefix('.').unwrap_or(path).to_owned();
        let outcome = self.attempt(&path, Detail::new());
        let problem = "its inputs or its state are not what the rotator takes; check the environment".to_owned();
        self.done.push(Step { path, intent: None, outcome, state: Err(problem) });
    }

    /// What is to be committed at the end.
    pub(super) fn finish(self, revision: u64) -> Finish {
        let Self { engine, whole, environment, account, schedule, key, running, done: steps, .. } = self;
        let [updated, kept] = [(), ()].map(|()| {
            let updated = engine.attempt(whole.context(), Event::EnvironmentUpdated);
            updated.target_names(typed(&self.name));
            updated
        });
        let rotation = running.as_ref().map(|(rotation, _)| *rotation);
        let environment = Rotated { id: environment.id, revision };
        let now = engine.now();
        let organization = self.name.organization().to_owned();
        Finish {
            engine,
            whole,
            updated,
            kept,
            organization,
            environment,
            account,
            schedule,
            key,
            rotation,
            _running: running,
            steps,
            now,
        }
    }

    /// The record of one rotator.
    fn attempt(&self, path: &str, detail: Detail) -> Attempt {
        self.attempt_of(Event::EnvironmentRotated, path, detail)
    }

    /// A record of something that one rotator does.
    fn attempt_of(&self, event: Event, path: &str, detail: Detail) -> Attempt {
        let attempt = self.engine.attempt(self.whole.context(), event);
        attempt.target_names(typed(&self.name)).text(TextKey::Path, path).detail(detail).place(self.whole.placed());
        attempt.target(target(&self.environment, self.environment.revision));
        attempt
    }

    /// Announces that a rotator is about to be asked.
    async fn announce(
        &mut self,
        attempt: Attempt,
        path: &str,
        rotator: Rotator,
        plan: &Plan,
    ) -> Result<EventId, Failure<Error>> {
        let random = &*self.engine.ambient().random;
        let sealed = self.key.seal_rotation(path, plan.pending().expose(), random);
        let before = self.pending.iter().find(|pending| pending.path == path).map(|pending| pending.event);
        let detail = || Detail::new().word("rotator", rotator.name());
        let detail_now = if before.is_some() { detail().boolean("pending", true) } else { detail() };
        attempt.detail(detail_now);
        let event = attempt.id();
        let shown = plan.shows().map(|(event, detail)| self.attempt_of(event, path, detail));
        let announce = Announce {
            engine: self.engine.clone(),
            attempt,
            name: self.name.clone(),
            environment: Rotated { id: self.environment.id, revision: self.environment.revision },
            account: self.account,
            schedule: self.schedule.clone(),
            rotation: self.running.as_ref().map(|(rotation, _)| *rotation),
            path: path.to_owned(),
            sealed,
            before,
            shown,
            interrupted: self.attempt(path, detail()),
            begun_at: self.whole.context().now,
            now: self.engine.now(),
        };
        self.engine.announce(announce, event, || self.attempt(path, detail())).await?;
        if self.running.is_none() {
            self.running = Some((event, Watch::start(self.engine.clone(), event)));
        }
        Ok(event)
    }

    /// What was about to be set at a path.
    fn pending(&self, path: &str) -> Option<SecretBytes> {
        let pending = self.pending.iter().find(|pending| pending.path == path)?;
        self.key.open_rotation(path, &Sealed::from_bytes(pending.sealed.clone()).ok()?)
    }

    /// Asks the target, for as long as nobody else takes over.
    async fn perform(&self, plan: &Plan) -> NewState {
        let root = format!("{}/{}", self.name.project(), self.name.environment());
        let caller = Caller {
            engine: self.engine.clone(),
            organization: self.environment.organization,
            organization_name: self.name.organization().to_owned(),
            login: self.whole.context().login().to_owned(),
            current: root.clone(),
            root,
        };
        let lost = async {
            match &self.running {
                Some((_, watch)) => watch.lost().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            performed = timeout(PATIENCE, plan.perform(&caller)) => {
                performed.unwrap_or_else(|_| Err("the target did not answer in time".to_owned()))
            }
            () = lost => Err("another rotation of the environment took over".to_owned()),
        }
    }
}

impl Rotate for Steps {
    async fn rotate(&mut self, call: RotatorCall) -> Result<NewState, Error> {
        let RotatorCall { path, name, inputs, state, replaces } = call;
        let Some(rotator) = Rotator::named(&name) else {
            return Ok(Err(format!("there is no rotator {name:?}")));
        };
        let passed = self.engine.ambient().clock.steady() - self.since;
        if self.done.len() >= MOST || passed > LONGEST {
            let problem = "one rotation has at most 100 rotators and two minutes; rotate this one by its path";
            return Ok(Err(problem.to_owned()));
        }
        let attempt = self.attempt(&path, Detail::new());
        let pending = self.pending(&path);
        let asked = Asked { inputs: &inputs, state: state.as_deref(), pending, attempt: attempt.id() };
        let planned = rotator.plan(&asked, &*self.engine.ambient().random);
        let detail = Detail::new().word("rotator", rotator.name());
        let (intent, state) = match planned {
            Err(problem) => (None, Err(problem)),
            Ok(plan) => match self.announce(attempt, &path, rotator, &plan).await {
                Ok(intent) => (Some(intent), self.perform(&plan).await),
                Err(failure) if self.running.is_none() && self.done.is_empty() => {
                    // Nothing was asked of anybody: all of it is refused.
                    self.failure = Some(failure);
                    return Err(Error::Rotating);
                }
                Err(_) => (None, Err("that it is about to be rotated could not be recorded; rotate again".to_owned())),
            },
        };
        let outcome = self.attempt(&path, detail);
        let patch = |state: Arc<Value>| Patch { path: replaces, replacement: state };
        self.done.push(Step { path, intent, outcome, state: state.clone().map(patch) });
        Ok(state)
    }
}
