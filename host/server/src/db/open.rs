//! Connects, and brings the schema up to date.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::{Db, Kind};
use crate::error::{Error, Result};

/// Connections of one process.
const CONNECTIONS: u32 = 12;
/// What a statement waits for a connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the database is.
#[derive(Clone)]
pub enum Address {
    /// A file in this folder.
    Folder(PathBuf),
    /// `postgres://user:password@host/name`.
    Postgres(Zeroizing<String>),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

impl Address {
    /// The address of SQLite's file, or PostgreSQL's URL.
    pub(crate) fn url(&self, file: &str) -> Zeroizing<String> {
        match self {
            Self::Folder(folder) => {
                let mut url = url::Url::parse("sqlite:///").expect("a constant");
                url.set_path(&folder.join(file).to_string_lossy());
                Zeroizing::new(format!("{url}?mode=rwc"))
            }
            Self::Postgres(url) => url.clone(),
        }
    }

    /// Which of the two it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Folder(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }
}

impl Db {
    /// Connects, and brings the schema up to date: once, however many processes start at the same time.
    ///
    /// # Errors
    /// There is no database, or its schema is of a newer version.
    pub async fn open(address: &Address) -> Result<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let kind = address.kind();
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    let settings: &[&'static str] = match kind {
                        Kind::Sqlite => &[
                            "PRAGMA journal_mode = WAL",
                            "PRAGMA synchronous = FULL",
                            "PRAGMA busy_timeout = 15000",
                            "PRAGMA secure_delete = ON",
                            "PRAGMA cache_size = -16000",
                        ],
                        Kind::Postgres => &[
                            "SET lock_timeout = '15s'",
                            "SET idle_in_transaction_session_timeout = '60s'",
                        ],
                    };
                    for setting in settings {
                        sqlx::query(*setting).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            });
        let db = Self {
            pool: options.connect(&address.url("writeback.db")).await?,
            kind,
            writer: Arc::new(Mutex::new(())),
        };
        // PostgreSQL has a lock for this, SQLite none that spans statements.
        let _lock = match address {
            Address::Folder(folder) => Some(locked(folder).await?),
            Address::Postgres(_) => None,
        };
        migrator().run(&db.pool).await?;
        Ok(db)
    }
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    // The queue has a table of its own for its schema.
    migrator.dangerous_set_table_name("_writeback_migrations");
    migrator
}

async fn locked(folder: &Path) -> Result<File> {
    let path = folder.join("migrations.lock");
    let what = format!("cannot lock `{}`", path.display());
    let taken = tokio::task::spawn_blocking(move || {
        let file = File::create(path)?;
        file.lock()?;
        Ok(file)
    });
    let taken = taken
        .await
        .map_err(|cause| Error::Setting(cause.to_string()))?;
    taken.map_err(Error::file(what))
}
