//! A worker as a process of its own: started, killed, told to stop.

use tokio::sync::watch;
use tokio::task::JoinHandle;
use writeback_server::{App, Role, Work};

use super::runner::{eventually, within};

/// The process.
pub struct WorkerProcess {
    app: App,
    stop: watch::Sender<bool>,
    working: JoinHandle<()>,
}

impl WorkerProcess {
    pub(super) async fn start(work: Work, app: App) -> Self {
        let before = workers(&app).await;
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(async move { work.run(&[Role::Worker], stopped).await });
        eventually("a worker is there", async || workers(&app).await > before).await;
        Self { app, stop, working }
    }

    /// Ends the process where it is: nobody renews its leases. What its sandboxes do goes on, as on a machine that the network
    /// has lost.
    pub async fn kill(self) {
        self.working.abort();
        let ended = self.working.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
        self.app.db.ping().await.expect("the database stays");
    }

    /// Tells it to stop, without waiting for it.
    pub fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) {
        self.tell_to_stop();
        let stopped = within("a worker stops", self.working).await;
        stopped.expect("it does not panic");
    }
}

async fn workers(app: &App) -> i64 {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM workers")
        .fetch_one(app.db.pool())
        .await;
    sqlx::Row::get(&row.expect("workers are counted"), "n")
}
