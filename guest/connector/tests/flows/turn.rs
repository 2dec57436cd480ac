//! Rules of runs that would write to one file.

use crate::world::{DATASET, Turn, World, job, with};
use serde_json::json;
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Put};
use writeback_connector::ports::TurnError;

#[test]
fn a_run_holds_its_file_by_ids_and_without_regard_to_case() {
    let world = World::new();
    world.run(&job()).unwrap();
    let upper = with("/sharepoint/filename", json!({ "custom": "SALES.csv" }));
    world.run(&upper).unwrap();
    let held = world.state().held.clone();
    assert_eq!(held.len(), 2);
    assert_eq!(held[0], held[1]);
    assert!(held[0].ends_with("/sales.csv"), "{}", held[0]);
}

#[test]
fn a_run_that_waited_exports_what_the_dataset_is_by_then() {
    let world = World::new();
    world.state().turn = Some(Turn::After(|state| {
        state.domo.put(DATASET, b"a,b\n9,x\n", 1);
        state.domo.set("updatedAt", json!("2026-02-02T00:00:00Z"));
    }));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["export"]["rows"], 1);
    assert_eq!(receipt["export"]["exports"], 1);
    assert_eq!(world.file("sales.csv").unwrap(), b"a,b\n9,x\n");
}

#[test]
fn a_file_whose_folder_is_still_to_be_made_is_the_same_file() {
    let world = World::new();
    let job = with("/sharepoint/folder", json!("Reports/Daily"));
    world.run(&job).unwrap();
    world.run(&job).unwrap();
    let other = with("/sharepoint/folder", json!("Reports"));
    world.run(&other).unwrap();
    let held = world.state().held.clone();
    assert_eq!(held[0], held[1]);
    assert_ne!(held[1], held[2]);
}

#[test]
fn a_run_that_waited_looks_for_the_file_again() {
    let world = World::new();
    world.state().turn = Some(Turn::After(|state| {
        state
            .sharepoint
            .add("Reports/sales.csv", Some(&[b'o'; 999]));
    }));
    let mut job = with("/sharepoint/folder", json!("Reports"));
    job["guard"] = json!({ "max_shrink": 0.1 });
    assert_eq!(world.fails(&job).code, Code::Shrunk);
}

#[test]
fn without_a_turn_nothing_is_exported() {
    let world = World::new();
    world.state().turn = Some(Turn::Never(TurnError::Io(
        "no space left on device".to_owned(),
    )));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::CheckpointFailed);
    assert!(
        failure.message.contains("sales.csv` failed: no space"),
        "{failure}"
    );
    assert!(world.sent(Get, "/data?").is_empty() && world.sent(Put, "").is_empty());

    world.state().turn = Some(Turn::Never(TurnError::Cancelled));
    assert_eq!(world.fails(&job()).code, Code::Cancelled);
}
