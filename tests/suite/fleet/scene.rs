//! A cloud, a machine with a fleet, and tenants who have accounts there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use writeback_fleet::{Fleet, Options};
use writeback_host::config::{self, Config};
use writeback_host::{Connector, Zeroizing};
use writeback_server::runner::{
    BoxFuture, Ended, Level, NoSecret, Order, RunFailure, Runner as _, Secrets, Step, TenantSetup,
    Watch,
};

use crate::world::{World, connector};

/// What a tenant has in the server's store.
pub struct Safe {
    values: BTreeMap<String, String>,
    reads: AtomicUsize,
}

impl Safe {
    /// One that has nothing.
    pub fn empty() -> Self {
        Self {
            values: BTreeMap::new(),
            reads: AtomicUsize::new(0),
        }
    }

    /// How often it was asked.
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

impl Secrets for Safe {
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, NoSecret>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let value = self.values.get(key).cloned();
        Box::pin(async move {
            let value = value.ok_or_else(|| NoSecret::Missing("it is not there".to_owned()))?;
            Ok(Zeroizing::new(value.into_bytes()))
        })
    }
}

impl World {
    /// What an operator allows who lets tenants reach this cloud.
    pub fn operator(&self) -> Config {
        let document = json!({ "egress": self.config["egress"], "limits": self.limits() });
        config::parse(&document, Path::new("/")).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn limits(&self) -> Value {
        self.config.get("limits").cloned().unwrap_or(json!({}))
    }

    /// A fleet of the shipped component with its files in this folder.
    pub fn fleet_in(&self, data: &Path) -> Fleet {
        self.fleet_of(connector().clone(), data)
    }

    /// A fleet of a component.
    pub fn fleet_of(&self, component: Connector, data: &Path) -> Fleet {
        let mut options = Options::new(data, self.operator());
        options.connector = Some(component);
        options.clock = self.clock.clone();
        Fleet::new(options).expect("a fleet")
    }

    /// The secrets of the cloud's first client and app.
    pub fn safe(&self) -> Arc<Safe> {
        let cloud = self.cloud.description();
        let values = [
            ("domo/client_secret", &cloud.domo_client.secret),
            ("sharepoint/client_secret", &cloud.entra_client.secret),
        ];
        Arc::new(Safe {
            values: values
                .map(|(key, value)| (key.to_owned(), value.clone()))
                .into(),
            reads: AtomicUsize::new(0),
        })
    }

    /// A tenant with the cloud's ready accounts, and a key that follows from its name.
    pub fn member(&self, id: &str) -> TenantSetup {
        self.member_with(id, self.safe())
    }

    /// The same with secrets of its own.
    pub fn member_with(&self, id: &str, safe: Arc<Safe>) -> TenantSetup {
        let mut accounts = self.config["accounts"].clone();
        for account in ["domo", "sharepoint"] {
            let key = format!("{account}/client_secret");
            accounts[account]["client_secret"] = json!({ "store": key });
        }
        let mut key: Vec<u8> = id.bytes().cycle().take(32).collect();
        key[31] ^= 0xff;
        TenantSetup {
            id: id.to_owned(),
            revision: 1,
            config: json!({ "accounts": accounts }),
            key: Zeroizing::new(key),
            secrets: safe,
        }
    }
}

/// Remembers what a run told and what it had kept.
#[derive(Default)]
pub struct Notes {
    steps: Mutex<Vec<Step>>,
    lines: Mutex<Vec<(Level, String)>>,
    kept: Mutex<Vec<Vec<u8>>>,
    held: Mutex<Vec<String>>,
    /// How often a file is another run's.
    taken: AtomicUsize,
    full: bool,
    look: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Notes {
    /// Notes that have no room for any state.
    pub fn full() -> Self {
        Self {
            full: true,
            ..Self::default()
        }
    }

    /// Notes of a run whose file another run has when it is first asked for.
    pub fn waiting() -> Self {
        Self {
            taken: AtomicUsize::new(1),
            ..Self::default()
        }
    }

    /// Notes that call `look` at each step.
    pub fn looking(look: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            look: Some(Box::new(look)),
            ..Self::default()
        }
    }

    pub fn steps(&self) -> Vec<Step> {
        self.steps.lock().expect("a lock").clone()
    }

    /// The lines for whoever owns the job.
    pub fn warnings(&self) -> Vec<String> {
        let lines = self.lines.lock().expect("a lock");
        let warnings = lines.iter().filter(|(level, _)| *level == Level::Warn);
        warnings.map(|(_, text)| text.clone()).collect()
    }

    /// The files that the run asked for.
    pub fn held(&self) -> Vec<String> {
        self.held.lock().expect("a lock").clone()
    }

    /// All that was kept, in order.
    pub fn all_kept(&self) -> Vec<Vec<u8>> {
        self.kept.lock().expect("a lock").clone()
    }

    /// What was kept last.
    pub fn kept(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.all_kept().pop().map(Zeroizing::new)
    }
}

impl Watch for Notes {
    fn step(&self, step: Step) {
        self.steps.lock().expect("a lock").push(step);
        if let Some(look) = &self.look {
            look();
        }
    }

    fn log(&self, level: Level, text: &str) {
        let mut lines = self.lines.lock().expect("a lock");
        lines.push((level, text.to_owned()));
    }

    fn keep(&self, state: Zeroizing<Vec<u8>>) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            if self.full {
                return Err("the database is full".to_owned());
            }
            self.kept.lock().expect("a lock").push(state.to_vec());
            Ok(())
        })
    }

    fn hold<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool, String>> {
        self.held.lock().expect("a lock").push(name.to_owned());
        let left = |taken: usize| taken.checked_sub(1);
        let taken = self
            .taken
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left);
        Box::pin(async move { Ok(taken.is_err()) })
    }
}

/// An order of a run that nobody began before.
pub fn order(tenant: &TenantSetup, run: &str, job: &Value, watch: &Arc<Notes>) -> Order {
    Order {
        tenant: tenant.clone(),
        run: run.to_owned(),
        job: job.clone(),
        kept: None,
        watch: watch.clone(),
    }
}

/// The same run, gone on with.
pub fn again(tenant: &TenantSetup, run: &str, job: &Value, notes: &Arc<Notes>) -> Order {
    Order {
        kept: notes.kept(),
        ..order(tenant, run, job, notes)
    }
}

/// Runs an order that nobody cancels.
pub async fn go(fleet: &Fleet, order: Order) -> Ended {
    fleet.run(order, Box::pin(std::future::pending())).await
}

/// Runs an order that must end with a receipt.
pub async fn receipt(fleet: &Fleet, order: Order) -> Value {
    let outcome = go(fleet, order).await.outcome;
    outcome.unwrap_or_else(|failure| panic!("no receipt: {failure:#?}"))
}

/// Runs an order that must fail.
pub async fn failed(fleet: &Fleet, order: Order) -> RunFailure {
    let outcome = go(fleet, order).await.outcome;
    outcome.expect_err("there is no receipt")
}

impl World {
    /// Runs an order that stalls by the fault that is armed, and drops it there, as a dead process would.
    pub async fn dies_on(&self, fleet: &Fleet, order: Order) {
        let before = self.fired("stall");
        tokio::select! {
            ended = go(fleet, order) => panic!("the run came to an end: {ended:#?}"),
            () = async {
                while self.fired("stall") == before {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        self.release();
    }
}

/// A folder of a machine.
pub fn machine() -> TempDir {
    TempDir::new().expect("a temporary folder")
}
