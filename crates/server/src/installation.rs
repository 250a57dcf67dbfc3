//! An installation on this machine: its data directory, its keys, its database, its one owner.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::egress::{Egress, EgressSetUpError, EgressSettings};
use engine::seal::{Ring, RingError, SystemRandom};
use engine::store::{Ambient, Database, Snapshot, Store, StoreError};
use engine::{
    Anchor as _, AnchorFile, Distrust, Engine, EpochError, EraseAgainError, Erasures, Expected, Installed, Outside,
    SetUp, SetUpError,
};
use thiserror::Error;

/// Where an installation lies.
#[derive(Clone)]
pub struct Location {
    /// The data directory.
    pub data_dir: PathBuf,
    /// PostgreSQL instead of the embedded database. It may hold a password, so it is shown nowhere.
    pub database_url: Option<String>,
    /// The key ring, if it is not in the data directory.
    pub key_file: Option<PathBuf>,
    /// The anchor, if it is not in the data directory.
    pub anchor: Option<PathBuf>,
    /// What it may call outside.
    pub egress: EgressSettings,
}

/// Why an installation cannot be used.
#[derive(Debug, Error)]
pub enum InstallationError {
    /// Another process has it.
    #[error("the data directory {0} is in use by another process; stop it, or choose another with --data-dir")]
    InUse(PathBuf),
    /// There is nothing here.
    #[error("there is no installation in {0}; `escriba init` or `escriba serve` makes one")]
    Missing(PathBuf),
    /// There is something here already.
    #[error("there is an installation in {0} already; `escriba users` and `escriba tokens` administer it")]
    Exists(PathBuf),
    /// The database is set up, but the keys are gone.
    #[error(
        "the key ring {0} is missing, but the database was made with one: without it no secret can be read; \
             put it back, or give it with --key-file"
    )]
    KeysMissing(PathBuf),
    /// The keys cannot be read.
    #[error("the key ring cannot be used")]
    Keys(#[from] RingError),
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Store(#[from] StoreError),
    /// There is no way out.
    #[error("calls to others cannot be set up")]
    Egress(#[from] EgressSetUpError),
    /// The key ring is from before logs were signed.
    #[error(
        "the key ring {0} has no key that signs the logs; run `escriba log key --create` on one machine, and give every \
             replica the same key ring"
    )]
    NoLogKey(PathBuf),
    /// The database does not go on from what was signed.
    #[error(transparent)]
    Distrust(#[from] EpochError),
    /// Somebody who was erased is there again.
    #[error(transparent)]
    Erased(#[from] EraseAgainError),
    /// It cannot be set up.
    #[error("the installation cannot be set up")]
    SetUp(#[from] SetUpError),
    /// A file or folder cannot be used.
    #[error("{what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// Whether a database is only opened if it goes on from what was signed of its logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It must.
    Required,
    /// It need not: for what only looks, or settles just that.
    Waived,
}

/// An installation that this process owns.
pub struct Installation {
    /// The product.
    pub engine: Engine,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Held until the end: the file lock that makes this process the only owner.
    _lock: File,
}

impl Location {
    fn lock_file(&self) -> PathBuf {
        self.data_dir.join("escriba.lock")
    }

    /// The embedded database.
    pub fn database_file(&self) -> PathBuf {
        self.data_dir.join("escriba.db")
    }

    /// The key ring.
    pub fn ring_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data_dir.join("escriba.keys"))
    }

    /// The anchor.
    pub fn anchor_file(&self) -> PathBuf {
        self.anchor.clone().unwrap_or_else(|| self.data_dir.join("escriba.anchor"))
    }

    /// The list of who was erased. It lies beside the anchor: neither must be restored together with the database.
    pub fn erasures_file(&self) -> PathBuf {
        self.anchor_file().with_extension("erased")
    }

    /// The socket over which administration speaks to the owner.
    pub fn socket(&self) -> PathBuf {
        self.data_dir.join("admin.sock")
    }

    /// Creates the data directory, for its owner alone, and becomes its owner.
    fn take(&self) -> Result<File, InstallationError> {
        let io = |what, path: &Path| {
            let path = path.to_owned();
            move |source| InstallationError::Io { what, path, source }
        };
        if !self.data_dir.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.data_dir)
                .map_err(io("cannot create the data directory", &self.data_dir))?;
        }
        let path = self.lock_file();
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(io("cannot open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(InstallationError::InUse(self.data_dir.clone())),
            Err(TryLockError::Error(source)) => Err(io("cannot lock", &path)(source)),
        }
    }

    async fn store(&self, ambient: Ambient) -> Result<Store, StoreError> {
        let file = self.database_file();
        let database = match &self.database_url {
            Some(url) => Database::Postgres(url),
            None => {
                private(&file);
                Database::Sqlite(&file)
            }
        };
        Store::open(database, ambient).await
    }

    /// What lies outside the database.
    async fn outside(&self, store: &Store, may_create: bool) -> Result<Outside, InstallationError> {
        let (mut ring, ring_file) = (self.ring(may_create)?, self.ring_file());
        if ring.log_keys().is_none() {
            // A ring from before logs were signed. Where replicas share it, each would make a key of its own; where
            // something was signed already, the key that did is lost.
            if self.database_url.is_some() || engine::is_signed(store).await? {
                return Err(InstallationError::NoLogKey(ring_file));
            }
            ring.create_log_key(&ring_file, &SystemRandom)?;
        }
        let (anchor, erasures) = (AnchorFile::new(self.anchor_file()), Erasures::new(self.erasures_file()));
        let egress = Egress::new(self.egress.clone())?;
        Ok(Outside { ring, ring_file, anchor: Arc::new(anchor), erasures, egress })
    }

    /// The key ring; made if it is missing and may be.
    fn ring(&self, may_create: bool) -> Result<Ring, InstallationError> {
        let path = self.ring_file();
        if path.exists() {
            Ok(Ring::load(&path)?)
        } else if may_create {
            Ok(Ring::create(&path, &SystemRandom)?)
        } else {
            Err(InstallationError::KeysMissing(path))
        }
    }

    /// The database as it is at this moment, and what lies outside of it: for whoever looks beside a running server.
    pub async fn look(&self) -> Result<(Snapshot, Expected), InstallationError> {
        let file = self.database_file();
        let database = match &self.database_url {
            Some(url) => Database::Postgres(url),
            None if file.exists() => Database::Sqlite(&file),
            None => return Err(InstallationError::Missing(self.data_dir.clone())),
        };
        let ring = Ring::load(&self.ring_file())?;
        let keys = ring.log_keys().map(|keys| keys.public().copied().collect()).unwrap_or_default();
        let anchor = AnchorFile::new(self.anchor_file());
        let load = async || anchor.load().await.map(Option::unwrap_or_default).map_err(Distrust::from);
        let anchored = load().await.map_err(EpochError::from)?;
        let snapshot = Snapshot::open(database).await?;
        let known = load().await.map_err(EpochError::from)?.into_keys().collect();
        Ok((snapshot, Expected { keys, anchored, known }))
    }

    /// Makes the key that signs the logs, in a ring from before logs were signed.
    pub fn create_log_key(&self) -> Result<(), InstallationError> {
        let _lock = self.take()?;
        let path = self.ring_file();
        Ok(Ring::load(&path)?.create_log_key(&path, &SystemRandom)?)
    }

    /// Opens the installation; makes it first if there is none and `set_up` says what to make.
    pub async fn open(
        &self,
        set_up: Option<SetUp>,
        trust: Trust,
    ) -> Result<(Installation, Option<Installed>), InstallationError> {
        self.open_at(Ambient::system(), set_up, trust).await
    }

    /// The same, under another clock.
    async fn open_at(
        &self,
        ambient: Ambient,
        set_up: Option<SetUp>,
        trust: Trust,
    ) -> Result<(Installation, Option<Installed>), InstallationError> {
        if set_up.is_none() && self.database_url.is_none() && !self.database_file().exists() {
            return Err(InstallationError::Missing(self.data_dir.clone()));
        }
        let lock = self.take()?;
        let store = self.store(ambient.clone()).await?;
        let (engine, installed) = match (engine::installation(&store).await?, set_up) {
            (Some(instance), _) => {
                let outside = self.outside(&store, false).await?;
                (Engine::open(store, outside, &instance).await?, None)
            }
            (None, None) => return Err(InstallationError::Missing(self.data_dir.clone())),
            (None, Some(set_up)) => self.install(store, ambient, set_up).await?,
        };
        if trust == Trust::Required
            && let Err(error) = settle(&engine).await
        {
            engine.close();
            return Err(error);
        }
        Ok((Installation { engine, data_dir: self.data_dir.clone(), _lock: lock }, installed))
    }

    async fn install(
        &self,
        store: Store,
        ambient: Ambient,
        set_up: SetUp,
    ) -> Result<(Engine, Option<Installed>), InstallationError> {
        let outside = self.outside(&store, true).await?;
        match Engine::install(store, outside, set_up).await {
            Ok((engine, installed)) => Ok((engine, Some(installed))),
            // Another replica was faster; its installation is ours too.
            Err(SetUpError::Refused(engine::Error::Exists(_))) => {
                let store = self.store(ambient).await?;
                let instance = engine::installation(&store).await?;
                let instance = instance.ok_or_else(|| InstallationError::Missing(self.data_dir.clone()))?;
                let outside = self.outside(&store, false).await?;
                Ok((Engine::open(store, outside, &instance).await?, None))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an installation, and nothing else.
    pub async fn init(&self, set_up: SetUp) -> Result<(Installation, Installed), InstallationError> {
        self.init_at(Ambient::system(), set_up).await
    }

    /// The same, under another clock: for what is to look as if it had happened before.
    pub(crate) async fn init_at(
        &self,
        ambient: Ambient,
        set_up: SetUp,
    ) -> Result<(Installation, Installed), InstallationError> {
        let (installation, installed) = self.open_at(ambient, Some(set_up), Trust::Required).await?;
        match installed {
            Some(installed) => Ok((installation, installed)),
            None => {
                installation.engine.close();
                Err(InstallationError::Exists(self.data_dir.clone()))
            }
        }
    }
}

impl Installation {
    /// Gives what was recorded its place, signs it, and closes the database.
    pub async fn finish(self, trust: Trust) {
        if let Err(error) = self.engine.sequence_all().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the outbox could not be emptied; the next start will");
        }
        // What nobody vouched for is not signed.
        if trust == Trust::Required
            && let Err(error) = self.engine.publish().await
        {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the heads of the logs could not be published; the next start will");
        }
        if let Err(error) = self.engine.release_leases().await {
            tracing::debug!(error = &error as &dyn std::error::Error, "the leases could not be given back");
        }
        self.engine.close();
    }
}

/// What comes before anything is served: the database goes on from what was signed, and has nobody who was erased.
async fn settle(engine: &Engine) -> Result<(), InstallationError> {
    engine.trust_database().await?;
    let back = engine.keep_erased().await?;
    if back > 0 {
        tracing::warn!(people = back, "whoever was erased and came back with a restored backup was erased again");
    }
    Ok(())
}

/// Creates the database's file for its owner alone. SQLite gives the files beside it the same
/// mode.
fn private(path: &Path) {
    // If it cannot be created, opening the database says why.
    let _ = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
}
