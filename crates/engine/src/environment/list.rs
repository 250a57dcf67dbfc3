//! Lists of environments: what a caller may know of.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Detail, Event, Need, Statement};
use store::organization::Organization;
use store::{Question, Read, StoreError, environment};

use crate::access::{Role, enter, permit_organization, visible};
use crate::audit::Attempt;
use crate::context::{Context, Who};
use crate::error::{Error, Unauthenticated};
use crate::{Engine, Sight};

use super::RevisionInfo;

pub use store::environment::Listed;

/// A page of environments.
#[derive(Debug, Default)]
pub struct EnvironmentPage {
    /// The environments, by organisation, project and name.
    pub environments: Vec<Listed>,
    /// The last one looked at, if there may be more: where the next page begins.
    pub next: Option<(String, String, String)>,
}

/// How many rows are read at once while looking for those that the caller may see.
const STRIDE: i64 = 500;

struct List {
    attempt: Attempt,
    /// One organisation, or all that the caller belongs to.
    organization: Option<String>,
    after: (String, String, String),
    limit: usize,
}

impl List {
    async fn page<R: Read>(&self, read: &mut R) -> Result<EnvironmentPage, Error> {
        let names = match &self.organization {
            Some(name) => vec![name.clone()],
            None => self.own_organizations(read).await?,
        };
        let mut page = EnvironmentPage::default();
        for name in names.iter().filter(|name| **name >= self.after.0) {
            let entered = enter(read, &self.attempt, name).await?;
            let visible = visible(read, &entered).await?;
            let (mut project, mut environment) = (String::new(), String::new());
            if *name == self.after.0 {
                (project, environment) = (self.after.1.clone(), self.after.2.clone());
            }
            loop {
                let after = (project.as_str(), environment.as_str());
                let rows = environment::list(read, &entered.organization.id, after, STRIDE).await?;
                let Some(last) = rows.last() else { break };
                (project, environment) = (last.environment.project_name.clone(), last.environment.name.clone());
                for row in rows {
                    if !visible.shows(&row.environment.id, &row.environment.owner) {
                        continue;
                    }
                    if page.environments.len() == self.limit {
                        page.next = page.environments.last().map(key);
                        return Ok(page);
                    }
                    page.environments.push(row);
                }
            }
        }
        Ok(page)
    }

    async fn own_organizations<R: Read>(&self, read: &mut R) -> Result<Vec<String>, Error> {
        if let Who::Machine { organization, .. } = &self.attempt.context().who {
            return Ok(vec![organization.to_string()]);
        }
        let account = self.attempt.context().account().copied();
        let account = account.ok_or(Error::Unauthenticated(Unauthenticated::Missing))?;
        let memberships = crate::identity::memberships(read, &self.attempt, &account).await?;
        Ok(memberships.into_iter().map(|(organization, ..): (Organization, _, _)| organization.name).collect())
    }
}

fn key(row: &Listed) -> (String, String, String) {
    (row.organization_name.clone(), row.environment.project_name.clone(), row.environment.name.clone())
}

impl Question for List {
    type Answer = Result<EnvironmentPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.page(read).await)
    }
}

/// The values of every tag in an organisation, by its name.
pub type TagValues = BTreeMap<String, BTreeSet<String>>;

struct AllTags {
    attempt: Attempt,
    organization: String,
}

impl AllTags {
    async fn values<R: Read>(&self, read: &mut R) -> Result<TagValues, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        let visible = visible(read, &entered).await?;
        let mut values = TagValues::new();
        let (mut project, mut environment) = (String::new(), String::new());
        loop {
            let after = (project.as_str(), environment.as_str());
            let rows = environment::list(read, &entered.organization.id, after, STRIDE).await?;
            let Some(last) = rows.last() else { return Ok(values) };
            (project, environment) = (last.environment.project_name.clone(), last.environment.name.clone());
            for row in rows.into_iter().filter(|row| visible.shows(&row.environment.id, &row.environment.owner)) {
                for (name, value) in row.tags {
                    values.entry(name).or_default().insert(value);
                }
            }
        }
    }
}

