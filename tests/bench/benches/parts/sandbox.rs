//! Contenders compiled to WebAssembly and run by wasmtime, with the interrupts that the host has on.
//! What it costs to copy each chunk into the sandbox counts.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};
use writeback_bench_guest::{CHUNK, PeerKind};

use crate::lanes::Runner;

const TARGET: &str = "wasm32-unknown-unknown";

/// A compiled module.
pub struct Sandbox {
    engine: Engine,
    module: Module,
}

impl Sandbox {
    /// Builds the module by a nested cargo, as the connector is built: optimised, with vector instructions.
    ///
    /// # Errors
    /// When cargo cannot build it or wasmtime cannot compile it.
    pub fn build() -> Result<Self> {
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
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let module = Module::from_file(
            &engine,
            folder.join(TARGET).join("guest/writeback_bench_guest.wasm"),
        )?;
        Ok(Self { engine, module })
    }

    /// Feeds a contender in chunks of the module's buffer.
    ///
    /// # Errors
    /// When the module does not export what it should.
    pub fn runner(&self, kind: PeerKind) -> Result<Runner> {
        let mut guest = Guest::new(self)?;
        let index = PeerKind::ALL
            .iter()
            .position(|other| *other == kind)
            .context("a kind of the module's")?;
        Ok(Box::new(move |bytes| guest.run(index as u32, bytes)))
    }
}

struct Guest {
    store: Store<()>,
    memory: Memory,
    buffer: usize,
    start: TypedFunc<u32, ()>,
    push: TypedFunc<u32, ()>,
    finish: TypedFunc<(), u32>,
}

impl Guest {
    fn new(sandbox: &Sandbox) -> Result<Self> {
        let mut store = Store::new(&sandbox.engine, ());
        store.set_epoch_deadline(1);
        let instance = Instance::new(&mut store, &sandbox.module, &[])?;
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

    fn run(&mut self, kind: u32, bytes: &[u8]) -> Result<String> {
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
