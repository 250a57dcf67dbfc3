//! Where a test's database lies.

use std::path::{Path, PathBuf};

use ledger::LogId;
use seal::{Random, SystemRandom};
use store::Database;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A database of one test alone. Dropping it removes it.
#[derive(Debug)]
pub(crate) enum Place {
    Sqlite { file: PathBuf, _folder: Option<TempDir> },
    Postgres { server: String, name: String, url: String },
}

impl Place {
    /// The PostgreSQL that the tests run on, if they do.
    pub(crate) fn postgres_server() -> Option<String> {
        std::env::var("ESCRIBA_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
    }

    /// An empty database.
    pub(crate) async fn new() -> Self {
        let Some(server) = Self::postgres_server() else {
            let folder = tempfile::tempdir().unwrap();
            return Self::Sqlite { file: folder.path().join("escriba.db"), _folder: Some(folder) };
        };
        // Not from a seed: the databases of all tests lie beside each other.
        let random: &dyn Random = &SystemRandom;
        let name = format!("test_{}", LogId::from_random(random.array()));
        Connection::open(&server).await.execute(&format!("CREATE DATABASE {name}")).await;
        let (start, options) = server.split_once('?').map_or((&*server, None), |(start, rest)| (start, Some(rest)));
        let (start, _) = start.rsplit_once('/').expect("the URL names a database");
        let url = match options {
            Some(options) => format!("{start}/{name}?{options}"),
            None => format!("{start}/{name}"),
        };
        Self::Postgres { server, name, url }
    }

    /// A SQLite database in this file.
    pub(crate) fn in_file(file: PathBuf) -> Self {
        Self::Sqlite { file, _folder: None }
    }

    pub(crate) fn database(&self) -> Database<'_> {
        match self {
            Self::Sqlite { file, .. } => Database::Sqlite(file),
            Self::Postgres { url, .. } => Database::Postgres(url),
        }
    }

    /// The file, on SQLite.
    pub(crate) fn file(&self) -> &Path {
        match self {
            Self::Sqlite { file, .. } => file,
            Self::Postgres { .. } => panic!("there is no file on PostgreSQL"),
        }
    }

    /// A connection beside the store, on SQLite.
    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }

    /// A session beside the store, on PostgreSQL.
    pub(crate) async fn postgres(&self) -> Connection {
        match self {
            Self::Postgres { url, .. } => Connection::open(url).await,
            Self::Sqlite { .. } => panic!("this is not PostgreSQL"),
        }
    }

    /// Runs statements behind the store's back.
    pub(crate) async fn execute(&self, text: &str) {
        match self {
            Self::Sqlite { .. } => self.sqlite().execute_batch(text).unwrap(),
            Self::Postgres { .. } => self.postgres().await.execute(text).await,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Postgres { server, name, .. } = self else { return };
        let (server, name) = (server.clone(), name.clone());
        // A runtime cannot be entered from within another, so the last words go through a thread.
        let last = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                Connection::open(&server).await.execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
            });
        });
        let ended = last.join();
        assert!(ended.is_ok() || std::thread::panicking(), "the database of a test was not removed");
    }
}

/// A session of our own with PostgreSQL.
pub(crate) struct Connection {
    pub(crate) client: tokio_postgres::Client,
}

impl Connection {
    async fn open(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(async {
            // Whoever waits for an answer hears of a lost connection.
            connection.await.ok();
        });
        Self { client }
    }

    pub(crate) async fn execute(&self, text: &str) {
        self.client.batch_execute(text).await.unwrap();
    }
}
