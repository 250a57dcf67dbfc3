//! The database of one test alone.

use std::fs;
use std::path::{Path, PathBuf};

use engine::ledger::LogId;
use engine::seal::{Random, SystemRandom};
use tokio_postgres::NoTls;

/// Removed when it is dropped.
pub(super) enum Database {
    Embedded,
    Postgres { server: String, name: String, url: String },
}

impl Database {
    pub(super) fn new() -> Self {
        let server = std::env::var("ESCRIBA_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
        let Some(server) = server else { return Self::Embedded };
        let random: &dyn Random = &SystemRandom;
        let name = format!("test_{}", LogId::from_random(random.array()));
        execute(&server, &format!("CREATE DATABASE {name}"));
        let (start, options) = match server.split_once('?') {
            Some((start, options)) => (start, format!("?{options}")),
            None => (server.as_str(), String::new()),
        };
        let (start, _) = start.rsplit_once('/').expect("the URL names a database");
        let url = format!("{start}/{name}{options}");
        Self::Postgres { server, name, url }
    }

    /// Runs a statement on the database of the test.
    pub(super) fn execute(&self, data_dir: &Path, statement: &str) {
        match self {
            Self::Embedded => {
                let connection = rusqlite::Connection::open(data_dir.join("escriba.db")).unwrap();
                connection.execute_batch(statement).unwrap();
            }
            Self::Postgres { url, .. } => execute(url, statement),
        }
    }

    /// Copies the database.
    pub(super) fn copy(&self, data_dir: &Path, file: PathBuf) -> DatabaseCopy {
        match self {
            // A server that stopped has folded everything into the one file.
            Self::Embedded => {
                fs::copy(data_dir.join("escriba.db"), &file).unwrap();
                DatabaseCopy::File(file)
            }
            Self::Postgres { server, name, .. } => {
                let copy = format!("{name}_copy");
                execute(server, &format!("CREATE DATABASE {copy} TEMPLATE {name}"));
                DatabaseCopy::Database { server: server.clone(), name: copy }
            }
        }
    }

    /// Puts a copy in the place of the database.
    pub(super) fn bring_back(&self, data_dir: &Path, copy: DatabaseCopy) {
        match (self, &copy) {
            (Self::Embedded, DatabaseCopy::File(file)) => {
                for ending in ["-wal", "-shm"] {
                    let _ = fs::remove_file(data_dir.join(format!("escriba.db{ending}")));
                }
                fs::copy(file, data_dir.join("escriba.db")).unwrap();
            }
            (Self::Postgres { server, name, .. }, DatabaseCopy::Database { name: copy, .. }) => {
                execute(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
                execute(server, &format!("CREATE DATABASE {name} TEMPLATE {copy}"));
            }
            _ => panic!("the copy is of a database of the other kind"),
        }
    }

    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Embedded => None,
            Self::Postgres { url, .. } => Some(url),
        }
    }
}

/// A copy of a database, removed when it is dropped.
pub(crate) enum DatabaseCopy {
    File(PathBuf),
    Database { server: String, name: String },
}

impl Drop for DatabaseCopy {
    fn drop(&mut self) {
        match self {
            Self::File(file) => drop(fs::remove_file(file)),
            Self::Database { server, name } => execute(server, &format!("DROP DATABASE {name} WITH (FORCE)")),
        }
    }
}

fn execute(url: &str, statement: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(async {
            // Whoever waits for an answer hears of a lost connection.
            connection.await.ok();
        });
        client.batch_execute(statement).await.unwrap();
    });
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name, .. } = self {
            execute(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
