//! Checking a definition: what it means, without calling anything.

use std::sync::Arc;

use lang::{Diagnostic, Mode};
use ledger::{Detail, Event, Statement, TextKey};

use super::disclose::{Disclose, DiscloseToMember};
use super::find::{Gather, Gathered};
use super::open::others;
use super::session::all_reads;
use super::typed;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::name::{EnvironmentName, Version};
use crate::resolve::Resolved;
use crate::{Answer, Engine};

/// What a definition means.
pub struct CheckedDefinition {
    /// The values, none for a definition without any.
    pub environment: Option<lang::Environment>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

impl CheckedDefinition {
    fn new(resolved: Resolved) -> Arc<Self> {
        Arc::new(Self { environment: resolved.environment, warnings: resolved.warnings })
    }
}

/// What a check shows, and so what is needed for it: with the secrets in plaintext it is as much
/// as opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Secrets stay unknown.
    Hidden,
    /// Secrets are shown.
    Shown,
}

impl Secrets {
    const fn level(self) -> Level {
        match self {
            Self::Hidden => Level::Read,
            Self::Shown => Level::Open,
        }
    }

    const fn mode(self) -> Mode<'static> {
        Mode::Check { show_secrets: matches!(self, Self::Shown) }
    }
}

impl Engine {
    /// Checks a stored definition.
    pub async fn check_environment(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Version,
        secrets: Secrets,
    ) -> Answer<Arc<CheckedDefinition>> {
        let attempt = match secrets {
            Secrets::Hidden => self.attempt(cx, Event::EnvironmentRead),
            Secrets::Shown => self.attempt(cx, Event::EnvironmentDecrypted),
        };
        attempt.target_names(typed(&name));
        if let Version::Tag(tag) = &version {
            attempt.text(TextKey::Tag, tag);
        }
        let engine = self.clone();
        self.detached(async move {
            let by = version.by();
            attempt.detail(Detail::new().word("by", by).word("view", "check"));
            let gather = Gather {
                engine: engine.clone(),
                attempt: attempt.clone(),
                name: name.clone(),
                version,
                level: secrets.level(),
            };
            let resolved = async {
                let Gathered { entered, environment, revision, root } = engine.store().ask(gather).await??;
                let resolved = engine.resolve(&attempt, &entered, root, secrets.mode(), secrets.level()).await?;
                Ok((environment.id, revision, resolved))
            };
            let (environment, revision, resolved) = match resolved.await {
                Ok(resolved) => resolved,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            note_reads(&attempt, &resolved, secrets, Detail::new().word("by", by).word("view", "check"));
            let others = others(&resolved, secrets.level());
            let value = CheckedDefinition::new(resolved);
            let disclose = Disclose { attempt, name, environment, revision, need: secrets.level(), others, value };
            engine.commit(disclose).await
        })
        .await
    }

    /// Checks a definition that came with the request, for a member of an organisation.
    pub async fn check_anonymous(
        &self,
        cx: &Context,
        organization: String,
        definition: String,
        secrets: Secrets,
    ) -> Answer<Arc<CheckedDefinition>> {
        let attempt = match secrets {
            Secrets::Hidden => self.attempt(cx, Event::YamlChecked),
            Secrets::Shown => self.attempt(cx, Event::EnvironmentDecrypted),
        };
        attempt.target_names(Statement::organization(&organization));
        let engine = self.clone();
        self.detached(async move {
            let (mode, level) = (secrets.mode(), secrets.level());
            let resolved = engine.resolve_anonymous(&attempt, &organization, &definition, mode, level).await;
            let resolved = match resolved {
                Ok((_, resolved)) => resolved,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let others = others(&resolved, level);
            match secrets {
                Secrets::Hidden => {
                    let imports = resolved.imports.len() as u64;
                    let bytes = definition.len() as u64;
                    attempt.detail(Detail::new().integer("bytes", bytes).integer("imports", imports));
                }
                Secrets::Shown => note_reads(&attempt, &resolved, secrets, Detail::new().word("view", "check")),
            }
            let value = CheckedDefinition::new(resolved);
            engine.commit(DiscloseToMember { attempt, organization, others, value }).await
        })
        .await
    }
}

fn note_reads(attempt: &Attempt, resolved: &Resolved, secrets: Secrets, detail: Detail) {
    match secrets {
        Secrets::Hidden => {
            attempt.detail(detail.integer("imports", resolved.imports.len() as u64));
        }
        Secrets::Shown => {
            let (reads, count) = all_reads(resolved);
            attempt.reads(reads).detail(detail.integer("reads", count).integer("secrets", count));
        }
    }
}
