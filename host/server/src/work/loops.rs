//! The loops of a process, by its roles. Each pass can be made by hand as well, which is how tests go through time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::queue::Queue;
use super::worker::Worker;
use super::{admitter, janitor, lost, removals, scheduler};
use crate::App;
use crate::db::Address;
use crate::erase;
use crate::error::Result;
use crate::notify;
use crate::runner::BoxFuture;

/// How often schedules are looked at, and leases.
const TICK: Duration = Duration::from_secs(1);
/// How long the admitter waits without being woken.
const ADMIT: Duration = Duration::from_millis(500);
/// How often erasures go on, and machines look what they have to remove.
const TIDY: Duration = Duration::from_secs(3);
/// How long after it was given a slot the admitter expects a run to end.
const BUSY: Duration = Duration::from_secs(3);
/// How long it waits meanwhile.
const ADMIT_BUSY: Duration = Duration::from_millis(50);
/// How often what is old is cleared.
const CLEAN: Duration = Duration::from_secs(60);
/// What a worker waits after its queue failed.
const AGAIN: Duration = Duration::from_secs(2);
/// How often a worker that stops looks whether its runs are over.
const LOOK: Duration = Duration::from_millis(100);

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answers requests, and delivers notifications.
    Api,
    /// Makes runs of schedules, and gives them slots.
    Scheduler,
    /// Does runs.
    Worker,
}

/// The work of a process without its requests.
pub struct Work {
    app: App,
    queue: Queue,
    worker: Arc<Worker>,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work")
            .field("worker", &self.worker.id())
            .finish_non_exhaustive()
    }
}

impl Work {
    /// Connects to the queue.
    ///
    /// # Errors
    /// The queue's.
    pub async fn open(app: App, address: &Address) -> Result<Self> {
        Ok(Self {
            queue: Queue::open(address).await?,
            worker: Worker::new(app.clone()),
            app,
        })
    }

