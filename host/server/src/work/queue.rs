//! The queue between the admitter and the workers: apalis, on SQLite or on PostgreSQL.
//!
//! It holds what was admitted and nothing else: which run is next, and how many there may be, was decided before. What it
//! delivers twice or late, the run's dispatch number sorts out.

use std::future::Future;
use std::time::Duration;

use apalis::prelude::{
    BackendExt as _, TaskBuilder, TaskSink as _, WorkerBuilder, WorkerBuilderExt as _,
    WorkerContext,
};
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqlitePool, SqliteStorage};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::db::Address;
use crate::error::{Error, Result};

/// What the queue is called.
const NAME: &str = "runs";
/// How often an idle worker looks. PostgreSQL tells it besides.
const LOOK: Duration = Duration::from_millis(200);
/// How often apalis writes down that a worker is alive. Whether its runs go on is decided by their leases.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A run that was given a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dispatch {
    pub(crate) tenant: String,
    pub(crate) run: String,
    /// Which of the run's dispatches.
    pub(crate) number: i64,
}

/// The queue. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Queue {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

fn failed(cause: impl std::fmt::Display) -> Error {
    Error::Queue(cause.to_string())
}

impl Queue {
    /// Connects, and makes what apalis needs.
    pub(crate) async fn open(address: &Address) -> Result<Self> {
        match address {
            // A file of its own: what is in it can be made again, and its writers do not wait for those of the rest.
            Address::Folder(folder) => {
                let options = SqliteConnectOptions::new()
                    .filename(folder.join("queue.db"))
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .busy_timeout(Duration::from_secs(15));
                // One connection: a second writer of this process could only wait for the first.
                let pool = SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect_with(options)
                    .await?;
                SqliteStorage::migrations().run(&pool).await?;
                Ok(Self::Sqlite(pool))
            }
            Address::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(4).connect(url).await?;
                PostgresStorage::<()>::setup(&pool).await.map_err(failed)?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Gives runs to the workers.
    pub(crate) async fn push(&self, dispatches: &[Dispatch]) -> Result<()> {
        for dispatch in dispatches {
            let task = TaskBuilder::new(dispatch.clone())
                .max_attempts(3)
                .idempotency_key(format!("{}:{}", dispatch.run, dispatch.number))
                .build();
            match self {
                Self::Sqlite(pool) => {
                    let mut storage = SqliteStorage::<Dispatch>::new(pool)
                        .with_config(apalis_sqlite::Config::default().queue(NAME));
                    storage.push_task(task).await.map_err(failed)?;
                }
                Self::Postgres(pool) => {
                    let mut storage = PostgresStorage::<Dispatch>::new(pool)
                        .with_config(apalis_postgres::Config::default().queue(NAME));
                    storage.push_task(task).await.map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Takes runs, `slots` at a time, until `stop` is ready and those that were taken are over.
    pub(crate) async fn work<F, Fut>(
        self,
        worker: String,
        slots: usize,
        take: F,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()>
    where
        F: Fn(Dispatch) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let handler = move |dispatch: Dispatch| {
            // A task of its own, or one that computes would hold up the others.
            let taken = tokio::spawn(take(dispatch));
            async move { taken.await.map_err(std::io::Error::other) }
        };
        let context = WorkerContext::new(&worker);
        let stopping = context.clone();
        let stopper = tokio::spawn(async move {
            stop.await;
            // It may have ended by itself.
            let _ = stopping.stop();
        });
        let worked = match self {
            Self::Sqlite(pool) => {
                let config = apalis_sqlite::Config::default()
                    .queue(NAME)
                    .batch_size(1)
                    .heartbeat_interval(HEARTBEAT)
                    .persist_results(false);
                let storage = SqliteStorage::<Dispatch>::new(&pool)
                    .with_config(config)
                    .poll_with_interval(LOOK);
                let worker = WorkerBuilder::new(&context)
                    .backend(storage)
                    .concurrency(slots)
                    .build(handler);
                worker.run().await.map_err(failed)
            }
            Self::Postgres(pool) => {
                let config = apalis_postgres::Config::default()
                    .queue(NAME)
                    .batch_size(1)
                    .heartbeat_interval(HEARTBEAT)
                    .persist_results(false);
                let storage = PostgresStorage::<Dispatch>::new(&pool)
                    .with_config(config)
                    .poll_with_interval(LOOK);
                let worker = WorkerBuilder::new(&context)
                    .backend(storage)
                    .concurrency(slots)
                    .build(handler);
                worker.run().await.map_err(failed)
            }
        };
        stopper.abort();
        worked
    }

    /// Removes what is over.
    pub(crate) async fn vacuum(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool) => {
                sqlx::query("DELETE FROM Jobs WHERE status IN ('Done', 'Killed') OR (status = 'Failed' AND attempts >= max_attempts)")
                    .execute(pool)
                    .await?;
            }
            Self::Postgres(pool) => {
                sqlx::query("DELETE FROM apalis.jobs WHERE status IN ('Done', 'Killed') OR (status = 'Failed' AND attempts >= max_attempts)")
                    .execute(pool)
                    .await?;
            }
        }
        Ok(())
    }
}
