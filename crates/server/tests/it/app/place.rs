//! Where the database of a test lies.

use std::path::Path;

use engine::ledger::LogId;
use engine::seal::{Random, SystemRandom};
use engine::store::Database;
use tokio_postgres::NoTls;

/// A database of one test alone. Dropping it removes it.
pub(crate) enum Place {
    Sqlite,
    Postgres { server: String, name: String, url: String },
}

impl Place {
    /// An empty database.
    pub(crate) async fn new() -> Self {
        let server = std::env::var("ESCRIBA_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
        let Some(server) = server else { return Self::Sqlite };
        let random: &dyn Random = &SystemRandom;
        let name = format!("test_{}", LogId::from_random(random.array()));
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let (start, options) = match server.split_once('?') {
            Some((start, options)) => (start.to_owned(), format!("?{options}")),
            None => (server.clone(), String::new()),
        };
        let (start, _) = start.rsplit_once('/').expect("the URL names a database");
        let url = format!("{start}/{name}{options}");
        Self::Postgres { server, name, url }
    }

    /// The database, for a data directory.
    pub(crate) fn database<'a>(&'a self, file: &'a Path) -> Database<'a> {
        match self {
            Self::Sqlite => Database::Sqlite(file),
            Self::Postgres { url, .. } => Database::Postgres(url),
        }
    }

    /// Runs a statement on the PostgreSQL server, beside the database of the test; nothing on SQLite.
    pub(crate) async fn beside(&self, statement: impl Fn(&str) -> String) {
        if let Self::Postgres { server, name, .. } = self {
            execute(server, &statement(name)).await;
        }
    }

    /// Cuts all connections to the database of the test.
    pub(crate) async fn disconnect(&self) {
        let cut =
            |name: &str| format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        self.beside(cut).await;
    }

    /// Does to the database what somebody does who can write it, beside the server. What holds for both databases is
    /// written for SQLite; a byte string is `x'00'` there.
    pub(crate) async fn tamper(&self, file: &Path, statement: &str) {
        match self {
            Self::Sqlite => {
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.execute_batch(statement).unwrap();
            }
            Self::Postgres { url, .. } => {
                let statement = statement.replace("x'", "'\\x");
                connect(url).await.batch_execute(&statement).await.unwrap();
            }
        }
    }

    /// Copies the database as it is now. Nobody may have it open.
    pub(crate) async fn copy(&self, file: &Path) {
        match self {
            Self::Sqlite => {
                let copy = file.with_extension("copy");
                rusqlite::Connection::open(file).unwrap().execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
            }
            Self::Postgres { .. } => {
                self.disconnect().await;
                self.beside(|name| format!("CREATE DATABASE {name}_copy TEMPLATE {name}")).await;
            }
        }
    }

    /// Puts the copy in the place of the database. Nobody may have it open.
    pub(crate) async fn bring_back(&self, file: &Path) {
        match self {
            Self::Sqlite => {
                for ending in ["db-wal", "db-shm"] {
                    let _ = std::fs::remove_file(file.with_extension(ending));
                }
                std::fs::copy(file.with_extension("copy"), file).unwrap();
            }
            Self::Postgres { .. } => {
                self.beside(|name| format!("DROP DATABASE {name} WITH (FORCE)")).await;
                self.beside(|name| format!("CREATE DATABASE {name} TEMPLATE {name}_copy")).await;
            }
        }
    }

    /// Whether the tests run on PostgreSQL.
    pub(crate) fn is_postgres_tested() -> bool {
        std::env::var("ESCRIBA_TEST_DATABASE_URL").is_ok_and(|url| !url.is_empty())
    }

    /// Every cell of every table as text, on PostgreSQL.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        let Self::Postgres { url, .. } = self else { return Vec::new() };
        let client = connect(url).await;
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
        let mut dump = Vec::new();
        for table in client.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            // A byte string in a row's text is in hexadecimal: the bytes are wanted as they are.
            let rows = client.query(&format!("SELECT t::text FROM \"{table}\" t"), &[]).await.unwrap();
            for row in rows {
                let text: String = row.get(0);
                dump.extend(text.as_bytes());
                for hex in text.split("\\x").skip(1) {
                    let digits = hex.as_bytes().chunks_exact(2).map_while(|pair| {
                        let pair = std::str::from_utf8(pair).ok()?;
                        u8::from_str_radix(pair, 16).ok()
                    });
                    dump.extend(digits);
                }
                dump.push(b'\n');
            }
        }
        dump
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(async {
        // Whoever waits for an answer hears of a lost connection.
        connection.await.ok();
    });
    client
}

async fn execute(url: &str, statement: &str) {
    connect(url).await.batch_execute(statement).await.unwrap();
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Postgres { server, name, .. } = self else { return };
        let server = server.clone();
        let statements =
            [format!("DROP DATABASE IF EXISTS {name}_copy WITH (FORCE)"), format!("DROP DATABASE {name} WITH (FORCE)")];
        // A runtime cannot be entered from within another, so the last words go through a thread.
        let last = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for statement in statements {
                runtime.block_on(execute(&server, &statement));
            }
        });
        let ended = last.join();
        assert!(ended.is_ok() || std::thread::panicking(), "the database of a test was not removed");
    }
}
