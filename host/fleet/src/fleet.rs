//! The server's port to the sandbox, in terms of the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tracing::Instrument as _;
use writeback_host::config::Config;
use writeback_host::state::RunKey;
use writeback_host::{
    CancelToken, Connector, Engine, EngineOptions, Error, RunError, Tenant, UsageMeter,
};
use writeback_server::runner::{
    BoxFuture, Ended, Forgotten, Order, Post, ProcessUsage, RunFailure, Runner, Spooled,
    TenantSetup, Usage,
};

use crate::members::{InUse, Members, Surroundings, folder_of};
use crate::options::Options;
use crate::watch::Watcher;
use crate::{failure, folder};

/// Runs jobs of many tenants.
pub struct Fleet {
    connector: Connector,
    /// A tenant without accounts, to ask the connector as.
    nobody: Tenant,
    members: Members,
    with: Arc<Surroundings>,
    running: AtomicU64,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").finish_non_exhaustive()
    }
}

impl Fleet {
    /// A fleet. Blocks while the connector is compiled, which takes seconds where no cache has its code.
    ///
    /// # Errors
    /// The sandbox cannot be set up, the folder not be used, or what the operator allows is not usable.
    pub fn new(options: Options) -> Result<Self, Error> {
        let Options {
            data,
            mut operator,
            connector,
            cache,
            clock,
            idle_tenants,
            idle_for,
        } = options;
        for part in ["spool", "tenants"] {
            folder::create(&data.join(part)).map_err(|error| {
                Error::Config(format!("the folder `{}`: {error}", data.display()))
            })?;
        }
        operator.accounts.clear();
        let nobody = nobody(operator.clone())?;
        let connector = match connector {
            Some(connector) => connector,
            None => {
                let mut options = EngineOptions::default();
                options.cache = cache;
                Engine::new(options)?.load(writeback_component::BYTES)?
            }
        };
        Ok(Self {
            connector,
            nobody,
            members: Members::new(idle_tenants, idle_for),
            with: Arc::new(Surroundings {
                operator,
                data,
                clock,
            }),
            running: AtomicU64::new(0),
        })
    }

    async fn member(&self, setup: &TenantSetup) -> Result<InUse, RunFailure> {
        self.members.get(setup, &self.with).await.map(InUse)
    }

    async fn attempt(
        &self,
        order: Order,
        cancelled: BoxFuture<'_, ()>,
        meter: UsageMeter,
    ) -> Result<Value, RunFailure> {
        let key: RunKey = order.run.parse().map_err(|error| {
            failure::told("internal", &format!("the run `{}`: {error}", order.run))
        })?;
        let member = self.member(&order.tenant).await?;
        let (watcher, token) = (Arc::new(Watcher(order.watch)), CancelToken::new());
        let run = self
            .connector
            .run(member.0.tenant())
            .keep_by(key, order.kept, watcher.clone())
            .turns(watcher.clone())
            .progress(watcher)
            .cancel(token.clone())
            .measure(meter);
        let job = order.job.to_string();
        let mut running = Box::pin(run.run(&job));
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = cancelled => {
                token.cancel();
                running.await
            }
        };
        document(ended)
    }

    /// Removes what there is of a tenant on this machine.
    fn erase(with: &Surroundings, tenant: &str) -> Result<Forgotten, String> {
        let (spool, state) = (folder_of(&with.spools(), tenant)?, with.state(tenant));
        let (spool_files, spool_bytes) = folder::size(&spool);
        for gone in [spool, state] {
            folder::remove(&gone).map_err(|error| format!("`{}`: {error}", gone.display()))?;
        }
        Ok(Forgotten {
            spool_files,
            spool_bytes,
        })
    }

    /// The runs that spools are kept of.
    fn spools(with: &Surroundings) -> Vec<Spooled> {
        let above = with.spools();
        let tenants = folder::names(&above).into_iter();
        let runs = tenants.flat_map(|tenant| {
            let runs = folder::names(&above.join(&tenant)).into_iter();
            runs.map(move |run| (tenant.clone(), run))
        });
        runs.map(|(tenant, run)| Spooled {
            bytes: folder::size(&above.join(&tenant).join(&run)).1,
            tenant,
            run,
        })
        .collect()
    }
}

/// A tenant who has nothing, in the way of nobody.
fn nobody(mut operator: Config) -> Result<Tenant, Error> {
    let together = &mut operator.limits.tenant;
    for limit in [
        &mut together.runs,
        &mut together.memory,
        &mut together.cpu_seconds,
        &mut together.handles,
    ] {
        *limit = u64::MAX;
    }
    Tenant::new(operator.into_tenant())
}

