//! Rows are customers' data: none of them lies on the disk as it is, at any moment of a run.

use std::path::Path;
use std::sync::Arc;

use super::scene::{Notes, machine, order, receipt};
use crate::leak::{Seen, read_all};
use crate::world::World;

/// Some rows of the plain DataSet, as the library's own spool keeps them.
async fn rows_of(world: &World) -> Vec<Vec<u8>> {
    world.fault("PUT upload uploadSession", 1, 1, "\"stall\"");
    world
        .dies_in(
            &world.job_in_fragments(crate::sized::GRID, crate::sized::GRID),
            None,
        )
        .await;
    let state = world.config["state"]["dir"].as_str().expect("a path");
    let key = world.only_run().key.to_string();
    let spool = Path::new(state)
        .join("runs")
        .join(key)
        .join("spool/export.csv");
    let exported = std::fs::read(spool).expect("an export");
    let lines: Vec<_> = exported.split(|byte| *byte == b'\n').collect();
    [1, lines.len() / 2, lines.len() - 2]
        .map(|line| lines[line].to_vec())
        .into()
}

fn is_in(needle: &[u8], bytes: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_lies_on_the_disk() {
    let world = World::start().await;
    let rows = rows_of(&world).await;
    world.control("sessions/expire", &serde_json::json!({}));
    assert!(
        rows.iter().all(|row| row.len() > 20),
        "rows that are nowhere by chance"
    );
    let (machine, seen) = (machine(), Seen::default());
    let (folder, seeing) = (machine.path().to_owned(), seen.clone());
    let notes = Arc::new(Notes::looking(move || read_all(&folder, &seeing)));
    let fleet = world.fleet_in(machine.path());
    let run = order(&world.member("acme"), "run-1", &world.job(), &notes);
    let landed = receipt(&fleet, run).await;
    world.landed_once(&landed);
    read_all(machine.path(), &seen);
    let (bytes, exported) = (seen.bytes(), world.dataset("plain").bytes);
    assert!(
        bytes.len() as u64 > 2 * exported,
        "the export was seen while it lay there"
    );
    for row in &rows {
        assert!(!is_in(row, &bytes), "{}", String::from_utf8_lossy(row));
    }
}
