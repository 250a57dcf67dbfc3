//! The rotations of an environment, as people read them.

use ledger::{Detail, Event};
use store::rotation::{self, RotatedPath, Rotation, State};
use store::{Question, Read, StoreError};

use super::{INTERRUPTED, is_gone};
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::environment::find::find;
use crate::environment::typed;
use crate::error::Error;
use crate::name::EnvironmentName;
use crate::{Engine, Sight};

/// How many rotations the history shows.
const SHOWN: i64 = 200;

/// A rotation and what came of each rotator.
#[derive(Debug)]
pub struct RotationEvent {
    /// The rotation.
    pub rotation: Rotation,
    /// Its rotators, in the order in which they were asked.
    pub paths: Vec<RotatedPath>,
}

struct History {
    engine: Engine,
    attempt: Attempt,
    name: EnvironmentName,
}

impl History {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<RotationEvent>, Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let rotations = rotation::newest(read, &environment.id, SHOWN).await?;
        let mut paths = rotation::paths(read, &environment.id, SHOWN).await?;
        let now = self.engine.now();
        let told = |mut rotation: Rotation| {
            if rotation.state == State::Running && is_gone(&rotation, &self.engine, now) {
                rotation.state = State::Failed;
                rotation.problem = Some(INTERRUPTED.to_owned());
            }
            let ours = paths.extract_if(.., |(id, _)| *id == rotation.id).map(|(_, path)| path).collect();
            RotationEvent { rotation, paths: ours }
        };
        Ok(rotations.into_iter().map(told).collect())
    }
}

impl Question for History {
    type Answer = Result<Vec<RotationEvent>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

impl Engine {
    /// The newest rotations of an environment, newest first.
    pub async fn rotation_history(&self, cx: &Context, name: EnvironmentName) -> Sight<Vec<RotationEvent>> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "list-rotations"));
        let (engine, history) = (self.clone(), History { engine: self.clone(), attempt: attempt.clone(), name });
        self.detached(async move {
            let listed = engine.store().ask(history).await.map_err(Error::from).flatten();
            engine.seen(&attempt, listed).await
        })
        .await
    }
}
