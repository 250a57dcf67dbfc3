//! What providers answer: each call that leaves something behind is announced in the log before it is made, and none is
//! made within a transaction.

use std::sync::Arc;
use std::time::Duration;

use lang::{CallKey, Value};
use ledger::{EnvironmentId, Outcome, TextKey};
use store::{Command, Done, Failure, Records, Tx};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::Engine;
use crate::access::{Entered, Level, enter, permit};
use crate::audit::Attempt;
use crate::error::{Error, What};
use crate::log::intent::{self, End};
use crate::providers::{Caller, Prepared, ProviderError};

/// How many calls one evaluation may make.
const MOST: usize = 100;
/// How long they may take together.
const PATIENCE: Duration = Duration::from_mins(2);

/// A provider's call that the evaluator asks for.
pub(super) struct Asked {
    pub(super) key: CallKey,
    pub(super) inputs: Arc<Value>,
    pub(super) root: String,
}

/// What a call gave, or the text that the author of the definition sees.
pub(super) type Given = (CallKey, Result<Arc<Value>, String>);

/// The calls of one evaluation.
pub(super) struct Calls {
    attempt: Attempt,
    entered: Entered,
    environment: Option<EnvironmentId>,
    made: usize,
    deadline: Instant,
}

impl Calls {
    pub(super) fn new(attempt: &Attempt, entered: &Entered, environment: Option<EnvironmentId>) -> Self {
        let (attempt, entered) = (attempt.clone(), entered.clone());
        Self { attempt, entered, environment, made: 0, deadline: Instant::now() + PATIENCE }
    }

    /// Answers the calls of one pass, at the same time as far as the organisation's turns allow. Fails only where
    /// something could not be recorded, or is not permitted any more.
    pub(super) async fn answer(&mut self, engine: &Engine, asked: Vec<Asked>) -> Result<Vec<Given>, Error> {
        let mut running = JoinSet::new();
        let mut given = Vec::with_capacity(asked.len());
        for Asked { key, inputs, root } in asked {
            if self.made == MOST {
                given.push((key, Err(format!("a definition may call at most {MOST} providers"))));
                continue;
            }
            self.made += 1;
            let call = self.call(engine, &key, root);
            running.spawn(async move {
                let value = call.make(&key.name, &inputs).await;
                value.map(|value| (key, value))
            });
        }
        // All of them, even if one cannot be recorded: each that was announced is owed its outcome.
        let mut unrecorded = None;
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(Err(error)) => unrecorded = Some(error),
                Ok(Ok((key, value))) => {
                    if value.is_err() {
                        self.attempt.provider_failed();
                    }
                    given.push((key, value.map(Arc::new).map_err(|error| error.to_string())));
                }
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is going down, and this task with it.
                    Err(_) => std::future::pending().await,
                },
            }
        }
        match unrecorded {
            Some(error) => Err(error),
            None => Ok(given),
        }
    }

    fn call(&self, engine: &Engine, key: &CallKey, root: String) -> OneCall {
        let organization = &self.entered.organization;
        let caller = Caller {
            engine: engine.clone(),
            organization: organization.id,
            organization_name: organization.name.clone(),
            login: self.attempt.context().login().to_owned(),
            root,
            current: key.environment.clone(),
        };
        OneCall {
            caller,
            attempt: self.attempt.clone(),
            environment: self.environment,
            path: key.path.clone(),
            deadline: self.deadline,
        }
    }
}

struct OneCall {
    caller: Caller,
    attempt: Attempt,
    environment: Option<EnvironmentId>,
    path: String,
    deadline: Instant,
}

impl OneCall {
    async fn make(self, name: &str, inputs: &Value) -> Result<Result<Value, ProviderError>, Error> {
        let prepared = match Prepared::new(name, inputs) {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(error)),
        };
        let Some((event, detail)) = prepared.effect() else { return Ok(self.open(prepared).await) };
        let engine = &self.caller.engine;
        let attempt = || {
            let attempt = self.attempt.another(engine.ambient(), event);
            attempt.detail(detail.clone()).text(TextKey::Path, self.path.clone());
            attempt
        };
        let beginning = attempt();
        let intended = beginning.id();
        let announce = Announce {
            engine: engine.clone(),
            attempt: beginning,
            organization: self.caller.organization_name.clone(),
            environment: self.environment,
        };
        engine.announce(announce, intended, attempt).await.map_err(refusal)?;
        let opened = self.open(prepared).await;
        let outcome = opened.as_ref().err().map_or(Outcome::Succeeded, ProviderError::outcome);
        engine.conclude(intended, End { attempt: attempt(), intended, outcome, output: () }).await.map_err(refusal)?;
        Ok(opened)
    }

    async fn open(&self, prepared: Prepared) -> Result<Value, ProviderError> {
        let opened = timeout_at(self.deadline, prepared.open(&self.caller)).await;
        opened.unwrap_or(Err(ProviderError::OutOfTime))
    }
}

fn refusal(failure: Failure<Error>) -> Error {
    match failure {
        Failure::Refused(recorded) => recorded.into_parts().0,
        Failure::Unrecorded(error) => error.into(),
    }
}

/// Records that a call is about to be made, if the caller still may. From then on it is owed that its end is recorded
/// too.
struct Announce {
    engine: Engine,
    attempt: Attempt,
    organization: String,
    environment: Option<EnvironmentId>,
}

impl Command for Announce {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        if let Some(id) = &self.environment {
            let environment = store::environment::by_id(tx, id).await?.filter(|found| found.deleted_at.is_none());
            let environment = environment.ok_or(Error::Absent(What::Environment))?;
            permit(tx, &self.attempt, &entered, &environment, Level::Open).await?;
        }
        let records = intent::announce(tx, &self.engine, &self.attempt).await?;
        Ok(Done { output: (), records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}
