//! Tags on revisions: list, read, create, move, delete.

use std::sync::Arc;

use ledger::{Detail, Event, Target, TextKey};
use store::environment::{self, Environment};
use store::revision_tag;
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::disclose::Disclose;
use super::find::{find, revision_number};
use super::{target, typed};
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};
use crate::tag::{LATEST, RevisionTagName};
use crate::{Answer, Engine, Sight};

pub use store::revision_tag::RevisionTag;

/// The tag that no row has.
async fn latest<R: Read>(read: &mut R, environment: &Environment) -> Result<RevisionTag, Error> {
    let newest = environment::revisions(read, &environment.id, environment.revision + 1, 1).await?.pop();
    let newest = newest.ok_or(Error::Absent(What::Revision))?;
    Ok(RevisionTag {
        name: LATEST.to_owned(),
        revision: newest.number,
        created_at: environment.created_at,
        modified_at: newest.created_at,
        editor_login: newest.author_login,
        editor_name: newest.author_name,
    })
}

struct List {
    attempt: Attempt,
    name: EnvironmentName,
    /// Of one revision only.
    version: Option<Version>,
    after: String,
    count: u32,
}

impl List {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<RevisionTag>, Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let (id, after, count) = (&environment.id, &*self.after, i64::from(self.count));
        let revision = match &self.version {
            Some(version) => Some(revision_number(read, &environment, version).await?),
            None => None,
        };
        let mut tags = match revision {
            Some(revision) => revision_tag::list_of_revision(read, id, revision, after, count).await?,
            None => revision_tag::list(read, id, after, count).await?,
        };
        if after < LATEST && revision.is_none_or(|revision| revision == environment.revision) {
            let place = tags.partition_point(|tag| *tag.name < *LATEST);
            tags.insert(place, latest(read, &environment).await?);
            tags.truncate(self.count as usize);
        }
        Ok(tags)
    }
}

impl Question for List {
    type Answer = Result<Vec<RevisionTag>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

struct Find {
    attempt: Attempt,
    name: EnvironmentName,
    tag: RevisionTagName,
}

impl Find {
    async fn find<R: Read>(&self, read: &mut R) -> Result<(Environment, RevisionTag), Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let tag = if self.tag.as_str() == LATEST {
            latest(read, &environment).await?
        } else {
            let found = revision_tag::find(read, &environment.id, self.tag.as_str()).await?;
            found.ok_or(Error::Absent(What::Tag))?
        };
        self.attempt.target(target(&environment, tag.revision));
        Ok((environment, tag))
    }
}

impl Question for Find {
    type Answer = Result<(Environment, RevisionTag), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

/// What becomes of a tag.
enum Change {
    Create(Version),
    Move(Version),
    Delete,
}

struct SetTag {
    attempt: Attempt,
    name: EnvironmentName,
    tag: RevisionTagName,
    change: Change,
    now: i64,
}

impl Command for SetTag {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, name, now, .. } = self;
        let (_, environment, _) = find(tx, attempt, name, Level::Write).await?;
        let account = attempt.context().account().copied();
        let editor = account.ok_or(Error::Forbidden("a tag is set by somebody with an account"))?;
        let (id, tag) = (&environment.id, self.tag.settable()?);
        let known = revision_tag::revision(tx, id, tag).await?;
        match &self.change {
            Change::Create(version) => {
                if known.is_some() {
                    return Err(Error::Exists(What::Tag));
                }
                let revision = revision_number(tx, &environment, version).await?;
                attempt.target(target(&environment, revision));
                revision_tag::insert(tx, id, tag, revision, &editor, *now).await?;
            }
            Change::Move(version) => {
                let before = known.ok_or(Error::Absent(What::Tag))?;
                let revision = revision_number(tx, &environment, version).await?;
                attempt.target(Target { before: Some(before), ..target(&environment, revision) });
                revision_tag::set(tx, id, tag, revision, &editor, *now).await?;
            }
            Change::Delete => {
                attempt.target(target(&environment, known.ok_or(Error::Absent(What::Tag))?));
                revision_tag::delete(tx, id, tag).await?;
            }
        }
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Tags by name, after one of them: all, or those of one revision.
    pub async fn list_revision_tags(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Option<Version>,
        after: String,
        count: u32,
    ) -> Sight<Vec<RevisionTag>> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "list-revision-tags"));
        let engine = self.clone();
        self.detached(async move {
            let list = List { attempt: attempt.clone(), name, version, after, count };
            let listed = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, listed).await
        })
        .await
    }

    /// Reads a tag: which revision it names, and who set it.
    pub async fn read_revision_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: RevisionTagName,
    ) -> Answer<Arc<RevisionTag>> {
        let attempt = self.attempt(cx, Event::EnvironmentRevisionTagRead);
        attempt
            .target_names(typed(&name))
            .text(TextKey::Tag, tag.as_str())
            .detail(Detail::new().word("by", "tag").word("view", "tag"));
        let engine = self.clone();
        self.detached(async move {
            let find = Find { attempt: attempt.clone(), name: name.clone(), tag };
            let found = engine.store().ask(find).await.map_err(Into::into).flatten();
            let (environment, tag) = engine.seen(&attempt, found).await?;
            let disclose = Disclose {
                attempt,
                name,
                environment: environment.id,
                revision: tag.revision,
                need: Level::Read,
                others: Vec::new(),
                value: Arc::new(tag),
            };
            engine.commit(disclose).await
        })
        .await
    }

    /// Gives a revision a tag that no other one has.
    pub async fn create_revision_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: RevisionTagName,
        version: Version,
    ) -> Answer<()> {
        self.set_revision_tag(cx, Event::EnvironmentRevisionTagCreated, name, tag, Change::Create(version)).await
    }

    /// Moves a tag to a revision.
    pub async fn move_revision_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: RevisionTagName,
        version: Version,
    ) -> Answer<()> {
        self.set_revision_tag(cx, Event::EnvironmentRevisionTagUpdate, name, tag, Change::Move(version)).await
    }

    /// Deletes a tag. Its revision stays.
    pub async fn delete_revision_tag(&self, cx: &Context, name: EnvironmentName, tag: RevisionTagName) -> Answer<()> {
        self.set_revision_tag(cx, Event::EnvironmentRevisionTagDelete, name, tag, Change::Delete).await
    }

    async fn set_revision_tag(
        &self,
        cx: &Context,
        event: Event,
        name: EnvironmentName,
        tag: RevisionTagName,
        change: Change,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, event);
        attempt.target_names(typed(&name)).text(TextKey::Tag, tag.as_str());
        let (engine, now) = (self.clone(), cx.now);
        self.detached(async move { engine.commit(SetTag { attempt, name, tag, change, now }).await }).await
    }
}
