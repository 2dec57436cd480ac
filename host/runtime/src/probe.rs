//! A look into the sandbox, for tests: what is not in it, and that a run may die at any moment. Nothing
//! else makes a probe, and without one nothing is asked.

use std::sync::Arc;

use wasmtime::MemoryCreator;

/// Sees the components' memories.
#[doc(hidden)]
#[derive(Clone)]
pub struct Probe {
    /// Makes the linear memories, and so knows where they are.
    pub memories: Option<Arc<dyn MemoryCreator>>,
    /// Called whenever a run's turn passes between component and host: neither computes meanwhile.
    pub look: Arc<dyn Fn() + Send + Sync>,
    /// The same instructions each time, on any machine: code for every processor of the architecture, and
    /// computing is not timed.
    pub reproducible: bool,
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").finish_non_exhaustive()
    }
}
