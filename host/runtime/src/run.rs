//! One run: accounts lent by name, one store, one verb, one answer.

use std::sync::Arc;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::Value;
use tracing::Instrument;
use writeback_policy::{LimitExceeded, unknown_account};
use zeroize::Zeroizing;

use crate::bindings::exports::writeback::connector::writeback::Failure as GuestFailure;
use crate::cancel::CancelToken;
use crate::connector::{AccountPointer, Connector};
use crate::cpu_clock::{CpuClock, thread_time};
use crate::error::{Failure, RunError};
use crate::meter::Metered;
use crate::ports::checkpoint::Place;
use crate::printable;
use crate::probe::Probe;
use crate::progress::{Level, NoProgress, Progress};
use crate::quota::Share;
use crate::sandbox::{self, Lent, Sandbox};
use crate::spool::SpoolStore;
use crate::state::blob_file::blocking;
use crate::state::{Digests, Handed, Keeper, Kept, Lease, RunKey, Turns, run_folder};
use crate::tenant::Tenant;
use crate::usage::UsageMeter;

/// What a cancelled component has left to save its state and return.
const CANCEL_GRACE: Duration = Duration::from_secs(30);
/// Of a failure's code, this much is kept.
const CODE_CHARS: usize = 64;
/// Of a failure's message, and of its hint.
const TEXT_CHARS: usize = 64 << 10;

/// How wasmtime says that a component hoards handles.
const HANDLES_EXCEEDED: &str = "store handle limit exceeded";

/// A run that has not started. Dropping its future ends it.
#[must_use = "a run starts with one of its async methods"]
pub struct Run {
    connector: Connector,
    tenant: Tenant,
    accounts: Option<Vec<String>>,
    progress: Arc<dyn Progress>,
    cancel: CancelToken,
    kept: Option<Keeping>,
    turns: Option<Arc<dyn Turns>>,
    usage: UsageMeter,
}

/// How a run's state is kept.
enum Keeping {
    Lease(Box<Lease>),
    Program(Box<Program>),
}

/// A program that keeps the state itself.
struct Program {
    key: RunKey,
    kept: Option<Zeroizing<Vec<u8>>>,
    keeper: Arc<dyn Keeper>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("tenant", &self.tenant)
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Describe,
    Run,
    Check,
    Browse,
}

impl Run {
    pub(crate) fn new(connector: Connector, tenant: Tenant) -> Self {
        Self {
            connector,
            tenant,
            accounts: None,
            progress: Arc::new(NoProgress),
            cancel: CancelToken::new(),
            kept: None,
            turns: None,
            usage: UsageMeter::new(),
        }
    }

    /// Lends these accounts instead of those that the job names.
    pub fn accounts<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.accounts = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Tells `progress` what happens.
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Ends the run when `token` is cancelled.
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// Keeps the run's state under `lease`, so that it can go on after a crash, and puts on record
    /// how it ended. Without one the state is gone with the run.
    pub fn keep(mut self, lease: Box<Lease>) -> Self {
        self.kept = Some(Keeping::Lease(lease));
        self
    }

    /// Has `keeper` keep the run's state in a place of the program's own, and goes on from `kept`, which is what
    /// it was given last in an earlier attempt at the same job. Nothing else of the run is on record, and nothing
    /// keeps two processes from having it under way: both are the program's business. `key` is what the
    /// program's [`SpoolStore`] finds the run's blobs by; when the run is over ([`RunError::resumes`]), what is
    /// kept under it is the program's to remove.
    ///
    /// Where `kept` is damaged, or of another job or build of the component, the run starts over and a line says so.
    pub fn keep_by(
        mut self,
        key: RunKey,
        kept: Option<Zeroizing<Vec<u8>>>,
        keeper: Arc<dyn Keeper>,
    ) -> Self {
        self.kept = Some(Keeping::Program(Box::new(Program { key, kept, keeper })));
        self
    }

    /// Has `turns` say when the run may write to a file that others write to. Without it runs of one state folder take turns.
    pub fn turns(mut self, turns: Arc<dyn Turns>) -> Self {
        self.turns = Some(turns);
        self
    }

    /// Has `meter` count what the run uses.
    pub fn measure(mut self, meter: UsageMeter) -> Self {
        self.usage = meter;
        self
    }

    /// Runs a job (JSON) and returns the receipt (JSON).
    ///
    /// # Errors
    /// Why there is no receipt.
    pub async fn run(mut self, job: &str) -> Result<String, RunError> {
        let result = self.start(Verb::Run, job).await;
        if let Some(Keeping::Lease(lease)) = self.kept.take()
            && let Err(error) = lease.end(&result, self.tenant.clock().now()).await
        {
            let text = format!("how the run ended could not be put on record: {error}");
            self.progress.log(Level::Warn, &text);
        }
        result
    }

