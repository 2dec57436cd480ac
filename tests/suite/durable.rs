//! Runs that go on: stopped, killed or failed, and started again, from the library.

mod adopt;
mod damage;
mod links;
mod quota;
mod sessions;

use serde_json::Value;
use writeback_host::state::{NewRun, Opened, RunInfo, RunKey, StateError};
use writeback_host::{CancelToken, RunError};

use crate::world::{World, connector};

/// What came of starting a durable run.
pub enum Started {
    /// It was over before.
    Finished(Value),
    /// It ran.
    Ran(Result<Value, RunError>),
}

impl World {
    /// Opens a run of `job`, as the command does.
    pub fn open(&self, job: &Value, key: Option<&str>) -> Result<Opened, StateError> {
        let key: Option<RunKey> = key.map(|key| key.parse().expect("a key"));
        let job = job.to_string();
        let new = NewRun::new(connector(), &job).title("daily sales");
        let new = key.as_ref().map_or(new, |key| new.key(key));
        self.tenant().runs().open(&new)
    }

    /// Starts a run of `job`, or goes on with one.
    pub async fn go(&self, job: &Value, key: Option<&str>) -> Started {
        match self.open(job, key).expect("the run opens") {
            Opened::Finished { receipt, .. } => {
                Started::Finished(serde_json::from_str(&receipt).expect("a receipt"))
            }
            Opened::Ready(lease) => {
                let run = connector().run(self.tenant()).keep(lease);
                let ended = run.run(&job.to_string()).await;
                Started::Ran(ended.map(|receipt| serde_json::from_str(&receipt).expect("JSON")))
            }
        }
    }

    /// The receipt of a run that is started, or gone on with, and succeeds.
    pub async fn goes(&self, job: &Value) -> Value {
        match self.go(job, None).await {
            Started::Ran(Ok(receipt)) => receipt,
            Started::Ran(Err(error)) => panic!("no receipt: {error:#?}"),
            Started::Finished(receipt) => panic!("it was over before: {receipt:#}"),
        }
    }

    /// Starts a run that stalls by the fault that is armed, and drops it there: all that a dead
    /// process leaves is what was written until then.
    pub async fn dies_in(&self, job: &Value, key: Option<&str>) {
        let before = self.fired("stall");
        tokio::select! {
            _ = self.go(job, key) => panic!("the run came to an end"),
            () = async {
                while self.fired("stall") == before {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        self.release();
    }

    /// The only run on record.
    pub fn only_run(&self) -> RunInfo {
        let mut runs = self.tenant().runs().list().expect("the runs");
        assert_eq!(runs.len(), 1, "{runs:#?}");
        runs.remove(0)
    }

    /// The runs on record by their states.
    pub fn states(&self) -> Vec<&'static str> {
        let runs = self.tenant().runs().list().expect("the runs");
        runs.iter().map(|run| run.state.word()).collect()
    }

    /// Exports that were asked for.
    pub fn exports(&self) -> usize {
        self.sent("GET", "/data?").len()
    }
}

/// Cancels at once.
pub fn cancelled() -> CancelToken {
    let token = CancelToken::new();
    token.cancel();
    token
}
