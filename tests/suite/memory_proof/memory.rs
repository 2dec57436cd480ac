//! Linear memories that a test can look into. They are laid out as wasmtime asks: the whole reservation and its guard
//! are there from the start, and only what the component has grown to can be touched.

use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};
use writeback_host::Probe;

/// What is done with the bytes of a memory.
type Look = dyn Fn(&[u8]) + Send + Sync;

/// A probe that shows all memories of an engine to `look`, whenever a run's turn passes and at each memory's end.
/// Only one run of the engine may compute at a time.
pub fn probe(look: impl Fn(&[u8]) + Send + Sync + 'static) -> Probe {
    let known = Arc::new(Known {
        memories: Mutex::default(),
        look: Box::new(look),
    });
    Probe {
        memories: Some(Arc::new(Creator(Arc::clone(&known)))),
        look: Arc::new(move || known.look_at_all()),
        reproducible: false,
    }
}

struct Known {
    /// Bytes that are in use, by address.
    memories: Mutex<BTreeMap<usize, usize>>,
    look: Box<Look>,
}

impl Known {
    fn look_at_all(&self) {
        for (base, size) in self.lock().iter() {
            // SAFETY: a memory is mapped and readable up to its size for as long as it is known, and the component
            // does not compute while the probe is called.
            (self.look)(unsafe { std::slice::from_raw_parts(*base as *const u8, *size) });
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Creator(Arc<Known>);

// SAFETY: a new anonymous mapping is zero and nobody else's; it has the reservation and the guard that were asked for.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let capacity = reserved.or(maximum).unwrap_or(minimum).max(minimum);
        let mapped = capacity + guard;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses the address.
        let base = unsafe { mmap_anonymous(null_mut(), mapped, ProtFlags::empty(), flags) };
        let mut memory = Memory {
            base: base.map_err(|error| error.to_string())? as usize,
            size: 0,
            capacity,
            mapped,
            known: Arc::clone(&self.0),
        };
        memory.grow_to(minimum).map_err(|error| error.to_string())?;
        Ok(Box::new(memory))
    }
}

/// One memory. It never moves.
struct Memory {
    base: usize,
    size: usize,
    capacity: usize,
    mapped: usize,
    known: Arc<Known>,
}

// SAFETY: the address is stable, and all of `byte_size` can be read and written.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > self.capacity {
            return Err(wasmtime::Error::msg("beyond what is reserved"));
        }
        let open = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: within this memory's own mapping. Sizes are whole pages of WebAssembly, 64 KiB.
        unsafe { mprotect(self.as_ptr().cast(), size, open)? };
        self.size = size;
        self.known.lock().insert(self.base, size);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.base as *mut u8
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.known.look_at_all();
        self.known.lock().remove(&self.base);
        // SAFETY: it is this memory's own mapping, unknown to others from now on.
        let unmapped = unsafe { munmap(self.as_ptr().cast(), self.mapped) };
        unmapped.expect("what was mapped is unmapped");
    }
}
