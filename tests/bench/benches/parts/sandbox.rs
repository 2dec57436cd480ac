//! Contenders compiled to WebAssembly and run by wasmtime, with the interrupts that the host has on.

use anyhow::Result;
use wasmtime::{Config, Engine, Module};
use writeback_bench_guest::PeerKind;

use crate::guest::{self, Guest};
use crate::lanes::Runner;

/// A compiled module.
pub struct Sandbox {
    engine: Engine,
    module: Module,
}

impl Sandbox {
    /// Builds and compiles the module.
    ///
    /// # Errors
    /// When cargo cannot build it or wasmtime cannot compile it.
    pub fn build() -> Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let module = Module::from_file(&engine, guest::build()?)?;
        Ok(Self { engine, module })
    }

    /// Feeds a contender.
    ///
    /// # Errors
    /// When the module does not export what it should.
    pub fn runner(&self, kind: PeerKind) -> Result<Runner> {
        let mut guest = Guest::new(&self.engine, &self.module)?;
        Ok(Box::new(move |bytes| guest.run(kind, bytes)))
    }
}
