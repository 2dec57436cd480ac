//! Bytes that cross the component's boundary: a call of the spool's that brings some to the host, and one that
//! takes some to the component, as the body of a reply is. The spool keeps nothing, so it is the crossing that counts.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use criterion::{BenchmarkId, Criterion, Throughput};
use serde_json::json;
use tokio::runtime::Runtime;
use writeback_host::config::Config;
use writeback_host::spool::{Blob, BlobReader, Spool, SpoolStore, in_memory};
use writeback_host::state::RunKey;
use writeback_host::{BoxFuture, Bytes, Connector, Engine, EngineOptions, Tenant};

/// Bytes of a call: none, and what the connector reads at a time or might.
const SIZES: [usize; 3] = [0, 64 << 10, 512 << 10];

pub fn bench(criterion: &mut Criterion, runtime: &Runtime) -> Result<()> {
    let connector = Engine::new(EngineOptions::default())?.load(writeback_hostile::BYTES)?;
    let tenant = tenant()?;
    for (name, attack) in [
        ("crossing to the host", "append-often"),
        ("crossing to the component", "read-often"),
    ] {
        let mut group = criterion.benchmark_group(name);
        for size in SIZES {
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter_custom(|times| {
                    runtime.block_on(calls(&connector, &tenant, attack, size, times))
                });
            });
        }
        group.finish();
    }
    Ok(())
}

async fn calls(
    connector: &Connector,
    tenant: &Tenant,
    attack: &str,
    size: usize,
    times: u64,
) -> Duration {
    let job = json!({ "attack": attack, "args": { "bytes": size, "times": times } }).to_string();
    let started = Instant::now();
    let receipt = connector.run(tenant).run(&job).await;
    let took = started.elapsed();
    receipt.expect("all calls go through");
    took
}

fn tenant() -> Result<Tenant> {
    let mut config = Config::default();
    let limits = &mut config.limits;
    limits.cpu_seconds = u64::from(u32::MAX);
    limits.tenant.cpu_seconds = limits.cpu_seconds;
    limits.spool_bytes = u64::MAX;
    limits.tenant.spool_bytes = u64::MAX;
    let tenant = Tenant::builder(config.into_tenant()).spools(Arc::new(Nowhere));
    Ok(tenant.build()?)
}

/// A spool that takes everything, keeps nothing and gives zeros.
struct Nowhere;

impl SpoolStore for Nowhere {
    fn open<'a>(&'a self, _: Option<&'a RunKey>) -> BoxFuture<'a, io::Result<Box<dyn Spool>>> {
        Box::pin(async { Ok(Box::new(Self) as Box<dyn Spool>) })
    }
}

impl Spool for Nowhere {
    fn open<'a>(&'a mut self, _: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Blob>>> {
        Box::pin(async { Ok(Box::new(Self) as Box<dyn Blob>) })
    }
}

static ZEROS: [u8; 512 << 10] = [0; 512 << 10];

impl Blob for Nowhere {
    fn append(&mut self, _: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn read(&mut self, _: u64, length: u64) -> BoxFuture<'_, io::Result<BlobReader>> {
        Box::pin(async move {
            let length = usize::try_from(length).map_err(io::Error::other)?;
            Ok(in_memory(Bytes::from_static(&ZEROS[..length])))
        })
    }
}
