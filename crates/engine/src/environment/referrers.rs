//! Who imports an environment: those of its referrers that the caller may see.

use std::collections::BTreeSet;

use ledger::{Detail, Event};
use store::environment::{self, Environment};
use store::import::{self, Place, Reach, Referrer};
use store::{Question, Read, StoreError, revision_tag};

use super::find::find;
use super::typed;
use crate::access::{Level, visible};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};
use crate::tag::LATEST;
use crate::{Engine, Sight};

/// How many rows are read at once while looking for those that the caller may see.
const STRIDE: i64 = 500;

/// A page of referrers.
#[derive(Debug, Default)]
pub struct ReferrerPage {
    /// The revisions that import the environment, by project and name.
    pub referrers: Vec<Referrer>,
    /// The last of them, if there may be more: where the next page begins.
    pub next: Option<Place>,
}

struct Referrers {
    attempt: Attempt,
    name: EnvironmentName,
    version: Version,
    reach: Reach,
    after: Place,
    limit: usize,
}

impl Referrers {
    async fn page<R: Read>(&self, read: &mut R) -> Result<ReferrerPage, Error> {
        let (entered, imported, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let visible = visible(read, &entered).await?;
        let versions = spellings(read, &imported, &self.version).await?;
        let mut page = ReferrerPage::default();
        let mut after = self.after.clone();
        loop {
            let name = (self.name.project(), self.name.environment());
            let rows = import::referrers(read, &entered.organization.id, name, self.reach, &after, STRIDE).await?;
            let Some(last) = rows.last() else { return Ok(page) };
            after = place(last);
            for row in rows {
                if versions.as_ref().is_some_and(|versions| !versions.contains(&row.version))
                    || !visible.shows(&row.environment.id, &row.environment.owner)
                {
                    continue;
                }
                if page.referrers.len() == self.limit {
                    page.next = page.referrers.last().map(place);
                    return Ok(page);
                }
                page.referrers.push(row);
            }
        }
    }
}

fn place(row: &Referrer) -> Place {
    let Environment { project_name, name, .. } = &row.environment;
    (project_name.clone(), name.clone(), row.revision, row.version.clone())
}

/// How an import can spell a version: a tag only by its name; a number also by the tags that are on
/// it now, so that whoever is about to retract it sees all that is concerned. None where every
/// version is meant.
///
/// A revision that was retracted still has referrers: they are the ones to be mended.
async fn spellings<R: Read>(
    read: &mut R,
    environment: &Environment,
    version: &Version,
) -> Result<Option<BTreeSet<String>>, Error> {
    match version {
        Version::Newest => Ok(None),
        Version::Number(number) => {
            environment::revision(read, &environment.id, *number).await?.ok_or(Error::Absent(What::Revision))?;
            let tags = revision_tag::on_revisions(read, &environment.id, *number, *number).await?;
            let mut spellings: BTreeSet<String> = tags.into_iter().map(|(_, name)| name).collect();
            spellings.insert(number.to_string());
            if *number == environment.revision {
                spellings.insert(LATEST.to_owned());
            }
            Ok(Some(spellings))
        }
        Version::Tag(tag) => {
            if tag != LATEST {
                let tagged = revision_tag::revision(read, &environment.id, tag).await?;
                tagged.ok_or(Error::Absent(What::Revision))?;
            }
            Ok(Some(BTreeSet::from([tag.clone()])))
        }
    }
}

impl Question for Referrers {
    type Answer = Result<ReferrerPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.page(read).await)
    }
}

impl Engine {
    /// The environments that import this one, or a version of it, after one of them.
    pub async fn list_referrers(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Version,
        reach: Reach,
        after: Option<Place>,
        limit: usize,
    ) -> Sight<ReferrerPage> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "list-referrers"));
        let after = after.unwrap_or_default();
        let referrers = Referrers { attempt: attempt.clone(), name, version, reach, after, limit };
        let engine = self.clone();
        self.detached(async move {
            // A list that lacks what was stored before there was an index would be a wrong one.
            let page = match engine.index_imports().await {
                Ok(_) => engine.store().ask(referrers).await.map_err(Into::into).flatten(),
                Err(error) => Err(error.into()),
            };
            engine.seen(&attempt, page).await
        })
        .await
    }
}