    /// Works until `stop` says so, then lets runs end for as long as the operator chose, and hands back those that did not.
    pub async fn run(self, roles: &[Role], stop: watch::Receiver<bool>) {
        let work = Arc::new(self);
        let mut loops = JoinSet::new();
        for role in roles {
            let (work, stop) = (Arc::clone(&work), stop.clone());
            match role {
                Role::Api => drop(loops.spawn(async move { work.deliver(stop).await })),
                Role::Scheduler => {
                    let (admitting, admit_until) = (Arc::clone(&work), stop.clone());
                    let (clearing, clear_until) = (Arc::clone(&work), stop.clone());
                    let (erasing, erase_until) = (Arc::clone(&work), stop.clone());
                    loops.spawn(async move { admitting.admit(admit_until).await });
                    loops.spawn(async move { clearing.clear(clear_until).await });
                    loops.spawn(async move { erasing.erase(erase_until).await });
                    loops.spawn(async move { work.schedule(stop).await });
                }
                Role::Worker => {
                    let pulsing = Arc::clone(&work);
                    let (over, until) = watch::channel(false);
                    let (removing, remove_until) = (Arc::clone(&work), stop.clone());
                    loops.spawn(async move { removing.remove(remove_until).await });
                    loops.spawn(async move { pulsing.pulse(until).await });
                    loops.spawn(async move {
                        work.take(stop).await;
                        // Leases are renewed until the last run is over.
                        let _ = over.send(true);
                    });
                }
            }
        }
        while let Some(ended) = loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a loop of the server ended");
            }
        }
    }

    /// Makes runs of the moments that are due.
    ///
    /// # Errors
    /// The database's.
    pub async fn schedule_pass(&self) -> Result<u64> {
        let made = scheduler::pass(&self.app).await?;
        if made > 0 {
            self.app.queue.notify_one();
        }
        Ok(made)
    }

    /// Gives slots to runs that wait. Returns how many.
    ///
    /// # Errors
    /// The database's, and the queue's: then the runs are given slots again when nobody has taken them.
    pub async fn admit_pass(&self) -> Result<usize> {
        let admitted = admitter::pass(&self.app).await?;
        self.queue.push(&admitted).await?;
        Ok(admitted.len())
    }

    /// Takes runs back whose worker is silent. Returns how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn lost_pass(&self) -> Result<u64> {
        let lost = lost::pass(&self.app).await?;
        if lost > 0 {
            self.app.queue.notify_one();
        }
        Ok(lost)
    }

    /// Sends the notifications that are due. Returns how many were tried.
    ///
    /// # Errors
    /// The database's.
    pub async fn deliver_pass(&self) -> Result<usize> {
        let mut tried = 0;
        loop {
            let some = notify::deliver_due(&self.app, self.app.clock.now()).await?;
            tried += some;
            if some == 0 {
                return Ok(tried);
            }
        }
    }

    /// Clears what is old.
    ///
    /// # Errors
    /// The database's.
    pub async fn clear_pass(&self) -> Result<()> {
        janitor::pass(&self.app, &self.queue).await
    }

    async fn schedule(&self, mut stop: watch::Receiver<bool>) {
        while wait(&mut stop, TICK, None).await {
            told("schedules", self.schedule_pass().await);
            told("leases", self.lost_pass().await);
        }
    }

    /// Runs that end in another process wake nobody here: while there is something to admit, it looks often.
    async fn admit(&self, mut stop: watch::Receiver<bool>) {
        let mut admitted = tokio::time::Instant::now();
        loop {
            let pause = match admitted.elapsed() < BUSY {
                true => ADMIT_BUSY,
                false => ADMIT,
            };
            if !wait(&mut stop, pause, Some(&self.app.queue)).await {
                return;
            }
            let pass = self.admit_pass().await;
            if matches!(pass, Ok(1..)) {
                admitted = tokio::time::Instant::now();
            }
            told("queue", pass);
        }
    }

    /// Removes what this machine was asked to remove. Returns when nothing is left to ask for.
    ///
    /// # Errors
    /// The database's.
    pub async fn removal_pass(&self) -> Result<()> {
        removals::pass(&self.app).await
    }

    /// Goes on with erasures of tenants. Returns how many there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn erase_pass(&self) -> Result<usize> {
        erase::continue_due(&self.app, self.app.clock.now()).await
    }

    async fn erase(&self, mut stop: watch::Receiver<bool>) {
        while wait(&mut stop, TIDY, None).await {
            told("erasures", self.erase_pass().await);
        }
    }

    async fn remove(&self, mut stop: watch::Receiver<bool>) {
        while wait(&mut stop, TIDY, None).await {
            told("removals", self.removal_pass().await);
        }
    }

    async fn clear(&self, mut stop: watch::Receiver<bool>) {
        while wait(&mut stop, CLEAN, None).await {
            told("old runs", self.clear_pass().await);
        }
    }

    async fn deliver(&self, mut stop: watch::Receiver<bool>) {
        while wait(&mut stop, TICK, Some(&self.app.post)).await {
            told("notifications", self.deliver_pass().await);
        }
    }

    /// Renews leases. Where that fails for longer than they last, the runs are somebody else's.
    async fn pulse(&self, mut stop: watch::Receiver<bool>) {
        let mut renewed = tokio::time::Instant::now();
        while wait(&mut stop, TICK, None).await {
            match self.worker.pulse().await {
                Ok(()) => renewed = tokio::time::Instant::now(),
                Err(error) => {
                    tracing::warn!(%error, "the leases of this worker could not be renewed");
                    if renewed.elapsed() >= self.app.settings.lease {
                        self.worker.fence();
                    }
                }
            }
        }
    }

    async fn take(&self, mut stop: watch::Receiver<bool>) {
        told("worker", self.worker.register().await);
        let slots = usize::try_from(self.app.settings.slots).unwrap_or(1);
        let (taken, stopping) = watch::channel(false);
        let taking = async {
            let mut again = 0_u32;
            while !*stopping.borrow() {
                // apalis tells workers apart by their names: each time it is another one.
                let name = format!("{}-{again}", self.worker.id());
                let worker = Arc::clone(&self.worker);
                let mut until = stopping.clone();
                let until = async move {
                    let _ = until.wait_for(|stop| *stop).await;
                };
                let take = move |dispatch| Arc::clone(&worker).take(dispatch);
                let working: BoxFuture<'static, Result<()>> =
                    Box::pin(self.queue.clone().work(name, slots, take, until));
                if let Err(error) = working.await {
                    tracing::error!(%error, "the queue failed");
                    tokio::time::sleep(AGAIN).await;
                }
                again += 1;
            }
        };
        let draining = async {
            let _ = stop.wait_for(|stop| *stop).await;
            tracing::info!(
                runs = self.worker.under_way(),
                "the worker takes no more runs"
            );
            told("worker", self.worker.drain().await);
            let _ = taken.send(true);
            let begun = tokio::time::Instant::now();
            while self.worker.under_way() > 0 && begun.elapsed() < self.app.settings.drain {
                tokio::time::sleep(LOOK).await;
            }
            self.worker.hand_back();
        };
        tokio::join!(taking, draining);
        told("worker", self.worker.leave().await);
    }
}

/// Waits for `pause` or to be woken. `false` where it is time to stop.
async fn wait(
    stop: &mut watch::Receiver<bool>,
    pause: Duration,
    woken: Option<&tokio::sync::Notify>,
) -> bool {
    let wake = async {
        match woken {
            Some(woken) => woken.notified().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        stopped = stop.wait_for(|stop| *stop) => {
            drop(stopped);
            false
        }
        () = tokio::time::sleep(pause) => true,
        () = wake => true,
    }
}

/// A pass that failed is logged, and made again.
fn told<T>(what: &str, result: Result<T>) {
    if let Err(error) = result {
        tracing::error!(%error, "a pass over the {what} failed");
    }
}
