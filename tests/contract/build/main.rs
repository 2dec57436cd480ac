//! Holds this tree's contract and component against those of every release, and against some that differ in one thing,
//! and leaves the verdicts for the crate to include.

mod altered;
mod verdict;
mod world;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use altered::{ALTERED, MORE};
use world::World;

fn main() -> Result<()> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").context("cargo sets it")?);
    let root = package.join("../..").canonicalize()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets it")?);
    let (wit, releases) = (root.join("wit"), root.join("tests/releases"));
    for input in [&wit, &releases] {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    let own = World::read(&wit)?;
    let altered = |altered: &altered::Altered| altered.world(&wit, &out.join(altered.name));
    let verdicts = ALTERED
        .iter()
        .map(|one| verdict::of(one.name, &own, &altered(one)?));
    fs::write(out.join("altered.rs"), verdict::list(verdicts)?)?;
    fs::write(out.join("releases.rs"), of_releases(&own, &releases)?)?;
    fs::write(out.join("wit-version"), own.version()?.to_string())?;
    fs::write(out.join("plain.wasm"), own.component()?)?;
    fs::write(out.join("wants-more.wasm"), altered(&MORE)?.component()?)?;
    Ok(())
}

fn of_releases(own: &World, folder: &Path) -> Result<String> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let entries = entries.collect::<std::io::Result<Vec<_>>>()?;
    let mut folders: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    let verdicts = folders.iter().map(|release| {
        let name = release.file_name().context("a release's folder")?;
        let theirs = World::read(&release.join("wit"))?;
        verdict::of(&name.to_string_lossy(), own, &theirs)
    });
    verdict::list(verdicts)
}
