//! The queue between the admitter and the workers: apalis, on SQLite or on PostgreSQL.
//!
//! It holds what was admitted and nothing else: which run is next, and how many there may be, was decided before. What it
//! delivers twice or late, the run's dispatch number sorts out.

use std::future::Future;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::{
    BackendExt as _, PollSnapshot, PollStrategy, TaskBuilder, TaskSink as _, WorkerBuilder,
    WorkerBuilderExt as _, WorkerContext,
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
/// How often an idle worker looks.
const LOOK: Duration = Duration::from_millis(100);
/// How often apalis writes down that a worker is alive. Whether its runs go on is decided by their leases.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// A run that was given a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dispatch {
    pub(crate) tenant: String,
    pub(crate) run: String,
    /// Which of the run's dispatches.
    pub(crate) number: i64,
}

/// Has a worker look at the queue now and then.
///
/// It wakes its worker again however often it is asked. apalis's own interval does not: where an empty answer comes at once, it
/// is not asked a second time, and sleeps until the next heartbeat.
#[derive(Debug)]
struct Look(tokio::time::Interval);

impl Look {
    fn new(pause: Duration) -> Self {
        let mut interval = tokio::time::interval(pause);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self(interval)
    }
}

impl PollStrategy for Look {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        let mut due = Poll::Pending;
        // Until it is not due: then it has the waker.
        while self.0.poll_tick(cx).is_ready() {
            due = Poll::Ready(Some(()));
        }
        due
    }
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
                    .poll_with_strategy(Look::new(LOOK));
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
                    .poll_with_strategy(Look::new(LOOK));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_that_asks_once_is_woken_again() {
        let mut look = Look::new(Duration::from_millis(1));
        let mut asked = 0;
        let asking = std::future::poll_fn(|cx| {
            asked += 1;
            let _ = look.poll_drive(cx, &PollSnapshot::new());
            match asked {
                5 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        });
        tokio::time::timeout(Duration::from_secs(60), asking)
            .await
            .expect("it is woken");
    }
}
