//! The parts of a run on their own: counting and hashing, what crosses the component's boundary, what a run costs
//! before it does anything, the token cache, the check of a request. What has a target is held against it.
//!
//! `cargo bench --bench parts`, or `cargo bench --bench parts -- crossing` for some. With `--profile dev` wasmtime
//! need not be compiled once more after `cargo test`; what is compared with native code is optimised there too. It
//! needs the target `wasm32-unknown-unknown`. Everything measured is written to `target/bench/parts.json`.

mod crossing;
mod egress;
mod figures;
mod guest;
mod lanes;
mod native;
mod one_run;
mod sandbox;
mod start;
mod table;
mod token;

use std::time::Duration;

use anyhow::{Result, ensure};
use criterion::Criterion;
use tokio::runtime::Runtime;

/// Threads move a run about as they do in the product.
const WORKERS: usize = 2;

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(2))
        .warm_up_time(Duration::from_secs(1))
        .configure_from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?;
    measure(&mut criterion, &runtime)?;
    criterion.final_summary();
    let missed = figures::write(table::compare()?)?;
    ensure!(missed == 0, "{missed} targets are missed");
    Ok(())
}

fn measure(criterion: &mut Criterion, runtime: &Runtime) -> Result<()> {
    start::bench(criterion)?;
    table::bench(criterion)?;
    crossing::bench(criterion, runtime)?;
    one_run::bench(criterion, runtime)?;
    token::bench(criterion, runtime);
    egress::bench(criterion)
}
