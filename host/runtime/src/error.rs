//! What can go wrong for the embedder, as kinds to match on. None carries a secret.

use serde::{Deserialize, Serialize};

use writeback_policy::LimitExceeded;

/// Why an engine, a connector or a tenant could not be made, a user not be signed in, a message not be posted, or rows not
/// be appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sandbox could not be set up on this machine.
    #[error("cannot set up the sandbox: {0}")]
    Engine(String),
    /// The bytes are not a component, or not one for this host.
    #[error("cannot load the component: {0}")]
    Component(String),
    /// The component asks for more than the connector world offers.
    #[error(
        "the component imports `{import}`, which is not part of the connector world; \
         a connector may import {allowed} and nothing else"
    )]
    ForeignImport {
        /// The import's name.
        import: String,
        /// What may be imported.
        allowed: String,
    },
    /// The tenant's configuration does not work. The text may end in a line `hint: …`.
    #[error("{0}")]
    Config(String),
    /// A secret cannot be read or kept. The text may end in a line `hint: …`, and never holds a value.
    #[error("{0}")]
    Secret(String),
    /// A user is not signed in. The text may end in a line `hint: …`.
    #[error("{0}")]
    SignIn(String),
    /// A message could not be posted. The text may end in a line `hint: …`, and names no path.
    #[error("{0}")]
    Post(String),
    /// Rows could not be appended. The text has what the service said, and may end in a line `hint: …`.
    #[error("{0}")]
    Rows(String),
}

/// Why a job ended without a receipt, as the component tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// A stable kebab-case word for programs.
    pub code: String,
    /// What failed, on what, and what the service said.
    pub message: String,
    /// One action that would help.
    pub hint: Option<String>,
    /// Seconds after which the same job may succeed.
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A failure without a hint that is final.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            hint: None,
            retry_after: None,
        }
    }
}

/// Why a run ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The component did its work and says why the job failed.
    #[error("{}", .0.message)]
    Failed(Failure),
    /// A limit of the run was reached.
    #[error("{0}")]
    Limit(LimitExceeded),
    /// The component broke: a bug in it, not in the job.
    #[error("the component trapped: {message}")]
    #[non_exhaustive]
    Trap {
        /// What wasmtime says about it.
        message: String,
    },
    /// The run's [`CancelToken`](crate::CancelToken) was used.
    #[error("the run was cancelled")]
    Cancelled,
    /// The host could not do its part.
    #[error("{0}")]
    Internal(String),
}

impl RunError {
    /// Whether the same job may succeed when it is started again later, with nothing changed: what failed
    /// may pass ([`Failure::retry_after`]), or the run was cancelled. A limit that was reached will be
    /// reached again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.retry_after.is_some(),
            Self::Cancelled => true,
            Self::Limit(_) | Self::Trap { .. } | Self::Internal(_) => false,
        }
    }

    /// Whether a run whose state was kept goes on where it stopped when it is started again: not after a final
    /// failure, and not where what was kept may be what the component broke on.
    #[must_use]
    pub fn resumes(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.retry_after.is_some(),
            Self::Limit(_) | Self::Cancelled => true,
            Self::Trap { .. } | Self::Internal(_) => false,
        }
    }

    /// The error in one word, for programs: a failure's own, or the host's.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Failed(failure) => &failure.code,
            Self::Limit(_) => "limit-reached",
            Self::Trap { .. } => "connector-trapped",
            Self::Cancelled => "cancelled",
            Self::Internal(_) => "internal",
        }
    }
}
