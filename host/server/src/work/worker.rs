//! A worker: takes runs from the queue, has the sandbox do them, and keeps their leases.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::Value;
use sqlx::Row as _;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::ending::{self, Verdict};
use super::queue::Dispatch;
use super::removals;
use super::watch::{self as watching, Watcher};
use crate::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids;
use crate::runner::{Ended, Order, RunFailure, Usage};
use crate::setup;
use crate::store::runs::{self, RunRow};
use crate::store::{jobs, tenants};
use crate::time::Millis;

/// How often what a run tells is written down.
const WRITTEN: Duration = Duration::from_millis(500);
/// How often the end of a run is tried to be written down.
const END_TRIES: u32 = 6;
/// The code of a failure that follows from a cancelled run.
const CANCELLED: &str = "cancelled";

/// Why a run has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Somebody asked for it.
    Asked,
    /// The process stops.
    Drain,
    /// The lease is over, or may be: somebody else may have the run.
    Fenced,
}

/// A run that this worker has.
struct Live {
    dispatch: i64,
    stop: watch::Sender<Option<Why>>,
}

/// A worker.
pub(crate) struct Worker {
    app: App,
    id: String,
    live: Mutex<HashMap<String, Live>>,
    /// Runs that are taken from now on stop where they begin.
    hands_back: AtomicBool,
}

/// Counts a run as this worker's for as long as it is under way, however that ends.
struct Having<'a> {
    worker: &'a Worker,
    run: &'a RunRow,
}

impl<'a> Having<'a> {
    fn new(worker: &'a Worker, run: &'a RunRow) -> (Self, watch::Receiver<Option<Why>>) {
        let mut live = worker.live();
        let hands_back = worker.hands_back.load(Ordering::SeqCst);
        let (stop, stopped) = watch::channel(hands_back.then_some(Why::Drain));
        let dispatch = run.dispatch;
        if let Some(lost) = live.insert(run.id.clone(), Live { dispatch, stop }) {
            lost.stop.send_replace(Some(Why::Fenced));
        }
        (Self { worker, run }, stopped)
    }
}

impl Drop for Having<'_> {
    fn drop(&mut self) {
        let mut live = self.worker.live();
        if live
            .get(&self.run.id)
            .is_some_and(|live| live.dispatch == self.run.dispatch)
        {
            live.remove(&self.run.id);
        }
    }
}

impl Worker {
    /// A worker with a name of its own.
    pub(crate) fn new(app: App) -> Arc<Self> {
        Arc::new(Self {
            app,
            id: ids::new("wrk"),
            live: Mutex::default(),
            hands_back: AtomicBool::new(false),
        })
    }

    /// What it is called.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that there is a worker, and how many slots it has.
    pub(crate) async fn register(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        self.be_seen(&mut tx, self.app.clock.now()).await?;
        tx.commit().await
    }

