//! The contenders' module: built by a nested cargo as the connector is, and fed in chunks.
//! What it costs to copy each chunk into the sandbox counts, as it does for native code.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};
use writeback_bench_guest::{CHUNK, PeerKind};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the module as the connector is built: optimised, with vector instructions.
///
/// # Errors
/// When cargo cannot build it.
pub fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("target/guest");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(&root)
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+simd128")
        .args([
            "build",
            "--locked",
            "--profile",
            "guest",
            "--package",
            "writeback-bench-guest",
            "--target",
            TARGET,
        ])
        .arg("--target-dir")
        .arg(&folder)
        .status()
        .context("cannot start cargo for the module")?;
    ensure!(status.success(), "the module does not compile");
    Ok(folder.join(TARGET).join("guest/writeback_bench_guest.wasm"))
}

/// An instance of the module.
pub struct Guest {
    store: Store<()>,
    memory: Memory,
    buffer: usize,
    start: TypedFunc<u32, ()>,
    push: TypedFunc<u32, ()>,
    finish: TypedFunc<(), u32>,
}

impl Guest {
    /// A new one.
    ///
    /// # Errors
    /// When the module does not export what it should.
    pub fn new(engine: &Engine, module: &Module) -> Result<Self> {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(1);
        let instance = Instance::new(&mut store, module, &[])?;
        let buffer = instance
            .get_typed_func::<(), u32>(&mut store, "buffer")?
            .call(&mut store, ())?;
        Ok(Self {
            memory: instance
                .get_memory(&mut store, "memory")
                .context("the module has no memory")?,
            buffer: buffer as usize,
            start: instance.get_typed_func(&mut store, "start")?,
            push: instance.get_typed_func(&mut store, "push")?,
            finish: instance.get_typed_func(&mut store, "finish")?,
            store,
        })
    }

    /// Feeds a contender in chunks of the module's buffer, and returns what it has seen.
    ///
    /// # Errors
    /// When the module traps.
    pub fn run(&mut self, kind: PeerKind, bytes: &[u8]) -> Result<String> {
        let kind = PeerKind::ALL.iter().position(|other| *other == kind);
        let kind = kind.context("a kind of the module's")? as u32;
        self.start.call(&mut self.store, kind)?;
        for chunk in bytes.chunks(CHUNK) {
            self.memory.write(&mut self.store, self.buffer, chunk)?;
            self.push.call(&mut self.store, chunk.len() as u32)?;
        }
        let length = self.finish.call(&mut self.store, ())? as usize;
        let seen = &self.memory.data(&self.store)[self.buffer..self.buffer + length];
        Ok(String::from_utf8_lossy(seen).into_owned())
    }
}
