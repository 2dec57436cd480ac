//! `report`: tables and plots of all that was measured, written into the documentation.

mod density;
mod document;
mod parts;
mod peers;
mod plot;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use writeback_bench::machine::Machine;
use writeback_bench::model::{Density, Parts, Peers};
use writeback_bench::target;

use document::Document;

/// The documentation's folder.
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

/// Replaces the parts of the document that results are there for.
pub fn run() -> Result<()> {
    let results = target().join("bench");
    let plots = Path::new(DOCS).join("benchmarks");
    fs::create_dir_all(&plots).with_context(|| format!("cannot create `{}`", plots.display()))?;
    let mut document = Document::open(Path::new(DOCS).join("benchmarks.md"))?;
    if let Some(peers) = read::<Peers>(&results.join("peers.json"))? {
        document.replace("machine", &machine(&peers.machine, &peers))?;
        document.replace("targets", &peers::targets(&peers))?;
        document.replace("peers", &peers::tables(&peers))?;
        peers::plots(&peers, &plots)?;
    }
    if let Some(density) = read::<Density>(&results.join("density.json"))? {
        document.replace("density", &density::tables(&density))?;
        density::plots(&density, &plots)?;
    }
    if let Some(parts) = read::<Parts>(&results.join("parts.json"))? {
        document.replace("parts", &parts::table(&parts))?;
    }
    document.write()
}

/// A file of results, if it is there.
fn read<T: DeserializeOwned>(path: &PathBuf) -> Result<Option<T>> {
    let Ok(text) = fs::read(path) else {
        eprintln!("note: no `{}`: its part stays as it is", path.display());
        return Ok(None);
    };
    let results = serde_json::from_slice(&text);
    Ok(Some(results.with_context(|| {
        format!(
            "`{}` is not what this version writes\nhint: measure again",
            path.display()
        )
    })?))
}

fn machine(machine: &Machine, peers: &Peers) -> String {
    let memory = machine.memory as f64 / f64::from(1 << 30);
    let mut text = format!(
        "{}, {} cores, {memory:.0} GiB of memory, {}, {}; commit {}.\n\nBeside it: ",
        machine.cpu, machine.cores, machine.kernel, machine.filesystem, machine.commit
    );
    let versions = peers
        .versions
        .iter()
        .filter(|(name, _)| *name != "writeback");
    let versions = versions.map(
        |(name, version)| match version.starts_with(char::is_numeric) {
            true => format!("{name} {version}"),
            false => version.clone(),
        },
    );
    text.push_str(&versions.collect::<Vec<_>>().join("; "));
    text + ".\n"
}
