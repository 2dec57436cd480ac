//! The port to the sandbox: what the server asks for, and what it is told. `host/fleet` implements it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// A future that may be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs jobs of tenants, each in a sandbox of its own.
pub trait Runner: Send + Sync {
    /// The JSON Schemas of job, query and receipt, as the component describes itself.
    fn describe(&self) -> BoxFuture<'_, Result<Value, RunFailure>>;

    /// Runs a job to its end. Returns soon after `cancelled` is ready.
    fn run<'a>(&'a self, order: Order, cancelled: BoxFuture<'a, ()>) -> BoxFuture<'a, Ended>;

    /// Finds out whether the component understands a job's document, without a request and without an account.
    fn validate<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<(), RunFailure>>;

    /// Finds out without writing what a job's chances are: a report.
    fn check<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>>;

    /// Lists what a query asks for.
    fn browse<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        query: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>>;

    /// Posts a notification under the tenant's egress policy, once, and returns the status.
    fn post<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        message: &'a Post,
    ) -> BoxFuture<'a, Result<u16, String>>;

    /// Appends rows, CSV without a header, to a Domo DataSet with an account of the tenant.
    fn append_rows<'a>(
        &'a self,
        _tenant: &'a TenantSetup,
        _account: &'a str,
        _dataset: &'a str,
        _csv: &'a str,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async {
            Err(RunFailure {
                code: "not-supported".to_owned(),
                message: "this server cannot write rows to a DataSet".to_owned(),
                hint: None,
                retry_after: None,
                limit: None,
                resumes: false,
            })
        })
    }

    /// Forgets a tenant: connections, tokens, and everything of it on this machine. Returns what was removed.
    fn forget<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Result<Forgotten, String>>;

    /// Removes what this machine keeps of a run that is over.
    fn release<'a>(&'a self, tenant: &'a str, run: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// The runs that this machine keeps spools of, so that those that are over can be released: a run may have ended
    /// on another machine, or its process before it was released.
    fn spooled(&self) -> BoxFuture<'_, Result<Vec<Spooled>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What the sandboxes of this process use now.
    fn usage(&self) -> ProcessUsage;
}

/// A tenant, as the sandbox needs it.
#[derive(Clone)]
pub struct TenantSetup {
    /// Its identifier: letters, digits, `_`.
    pub id: String,
    /// Changes whenever any of the rest does.
    pub revision: i64,
    /// `accounts`, `egress` and `limits` as in `writeback.toml`; secrets are `{ "store": "ACCOUNT/SLOT" }` and nothing else.
    pub config: Value,
    /// What its spools are encrypted with: 32 bytes.
    pub key: Zeroizing<Vec<u8>>,
    /// Gives the values of its secrets.
    pub secrets: Arc<dyn Secrets>,
}

impl std::fmt::Debug for TenantSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantSetup")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// Reads secrets of one tenant when they are needed.
pub trait Secrets: Send + Sync {
    /// The value under a key of the configuration, or why there is none (shown to people).
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, NoSecret>>;
}

/// Why there is no value. The text is shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSecret {
    /// There is none, and there will be none.
    Missing(String),
    /// Where it is does not answer now.
    Away(String),
}

/// A run to be done.
#[derive(Clone)]
pub struct Order {
    /// Whose it is.
    pub tenant: TenantSetup,
    /// The run's identifier, the same for each attempt that goes on with it.
    pub run: String,
    /// The job's document.
    pub job: Value,
    /// What [`Watch::keep`] was given last, if the run was begun before.
    pub kept: Option<Zeroizing<Vec<u8>>>,
    /// Who is told what happens.
    pub watch: Arc<dyn Watch>,
}

/// Is told what happens in a run.
pub trait Watch: Send + Sync {
    /// Where the run is. Comes as often as data: returns at once.
    fn step(&self, step: Step);
    /// A line for people. Returns at once.
    fn log(&self, level: Level, text: &str);
    /// Keeps what the run needs to go on after a crash, in the place of what was kept before, and returns when it is safe.
    /// It holds secrets.
    fn keep(&self, state: Zeroizing<Vec<u8>>) -> BoxFuture<'_, Result<(), String>>;
    /// Holds a file, by the name that the component gives it, for this run alone, until the run is over: whether it does.
    /// `false` while another run has it.
    fn hold<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool, String>>;
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// Before the first byte.
    Preparing,
    /// From Domo.
    Exporting {
        /// Bytes so far.
        bytes: u64,
    },
    /// To SharePoint.
    Uploading {
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// For a service that asked for a pause.
    Waiting {
        /// How long.
        seconds: u64,
    },
    /// For another run at the same file.
    Queued,
    /// Comparing the file with what left Domo.
    Verifying,
}

/// How important a line is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// For whoever looks for a cause.
    Debug,
    /// What happened.
    Info,
    /// For whoever owns the job.
    Warn,
}

/// How a run ended, and what it used.
#[derive(Debug)]
pub struct Ended {
    /// The receipt, or why there is none.
    pub outcome: Result<Value, RunFailure>,
    /// What it used.
    pub usage: Usage,
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Requests sent.
    pub requests: u64,
    /// Of these, how many were answered 429 or 503.
    pub throttled: u64,
    /// CPU of the sandbox in milliseconds.
    pub cpu_ms: u64,
    /// The most memory that the sandbox had, in bytes.
    pub memory_bytes: u64,
}

/// Why a run did not end with a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunFailure {
    /// One word for programs: those of `docs/errors.md`, `limit-reached`, `connector-trapped`, `cancelled`, `internal`.
    pub code: String,
    /// What failed, on what.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// That the same run may go well later, and after how many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The limit that was reached, as its setting is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Whether what was kept lets the run go on where it stopped.
    #[serde(default)]
    pub resumes: bool,
}

/// A message to a URL that a tenant gave.
#[derive(Clone)]
pub struct Post {
    /// Where to: `https`, or `http` where the operator allows the address.
    pub url: Zeroizing<String>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

/// What a machine had of a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Files of spools.
    pub spool_files: u64,
    /// Their bytes.
    pub spool_bytes: u64,
}

/// A run that a machine keeps a spool of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spooled {
    /// Whose it is.
    pub tenant: String,
    /// The run's identifier.
    pub run: String,
    /// Bytes of it on disk.
    pub bytes: u64,
}

/// What the sandboxes of a process use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessUsage {
    /// Runs under way.
    pub runs: u64,
    /// Tenants whose accounts and connections are at hand.
    pub tenants: u64,
    /// Bytes on disk in spools.
    pub spool_bytes: u64,
}
