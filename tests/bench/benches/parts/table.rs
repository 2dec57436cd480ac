//! Counting and hashing an export: the connector's code in the sandbox, the same code native, and csv-core.

use anyhow::{Context, Result};
use criterion::{Criterion, Throughput};
use writeback_bench::csv::{self, Csv};
use writeback_bench::model::{Part, Place};
use writeback_bench_guest::PeerKind;

use crate::lanes::{self, Lane};
use crate::native::Native;
use crate::sandbox::Sandbox;

/// Bytes of each table.
const SIZE: usize = 64 << 20;
/// Of those that criterion takes.
const SMALL: usize = 4 << 20;
/// Every lane takes its turn in each round, so that a slow minute of the machine hits all alike.
const ROUNDS: usize = 7;
/// What the sandbox may take, times native code.
const RATIO: f64 = 1.5;

/// Each contender in each place by itself, over narrow columns.
pub fn bench(criterion: &mut Criterion) -> Result<()> {
    let [Csv { bytes, .. }, ..] = csv::generate(SMALL);
    let mut group = criterion.benchmark_group("table");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    for mut lane in lanes(&Sandbox::build()?)? {
        group.bench_function(format!("{}, {}", lane.name, lane.place), |bencher| {
            bencher.iter(|| lane.run(&bytes).expect("a whole table"));
        });
    }
    group.finish();
    Ok(())
}

/// All contenders by turns: CPU seconds per 10^9 bytes, and the sandbox's times the native one.
pub fn compare() -> Result<Vec<Part>> {
    let sandbox = Sandbox::build()?;
    let mut parts = Vec::new();
    for Csv { name, bytes } in csv::generate(SIZE) {
        let mut lanes = lanes(&sandbox)?;
        lanes::rounds(&mut lanes, &bytes, ROUNDS)?;
        print(name, bytes.len(), &lanes);
        for kind in PeerKind::ALL {
            let cost = |place| cost(&lanes, kind, place);
            let (inside, native) = (cost(SANDBOX)?, cost(NATIVE)?);
            let part = |place, value, ratio| Part {
                name: format!("{}: {name}", kind.name()),
                place,
                value,
                unit: "CPU s/GB".to_owned(),
                ratio,
                target: ratio.filter(|_| kind == PeerKind::Table).map(|_| RATIO),
            };
            parts.push(part(Place::Sandbox, inside, Some(inside / native)));
            parts.push(part(Place::Native, native, None));
        }
    }
    Ok(parts)
}

const SANDBOX: &str = "sandbox";
const NATIVE: &str = "native";

fn lanes(sandbox: &Sandbox) -> Result<Vec<Lane>> {
    let mut lanes = Vec::new();
    for kind in PeerKind::ALL {
        lanes.push(Lane::new(kind.name(), SANDBOX, sandbox.runner(kind)?));
        lanes.push(Lane::new(kind.name(), NATIVE, Native::runner(kind)));
    }
    Ok(lanes)
}

fn cost(lanes: &[Lane], kind: PeerKind, place: &str) -> Result<f64> {
    let mut lanes = lanes.iter();
    let lane = lanes.find(|lane| lane.name == kind.name() && lane.place == place);
    Ok(lane.context("a lane for each")?.cost())
}

fn print(name: &str, size: usize, lanes: &[Lane]) {
    println!(
        "\n{name}, {} MB, median of {ROUNDS} rounds; {}",
        size / 1_000_000,
        lanes[0].seen()
    );
    println!("{:<18} {:<8} {:>8} {:>12}", "", "", "MB/s", "CPU s/GB");
    for lane in lanes {
        println!(
            "{:<18} {:<8} {:>8.0} {:>12.3}",
            lane.name,
            lane.place,
            lane.rate(),
            lane.cost()
        );
    }
}