/// What the connector answered.
fn document(ended: Result<String, RunError>) -> Result<Value, RunFailure> {
    let text = ended.map_err(|error| failure::of_run(&error))?;
    serde_json::from_str(&text).map_err(|error| failure::told("internal", &error.to_string()))
}

/// Counts a run as long as it is under way.
struct UnderWay<'a>(&'a AtomicU64);

impl<'a> UnderWay<'a> {
    fn new(running: &'a AtomicU64) -> Self {
        running.fetch_add(1, Ordering::Relaxed);
        Self(running)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Work of the disk, away from the threads that others wait on.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|error| error.to_string())?
}

impl Runner for Fleet {
    fn describe(&self) -> BoxFuture<'_, Result<Value, RunFailure>> {
        Box::pin(async { document(self.connector.describe(&self.nobody).await) })
    }

    fn run<'a>(&'a self, order: Order, cancelled: BoxFuture<'a, ()>) -> BoxFuture<'a, Ended> {
        let span = tracing::info_span!("tenant", tenant = %order.tenant.id, run = %order.run);
        let running = async move {
            let _under_way = UnderWay::new(&self.running);
            let meter = UsageMeter::new();
            let outcome = self.attempt(order, cancelled, meter.clone()).await;
            let used = meter.read();
            let usage = Usage {
                received_bytes: used.received_bytes,
                sent_bytes: used.sent_bytes,
                requests: used.requests,
                throttled: used.throttled,
                cpu_ms: u64::try_from(used.cpu.as_millis()).unwrap_or(u64::MAX),
                memory_bytes: used.peak_memory,
            };
            Ended { outcome, usage }
        };
        Box::pin(running.instrument(span))
    }

    fn validate<'a>(
        &'a self,
        _: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async move {
            // Whoever has no account gets a report, which says so of each, unless the job is wrong.
            let run = self.connector.run(&self.nobody).accounts([""; 0]);
            document(run.check(&job.to_string()).await).map(drop)
        })
    }

    fn check<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async move {
            let member = self.member(tenant).await?;
            let run = self.connector.run(member.0.tenant());
            document(run.check(&job.to_string()).await)
        })
    }

    fn browse<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        query: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async move {
            let member = self.member(tenant).await?;
            let run = self.connector.run(member.0.tenant());
            document(run.browse(&query.to_string()).await)
        })
    }

    fn post<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        message: &'a Post,
    ) -> BoxFuture<'a, Result<u16, String>> {
        Box::pin(async move {
            let member = self
                .member(tenant)
                .await
                .map_err(|failure| failure.message)?;
            let headers: Vec<_> = message
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let body = message.body.clone();
            let posted = member.0.tenant().post(&message.url, &headers, body).await;
            posted.map_err(|error| error.to_string())
        })
    }

    fn append_rows<'a>(
        &'a self,
        tenant: &'a TenantSetup,
        account: &'a str,
        dataset: &'a str,
        csv: &'a str,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async move {
            let member = self.member(tenant).await?;
            let tenant = member.0.tenant();
            let appended = tenant.append_rows(account, dataset, csv.to_owned()).await;
            appended.map_err(|error| failure::told("rows-refused", &error.to_string()))
        })
    }

    fn forget<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Result<Forgotten, String>> {
        Box::pin(async move {
            self.members.forget(tenant);
            let (with, tenant) = (Arc::clone(&self.with), tenant.to_owned());
            on_disk(move || Self::erase(&with, &tenant)).await
        })
    }

    fn release<'a>(&'a self, tenant: &'a str, run: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let above = folder_of(&self.with.spools(), tenant)?;
            let run: RunKey = run.parse().map_err(|error| format!("`{run}`: {error}"))?;
            let folder = above.join(run.as_str());
            on_disk(move || {
                folder::remove(&folder).map_err(|error| format!("`{}`: {error}", folder.display()))
            })
            .await
        })
    }

    fn spooled(&self) -> BoxFuture<'_, Result<Vec<Spooled>, String>> {
        let with = Arc::clone(&self.with);
        Box::pin(on_disk(move || Ok(Self::spools(&with))))
    }

    fn usage(&self) -> ProcessUsage {
        ProcessUsage {
            runs: self.running.load(Ordering::Relaxed),
            tenants: self.members.count() as u64,
            spool_bytes: folder::size(&self.with.spools()).1,
        }
    }
}
