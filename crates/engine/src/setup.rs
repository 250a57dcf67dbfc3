//! The first start: an installation with an organisation, an administrator and a token.

use ledger::{Detail, Event, InstanceId, LogId, LogKind, Outcome, Statement, Target, TargetKind};
use seal::{SecretString, TokenKind};
use store::instance::{self, Instance};
use store::{Command, Done, Failure, LogKey, Question, Read, Records, Store, StoreError, Tx, credential, log};
use thiserror::Error as ThisError;

use crate::access::Role;
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::{Error, What};
use crate::identity::{NewUser, create_account, create_organization, issue_token, open_log};
use crate::outside::Outside;
use crate::{Answer, Engine};

/// What the first start makes.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// The organisation.
    pub organization: String,
    /// The administrator's login.
    pub admin: String,
}

/// What the first start made. The token is shown this once.
pub struct Installed {
    /// The organisation.
    pub organization: String,
    /// The administrator's login.
    pub login: String,
    /// The administrator's first token.
    pub token: SecretString,
}

/// Why an installation cannot be opened or made.
#[derive(Debug, ThisError)]
pub enum SetUpError {
    /// The database belongs to another key ring: nothing in it could be decrypted.
    #[error(
        "the key ring is not the one that this database was made with (it has {ring}, the database wants {database}); \
         give the right one with --key-file"
    )]
    OtherKeys {
        /// The ring's fingerprint.
        ring: String,
        /// The fingerprint in the database.
        database: String,
    },
    /// The key ring has nothing to sign the logs with.
    #[error("the key ring has no key that signs the logs")]
    NoLogKey,
    /// A name cannot be used.
    #[error("{0}")]
    Refused(Error),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

struct FindInstance;

impl Question for FindInstance {
    type Answer = Option<Instance>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        instance::find(read).await
    }
}

/// The server's log, as it goes on today.
pub(crate) struct ServerLog;

impl Question for ServerLog {
    type Answer = LogKey;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<LogKey, StoreError> {
        log::server(read).await
    }
}

/// Whether a database holds an installation, and which.
pub async fn installation(store: &Store) -> Result<Option<Instance>, StoreError> {
    store.ask(FindInstance).await
}

struct Install {
    attempt: Attempt,
    user: Attempt,
    member: Attempt,
    token: Attempt,
    engine: Engine,
    set_up: SetUp,
    instance: InstanceId,
    server_log: LogId,
}

impl Command for Install {
    type Output = Installed;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Installed>, Error> {
        let Self { attempt, user, member, token, engine, set_up, .. } = self;
        if instance::find(tx).await?.is_some() {
            return Err(Error::Exists(What::Organization));
        }
        let now = attempt.context().now;
        let made = Instance { name: self.instance, key_fingerprint: engine.0.outside.ring.fingerprint() };
        instance::insert(tx, &made, now).await?;
        let origin = ledger::Origin::new(self.instance, LogKind::Server, self.server_log);
        log::create(tx, LogKey::SERVER, self.server_log, &origin, None).await?;
        let opened = open_log(engine, attempt, LogKey::SERVER, &origin, None);

        let (organization, organization_log) = create_organization(tx, engine, attempt, &set_up.organization).await?;
        let place = Place { log: organization.log, actor: None, outsider: false };
        for attempt in [attempt, user, member, token] {
            attempt.place(place);
        }
        attempt.target(Target::new(TargetKind::Organization, organization.id));

        let new = NewUser { login: set_up.admin.clone(), name: None, email: None };
        let account = create_account(tx, engine, user, &new).await?;
        instance::set_administrator(tx, &account.id).await?;
        let actor = log::actor(tx, engine.ambient(), organization.log, &account.id).await?;
        let role = Role::Admin.as_str();
        store::organization::insert_member(tx, &organization.id, &account.id, role, &actor, now).await?;
        member
            .target(Target::new(TargetKind::Member, actor))
            .target_names(Statement::member(Some(actor), &organization.name, &account.login))
            .detail(Detail::new().id("account", account.id).word("role", role));

        let (row, text) = issue_token(engine, token, TokenKind::Access, account.id, "first token", None);
        credential::insert(tx, &row).await?;
        token
            .target(Target::new(TargetKind::Token, row.id))
            .target_names(Statement::named(Some(account.id.into()), &row.name))
            .detail(Detail::new().id("token", row.id));

        let records =
            [attempt, user, member, token].into_iter().fold(opened.and_all(organization_log), |records, attempt| {
                records.and_all(attempt.records(Outcome::Succeeded))
            });
        let installed = Installed { organization: organization.name, login: account.login, token: text };
        Ok(Done { output: installed, records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Opens an installation over a database that is set up.
    pub async fn open(store: Store, outside: Outside, instance: &Instance) -> Result<Self, SetUpError> {
        let ring = outside.ring.fingerprint();
        if ring != instance.key_fingerprint {
            return Err(SetUpError::OtherKeys { ring, database: instance.key_fingerprint.clone() });
        }
        let log_keys = outside.ring.log_keys().cloned().ok_or(SetUpError::NoLogKey)?;
        let server_log = store.ask(ServerLog).await?;
        Ok(Self::assemble(store, outside, log_keys, server_log))
    }

    /// Makes an installation in an empty database: all of it, or nothing.
    pub async fn install(store: Store, outside: Outside, set_up: SetUp) -> Result<(Self, Installed), SetUpError> {
        crate::name::check_organization(&set_up.organization).map_err(SetUpError::Refused)?;
        crate::name::check_login(&set_up.admin).map_err(SetUpError::Refused)?;
        let log_keys = outside.ring.log_keys().cloned().ok_or(SetUpError::NoLogKey)?;
        let engine = Self::assemble(store, outside, log_keys, LogKey::SERVER);
        let installed = engine.run_install(&engine.system_context(), set_up).await;
        match installed {
            Ok(installed) => Ok((engine, installed.into_parts().0)),
            Err(Failure::Refused(error)) => Err(SetUpError::Refused(error.into_parts().0)),
            Err(Failure::Unrecorded(error)) => Err(SetUpError::Store(error)),
        }
    }

    async fn run_install(&self, cx: &Context, set_up: SetUp) -> Answer<Installed> {
        let attempt = self.attempt(cx, Event::OrganizationCreated);
        attempt.target_names(Statement::organization(&set_up.organization));
        let install = Install {
            attempt,
            user: self.attempt(cx, Event::UserCreated),
            member: self.attempt(cx, Event::MemberAdded),
            token: self.attempt(cx, Event::PersonalTokenCreated),
            engine: self.clone(),
            set_up,
            instance: InstanceId::from_random(self.ambient().random()),
            server_log: LogId::from_random(self.ambient().random()),
        };
        self.commit(install).await
    }
}
