//! What a run tells while it goes on: gathered, and written a few times a second at most.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::App;
use crate::error::{Error, Result};
use crate::keys::Sealer;
use crate::runner::{BoxFuture, Level, Step, Watch};
use crate::store::runs::{RunRow, Timing};

/// Lines of a run that are kept; the first ones.
const LINES: i64 = 10_000;

/// What the sandbox of a worker that lost its run is told.
const NOT_OURS: &str = "another worker has the run by now";

/// What sealed states are for.
pub(crate) const KEPT: &str = "runs";

/// Where a run's state belongs.
pub(crate) fn place(run: &str) -> String {
    format!("run/{run}")
}

/// Watches one attempt of a run.
pub(crate) struct Watcher {
    app: App,
    run: RunRow,
    sealer: Sealer,
    heard: Mutex<Heard>,
    /// One writer at a time, so that lines stay in order.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Heard {
    step: Option<Step>,
    timings: Vec<Timing>,
    lines: VecDeque<(i64, i64, Level, String)>,
    next_line: i64,
    changed: bool,
}

impl Watcher {
    /// Watches `run`, whose log has lines up to `last_line` already.
    pub(crate) fn new(app: App, run: RunRow, sealer: Sealer, last_line: i64) -> Arc<Self> {
        let heard = Heard {
            timings: run.timings.clone(),
            next_line: last_line + 1,
            ..Heard::default()
        };
        Arc::new(Self {
            app,
            run,
            sealer,
            heard: Mutex::new(heard),
            writing: tokio::sync::Mutex::new(()),
        })
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was heard since the last time. `false` where the run is somebody else's by now.
    pub(crate) async fn write(&self) -> Result<bool> {
        let _turn = self.writing.lock().await;
        let (step, timings, lines) = {
            let mut heard = self.heard();
            if !std::mem::take(&mut heard.changed) {
                return Ok(true);
            }
            (
                heard.step,
                heard.timings.clone(),
                std::mem::take(&mut heard.lines),
            )
        };
        let text = |step: &Step| serde_json::to_string(step);
        let mut tx = self.app.db.begin().await?;
        let done = sqlx::query(
            "UPDATE runs SET step = $1, timings = $2, version = version + 1 WHERE id = $3 AND dispatch = $4 AND state = 'running'",
        )
        .bind(step.as_ref().map(text).transpose().map_err(Error::stored("step"))?)
        .bind(serde_json::to_string(&timings).map_err(Error::stored("timings"))?)
        .bind(&self.run.id)
        .bind(self.run.dispatch)
        .execute(tx.conn())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for (seq, at, level, line) in lines {
            sqlx::query(
                "INSERT INTO run_logs (run, seq, tenant, at, level, line) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run, seq) DO NOTHING",
            )
            .bind(&self.run.id)
            .bind(seq)
            .bind(&self.run.tenant)
            .bind(at)
            .bind(word(level))
            .bind(line)
            .execute(tx.conn())
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

impl Watch for Watcher {
    fn step(&self, step: Step) {
        let now = self.app.clock.now();
        let mut heard = self.heard();
        let new = heard
            .step
            .is_none_or(|old| std::mem::discriminant(&old) != std::mem::discriminant(&step));
        if new {
            heard.timings.push(Timing {
                step: name(step).to_owned(),
                at_ms: now,
                attempt: self.run.attempts,
            });
        }
        heard.step = Some(step);
        heard.changed = true;
    }

    fn log(&self, level: Level, text: &str) {
        let now = self.app.clock.now();
        let mut heard = self.heard();
        if heard.next_line > LINES {
            return;
        }
        let seq = heard.next_line;
        heard.next_line += 1;
        heard.lines.push_back((seq, now, level, text.to_owned()));
        heard.changed = true;
    }

    fn keep(&self, state: Zeroizing<Vec<u8>>) -> BoxFuture<'_, std::result::Result<(), String>> {
        Box::pin(async move {
            let kept = async {
                let sealed = self.sealer.seal(&place(&self.run.id), &state)?;
                let mut tx = self.app.db.begin().await?;
                let done = sqlx::query("UPDATE runs SET kept = $1 WHERE id = $2 AND dispatch = $3 AND state = 'running'")
                    .bind(sealed)
                    .bind(&self.run.id)
                    .bind(self.run.dispatch)
                    .execute(tx.conn())
                    .await?;
                tx.commit().await?;
                Ok::<_, Error>(done.rows_affected() == 1)
            };
            match kept.await {
                Ok(true) => Ok(()),
                Ok(false) => Err(NOT_OURS.to_owned()),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn hold<'a>(&'a self, name: &'a str) -> BoxFuture<'a, std::result::Result<bool, String>> {
        Box::pin(async move {
            let held = async {
                let mut tx = self.app.db.begin().await?;
                // The run stays as it is until the file is held: what is over, or somebody else's, holds nothing.
                let ours = sqlx::query("UPDATE runs SET version = version WHERE id = $1 AND dispatch = $2 AND state = 'running'")
                    .bind(&self.run.id)
                    .bind(self.run.dispatch)
                    .execute(tx.conn())
                    .await?;
                if ours.rows_affected() == 0 {
                    return Ok(None);
                }
                sqlx::query("INSERT INTO holds (tenant, name, run) VALUES ($1, $2, $3) ON CONFLICT (tenant, name) DO NOTHING")
                    .bind(&self.run.tenant)
                    .bind(name)
                    .bind(&self.run.id)
                    .execute(tx.conn())
                    .await?;
                let row = sqlx::query("SELECT run FROM holds WHERE tenant = $1 AND name = $2")
                    .bind(&self.run.tenant)
                    .bind(name)
                    .fetch_one(tx.conn())
                    .await?;
                let holder: String = sqlx::Row::try_get(&row, "run")?;
                tx.commit().await?;
                Ok::<_, Error>(Some(holder == self.run.id))
            };
            let held = held.await.map_err(|error| error.to_string())?;
            held.ok_or_else(|| NOT_OURS.to_owned())
        })
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Preparing => "preparing",
        Step::Exporting { .. } => "exporting",
        Step::Uploading { .. } => "uploading",
        Step::Waiting { .. } => "waiting",
        Step::Queued => "queued",
        Step::Verifying => "verifying",
    }
}