impl Question for AllTags {
    type Answer = Result<TagValues, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.values(read).await)
    }
}

struct Deleted {
    attempt: Attempt,
    organization: String,
    before: i64,
    limit: i64,
}

impl Deleted {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<Listed>, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::EnvironmentListDeleted)?;
        let mut rows = environment::list_deleted(read, &entered.organization.id, self.before, self.limit).await?;
        let visible = visible(read, &entered).await?;
        rows.retain(|row| visible.shows(&row.environment.id, &row.environment.owner));
        Ok(rows)
    }
}

impl Question for Deleted {
    type Answer = Result<Vec<Listed>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

struct LastOpens {
    ids: Vec<ledger::EnvironmentId>,
}

/// When something was last opened: when, and the login and name of by whom.
type LastOpen = Option<(i64, String, String)>;

impl Question for LastOpens {
    type Answer = Vec<LastOpen>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut all = Vec::with_capacity(self.ids.len());
        for id in &self.ids {
            all.push(environment::last_open(read, id).await?);
        }
        Ok(all)
    }
}

struct LastChanges {
    newest: Vec<(ledger::EnvironmentId, u64)>,
}

impl Question for LastChanges {
    type Answer = Vec<Option<RevisionInfo>>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut all = Vec::with_capacity(self.newest.len());
        for (id, revision) in &self.newest {
            all.push(environment::revisions(read, id, revision + 1, 1).await?.pop());
        }
        Ok(all)
    }
}

impl Engine {
    /// The environments of an organisation (or of all that the caller belongs to) that the
    /// caller may know of, after one of them.
    pub async fn list_environments(
        &self,
        cx: &Context,
        organization: Option<String>,
        after: (String, String, String),
        limit: usize,
    ) -> Sight<EnvironmentPage> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.detail(Detail::new().word("attempted", "list-environments"));
        if let Some(name) = &organization {
            attempt.target_names(Statement::organization(name));
        }
        let list = List { attempt: attempt.clone(), organization, after, limit };
        let engine = self.clone();
        self.detached(async move {
            let page = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, page).await
        })
        .await
    }

    /// The deleted environments of an organisation, latest first, deleted before a time.
    pub async fn list_deleted_environments(
        &self,
        cx: &Context,
        organization: String,
        before: i64,
        limit: i64,
    ) -> Sight<Vec<Listed>> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().word("attempted", "list-deleted-environments"));
        let deleted = Deleted { attempt: attempt.clone(), organization, before, limit };
        let engine = self.clone();
        self.detached(async move {
            let listed = engine.store().ask(deleted).await.map_err(Into::into).flatten();
            engine.seen(&attempt, listed).await
        })
        .await
    }

    /// The tags of all environments of an organisation that the caller may know of.
    pub async fn list_tag_values(&self, cx: &Context, organization: String) -> Sight<TagValues> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().word("attempted", "list-tags"));
        let all = AllTags { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let values = engine.store().ask(all).await.map_err(Into::into).flatten();
            engine.seen(&attempt, values).await
        })
        .await
    }

    /// When each of these environments was last opened, and by whom.
    pub async fn last_opens(&self, page: &EnvironmentPage) -> Sight<Vec<LastOpen>> {
        let ids = page.environments.iter().map(|row| row.environment.id).collect();
        self.store().ask(LastOpens { ids }).await.map_err(store::Failure::Unrecorded)
    }

    /// The newest revision of each of these environments: when it was made, and by whom.
    pub async fn last_changes(&self, page: &EnvironmentPage) -> Sight<Vec<Option<RevisionInfo>>> {
        let newest = page.environments.iter().map(|row| (row.environment.id, row.environment.revision)).collect();
        self.store().ask(LastChanges { newest }).await.map_err(store::Failure::Unrecorded)
    }
}
