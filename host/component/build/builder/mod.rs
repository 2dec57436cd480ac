//! Compiles a guest crate of this workspace for WebAssembly and makes it a component. A part of the
//! build scripts that embed one: it tells cargo what it read. No crate of its own, because what it
//! needs would then count as the programs' dependencies.
//!
//! It never changes the machine outside the target folder, but for `rustup target add`.

mod debian;
mod nested;
mod toolchain;

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A crate of this workspace that compiles to a core module.
pub struct Guest {
    /// The package.
    pub package: &'static str,
    /// Its folder, from the workspace's root.
    pub folder: &'static str,
    /// Its features that are on.
    pub features: &'static str,
    /// Folders of this workspace that it is built from besides.
    pub with: &'static [&'static str],
}

/// The guest as a component.
///
/// # Errors
/// Where there is no compiler, or the guest does not compile or is no component.
pub fn component(guest: &Guest) -> Result<Vec<u8>> {
    println!("cargo::rerun-if-env-changed={}", toolchain::CHOICE);
    encode(&compile(guest)?)
}

/// A core module that carries its world, as a component.
///
/// # Errors
/// What does not fit.
pub fn encode(module: &[u8]) -> Result<Vec<u8>> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| anyhow::anyhow!("the guest does not make a component: {error:?}"))
}

/// The workspace's root.
///
/// # Errors
/// Outside of a build script.
pub fn root() -> Result<PathBuf> {
    // Asked at run time: a copied or moved checkout may share its target folder with another.
    let package = env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?;
    let package = Path::new(&package).canonicalize()?;
    let root = package
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").exists());
    Ok(root.context("no workspace around the package")?.to_owned())
}

fn compile(guest: &Guest) -> Result<Vec<u8>> {
    let root = root()?;
    for folder in [guest.folder].iter().chain(guest.with) {
        let inputs = ["src", "schema", "wit", "Cargo.toml"];
        let inputs = inputs.map(|input| root.join(folder).join(input));
        // One that is not there would count as changed each time.
        for input in inputs.iter().filter(|input| input.exists()) {
            println!("cargo::rerun-if-changed={}", input.display());
        }
    }
    for input in ["wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    let out = env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?;
    let target = target_folder(Path::new(&out))?;
    let folder = target.join("guest");
    std::fs::create_dir_all(&folder)?;
    // Guests are built one after the other: they share a target folder, and what it takes to build.
    let lock = File::create(folder.join("building"))?;
    lock.lock()?;
    let toolchain = toolchain::find(&target)?;
    println!(
        "cargo::rustc-env=WRITEBACK_GUEST_TOOLCHAIN_USED={}",
        toolchain.name()
    );
    nested::build(guest, &root, &folder, &toolchain)
}

/// Cargo's target folder: the outermost one above `OUT_DIR` that cargo has tagged.
fn target_folder(out: &Path) -> Result<PathBuf> {
    let tagged = out
        .ancestors()
        .filter(|folder| folder.join("CACHEDIR.TAG").exists())
        .last();
    Ok(tagged.context("no target folder above OUT_DIR")?.to_owned())
}
