//! Builds `guest/connector` as a component and leaves the bytes for the crate to embed.
//! `WRITEBACK_COMPONENT=FILE` takes a finished component instead.

mod builder;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use builder::{Guest, component};

const CONNECTOR: Guest = Guest {
    package: "writeback-connector",
    folder: "guest/connector",
};

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=WRITEBACK_COMPONENT");
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let bytes = match env::var_os("WRITEBACK_COMPONENT") {
        Some(file) => read_component(Path::new(&file))?,
        None => component(&CONNECTOR)?,
    };
    fs::write(out.join("connector.wasm"), bytes)?;
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
