//! Reading a definition with its secrets in plaintext.

use std::sync::Arc;

use ledger::{Detail, Event, ReadList, Statement, TextKey};
use seal::SecretString;

use super::disclose::Disclose;
use super::find::Look;
use super::typed;
use super::update::etag;
use crate::access::Level;
use crate::context::Context;
use crate::name::{EnvironmentName, Version};
use crate::{Answer, Engine};

/// A definition in plaintext.
pub struct Decrypted {
    /// The text.
    pub text: SecretString,
    /// Which revision it is.
    pub revision: u64,
    /// Names this revision of this environment, for `ETag`.
    pub etag: String,
}

impl Engine {
    /// Reads a definition in plaintext.
    pub async fn decrypt_environment(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Version,
    ) -> Answer<Arc<Decrypted>> {
        let attempt = self.attempt(cx, Event::EnvironmentDecrypted);
        attempt.target_names(typed(&name)).detail(Detail::new().word("by", version.by()));
        if let Version::Tag(tag) = &version {
            attempt.text(TextKey::Tag, tag);
        }
        let engine = self.clone();
        self.detached(async move {
            let by = version.by();
            let look = Look { attempt: attempt.clone(), name: name.clone(), version, need: Level::Open };
            let found = engine.look(look).await?;
            let environment = found.environment.id;
            let decrypted = engine.decrypt_definition(&found.entered, environment, &found.revision.definition).await;
            let (text, paths) = match decrypted {
                Ok(decrypted) => decrypted,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let secrets = paths.len() as u64;
            attempt.detail(Detail::new().word("by", by).integer("reads", secrets).integer("secrets", secrets));
            let qualified = name.qualified();
            let list =
                ReadList { env: environment, name: &qualified, rev: found.revision.number, via: &[], paths: &paths };
            if !paths.is_empty() {
                attempt.reads(Statement::reads(&[list]));
            }
            let revision = found.revision.number;
            let value = Arc::new(Decrypted { text, revision, etag: etag(environment, revision) });
            let disclose =
                Disclose { attempt, name, environment, revision, need: Level::Open, others: Vec::new(), value };
            engine.commit(disclose).await
        })
        .await
    }
}
