//! The compiler and its settings: one engine a process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use wasmtime::{Config, OptLevel};

use crate::cache;
use crate::connector::Connector;
use crate::error::Error;
use crate::hex::hex;
use crate::probe::Probe;

/// How the sandbox is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineOptions {
    /// How often a thread of the engine's interrupts computing components to check them. `None`:
    /// there is no thread, and whoever has the engine calls [`Engine::tick`]. Default: 10 ms.
    pub tick: Option<Duration>,
    /// Folder that keeps compiled code for later processes, made with mode 0700 where it is missing.
    /// One that others can enter or write is not used. Default: none.
    pub cache: Option<PathBuf>,
    #[doc(hidden)]
    pub probe: Option<Probe>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            tick: Some(Duration::from_millis(10)),
            cache: None,
            probe: None,
        }
    }
}

/// Compiles components. Clones share one engine.
#[derive(Clone)]
pub struct Engine {
    engine: Arc<wasmtime::Engine>,
    cache: Option<PathBuf>,
    probe: Option<Probe>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine, and the thread that interrupts its components.
    ///
    /// # Errors
    /// [`Error::Engine`] where this machine cannot run the sandbox.
    pub fn new(options: EngineOptions) -> Result<Self, Error> {
        let config = sandbox_config(options.probe.as_ref());
        let engine = config
            .and_then(|config| wasmtime::Engine::new(&config))
            .map_err(|error| Error::Engine(format!("{error:#}")))?;
        if let Some(tick) = options.tick {
            interrupt_regularly(&engine, tick).map_err(|error| Error::Engine(error.to_string()))?;
        }
        Ok(Self {
            engine: Arc::new(engine),
            cache: options.cache,
            probe: options.probe,
        })
    }

    /// Interrupts all computing components once: each that has used up its time ends, the others
    /// let other tasks have their turn. Only an engine without a thread for it needs this.
    pub fn tick(&self) {
        self.engine.increment_epoch();
    }

    #[cfg(test)]
    pub(crate) fn compiler(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// Compiles a component or takes its code from the cache, checks that it imports nothing but the
    /// connector world, and links it.
    ///
    /// # Errors
    /// [`Error::Component`] and [`Error::ForeignImport`].
    pub fn load(&self, bytes: &[u8]) -> Result<Connector, Error> {
        let digest = digest(&SHA256, bytes);
        let (component, source) = cache::load(&self.engine, bytes, digest, self.cache.as_deref())
            .map_err(|error| Error::Component(format!("{error:#}")))?;
        let (digest, probe) = (hex(digest.as_ref()), self.probe.clone());
        Connector::new(&self.engine, &component, source, digest, probe)
    }
}

fn sandbox_config(probe: Option<&Probe>) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .wasm_component_model(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        // The component is stripped: frames would be numbers.
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None);
    if let Some(memories) = probe.and_then(|probe| probe.memories.as_ref()) {
        // Without the host's own mappings a memory cannot begin as an image's copy.
        config
            .memory_init_cow(false)
            .with_host_memory(Arc::clone(memories));
    }
    if probe.is_some_and(|probe| probe.reproducible) {
        config.target(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH))?;
    }
    Ok(config)
}

/// Advances the epoch until the engine is gone.
fn interrupt_regularly(engine: &wasmtime::Engine, tick: Duration) -> std::io::Result<()> {
    let weak = engine.weak();
    std::thread::Builder::new()
        .name("writeback-epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(tick);
            }
        })?;
    Ok(())
}
