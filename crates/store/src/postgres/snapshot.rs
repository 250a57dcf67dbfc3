//! A snapshot of a PostgreSQL database: one connection, in one transaction that only reads.

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::sync::Mutex;
use tokio_postgres::NoTls;

use super::PostgresTx;
use crate::StoreError;
use crate::command::Question;

/// The snapshot lasts until this is dropped.
pub(crate) struct PostgresSnapshot {
    client: Mutex<Object>,
}

impl PostgresSnapshot {
    /// Connects and takes a snapshot.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let config: tokio_postgres::Config = url.parse()?;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(1)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Pool(Box::new(error)))?;
        let client = pool.get().await?;
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(Self { client: Mutex::new(client) })
    }

    /// Asks a question.
    pub(crate) async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, StoreError> {
        let client = self.client.lock().await;
        question.ask(&mut PostgresTx::new(&client)).await
    }
}