    async fn be_seen(&self, tx: &mut Tx, now: Millis) -> Result<()> {
        sqlx::query(
            "INSERT INTO workers (id, machine, slots, draining, started_at, seen_at) VALUES ($1, $2, $3, 0, $4, $4)
             ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(&self.id)
        .bind(&self.app.settings.machine)
        .bind(i64::from(self.app.settings.slots))
        .bind(now)
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    /// Says that it takes no more runs.
    pub(crate) async fn drain(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        sqlx::query("UPDATE workers SET draining = 1 WHERE id = $1")
            .bind(&self.id)
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }

    /// Says that it is gone.
    pub(crate) async fn leave(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        sqlx::query("DELETE FROM workers WHERE id = $1")
            .bind(&self.id)
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }

    /// Runs under way.
    pub(crate) fn under_way(&self) -> usize {
        self.live().len()
    }

    /// Has every run stop where it is, to go on elsewhere.
    pub(crate) fn hand_back(&self) {
        self.hands_back.store(true, Ordering::SeqCst);
        self.stop_all(Why::Drain);
    }

    /// Has every run stop without a word: they may be somebody else's by now.
    pub(crate) fn fence(&self) {
        self.stop_all(Why::Fenced);
    }

    fn stop_all(&self, why: Why) {
        for live in self.live().values() {
            live.stop.send_replace(Some(why));
        }
    }

    /// Renews the leases, and finds out which runs have to stop.
    pub(crate) async fn pulse(&self) -> Result<()> {
        let now = self.app.clock.now();
        let before: Vec<(String, i64)> = self
            .live()
            .iter()
            .map(|(run, live)| (run.clone(), live.dispatch))
            .collect();
        let mut tx = self.app.db.begin().await?;
        self.be_seen(&mut tx, now).await?;
        for (run, dispatch) in &before {
            sqlx::query("UPDATE runs SET lease_until = $1 WHERE id = $2 AND dispatch = $3 AND worker = $4 AND state = 'running'")
                .bind(now + self.app.settings.lease_ms())
                .bind(run)
                .bind(dispatch)
                .bind(&self.id)
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await?;
        let rows = sqlx::query("SELECT id, dispatch, cancel_requested FROM runs WHERE worker = $1 AND state = 'running'")
            .bind(&self.id)
            .fetch_all(self.app.db.pool())
            .await?;
        let mut ours = HashMap::new();
        for row in rows {
            let key: (String, i64) = (row.try_get("id")?, row.try_get("dispatch")?);
            ours.insert(key, row.try_get::<i64, _>("cancel_requested")? != 0);
        }
        let live = self.live();
        for key in before {
            let Some(run) = live.get(&key.0).filter(|run| run.dispatch == key.1) else {
                continue;
            };
            match ours.get(&key) {
                None => _ = run.stop.send_replace(Some(Why::Fenced)),
                Some(true) if run.stop.borrow().is_none() => {
                    _ = run.stop.send_replace(Some(Why::Asked))
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Does a run that was taken from the queue.
    pub(crate) async fn take(self: Arc<Self>, dispatch: Dispatch) {
        let span = tracing::info_span!(
            "run",
            tenant = dispatch.tenant,
            run = dispatch.run,
            dispatch = dispatch.number
        );
        async {
            // What fails here leaves the run to its lease: it is taken back, and tried again.
            if let Err(error) = self.try_take(&dispatch).await {
                tracing::error!(%error, "a run could not be done");
            }
            self.app.queue.notify_one();
        }
        .instrument(span)
        .await;
    }

    async fn try_take(&self, dispatch: &Dispatch) -> Result<()> {
        let Some(run) = self.claim(dispatch).await? else {
            tracing::info!("the run is somebody else's, or over");
            return Ok(());
        };
        let (_having, stopped) = Having::new(self, &run);
        let (order, watcher) = self.order(&run).await?;
        let writer = tokio::spawn(write_on(Arc::clone(&watcher)));
        let asked = run.cancel_requested;
        let mut waiting = stopped.clone();
        let cancelled = async move {
            if !asked {
                // The sender lives as long as the run.
                let _ = waiting.wait_for(Option::is_some).await;
            }
        };
        let running = self.app.runner.run(order, Box::pin(cancelled));
        let ended = AssertUnwindSafe(running).catch_unwind().await;
        let ended = ended.unwrap_or_else(|_| panicked());
        writer.abort();
        if let Err(error) = watcher.write().await {
            tracing::warn!(%error, "the last lines of a run could not be written down");
        }
        let why = match asked {
            true => Some(Why::Asked),
            false => *stopped.borrow(),
        };
        self.end(&run, ended, why).await
    }

    /// Takes the run, if it is still as it was dispatched.
    async fn claim(&self, dispatch: &Dispatch) -> Result<Option<RunRow>> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        let Some(before) = runs::find(tx.conn(), &dispatch.tenant, &dispatch.run).await? else {
            return Ok(None);
        };
        let done = sqlx::query(
            "UPDATE runs SET state = 'running', worker = $1, machine = $2, lease_until = $3, started_at = $4, attempts = attempts + 1,
                             failure = NULL, version = version + 1
             WHERE tenant = $5 AND id = $6 AND dispatch = $7 AND state = 'admitted'",
        )
        .bind(&self.id)
        .bind(&self.app.settings.machine)
        .bind(now + self.app.settings.lease_ms())
        .bind(now)
        .bind(&dispatch.tenant)
        .bind(&dispatch.run)
        .bind(dispatch.number)
        .execute(tx.conn())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(None);
        }
        if let Some(machine) = before
            .machine
            .filter(|machine| *machine != self.app.settings.machine)
        {
            removals::ask(&mut tx, &machine, &dispatch.tenant, &dispatch.run).await?;
        }
        let run = runs::find(tx.conn(), &dispatch.tenant, &dispatch.run).await?;
        tx.commit().await?;
        Ok(run)
    }

    /// What the sandbox needs to know.
    async fn order(&self, run: &RunRow) -> Result<(Order, Arc<Watcher>)> {
        let pool = self.app.db.pool();
        let missing =
            |what: &str| Error::Setting(format!("the {what} of run `{}` is gone", run.id));
        let tenant = tenants::find(pool, &run.tenant)
            .await?
            .ok_or_else(|| missing("tenant"))?;
        let revision = jobs::revision(pool, &run.tenant, &run.job, run.revision).await?;
        let job: Value = revision
            .and_then(|revision| revision.document.get("job").cloned())
            .ok_or_else(|| missing("job"))?;
        let sealer = self.app.key_of(&tenant)?.sealer(watching::KEPT)?;
        let kept = runs::kept(pool, &run.tenant, &run.id).await?;
        let kept = kept
            .map(|kept| sealer.open(&watching::place(&run.id), &kept))
            .transpose();
        // What cannot be read is worth nothing: the run starts over.
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(%error, "what was kept of a run cannot be used");
            None
        });
        let last_line = runs::last_line(pool, &run.tenant, &run.id).await?;
        let watcher = Watcher::new(self.app.clone(), run.clone(), sealer, last_line);
        let order = Order {
            tenant: setup::of(&self.app, &tenant).await?,
            run: run.id.clone(),
            job,
            kept,
            watch: Arc::clone(&watcher) as _,
        };
        Ok((order, watcher))
    }

    async fn end(&self, run: &RunRow, ended: Ended, why: Option<Why>) -> Result<()> {
        let stopped = |failure: &RunFailure| failure.code == CANCELLED;
        let verdict = match (ended.outcome, why) {
            (Ok(receipt), _) => Verdict::Done(receipt),
            (Err(_), Some(Why::Fenced)) => {
                tracing::warn!("the run is somebody else's by now");
                return Ok(());
            }
            (Err(failure), Some(Why::Asked)) if stopped(&failure) => Verdict::Cancelled,
            (Err(failure), Some(Why::Drain)) if stopped(&failure) => Verdict::HandedBack,
            (Err(failure), _) => Verdict::Failed(failure),
        };
        self.app
            .metrics
            .ended(run, &verdict, &ended.usage, self.app.clock.now());
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            match self.write_end(run, &verdict, ended.usage).await {
                Err(error) if attempt < END_TRIES => {
                    tracing::warn!(%error, attempt, "the end of a run could not be written down");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                ended => return ended,
            }
        }
        Ok(())
    }

    async fn write_end(&self, run: &RunRow, verdict: &Verdict, usage: Usage) -> Result<()> {
        let now = self.app.clock.now();
        let mut tx: Tx = self.app.db.begin().await?;
        let ended = ending::attempt(&mut tx, run, verdict.clone(), usage, now).await?;
        tx.commit().await?;
        self.app.post.notify_one();
        match ended {
            true => removals::of_run(&self.app, &run.tenant, &run.id).await,
            false => Ok(()),
        }
    }
}

/// A run whose sandbox could not even fail.
fn panicked() -> Ended {
    Ended {
        outcome: Err(RunFailure {
            code: "internal".to_owned(),
            message: "the server failed in the run".to_owned(),
            hint: Some("the server's log says where; tell whoever runs it".to_owned()),
            retry_after: None,
            limit: None,
            resumes: false,
        }),
        usage: Usage::default(),
    }
}

/// Writes down what a run tells, until it is over.
async fn write_on(watcher: Arc<Watcher>) {
    loop {
        tokio::time::sleep(WRITTEN).await;
        if let Err(error) = watcher.write().await {
            tracing::warn!(%error, "what a run tells could not be written down");
        }
    }
}
