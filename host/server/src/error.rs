//! Why something inside the server failed. What a client is told is [`crate::api`]'s.

/// An error of the server itself: its database, its keys, its files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A file.
    #[error("{what}: {cause}")]
    File {
        /// What was done with which file.
        what: String,
        /// The system's error.
        cause: std::io::Error,
    },
    /// A master key, or what is sealed under one.
    #[error("{0}")]
    Key(String),
    /// What the operator asked for cannot be had.
    #[error("{0}")]
    Setting(String),
    /// The queue.
    #[error("the queue: {0}")]
    Queue(String),
    /// What is stored does not have the form that this version knows.
    #[error("the database holds {what} that this version cannot read: {cause}")]
    Stored {
        /// What it is.
        what: &'static str,
        /// Why not.
        cause: serde_json::Error,
    },
}

impl Error {
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |cause| Self::File { what, cause }
    }

    pub(crate) fn stored(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |cause| Self::Stored { what, cause }
    }
}

/// What may fail in the server.
pub type Result<T> = std::result::Result<T, Error>;
