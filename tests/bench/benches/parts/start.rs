//! What a process waits for before its first run: the connector compiled, and taken from the cache.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use criterion::Criterion;
use writeback_host::{CodeSource, Connector, Engine, EngineOptions};

pub fn bench(criterion: &mut Criterion) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cache = folder.path().join("cache");
    let mut group = criterion.benchmark_group("start");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.bench_function("compile the connector", |bencher| {
        bencher.iter(|| load(None));
    });
    load(Some(&cache))?;
    group.bench_function("take it from the cache", |bencher| {
        bencher.iter(|| {
            let connector = load(Some(&cache)).expect("it was loaded before");
            assert_eq!(connector.code_source(), &CodeSource::Cache);
        });
    });
    group.finish();
    Ok(())
}

fn load(cache: Option<&Path>) -> Result<Connector> {
    let mut options = EngineOptions::default();
    options.cache = cache.map(Path::to_owned);
    Ok(Engine::new(options)?.load(writeback_component::BYTES)?)
}
