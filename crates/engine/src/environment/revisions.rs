//! The history of an environment.

use ledger::{Detail, Event};
use store::environment::{self};
use store::{Question, Read, StoreError};

use super::find::find;
use super::typed;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::EnvironmentName;
use crate::{Engine, Sight};

pub use store::environment::RevisionInfo;

struct History {
    attempt: Attempt,
    name: EnvironmentName,
    before: Option<u64>,
    count: u32,
}

impl History {
    async fn list<R: Read>(&self, read: &mut R) -> Result<(u64, Vec<RevisionInfo>), Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let before = self.before.unwrap_or(environment.revision + 1);
        let revisions = environment::revisions(read, &environment.id, before, i64::from(self.count)).await?;
        Ok((environment.revision, revisions))
    }
}

impl Question for History {
    type Answer = Result<(u64, Vec<RevisionInfo>), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

impl Engine {
    /// Revisions, newest first, below a number; and which number is the newest.
    pub async fn list_revisions(
        &self,
        cx: &Context,
        name: EnvironmentName,
        before: Option<u64>,
        count: u32,
    ) -> Sight<(u64, Vec<RevisionInfo>)> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "list-revisions"));
        let engine = self.clone();
        self.detached(async move {
            let history = History { attempt: attempt.clone(), name, before, count };
            let listed = engine.store().ask(history).await.map_err(Into::into).flatten();
            engine.seen(&attempt, listed).await
        })
        .await
    }
}
