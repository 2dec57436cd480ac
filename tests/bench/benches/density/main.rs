//! Many runs at once in one process, each waiting on a slow cloud that is a process of its own; and what a byte and a
//! job cost as there are more of them.
//!
//! `cargo build --release -p writeback && cargo bench --bench density`. Each figure is taken in a new process, so that
//! none has the memory of another. Everything is written to `target/bench/density.json`.

mod cloud;
mod fit;
mod point;
mod process;

use std::path::Path;

use anyhow::{Context as _, Result};
use writeback_bench::machine::Machine;
use writeback_bench::model::{Density, Fit};
use writeback_bench::target;

use cloud::Cloud;
use fit::Line;
use point::{Measured, Work};

/// Runs at once.
const RUNS: [u64; 5] = [1, 10, 100, 1000, 5000];
/// Milliseconds that the cloud keeps each connection and each request waiting.
const LATENCY: u64 = 1000;
/// Rows of what each of them moves: about 100 KB.
const ROWS: u64 = 1000;
/// Rows of one run by itself: from 1 MB to 1 GB.
const GROWING: [u64; 4] = [11_500, 115_000, 1_150_000, 11_500_000];

fn main() -> Result<()> {
    process::raise_files()?;
    let mut arguments = std::env::args().skip(1);
    if let (Some("point"), Some(work)) = (arguments.next().as_deref(), arguments.next()) {
        return point::measure(&serde_json::from_str(&work)?);
    }
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder)?;
    point::prepare(&folder)?;
    let many = many(&folder)?;
    let large = large(&folder)?;
    let density = Density {
        machine: Machine::here(&folder),
        fits: fits(&many, &large),
        points: many.into_iter().map(|measured| measured.point).collect(),
    };
    let file = folder.join("density.json");
    std::fs::write(&file, serde_json::to_string_pretty(&density)?)?;
    println!("written: {}", file.display());
    Ok(())
}

fn many(folder: &Path) -> Result<Vec<Measured>> {
    let cloud = Cloud::start(&target(), ROWS, LATENCY)?;
    println!(
        "{:>6} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "runs", "MiB", "KiB/run", "p50 ms", "p99 ms", "wall s", "MB/s", "CPU s"
    );
    let measured = RUNS.iter().map(|runs| {
        let measured = child(&Work::new(folder, &cloud, *runs))?;
        let point = &measured.point;
        println!(
            "{:>6} {:>9.1} {:>9.1} {:>8.2} {:>8.2} {:>8.1} {:>8.2} {:>8.2}",
            point.runs,
            point.resident_bytes as f64 / 1_048_576.0,
            point.bytes_per_run / 1024.0,
            point.delay_p50_ms,
            point.delay_p99_ms,
            point.wall_s,
            point.bytes_per_second / 1e6,
            point.cpu_s
        );
        Ok(measured)
    });
    measured.collect()
}

fn large(folder: &Path) -> Result<Vec<Measured>> {
    println!(
        "\n{:>12} {:>9} {:>8} {:>8}",
        "bytes", "MiB", "wall s", "CPU s"
    );
    let measured = GROWING.iter().map(|rows| {
        let cloud = Cloud::start(&target(), *rows, 0)?;
        let measured = child(&Work::new(folder, &cloud, 1))?;
        let point = &measured.point;
        println!(
            "{:>12} {:>9.1} {:>8.2} {:>8.2}",
            measured.bytes,
            point.resident_bytes as f64 / 1_048_576.0,
            point.wall_s,
            point.cpu_s
        );
        Ok(measured)
    });
    measured.collect()
}

fn fits(many: &[Measured], large: &[Measured]) -> Vec<Fit> {
    let line = |measured: &[Measured], x: fn(&Measured) -> f64, y: fn(&Measured) -> f64| {
        Line::through(measured.iter().map(|one| (x(one), y(one))).collect())
    };
    let runs = |one: &Measured| one.point.runs as f64;
    let gigabytes = |one: &Measured| one.bytes as f64 / 1e9;
    vec![
        line(large, gigabytes, |one| one.point.cpu_s).fit(
            "processor time of a run with the bytes that it moves",
            "CPU s/GB",
            "Straight: every byte is received, counted, hashed, spooled and sent once",
        ),
        line(large, gigabytes, |one| {
            one.point.resident_bytes as f64 / 1_048_576.0
        })
        .fit(
            "resident memory of a run with the bytes that it moves",
            "MiB/GB",
            "Flat: buffers have fixed sizes",
        ),
        line(many, runs, |one| one.point.cpu_s * 1e3).fit(
            "processor time with the number of runs at once",
            "CPU ms/run",
            "Bends where ext4 looks for free inodes among those deleted in the last seconds: each run makes two folders and two files",
        ),
        line(many, runs, |one| one.point.resident_bytes as f64 / 1024.0).fit(
            "resident memory with the number of runs at once",
            "KiB/run",
            "Straight after the first; a run has 7 mappings and up to 3 open files, so `vm.max_map_count` (65,530) ends it at about 9,000 runs",
        ),
    ]
}

/// Measures in a new process.
fn child(work: &Work) -> Result<Measured> {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(["point", &serde_json::to_string(work)?])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    anyhow::ensure!(output.status.success(), "{} runs at once fail", work.runs);
    let measured = serde_json::from_slice(&output.stdout);
    measured.context("the measuring process does not say what it saw")
}
