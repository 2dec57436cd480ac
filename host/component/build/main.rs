//! Builds `guest/connector` for WebAssembly, makes it a component and leaves the bytes for the
//! crate to embed. `WRITEBACK_COMPONENT=FILE` takes a finished component instead.
//!
//! It never changes the machine outside the target folder, but for `rustup target add`.

mod debian;
mod guest;
mod toolchain;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

fn main() -> Result<()> {
    for name in ["WRITEBACK_COMPONENT", toolchain::CHOICE] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let component = match env::var_os("WRITEBACK_COMPONENT") {
        Some(file) => read_component(Path::new(&file))?,
        None => encode(&build(&out)?)?,
    };
    fs::write(out.join("connector.wasm"), component)?;
    Ok(())
}

fn read_component(file: &Path) -> Result<Vec<u8>> {
    println!("cargo::rerun-if-changed={}", file.display());
    fs::read(file).with_context(|| {
        format!(
            "WRITEBACK_COMPONENT names `{}`, which cannot be read",
            file.display()
        )
    })
}

/// The guest as a core module.
fn build(out: &Path) -> Result<Vec<u8>> {
    // Asked at run time: a copied or moved checkout may share its target folder with another.
    let package = env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?;
    let root = Path::new(&package).join("../..").canonicalize()?;
    for input in [
        "guest/connector/src",
        "guest/connector/Cargo.toml",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    let target = target_folder(out)?;
    let toolchain = toolchain::find(&target)?;
    println!(
        "cargo::rustc-env=WRITEBACK_GUEST_TOOLCHAIN_USED={}",
        toolchain.name()
    );
    guest::build(&root, &target.join("guest"), &toolchain)
}

/// Cargo's target folder: the outermost one above `OUT_DIR` that cargo has tagged.
fn target_folder(out: &Path) -> Result<PathBuf> {
    let tagged = out
        .ancestors()
        .filter(|folder| folder.join("CACHEDIR.TAG").exists())
        .last();
    Ok(tagged.context("no target folder above OUT_DIR")?.to_owned())
}

fn encode(module: &[u8]) -> Result<Vec<u8>> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| anyhow::anyhow!("the guest does not make a component: {error:?}"))
}
