//! The database of one test alone.

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

    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Embedded => None,
            Self::Postgres { url, .. } => Some(url),
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
