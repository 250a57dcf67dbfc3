//! Cloning an environment: its definition, and as much of the rest as was asked for, under another name.

use ledger::{
    Detail, EnvironmentId, Event, GrantId, Need, ProjectId, ReadList, Statement, Target, TargetKind, TextKey,
};
use store::data_key::WrappedKey;
use store::environment::{self, Environment, Revision};
use store::import::Import;
use store::team_grant::{self, Grant};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, clone, data_key};

use super::find::{find, revision_number};
use super::imports::imports;
use super::{target, typed};
use crate::access::{Entered, Level, Role, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};
use crate::{Answer, Engine};

/// What of an environment is copied besides a definition. Whoever clones owns the clone.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub struct Kept {
    /// All revisions up to the one that is cloned; else there is only one.
    pub history: bool,
    /// The tags of the environment.
    pub tags: bool,
    /// The tags of the revisions that are copied.
    pub revision_tags: bool,
    /// What teams may do with the environment.
    pub access: bool,
}

impl Kept {
    fn words(self) -> Vec<&'static str> {
        let all = [
            (self.access, "access"),
            (self.history, "history"),
            (self.tags, "environment-tags"),
            (self.revision_tags, "revision-tags"),
        ];
        all.into_iter().filter(|(kept, _)| *kept).map(|(_, word)| word).collect()
    }
}

/// Looks at what is to be cloned.
struct Look {
    attempt: Attempt,
    name: EnvironmentName,
    version: Version,
    kept: Kept,
}

impl Look {
    async fn found<R: Read>(&self, read: &mut R) -> Result<(Entered, Environment, Vec<Revision>), Error> {
        let (entered, environment, _) = find(read, &self.attempt, &self.name, Level::Open).await?;
        let number = revision_number(read, &environment, &self.version).await?;
        self.attempt.target(target(&environment, number));
        let revisions = if self.kept.history {
            clone::revisions(read, &environment.id, number).await?
        } else {
            environment::revision(read, &environment.id, number).await?.into_iter().collect()
        };
        Ok((entered, environment, revisions))
    }
}

impl Question for Look {
    type Answer = Result<(Entered, Environment, Vec<Revision>), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.found(read).await)
    }
}

struct Clone {
    attempt: Attempt,
    engine: Engine,
    /// What the log says of the clone itself.
    created: Attempt,
    source: EnvironmentName,
    destination: EnvironmentName,
    environment: EnvironmentId,
    /// The revision that is cloned.
    number: u64,
    /// What is copied, sealed for the clone, the newest last.
    revisions: Vec<(Revision, Vec<Import>)>,
    kept: Kept,
    key: WrappedKey,
    id: EnvironmentId,
    project: ProjectId,
    now: i64,
}

impl Command for Clone {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, created, destination, number, now, .. } = self;
        let (entered, environment, _) = find(tx, attempt, &self.source, Level::Open).await?;
        if environment.id != self.environment {
            return Err(Error::Absent(What::Environment));
        }
        revision_number(tx, &environment, &Version::Number(*number)).await?;
        attempt.target(target(&environment, *number));
        created.place(attempt.placed()).target(Target::unresolved(TargetKind::Environment)).cause(attempt.id());
        permit_organization(created, &entered, Role::Member, Need::EnvironmentCreate)?;
        let account = attempt.context().account().copied();
        let owner = account.ok_or(Error::Forbidden("an environment is cloned by somebody with an account"))?;
        let organization = entered.organization.id;
        if environment::find(tx, &organization, destination.project(), destination.environment()).await?.is_some() {
            return Err(Error::Exists(What::Environment));
        }
        let project = match environment::project(tx, &organization, destination.project()).await? {
            Some(project) => project,
            None => {
                environment::insert_project(tx, &self.project, &organization, destination.project()).await?;
                self.project
            }
        };
        let cloned = Environment {
            id: self.id,
            organization,
            project,
            project_name: destination.project().to_owned(),
            name: destination.environment().to_owned(),
            owner,
            revision: if self.kept.history { *number } else { 1 },
            deletion_protected: false,
            created_at: *now,
            modified_at: *now,
            deleted_at: None,
        };
        environment::insert(tx, &cloned).await?;
        self.copy(tx, &cloned).await?;
        data_key::insert(tx, &self.key, *now).await?;
        let bytes = self.revisions.last().map_or(0, |(newest, _)| newest.definition.len() as u64);
        created.target(target(&cloned, cloned.revision)).detail(Detail::new().integer("bytes", bytes));
        let done = attempt.done(());
        Ok(Done { records: done.records.and_all(created.done(()).records), ..done })
    }

    fn refused(&self, error: &Error) -> Records {
        note_denial(&self.attempt, error);
        self.attempt.records(error.outcome())
    }
}

