//! Counting and hashing an export: the connector's code in the sandbox, the same code native, and csv-core.
//!
//! `cargo bench --profile dev --bench table`: the tests have wasmtime compiled already for that profile, and
//! what is measured is optimised in it all the same. It needs the target `wasm32-unknown-unknown`.

mod measure;
mod native;
mod sandbox;

use anyhow::Result;
use measure::Lane;
use native::Native;
use sandbox::Sandbox;
use writeback_bench::csv::{self, Csv};
use writeback_bench_guest::PeerKind;

/// Bytes of each table.
const SIZE: usize = 64 << 20;
/// Every lane takes its turn in each round, so that a slow minute of the machine hits all alike.
const ROUNDS: usize = 7;
/// CPU seconds that counting and hashing may cost per 10^9 bytes in the sandbox.
const FIGURE: f64 = 1.2;

fn main() -> Result<()> {
    let sandbox = Sandbox::build()?;
    let mut worst: f64 = 0.0;
    for Csv { name, bytes } in csv::generate(SIZE) {
        let mut lanes = Vec::new();
        for kind in PeerKind::ALL {
            lanes.push(Lane::new(kind.name(), "sandbox", sandbox.runner(kind)?));
            lanes.push(Lane::new(kind.name(), "native", Native::runner(kind)));
        }
        measure::rounds(&mut lanes, &bytes, ROUNDS)?;
        println!(
            "\n{name}, {} MB, median of {ROUNDS} rounds; {}",
            bytes.len() / 1_000_000,
            lanes[0].seen()
        );
        println!("{:<18} {:<8} {:>8} {:>12}", "", "", "MB/s", "CPU s/GB");
        for lane in &lanes {
            println!(
                "{:<18} {:<8} {:>8.0} {:>12.3}",
                lane.name,
                lane.place,
                lane.rate(),
                lane.cost()
            );
        }
        worst = worst.max(lanes[0].cost());
    }
    let verdict = if worst < FIGURE { "pass" } else { "FAIL" };
    println!(
        "\ncounting and hashing in the sandbox: {worst:.3} CPU s/GB, to be under {FIGURE}: {verdict}"
    );
    Ok(())
}
