//! Reading a definition as it is stored, its secrets still sealed.

use std::sync::Arc;

use ledger::{Detail, Event, TextKey};

use super::disclose::Disclose;
use super::find::Look;
use super::typed;
use crate::access::Level;
use crate::context::Context;
use crate::name::{EnvironmentName, Version};
use crate::{Answer, Engine, Sight};

/// A definition.
pub struct Definition {
    /// The text.
    pub text: String,
    /// Which revision it is.
    pub revision: u64,
    /// Names this revision of this environment, for `ETag`.
    pub etag: String,
}

impl Engine {
    /// Reads a definition.
    pub async fn read_environment(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Version,
    ) -> Answer<Arc<Definition>> {
        let attempt = self.attempt(cx, Event::EnvironmentRead);
        attempt.target_names(typed(&name)).detail(Detail::new().word("by", version.by()));
        if let Version::Tag(tag) = &version {
            attempt.event(Event::EnvironmentRevisionTagRead).text(TextKey::Tag, tag);
        }
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt: attempt.clone(), name: name.clone(), version, need: Level::Read };
            let found = engine.look(look).await?;
            let value = Arc::new(Definition {
                etag: super::update::etag(found.environment.id, found.revision.number),
                revision: found.revision.number,
                text: found.revision.definition,
            });
            engine
                .commit(Disclose {
                    attempt,
                    name,
                    environment: found.environment.id,
                    revision: found.revision.number,
                    need: Level::Read,
                    others: Vec::new(),
                    value,
                })
                .await
        })
        .await
    }

    /// Says which revision is the newest, without reading it.
    pub async fn stat_environment(&self, cx: &Context, name: EnvironmentName) -> Sight<Definition> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "head"));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt, name, version: Version::Newest, need: Level::Read };
            let found = engine.look(look).await?;
            Ok(Definition {
                text: String::new(),
                etag: super::update::etag(found.environment.id, found.revision.number),
                revision: found.revision.number,
            })
        })
        .await
    }

    /// Looks, or records why there was nothing to see.
    pub(super) async fn look(&self, look: Look) -> Sight<super::find::Found> {
        let attempt = look.attempt.clone();
        let found = self.store().ask(look).await.map_err(Into::into).flatten();
        self.seen(&attempt, found).await
    }
}