    /// Finds out, without writing, what a job's chances are, and returns a report (JSON).
    ///
    /// # Errors
    /// Why there is no report. A job that would fail is a report, not an error.
    pub async fn check(mut self, job: &str) -> Result<String, RunError> {
        self.start(Verb::Check, job).await
    }

    /// Lists what a query (JSON) asks for.
    ///
    /// # Errors
    /// Why there is no list.
    pub async fn browse(mut self, query: &str) -> Result<String, RunError> {
        self.start(Verb::Browse, query).await
    }

    pub(crate) async fn describe(mut self) -> Result<String, RunError> {
        self.invoke(Verb::Describe, "", Lent::new()).await
    }

    async fn start(&mut self, verb: Verb, input: &str) -> Result<String, RunError> {
        let span = tracing::info_span!("run", verb = ?verb);
        async {
            let lent = self.lend(verb, input).await?;
            let result = self.invoke(verb, input, lent).await;
            tracing::info!(ended = if result.is_ok() { "done" } else { "failed" });
            result
        }
        .instrument(span)
        .await
    }

    async fn invoke(&mut self, verb: Verb, input: &str, lent: Lent) -> Result<String, RunError> {
        let mut under_way = Share::of([Arc::clone(&self.tenant.quotas().runs)]);
        under_way.take(1).map_err(RunError::Limit)?;
        let mut sandbox = Sandbox::new(
            self.tenant.clone(),
            lent,
            Arc::clone(&self.progress),
            self.cancel.clone(),
            self.usage.clone(),
        );
        sandbox.turns = self.turns.clone();
        let mut resume = None;
        if let Some((key, place, kept)) = self.earlier(input).await? {
            sandbox = sandbox.keeping(key, place, &kept.links);
            resume = kept.checkpoint;
        }
        let engine = self.connector.pre().engine();
        let probe = self.connector.probe();
        let (mut store, meter) = sandbox::store(engine, sandbox, probe, clock(probe));
        let calling = async {
            let instance = self.connector.pre().instantiate_async(&mut store).await?;
            let guest = instance.writeback_connector_writeback();
            match verb {
                Verb::Describe => guest.call_describe(&mut store).await.map(Ok),
                Verb::Run => guest.call_run(&mut store, input, resume.as_deref()).await,
                Verb::Check => guest.call_check(&mut store, input).await,
                Verb::Browse => guest.call_browse(&mut store, input).await,
            }
        };
        let wall = self.tenant.limits().wall_seconds;
        tokio::select! {
            ended = Metered::new(calling, meter) => self.conclude(ended),
            () = tokio::time::sleep(Duration::from_secs(wall)) => Err(RunError::Limit(LimitExceeded::Wall(wall))),
            () = self.cancelled_for_long() => Err(RunError::Cancelled),
        }
    }

    /// Where the run's state is kept, and what an earlier attempt left there.
    async fn earlier(&mut self, job: &str) -> Result<Option<(RunKey, Place, Kept)>, RunError> {
        Ok(match &mut self.kept {
            None => None,
            Some(Keeping::Lease(lease)) => {
                let folder = run_folder(self.tenant.state_dir(), lease.key());
                let kept = lease.take_kept();
                Some((lease.key().clone(), Place::Folder(folder), kept))
            }
            Some(Keeping::Program(program)) => {
                let handed = Handed {
                    keeper: Arc::clone(&program.keeper),
                    of: Digests::of(&self.connector, job),
                };
                let read = program.kept.take().map(|kept| handed.read(&kept));
                let kept = match read.transpose() {
                    Ok(kept) => kept.unwrap_or_default(),
                    Err(why) => {
                        let text = format!("the run starts over: {why}");
                        self.progress.log(Level::Warn, &text);
                        clear(self.tenant.spools(), &program.key).await?;
                        Kept::default()
                    }
                };
                Some((program.key.clone(), Place::Program(handed), kept))
            }
        })
    }

    async fn cancelled_for_long(&self) {
        self.cancel.cancelled().await;
        tokio::time::sleep(CANCEL_GRACE).await;
    }

