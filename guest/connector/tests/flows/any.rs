//! Under any plan of faults the remote file is whole or absent, and a receipt is true.

use crate::pieces::error;
use crate::world::{Act, DATASET, World, answer, fragments, reset, set};
use proptest::prelude::*;
use serde_json::{Value, json};
use writeback_connector::message::Method::{self, Delete, Get, Post, Put};
use writeback_connector::ports::HttpError;

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::LoseReply),
        Just(Act::Error(reset())),
        Just(Act::Error(HttpError::Timeout("no byte in 60 s".to_owned()))),
        Just(Act::Cut(5)),
        Just(Act::Before(|state| state.sharepoint.sessions.clear())),
        Just(answer(429, &[("retry-after", "9")])),
        Just(error(500, "generalException")),
        Just(error(503, "serviceNotAvailable")),
        Just(error(404, "itemNotFound")),
        Just(error(401, "expiredToken")),
        Just(error(409, "resourceModified")),
        Just(error(409, "nameAlreadyExists")),
        Just(error(416, "invalidRange")),
        Just(error(423, "resourceLocked")),
    ]
}

/// Methods and parts of URLs that a fault may hit.
fn target() -> impl Strategy<Value = (Method, &'static str)> {
    prop_oneof![
        Just((Put, "link:")),
        Just((Get, "link:")),
        Just((Delete, "link:")),
        Just((Put, ":/content")),
        Just((Post, "createUploadSession")),
        Just((Get, "sales")),
        Just((Post, "/children")),
        Just((Get, "/data?")),
    ]
}

fn job(simple: bool, rename: bool) -> Value {
    let mut job = fragments();
    set(&mut job, "/sharepoint/folder", json!("Reports"));
    set(
        &mut job,
        "/upload/simple_limit",
        json!(if simple { 9_999_999 } else { 0 }),
    );
    set(
        &mut job,
        "/sharepoint/if_exists",
        json!(if rename { "rename" } else { "replace" }),
    );
    job
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_file_is_whole_or_absent(
        plan in prop::collection::vec((target(), 1_u32..4, act()), 0..8),
        simple: bool,
        rename: bool,
    ) {
        let world = World::new();
        let csv = world.exactly(3 * 327_680 + 5);
        for ((method, part), times, act) in plan {
            world.fault(method, part, times, act);
        }
        let ended = world.run(&job(simple, rename));
        let files: Vec<Vec<u8>> = {
            let state = world.state();
            let entries = state.sharepoint.items.values();
            entries.filter_map(|entry| entry.content.clone()).collect()
        };
        prop_assert!(files.iter().all(|file| *file == csv), "a part of a file is there");
        if let Ok(receipt) = &ended {
            prop_assert!(!files.is_empty());
            prop_assert_eq!(&receipt["verified"], "hash");
            prop_assert_eq!(&receipt["dataset"]["id"], DATASET);
        }
    }
}
