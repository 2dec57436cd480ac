//! State that is not what was written is never guessed at.

use std::fs;
use std::path::{Path, PathBuf};

use writeback_host::state::{Opened, RunState};

use crate::world::World;

fn files(world: &World) -> Vec<PathBuf> {
    let state = world.config["state"]["dir"].as_str().expect("a path");
    let run = Path::new(state)
        .join("runs")
        .join(world.only_run().key.as_str());
    let names = [
        "run",
        "checkpoint",
        "links",
        "spool/export.csv",
        "spool/export.csv.seal",
    ];
    names.map(|name| run.join(name)).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_or_shortened_file_is_seen_and_the_run_starts_over() {
    for file in 0..5 {
        for cut in [false, true] {
            let (world, job) = World::of_three_fragments().await;
            world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
            world.dies_in(&job, Some("a")).await;
            let path = files(&world).remove(file);
            let mut bytes = fs::read(&path).expect("a file");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, &bytes[..if cut { middle } else { bytes.len() }]).expect("a file");

            // What the dead run had open is of no use, and in the way of the next.
            world.control("sessions/expire", &serde_json::json!({}));
            let Ok(Opened::Ready(lease)) = world.open(&job, Some("a")) else {
                panic!("a lease");
            };
            let told = lease.note().is_some();
            assert_eq!(told, file < 3, "{}: {:?}", path.display(), lease.note());
            drop(lease);
            let super::Started::Ran(Ok(receipt)) = world.go(&job, Some("a")).await else {
                panic!("a receipt");
            };
            world.landed_once(&receipt);
            assert_eq!(world.exports(), 2, "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_is_listed_and_left_to_a_person() {
    let world = World::start().await;
    let job = world.job();
    world.go(&job, Some("a")).await;
    fs::write(&files(&world)[0], "nonsense").expect("a file");
    assert_eq!(world.only_run().state, RunState::Damaged);
    world.goes(&job).await;
    assert_eq!(world.states(), ["done", "damaged"]);
    let key = "a".parse().expect("a key");
    world.tenant().runs().forget(&key).expect("it is forgotten");
    assert_eq!(world.states(), ["done"]);
}
