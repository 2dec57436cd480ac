//! What a run costs besides its work: store, limits, instance, one call, teardown. The connector is given a job that
//! it refuses at once; a component that returns at once stands beside it.

use anyhow::{Result, ensure};
use criterion::{BenchmarkId, Criterion};
use tokio::runtime::Runtime;
use writeback_host::config::Config;
use writeback_host::{Connector, Engine, EngineOptions, RunError, Tenant};

/// The group that has the target.
pub const GROUP: &str = "one run";
/// What the sandbox may cost a run, in nanoseconds.
pub const TARGET: f64 = 1e6;

pub fn bench(criterion: &mut Criterion, runtime: &Runtime) -> Result<()> {
    let engine = Engine::new(EngineOptions::default())?;
    let tenant = Tenant::new(Config::default().into_tenant())?;
    let mut group = criterion.benchmark_group(GROUP);
    for (name, bytes, job) in [
        ("the connector", writeback_component::BYTES, "{}"),
        (
            "a small component",
            writeback_hostile::BYTES,
            r#"{ "attack": "nothing" }"#,
        ),
    ] {
        let connector = engine.load(bytes)?;
        runtime.block_on(end(&connector, &tenant, job))?;
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher
                .to_async(runtime)
                .iter(async || end(&connector, &tenant, job).await.expect("as before"));
        });
    }
    group.finish();
    Ok(())
}

/// Starts a run and waits for its end: a receipt, or the component's own refusal.
async fn end(connector: &Connector, tenant: &Tenant, job: &str) -> Result<()> {
    let ended = connector.run(tenant).run(job).await;
    ensure!(
        matches!(ended, Ok(_) | Err(RunError::Failed(_))),
        "{ended:?}"
    );
    Ok(())
}