impl Clone {
    /// Copies revisions, tags and grants.
    async fn copy<T: Tx>(&self, tx: &mut T, cloned: &Environment) -> Result<(), Error> {
        let (from, to, last) = (&self.environment, &self.id, self.number);
        for (revision, imports) in &self.revisions {
            if self.kept.history {
                clone::insert_revision(tx, from, to, revision, imports, last).await?;
            } else {
                let only = Revision { number: 1, definition: revision.definition.clone() };
                environment::insert_revision(tx, to, &only, imports, &cloned.owner, self.now).await?;
            }
        }
        if self.kept.tags {
            clone::insert_tags(tx, from, to).await?;
        }
        match (self.kept.revision_tags, self.kept.history) {
            (true, true) => clone::insert_revision_tags(tx, from, to, last).await?,
            (true, false) => clone::insert_tags_of_revision(tx, from, to, last).await?,
            (false, _) => {}
        }
        if self.kept.access {
            for (team, grant) in team_grant::of_environment(tx, from).await? {
                let grant = Grant { id: GrantId::from_random(self.engine.ambient().random()), ..grant };
                team_grant::insert(tx, &cloned.organization, &team, to, &grant, self.now).await?;
            }
        }
        Ok(())
    }
}

/// Whoever clones sees the secrets afterwards: a clone that is denied is an open that is denied.
fn note_denial(attempt: &Attempt, error: &Error) {
    if error.is_denial() {
        attempt.event(Event::EnvironmentUnauthorizedOpen).detail(Detail::new().word("attempted", "clone-environment"));
    }
}

impl Engine {
    /// Clones an environment within its organisation.
    pub async fn clone_environment(
        &self,
        cx: &Context,
        source: EnvironmentName,
        version: Version,
        destination: EnvironmentName,
        kept: Kept,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::EnvironmentCloned);
        attempt
            .target_names(typed(&source))
            .text(TextKey::Name, destination.qualified())
            .detail(Detail::new().word("by", version.by()));
        let created = self.attempt(cx, Event::EnvironmentCreated);
        created.target_names(typed(&destination));
        let engine = self.clone();
        self.detached(async move {
            match engine.prepare_clone(&attempt, created, (source, version), destination, kept).await {
                Ok(clone) => engine.commit(clone).await,
                Err(error) => {
                    note_denial(&attempt, &error);
                    Err(engine.refuse(&attempt, error).await)
                }
            }
        })
        .await
    }

    /// Everything of a clone but its commit: every secret is sealed again, with the key of the clone.
    async fn prepare_clone(
        &self,
        attempt: &Attempt,
        created: Attempt,
        (source, version): (EnvironmentName, Version),
        destination: EnvironmentName,
        kept: Kept,
    ) -> Result<Clone, Error> {
        let by = version.by();
        let look = Look { attempt: attempt.clone(), name: source.clone(), version, kept };
        let (entered, environment, found) = self.store().ask(look).await??;
        let number = found.last().ok_or(Error::Absent(What::Revision))?.number;
        let id = EnvironmentId::from_random(self.ambient().random());
        let wrapped = self.new_key(entered.organization.id, Some(id));
        let key = self.unwrap_key(&wrapped)?;
        let mut revisions = Vec::with_capacity(found.len());
        let mut secrets: Vec<(u64, Vec<String>)> = Vec::new();
        for Revision { number, definition } in found {
            let (plaintext, paths) = self.decrypt_definition(&entered, environment.id, &definition).await?;
            let definition = self.encrypt_with(&key, plaintext.expose())?;
            let imports = imports(source.organization(), &definition);
            revisions.push((Revision { number, definition }, imports));
            if !paths.is_empty() {
                secrets.push((number, paths));
            }
        }
        let qualified = source.qualified();
        let list = |(rev, paths)| ReadList { env: environment.id, name: &qualified, rev, via: &[], paths };
        let lists: Vec<_> = secrets.iter().map(|(rev, paths)| list((*rev, paths))).collect();
        let count = secrets.iter().map(|(_, paths)| paths.len() as u64).sum();
        let mut detail = Detail::new().word("by", by).id("clone", id);
        if !kept.words().is_empty() {
            detail = detail.words("kept", kept.words());
        }
        attempt
            .reads(Statement::reads(&lists))
            .detail(detail.integer("reads", count).integer("revisions", revisions.len() as u64));
        Ok(Clone {
            attempt: attempt.clone(),
            engine: self.clone(),
            created,
            source,
            destination,
            environment: environment.id,
            number,
            revisions,
            kept,
            key: wrapped,
            id,
            project: ProjectId::from_random(self.ambient().random()),
            now: attempt.context().now,
        })
    }
}
