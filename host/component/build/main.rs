//! Builds `guest/connector` as a component, and around it the builds for other platforms, and leaves the bytes
//! for the crate to embed. `WRITEBACK_COMPONENT=FILE` takes a finished connector instead; nothing is built then.

mod builder;
mod compose;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use builder::{Guest, component};

const CONNECTOR: Guest = Guest {
    package: "writeback-connector",
    folder: "guest/connector",
    features: "",
    with: &[],
};

/// What the adapter and the fronts share with the host.
const SHARED: &[&str] = &["host/policy", "host/oauth", "guest/adapter"];

/// Each place that settings come from, and the adapter for it.
const ADAPTERS: [(&str, Guest); 2] = [("environment", adapter("")), ("store", adapter("store"))];

/// Each way to be started, what it exports then, and the front for it.
const FRONTS: [(&str, &str, Guest); 2] = [
    ("cli", "wasi:cli/run@0.2.12", front("cli")),
    ("http", "wasi:http/incoming-handler@0.2.12", front("http")),
];

const fn adapter(features: &'static str) -> Guest {
    Guest {
        package: "writeback-adapter",
        folder: "guest/adapter",
        features,
        with: SHARED,
    }
}

const fn front(features: &'static str) -> Guest {
    Guest {
        package: "writeback-front",
        folder: "guest/front",
        features,
        with: SHARED,
    }
}

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=WRITEBACK_COMPONENT");
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let given = env::var_os("WRITEBACK_COMPONENT");
    let connector = match &given {
        Some(file) => read_component(Path::new(file))?,
        None => component(&CONNECTOR)?,
    };
    fs::write(out.join("connector.wasm"), &connector)?;
    // An empty file says that there is none.
    let built = |guest: &Guest| match given {
        Some(_) => Ok(None),
        None => component(guest).map(Some),
    };
    let adapters = [built(&ADAPTERS[0].1)?, built(&ADAPTERS[1].1)?];
    let fronts = [built(&FRONTS[0].2)?, built(&FRONTS[1].2)?];
    for ((settings, _), adapter) in ADAPTERS.iter().zip(&adapters) {
        let save = |start, front: Option<(&[u8], &str)>| -> Result<()> {
            let bytes = match adapter {
                Some(adapter) => compose::portable(front, &connector, adapter)?,
                None => Vec::new(),
            };
            fs::write(out.join(format!("{start}-{settings}.wasm")), bytes)?;
            Ok(())
        };
        save("library", None)?;
        for ((start, export, _), front) in FRONTS.iter().zip(&fronts) {
            save(
                start,
                front.as_ref().map(|front| (front.as_slice(), *export)),
            )?;
        }
    }
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
