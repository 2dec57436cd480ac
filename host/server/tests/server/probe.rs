//! A sandbox that tells what it was given: the tenant's configuration, the values of its secrets, messages and rows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use writeback_server::keys::MasterKeys;
use writeback_server::runner::{
    BoxFuture, Ended, Forgotten, Order, Post, ProcessUsage, RunFailure, Runner, TenantSetup,
};
use writeback_server::settings::Settings;
use writeback_server::{App, api};

use crate::support::{Ask, TenantWorld, World, failed};

/// What came, in order.
#[derive(Default)]
pub struct Probe {
    /// Messages, as they were posted.
    pub posts: Mutex<Vec<Post>>,
    /// Account, DataSet and rows, as they were appended.
    pub rows: Mutex<Vec<(String, String, String)>>,
    /// What messages are answered; 204 after the last one.
    pub answers: Mutex<VecDeque<Result<u16, String>>>,
    /// Tenants that were forgotten.
    pub forgotten: Mutex<Vec<String>>,
}

impl Probe {
    /// A process with this sandbox.
    pub fn app(self: &Arc<Self>, world: &World, settings: Settings) -> App {
        let keys = MasterKeys::new(&[7; 32], None).expect("a key of 32 bytes");
        let runner = Arc::clone(self) as Arc<dyn Runner>;
        App::new(
            world.app.db.clone(),
            Arc::clone(&world.clock) as _,
            keys,
            runner,
            settings,
        )
    }

    /// How often something was posted.
    pub fn posted(&self) -> usize {
        self.posts.lock().expect("no panic").len()
    }

    /// The next messages are answered like this.
    pub fn answer(&self, answers: impl IntoIterator<Item = Result<u16, String>>) {
        self.answers.lock().expect("no panic").extend(answers);
    }
}

/// A request of a tenant's administrator to a process.
pub fn admin(app: &App, tenant: &TenantWorld, method: &str, rest: &str) -> Ask {
    Ask::new(api::router(app.clone()), method, &tenant.path(rest)).token(&tenant.admin)
}

/// An account of Domo with this secret.
pub fn domo(secret: &str) -> Value {
    json!({ "name": "domo", "account": { "kind": "domo", "client_id": "client", "client_secret": { "value": secret } } })
}

impl Runner for Probe {
    fn describe(&self) -> BoxFuture<'_, Result<Value, RunFailure>> {
        Box::pin(async { Ok(json!({ "job": {}, "query": {}, "receipt": {} })) })
    }

    fn run<'a>(&'a self, _: Order, _: BoxFuture<'a, ()>) -> BoxFuture<'a, Ended> {
        Box::pin(async { failed("unused") })
    }

    fn validate<'a>(
        &'a self,
        _: &'a TenantSetup,
        _: &'a Value,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async { Ok(()) })
    }

    fn check<'a>(
        &'a self,
        _: &'a TenantSetup,
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async { Ok(json!({})) })
    }

    /// Tells the query, the configuration, and how long the secret is that it names.
    fn browse<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        query: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async move {
            let key = query["secret"].as_str().unwrap_or("domo/client_secret");
            let secret = tenant.secrets.read(key).await;
            Ok(json!({
                "query": query,
                "config": tenant.config,
                "revision": tenant.revision,
                "secret": secret.as_ref().map(|value| value.len()).map_err(|none| format!("{none:?}")),
            }))
        })
    }

    fn post<'a>(
        &'a self,
        _: &'a TenantSetup,
        message: &'a Post,
    ) -> BoxFuture<'a, Result<u16, String>> {
        Box::pin(async move {
            self.posts.lock().expect("no panic").push(message.clone());
            let answer = self.answers.lock().expect("no panic").pop_front();
            answer.unwrap_or(Ok(204))
        })
    }

    fn append_rows<'a>(
        &'a self,
        _: &'a TenantSetup,
        account: &'a str,
        dataset: &'a str,
        csv: &'a str,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async move {
            let row = (account.to_owned(), dataset.to_owned(), csv.to_owned());
            self.rows.lock().expect("no panic").push(row);
            Ok(())
        })
    }

    fn forget<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Result<Forgotten, String>> {
        Box::pin(async move {
            let mut forgotten = self.forgotten.lock().expect("no panic");
            forgotten.push(tenant.to_owned());
            Ok(Forgotten {
                spool_files: 2,
                spool_bytes: 4_096,
            })
        })
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn usage(&self) -> ProcessUsage {
        ProcessUsage::default()
    }
}
