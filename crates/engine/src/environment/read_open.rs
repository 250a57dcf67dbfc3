//! Reading values out of an open session.

use std::sync::Arc;

use ledger::{Detail, Event, SessionId, Statement, TextKey};
use seal::{Sealed, SecretBytes};
use store::session::{self, Session};
use store::{Question, Read, StoreError};

use super::disclose::{Disclose, DiscloseToMember};
use super::find::find;
use super::session::Content;
use super::{target, typed};
use crate::access::{Level, enter};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::{Answer, Engine};

/// JSON with values, some of them secret.
pub struct SessionAnswer(pub SecretBytes);

/// Where a session is said to be.
enum Of {
    Environment(EnvironmentName),
    Organization(String),
}

struct FindSession {
    attempt: Attempt,
    of: Of,
    session: SessionId,
}

impl FindSession {
    /// The session, if it is of that place and of this caller, and has not ended.
    async fn find<R: Read>(&self, read: &mut R) -> Result<Session, Error> {
        let (organization, environment) = match &self.of {
            Of::Environment(name) => {
                let (entered, environment, _) = find(read, &self.attempt, name, Level::Open).await?;
                (entered.organization.id, Some(environment))
            }
            Of::Organization(name) => (enter(read, &self.attempt, name).await?.organization.id, None),
        };
        let session = session::find(read, &self.session).await?.ok_or(Error::Absent(What::Session))?;
        let id = environment.as_ref().map(|environment| environment.id);
        if session.organization != organization || session.environment != id {
            return Err(Error::Absent(What::Session));
        }
        if let Some(environment) = &environment {
            self.attempt.target(target(environment, session.revision));
        }
        self.attempt.cause(session.opened_by);
        let cx = self.attempt.context();
        if cx.account() != Some(&session.account) {
            return Err(Error::Hidden(What::Session, ledger::Reason::PermissionMissing));
        }
        if session.expires_at <= cx.now {
            return Err(Error::Expired(What::Session));
        }
        Ok(session)
    }
}

impl Question for FindSession {
    type Answer = Result<Session, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

impl Engine {
    /// Reads an open session: everything, or one property.
    pub async fn read_session(
        &self,
        cx: &Context,
        name: EnvironmentName,
        session: SessionId,
        property: Option<String>,
    ) -> Answer<Arc<SessionAnswer>> {
        let attempt = self.attempt(cx, Event::EnvironmentReadOpen);
        attempt.target_names(typed(&name));
        let engine = self.clone();
        self.detached(async move {
            let find = FindSession { attempt: attempt.clone(), of: Of::Environment(name.clone()), session };
            let (found, value) = match engine.unseal(&attempt, find, property).await {
                Ok(unsealed) => unsealed,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let environment = found.environment.expect("a session of an environment was looked for");
            let revision = found.revision;
            let disclose =
                Disclose { attempt, name, environment, revision, need: Level::Open, others: Vec::new(), value };
            engine.commit(disclose).await
        })
        .await
    }

    /// Reads an open session of an anonymous definition.
    pub async fn read_anonymous_session(
        &self,
        cx: &Context,
        organization: String,
        session: SessionId,
        property: Option<String>,
    ) -> Answer<Arc<SessionAnswer>> {
        let attempt = self.attempt(cx, Event::EnvironmentReadOpen);
        attempt.target_names(Statement::organization(&organization));
        let engine = self.clone();
        self.detached(async move {
            let of = Of::Organization(organization.clone());
            let find = FindSession { attempt: attempt.clone(), of, session };
            let value = match engine.unseal(&attempt, find, property).await {
                Ok((_, value)) => value,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            engine.commit(DiscloseToMember { attempt, organization, others: Vec::new(), value }).await
        })
        .await
    }

    async fn unseal(
        &self,
        attempt: &Attempt,
        find: FindSession,
        property: Option<String>,
    ) -> Result<(Session, Arc<SessionAnswer>), Error> {
        let whole = property.is_none();
        attempt.detail(Detail::new().id("session", find.session).boolean("whole", whole));
        if let Some(property) = &property {
            attempt.text(TextKey::Property, property);
        }
        let id = find.session;
        let session = self.store().ask(find).await??;
        let key = self.key_for(session.organization, session.environment).await?;
        let sealed = Sealed::from_bytes(session.sealed.clone()).map_err(|_| Error::Undecipherable)?;
        let content = key.open_session(id.as_str(), &sealed).and_then(Content::read).ok_or(Error::Undecipherable)?;
        let shown = match property {
            None => content.whole(),
            Some(property) => content.property(&property)?,
        };
        attempt
            .reads(shown.reads)
            .detail(Detail::new().integer("reads", shown.count).id("session", id).boolean("whole", whole));
        Ok((session, Arc::new(SessionAnswer(shown.json))))
    }
}
