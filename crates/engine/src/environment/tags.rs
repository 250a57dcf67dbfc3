//! Tags on environments: list, read, create, update, delete.

use ledger::{Detail, Event, TextKey};
use store::environment_tag;
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::find::find;
use super::typed;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::tag::{EnvironmentTagName, EnvironmentTagValue};
use crate::{Answer, Engine, Sight};

pub use store::environment_tag::EnvironmentTag;

/// A page of tags.
#[derive(Debug)]
pub struct TagPage {
    /// The tags by name.
    pub tags: Vec<EnvironmentTag>,
    /// How many tags lie before the next page, if there is one.
    pub next: Option<u64>,
}

struct List {
    attempt: Attempt,
    name: EnvironmentName,
    skip: u64,
    count: u32,
}

impl List {
    async fn page<R: Read>(&self, read: &mut R) -> Result<TagPage, Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let (skip, count) = (i64::try_from(self.skip).unwrap_or(i64::MAX), i64::from(self.count));
        // One more than is shown says whether there is another page.
        let mut tags = environment_tag::list(read, &environment.id, skip, count + 1).await?;
        let more = tags.len() > self.count as usize;
        tags.truncate(self.count as usize);
        Ok(TagPage { next: more.then(|| self.skip.saturating_add(u64::from(self.count))), tags })
    }
}

impl Question for List {
    type Answer = Result<TagPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.page(read).await)
    }
}

struct Find {
    attempt: Attempt,
    name: EnvironmentName,
    tag: EnvironmentTagName,
}

impl Find {
    async fn find<R: Read>(&self, read: &mut R) -> Result<EnvironmentTag, Error> {
        let (_, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let found = environment_tag::find(read, &environment.id, self.tag.as_str()).await?;
        found.ok_or(Error::Absent(What::Tag))
    }
}

impl Question for Find {
    type Answer = Result<EnvironmentTag, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

/// A change of a tag. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TagUpdate {
    /// The value that the caller last saw.
    pub expected: Option<String>,
    /// Its new name.
    pub name: Option<EnvironmentTagName>,
    /// Its new value.
    pub value: Option<EnvironmentTagValue>,
}

/// What becomes of a tag.
enum Change {
    Create(EnvironmentTagValue),
    Update(TagUpdate),
    Delete,
}

struct SetTag {
    attempt: Attempt,
    name: EnvironmentName,
    tag: EnvironmentTagName,
    change: Change,
    now: i64,
}

impl Command for SetTag {
    /// The tag as it was after a change, or before it was deleted.
    type Output = EnvironmentTag;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<EnvironmentTag>, Error> {
        let Self { attempt, name, now, .. } = self;
        let (_, environment, _) = find(tx, attempt, name, Level::Write).await?;
        let account = attempt.context().account().copied();
        let editor = account.ok_or(Error::Forbidden("a tag is set by somebody with an account"))?;
        let (id, tag) = (&environment.id, self.tag.as_str());
        let known = environment_tag::find(tx, id, tag).await?;
        let found = match (&self.change, known) {
            (Change::Create(_), Some(_)) => return Err(Error::Exists(What::Tag)),
            (Change::Create(value), None) => {
                environment_tag::insert(tx, id, tag, value.as_str(), &editor, *now).await?;
                environment_tag::find(tx, id, tag).await?
            }
            (Change::Update(update), Some(known)) => {
                attempt.text(TextKey::Before, &known.value);
                if update.expected.as_ref().is_some_and(|expected| *expected != known.value) {
                    return Err(Error::Precondition);
                }
                let new_name = update.name.as_ref().map_or(tag, EnvironmentTagName::as_str);
                let value = update.value.as_ref().map_or(&*known.value, EnvironmentTagValue::as_str);
                if new_name != tag && environment_tag::find(tx, id, new_name).await?.is_some() {
                    return Err(Error::Exists(What::Tag));
                }
                environment_tag::set(tx, id, tag, (new_name, value), &editor, *now).await?;
                environment_tag::find(tx, id, new_name).await?
            }
            (Change::Delete, Some(known)) => {
                attempt.text(TextKey::Value, &known.value);
                environment_tag::delete(tx, id, tag).await?;
                Some(known)
            }
            (Change::Update(_) | Change::Delete, None) => None,
        };
        Ok(attempt.done(found.ok_or(Error::Absent(What::Tag))?))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Tags of an environment by name, but for a number of the first.
    pub async fn list_environment_tags(
        &self,
        cx: &Context,
        name: EnvironmentName,
        skip: u64,
        count: u32,
    ) -> Sight<TagPage> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "list-tags"));
        let engine = self.clone();
        self.detached(async move {
            let list = List { attempt: attempt.clone(), name, skip, count };
            let page = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, page).await
        })
        .await
    }

    /// Reads a tag of an environment.
    pub async fn read_environment_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: EnvironmentTagName,
    ) -> Sight<EnvironmentTag> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt
            .target_names(typed(&name))
            .text(TextKey::Tag, tag.as_str())
            .detail(Detail::new().word("attempted", "read-tag"));
        let engine = self.clone();
        self.detached(async move {
            let find = Find { attempt: attempt.clone(), name, tag };
            let found = engine.store().ask(find).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }

    /// Gives an environment a tag.
    pub async fn create_environment_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: EnvironmentTagName,
        value: EnvironmentTagValue,
    ) -> Answer<EnvironmentTag> {
        let attempt = self.attempt(cx, Event::EnvironmentTagCreated);
        attempt.text(TextKey::Value, value.as_str());
        self.set_environment_tag(attempt, name, tag, Change::Create(value)).await
    }

    /// Changes the value or the name of a tag.
    pub async fn update_environment_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: EnvironmentTagName,
        update: TagUpdate,
    ) -> Answer<EnvironmentTag> {
        let attempt = self.attempt(cx, Event::EnvironmentTagUpdated);
        if let Some(new_name) = update.name.as_ref().filter(|new_name| **new_name != tag) {
            attempt.text(TextKey::Name, new_name.as_str());
        }
        if let Some(value) = &update.value {
            attempt.text(TextKey::Value, value.as_str());
        }
        self.set_environment_tag(attempt, name, tag, Change::Update(update)).await
    }

    /// Deletes a tag of an environment.
    pub async fn delete_environment_tag(
        &self,
        cx: &Context,
        name: EnvironmentName,
        tag: EnvironmentTagName,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::EnvironmentTagDeleted);
        let deleted = self.set_environment_tag(attempt, name, tag, Change::Delete).await?;
        Ok(deleted.map(drop))
    }

    async fn set_environment_tag(
        &self,
        attempt: Attempt,
        name: EnvironmentName,
        tag: EnvironmentTagName,
        change: Change,
    ) -> Answer<EnvironmentTag> {
        attempt.target_names(typed(&name)).text(TextKey::Tag, tag.as_str());
        let (engine, now) = (self.clone(), attempt.context().now);
        self.detached(async move { engine.commit(SetTag { attempt, name, tag, change, now }).await }).await
    }
}