    fn conclude(
        &self,
        ended: wasmtime::Result<Result<String, GuestFailure>>,
    ) -> Result<String, RunError> {
        match ended {
            Ok(Ok(output)) => json(output),
            Ok(Err(_)) if self.cancel.is_cancelled() => Err(RunError::Cancelled),
            Ok(Err(failure)) => Err(RunError::Failed(failure.into())),
            Err(error) => Err(match self.limit(&error) {
                Some(limit) => RunError::Limit(limit),
                None => RunError::Trap {
                    message: error.root_cause().to_string(),
                },
            }),
        }
    }

    /// The limit that ended a run. Wasmtime counts handles too, and has no type for that error.
    fn limit(&self, error: &wasmtime::Error) -> Option<LimitExceeded> {
        if let Some(limit) = error.downcast_ref::<LimitExceeded>() {
            return Some(limit.clone());
        }
        let hoarded = error.root_cause().to_string().contains(HANDLES_EXCEEDED);
        hoarded.then(|| LimitExceeded::Handles(self.tenant.limits().handles))
    }

    /// The accounts that the run gets: those given by name, or those that the job names where the
    /// connector's description says that it names accounts.
    async fn lend(&self, verb: Verb, input: &str) -> Result<Lent, RunError> {
        let pointers = match (&self.accounts, verb) {
            (Some(names), _) => {
                let kept = names
                    .iter()
                    .filter_map(|name| Some((name, self.tenant.accounts().get(name)?)));
                return Ok(kept
                    .map(|(name, account)| (name.clone(), Ok(Arc::clone(account))))
                    .collect());
            }
            (None, Verb::Browse) => &[AccountPointer {
                pointer: "/account".to_owned(),
                kinds: Vec::new(),
            }][..],
            (None, _) => &self.connector.description(&self.tenant).await?.accounts,
        };
        // A job that is not JSON names no account; the component says what is wrong with it.
        let job: Value = serde_json::from_str(input).unwrap_or(Value::Null);
        let named = pointers
            .iter()
            .filter_map(|at| Some((at, job.pointer(&at.pointer)?.as_str()?)));
        Ok(named
            .map(|(at, name)| (name.to_owned(), self.lend_one(at, name)))
            .collect())
    }

    fn lend_one(
        &self,
        at: &AccountPointer,
        name: &str,
    ) -> Result<Arc<crate::credentials::Account>, String> {
        let accounts = self.tenant.accounts();
        let Some(account) = accounts.get(name) else {
            return Err(unknown_account(name, accounts.keys().map(String::as_str)));
        };
        if at.kinds.is_empty() || at.kinds.iter().any(|kind| kind == account.binding.kind) {
            return Ok(Arc::clone(account));
        }
        let key = at.pointer.trim_start_matches('/').replace('/', ".");
        let kinds = at
            .kinds
            .iter()
            .map(|kind| format!("`{kind}`"))
            .collect::<Vec<_>>()
            .join(" or ");
        Err(format!(
            "account `{name}` is of kind `{}`, but `{key}` takes one of kind {kinds}",
            account.binding.kind
        ))
    }
}

/// What computing is timed with.
fn clock(probe: Option<&Probe>) -> CpuClock {
    match probe.is_some_and(|probe| probe.reproducible) {
        true => || Duration::ZERO,
        false => thread_time,
    }
}

/// Removes what an earlier attempt left in the spool.
async fn clear(spools: &Arc<dyn SpoolStore>, run: &RunKey) -> Result<(), RunError> {
    let (spools, run) = (Arc::clone(spools), run.clone());
    let removed = blocking(move || spools.remove(&run)).await;
    removed.map_err(|error| RunError::Internal(format!("the spool: {error}")))
}

/// What a component returns is a JSON document, in which no control character stands by itself.
fn json(output: String) -> Result<String, RunError> {
    match serde_json::from_str::<IgnoredAny>(&output) {
        Ok(_) => Ok(output),
        Err(error) => Err(RunError::Internal(format!(
            "the component's answer is not JSON: {error}"
        ))),
    }
}

impl From<GuestFailure> for Failure {
    /// Texts of the host's own errors may end in a line `hint: …`: it becomes the hint. Whatever the
    /// component says is shown to people, and does not steer what shows it.
    fn from(failure: GuestFailure) -> Self {
        let (message, hint) = match failure.message.split_once("\nhint: ") {
            Some((message, hint)) => (message, failure.hint.as_deref().or(Some(hint))),
            None => (failure.message.as_str(), failure.hint.as_deref()),
        };
        Self {
            code: printable::word(&failure.code, CODE_CHARS),
            message: printable::lines(message, TEXT_CHARS),
            hint: hint.map(|hint| printable::lines(hint, TEXT_CHARS)),
            retry_after: failure.retry_after,
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
