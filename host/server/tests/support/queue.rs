//! The queue's own tables, as far as a test meddles with them.

use sqlx::{PgPool, Row as _, SqlitePool};
use writeback_server::db::Address;

use super::database::Database;

/// The queue of a test.
pub enum QueueTables {
    /// A file of its own.
    Sqlite(SqlitePool),
    /// A schema of its own.
    Postgres(PgPool),
}

impl Database {
    /// The queue's tables.
    pub async fn queue(&self) -> QueueTables {
        match &self.address {
            Address::Folder(folder) => {
                let url = format!("sqlite://{}", folder.join("queue.db").display());
                QueueTables::Sqlite(SqlitePool::connect(&url).await.expect("a queue"))
            }
            Address::Postgres(url) => {
                QueueTables::Postgres(PgPool::connect(url).await.expect("a queue"))
            }
        }
    }
}

impl QueueTables {
    /// Delivers everything once more that a worker has, as a queue does that lost track. Returns how much.
    pub async fn deliver_again(&self) -> u64 {
        match self {
            Self::Sqlite(pool) => {
                let done = sqlx::query(
                    "UPDATE Jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL WHERE status IN ('Running', 'Queued')",
                );
                done.execute(pool).await.expect("an update").rows_affected()
            }
            Self::Postgres(pool) => {
                let done = sqlx::query(
                    "UPDATE apalis.jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL WHERE status IN ('Running', 'Queued')",
                );
                done.execute(pool).await.expect("an update").rows_affected()
            }
        }
    }

    /// How much a worker has.
    pub async fn taken(&self) -> i64 {
        match self {
            Self::Sqlite(pool) => {
                let count = sqlx::query(
                    "SELECT COUNT(*) AS n FROM Jobs WHERE status = 'Running' AND lock_by IS NOT NULL",
                );
                count.fetch_one(pool).await.expect("a count").get("n")
            }
            Self::Postgres(pool) => {
                let count = sqlx::query(
                    "SELECT COUNT(*) AS n FROM apalis.jobs WHERE status = 'Running' AND lock_by IS NOT NULL",
                );
                count.fetch_one(pool).await.expect("a count").get("n")
            }
        }
    }
}
