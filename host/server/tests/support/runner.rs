//! A sandbox that is none: its runs wait for the test, which ends them as it likes, or are all ended the same way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use writeback_server::runner::{
    BoxFuture, Ended, Forgotten, Order, Post, ProcessUsage, RunFailure, Runner, TenantSetup, Usage,
};

/// After this long without what a test waits for, it fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How every run ends that nobody waits for.
type Always = Arc<dyn Fn(&Order) -> Ended + Send + Sync>;

/// The fake sandbox.
#[derive(Default)]
pub struct Scripted {
    always: Mutex<Option<Always>>,
    begun: Mutex<VecDeque<Begun>>,
    more: Notify,
    orders: Mutex<Vec<String>>,
    released: Mutex<Vec<(String, String)>>,
}

/// A run that was begun, and waits for the test.
pub struct Begun {
    /// What was asked for.
    pub order: Order,
    end: oneshot::Sender<Ended>,
    cancelled: Arc<Notify>,
    deaf: Arc<Mutex<bool>>,
}

impl Begun {
    /// Ends it.
    pub fn end(self, ended: Ended) {
        // Nobody listens where the worker is gone.
        let _ = self.end.send(ended);
    }

    /// Waits until the server asks for its end. From here on the test ends it.
    pub async fn cancelled(&self) {
        within("the end of a run is asked for", self.cancelled.notified()).await;
    }

    /// Lets it go on though its end is asked for, until the test ends it.
    pub fn deafen(&self) {
        *self.deaf.lock().expect("no panic") = true;
    }

    /// The name that the job's document gives itself.
    pub fn name(&self) -> &str {
        self.order.job["name"].as_str().unwrap_or_default()
    }
}

impl Scripted {
    /// Ends every run like this from now on, at once.
    pub fn always(&self, end: impl Fn(&Order) -> Ended + Send + Sync + 'static) {
        *self.always.lock().expect("no panic") = Some(Arc::new(end));
    }

    /// The next run that is begun.
    pub async fn next(&self) -> Begun {
        let next = async {
            loop {
                let more = self.more.notified();
                if let Some(begun) = self.take() {
                    return begun;
                }
                more.await;
            }
        };
        within("a run is begun", next).await
    }

    /// A run that was begun and waits, if there is one now.
    pub fn take(&self) -> Option<Begun> {
        self.begun.lock().expect("no panic").pop_front()
    }

    /// The identifiers of all runs that were begun, each as often as it was.
    pub fn orders(&self) -> Vec<String> {
        self.orders.lock().expect("no panic").clone()
    }

    /// The runs that were released.
    pub fn released(&self) -> Vec<(String, String)> {
        self.released.lock().expect("no panic").clone()
    }
}

/// Waits for something that a test cannot go on without.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// Looks until something is so that another process is about to do.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(10));
    let looking = async {
        while !is_so().await {
            look.tick().await;
        }
    };
    within(what, looking).await;
}

/// A run that went well.
pub fn done() -> Ended {
    Ended {
        outcome: Ok(json!({ "file": { "name": "report.csv", "bytes": 1_000 } })),
        usage: Usage {
            received_bytes: 1_000,
            sent_bytes: 1_000,
            requests: 7,
            ..Usage::default()
        },
    }
}

/// A run that failed for good.
pub fn failed(code: &str) -> Ended {
    failed_for(code, None)
}

/// A run that failed, and may go well after so many seconds.
pub fn failed_for(code: &str, retry_after: Option<u64>) -> Ended {
    Ended {
        outcome: Err(failure(code, retry_after)),
        usage: Usage::default(),
    }
}

fn failure(code: &str, retry_after: Option<u64>) -> RunFailure {
    RunFailure {
        code: code.to_owned(),
        message: format!("the test says `{code}`"),
        hint: Some("ask the test".to_owned()),
        retry_after,
        limit: None,
        resumes: retry_after.is_some(),
    }
}

/// What the document of a job or of a query asks the fake for.
fn asked(document: &Value) -> Result<(), RunFailure> {
    match document["fake"].as_str() {
        Some("panic") => panic!("the document asked for a panic"),
        Some(code) => Err(failure(code, document["retry_after"].as_u64())),
        None => Ok(()),
    }
}

impl Runner for Scripted {
    fn describe(&self) -> BoxFuture<'_, Result<Value, RunFailure>> {
        Box::pin(async { Ok(json!({ "job": {}, "query": {}, "receipt": {} })) })
    }

    fn run<'a>(&'a self, order: Order, cancelled: BoxFuture<'a, ()>) -> BoxFuture<'a, Ended> {
        Box::pin(async move {
            self.orders
                .lock()
                .expect("no panic")
                .push(order.run.clone());
            let always = self.always.lock().expect("no panic").clone();
            if let Some(end) = always {
                return end(&order);
            }
            let (end, ended) = oneshot::channel();
            let begun = Begun {
                order,
                end,
                cancelled: Arc::default(),
                deaf: Arc::default(),
            };
            let (told, deaf) = (Arc::clone(&begun.cancelled), Arc::clone(&begun.deaf));
            self.begun.lock().expect("no panic").push_back(begun);
            self.more.notify_waiters();
            let ended = async move {
                match ended.await {
                    Ok(ended) => ended,
                    // The test has lost interest: it goes on for ever.
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::pin!(ended);
            tokio::select! {
                ended = &mut ended => return ended,
                () = cancelled => told.notify_one(),
            }
            let deaf = *deaf.lock().expect("no panic");
            match deaf {
                true => ended.await,
                false => failed("cancelled"),
            }
        })
    }

    fn validate<'a>(
        &'a self,
        _: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async move {
            match job["invalid"].as_str() {
                Some(code) => Err(failure(code, None)),
                None => Ok(()),
            }
        })
    }

    fn check<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async move {
            asked(job)?;
            Ok(json!({ "tenant": tenant.id, "findings": [] }))
        })
    }

    fn browse<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        query: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async move {
            asked(query)?;
            Ok(json!({ "tenant": tenant.id, "items": [] }))
        })
    }

    fn post<'a>(&'a self, _: &'a TenantSetup, _: &'a Post) -> BoxFuture<'a, Result<u16, String>> {
        Box::pin(async { Ok(204) })
    }

    fn forget<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Forgotten, String>> {
        Box::pin(async { Ok(Forgotten::default()) })
    }

    fn release<'a>(&'a self, tenant: &'a str, run: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let released = (tenant.to_owned(), run.to_owned());
            self.released.lock().expect("no panic").push(released);
            Ok(())
        })
    }

    fn usage(&self) -> ProcessUsage {
        ProcessUsage::default()
    }
}
