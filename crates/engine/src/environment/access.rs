//! Who may do what with an environment, and why.

use ledger::{Detail, Event};
use store::organization::{self, Member};
use store::{Question, Read, StoreError};

use super::find::find;
use super::typed;
use crate::access::{Explanation, Holder, Level, Principal, Role, explain};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::EnvironmentName;
use crate::{Engine, Sight};

/// A page of what the members of an organisation may do with an environment.
#[derive(Debug)]
pub struct AccessPage {
    /// The members, by login.
    pub members: Vec<Explanation>,
    /// The last login, if there may be more.
    pub next: Option<String>,
}

/// Whom somebody asks about.
enum About {
    /// Whoever has this login.
    One(String),
    /// This many members after a login.
    Members(String, i64),
}

struct Why {
    attempt: Attempt,
    name: EnvironmentName,
    about: About,
}

impl Why {
    async fn answer<R: Read>(&self, read: &mut R) -> Result<AccessPage, Error> {
        let (entered, environment, _) = find(read, &self.attempt, &self.name, Level::Admin).await?;
        let organization = &entered.organization;
        let (mut members, limit) = match &self.about {
            About::One(login) => {
                let Some(member) = organization::find_member(read, &organization.id, login).await? else {
                    return Ok(AccessPage { members: vec![Explanation::outsider(login.clone())], next: None });
                };
                (vec![member], 1)
            }
            About::Members(after, limit) => {
                (organization::members(read, &organization.id, after, limit + 1).await?, *limit)
            }
        };
        let more = members.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            members.pop();
        }
        let next = members.last().filter(|_| more).map(|member| member.login.clone());
        let mut explained = Vec::with_capacity(members.len());
        for Member { account, login, name, role, .. } in members {
            let role = Role::parse(&role).unwrap_or(Role::Member);
            let holder = Holder { role, who: Principal::Member(account) };
            explained.push(explain(read, organization, &environment, holder, (login, name)).await?);
        }
        Ok(AccessPage { members: explained, next })
    }
}

impl Question for Why {
    type Answer = Result<AccessPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.answer(read).await)
    }
}

impl Engine {
    /// What somebody may do with an environment, and why. Nothing, for whoever does not belong to the organisation;
    /// whether there is such a login anywhere else is not told.
    pub async fn explain_access(&self, cx: &Context, name: EnvironmentName, login: String) -> Sight<Explanation> {
        let page = self.why(cx, name, About::One(login.clone())).await?;
        Ok(page.members.into_iter().next().unwrap_or_else(|| Explanation::outsider(login)))
    }

    /// What the members of an organisation may do with an environment, and why: by login, after one of them.
    pub async fn list_access(
        &self,
        cx: &Context,
        name: EnvironmentName,
        after: String,
        limit: i64,
    ) -> Sight<AccessPage> {
        self.why(cx, name, About::Members(after, limit)).await
    }

    async fn why(&self, cx: &Context, name: EnvironmentName, about: About) -> Sight<AccessPage> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "explain-access"));
        let why = Why { attempt: attempt.clone(), name, about };
        let engine = self.clone();
        self.detached(async move {
            let page = engine.store().ask(why).await.map_err(Into::into).flatten();
            engine.seen(&attempt, page).await
        })
        .await
    }
}
