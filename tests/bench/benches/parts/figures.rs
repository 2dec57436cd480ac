//! Puts together what was measured and writes it where the report finds it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use writeback_bench::machine::Machine;
use writeback_bench::model::{Part, Parts, Place};
use writeback_bench::target;

use crate::one_run;

/// Writes criterion's medians and `compared`, and says how many targets are missed.
pub fn write(compared: Vec<Part>) -> Result<usize> {
    let target = target();
    let mut entries = compared;
    entries.extend(medians(&target.join("criterion"))?);
    let missed = entries.iter().filter(|part| verdict(part)).count();
    let machine = Machine::here(&target);
    let folder = target.join("bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join("parts.json");
    fs::write(
        &file,
        serde_json::to_string_pretty(&Parts { machine, entries })?,
    )?;
    println!("written: {}", file.display());
    Ok(missed)
}

/// Whether a part misses its target; says so of each that has one.
fn verdict(part: &Part) -> bool {
    let Some(target) = part.target else {
        return false;
    };
    let value = part.ratio.unwrap_or(part.value);
    let unit = part.ratio.map_or(part.unit.as_str(), |_| "x native");
    let missed = value > target;
    let word = if missed { "MISSED" } else { "met" };
    println!(
        "{}: {value:.2} {unit}, at most {target} {unit}: {word}",
        part.name
    );
    missed
}

/// What criterion writes of a benchmark.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    /// In nanoseconds.
    point_estimate: f64,
}

/// The medians of this run and, where it was of some parts only, of those before.
fn medians(folder: &Path) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for group in folders(folder)? {
        for function in folders(&group)? {
            let new = function.join("new");
            if new.is_dir() {
                parts.push(part(&new)?);
            }
        }
    }
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(parts)
}

fn part(folder: &Path) -> Result<Part> {
    let benchmark: Benchmark = read(&folder.join("benchmark.json"))?;
    let estimates: Estimates = read(&folder.join("estimates.json"))?;
    let nanoseconds = estimates.median.point_estimate;
    let place = match benchmark.full_id.as_str() {
        id if id.ends_with("native") => Place::Native,
        id if id.ends_with("sandbox") => Place::Sandbox,
        _ => Place::Host,
    };
    Ok(Part {
        name: benchmark.full_id.replace('/', ": "),
        place,
        value: nanoseconds / 1e3,
        unit: "µs".to_owned(),
        ratio: None,
        target: (benchmark.group_id == one_run::GROUP).then_some(one_run::TARGET / 1e3),
    })
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
    Ok(paths.into_iter().filter(|path| path.is_dir()).collect())
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}
