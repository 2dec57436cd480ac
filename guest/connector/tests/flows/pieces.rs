//! What the tests of upload sessions begin and end with: a file in pieces, and whether it landed.

use crate::world::{Act, World, json_answer};
use serde_json::json;

/// Bytes that a fragment's length is a multiple of.
pub const GRID: usize = 320 * 1024;

/// A world whose file is five fragments and a bit.
pub fn world() -> (World, Vec<u8>) {
    let world = World::new();
    let csv = world.exactly(5 * GRID + 777);
    (world, csv)
}

/// A refusal of SharePoint's.
pub fn error(status: u16, code: &str) -> Act {
    json_answer(status, json!({"error": {"code": code, "message": "No."}}))
}

/// Whether the file is there, byte for byte.
pub fn landed(world: &World, csv: &[u8]) -> bool {
    world.file("sales.csv").as_deref() == Some(csv)
}
