//! The history of an environment.

use std::collections::BTreeMap;

use ledger::{Detail, Event};
use store::environment::{self};
use store::{Question, Read, StoreError, revision_tag};

use super::find::find;
use super::typed;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::EnvironmentName;
use crate::tag::LATEST;
use crate::{Engine, Sight};

pub use store::environment::RevisionInfo;

/// Revisions, each with its tags: `latest` first, the others by name.
pub type Revisions = Vec<(RevisionInfo, Vec<String>)>;

struct History {
    attempt: Attempt,
    name: EnvironmentName,
    before: Option<u64>,
    count: u32,
}

impl History {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Revisions, Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let before = self.before.unwrap_or(environment.revision + 1);
        let revisions = environment::revisions(read, &environment.id, before, i64::from(self.count)).await?;
        let mut tags: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        if let [newest, .., oldest] | [newest @ oldest] = revisions.as_slice() {
            for (revision, name) in
                revision_tag::on_revisions(read, &environment.id, oldest.number, newest.number).await?
            {
                tags.entry(revision).or_default().push(name);
            }
        }
        tags.entry(environment.revision).or_default().insert(0, LATEST.to_owned());
        let tagged = |revision: RevisionInfo| {
            let tags = tags.remove(&revision.number).unwrap_or_default();
            (revision, tags)
        };
        Ok(revisions.into_iter().map(tagged).collect())
    }
}

impl Question for History {
    type Answer = Result<Revisions, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

impl Engine {
    /// Revisions, newest first, below a number.
    pub async fn list_revisions(
        &self,
        cx: &Context,
        name: EnvironmentName,
        before: Option<u64>,
        count: u32,
    ) -> Sight<Revisions> {
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
