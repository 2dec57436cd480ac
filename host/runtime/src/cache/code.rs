//! Makes a component of machine code: the one place where bytes become code that is not checked.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::entry::Authentic;

/// The component, unless the code is of another compiler's making.
#[expect(
    unsafe_code,
    reason = "machine code cannot be checked; that it is this user's own is known from its MAC"
)]
pub(super) fn load(engine: &Engine, code: Authentic<'_>) -> Option<Component> {
    // SAFETY: `Component::serialize` wrote these bytes: `Authentic` is made of nothing else. They are in
    // our memory, not in a file that could change after it was judged.
    unsafe { Component::deserialize(engine, code.bytes()) }.ok()
}
