//! Rules of upload sessions.

use crate::pieces::{GRID, error, landed, world};
use crate::world::{Act, DATASET, World, answer, fragments, job, json_answer, reset, set};
use serde_json::{Value, json};
use writeback_connector::message::Content;
use writeback_connector::message::Method::{Delete, Get, Post, Put};

#[test]
fn fragments_are_slices_with_ranges_and_no_credential() {
    let (world, csv) = world();
    let receipt = world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(
        receipt["upload"],
        json!({"method": "session", "fragments": 6, "sent_bytes": csv.len()})
    );
    let sent = world.sent(Put, "link:");
    assert_eq!(
        sent[1].header("content-range"),
        Some("bytes 327680-655359/1639177")
    );
    assert_eq!(
        sent[5].header("content-range"),
        Some("bytes 1638400-1639176/1639177")
    );
    for fragment in &sent {
        assert_eq!(fragment.auth, None);
        assert!(matches!(fragment.content, Content::Slice { .. }));
    }
    assert!(
        world.sent(Delete, "link:").is_empty(),
        "a session that landed is over"
    );
}

#[test]
fn boundary_sizes_are_cut_right() {
    for bytes in [10, GRID - 1, GRID, GRID + 1, 2 * GRID] {
        let world = World::new();
        let csv = world.exactly(bytes);
        let receipt = world.run(&fragments()).unwrap();
        assert!(landed(&world, &csv), "{bytes}");
        assert_eq!(receipt["upload"]["fragments"], bytes.div_ceil(GRID));
    }
}

#[test]
fn fragments_grow_while_they_are_acknowledged_quickly() {
    let world = World::new();
    world.exactly(16 * GRID);
    let mut job = fragments();
    set(&mut job, "/upload/fragment_max", json!(4 * GRID));
    let fragments = |latency| {
        world.state().latency = latency;
        world.run(&job).unwrap()["upload"]["fragments"].clone()
    };
    assert_eq!(fragments(0), 5, "1, 4, 4, 4 and what is left");
    assert_eq!(fragments(1_500), 6, "1, 2, 4, 4, 4 and what is left");
    assert_eq!(fragments(10_000), 16, "not while they are slow");
}

#[test]
fn the_conflict_behaviour_stands_inside_item() {
    let (world, _) = world();
    let mut job = fragments();
    set(&mut job, "/sharepoint/if_exists", json!("rename"));
    world.run(&job).unwrap();
    let Content::Bytes(body) = &world.sent(Post, "createUploadSession")[0].content else {
        panic!("a session is opened with JSON");
    };
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(
        body,
        json!({"item": {"@microsoft.graph.conflictBehavior": "fail"}})
    );
}

#[test]
fn a_lost_fragment_goes_again_from_where_the_session_stands() {
    let (world, csv) = world();
    world.fault(Put, "link:", 1, Act::Error(reset()));
    world.fault(Put, "link:", 1, Act::LoseReply);
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(
        world.sent(Get, "link:").len(),
        2,
        "the session is asked each time"
    );
}

#[test]
fn a_416_is_settled_by_asking() {
    let (world, csv) = world();
    world.fault(Put, "link:", 1, error(416, "fragmentOverlap"));
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.sent(Get, "link:").len(), 1);
}

#[test]
fn a_position_off_the_grid_is_taken_up() {
    let (world, csv) = world();
    let drop = Act::After(|state| {
        let session = state.sharepoint.sessions.get_mut("link:1").unwrap();
        session.bytes.truncate(session.bytes.len() - 1000);
    });
    world.fault(Put, "link:", 1, drop);
    world.fault(Put, "link:", 1, Act::Error(reset()));
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(
        world.sent(Put, "link:")[2].header("content-range"),
        Some("bytes 326680-654359/1639177")
    );
}

#[test]
fn the_key_in_pascal_case_is_understood() {
    let (world, csv) = world();
    world.state().sharepoint.next_key = "NextExpectedRanges";
    world.fault(Put, "link:", 1, Act::LoseReply);
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
}

#[test]
fn a_lost_last_reply_is_decided_by_what_sharepoint_holds() {
    let (world, csv) = world();
    world.fault(Put, "link:", 5, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, Act::LoseReply);
    let receipt = world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.state().sharepoint.opened, 1, "not uploaded twice");
    assert_eq!(receipt["outcome"], "created");
}

#[test]
fn an_empty_list_of_ranges_means_look_for_the_file() {
    let (world, csv) = world();
    world.fault(Put, "link:", 5, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, Act::LoseReply);
    world.fault(
        Get,
        "link:",
        1,
        json_answer(200, json!({"nextExpectedRanges": []})),
    );
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.state().sharepoint.opened, 1);
}

#[test]
fn a_session_not_there_yet_gets_a_moment() {
    let (world, csv) = world();
    world.fault(Put, "link:", 1, error(404, "itemNotFound"));
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.state().sharepoint.opened, 1);
}

#[test]
fn a_500_backs_off_and_asks() {
    let (world, csv) = world();
    world.fault(Put, "link:", 2, error(500, "generalException"));
    let receipt = world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert!(receipt["attempts"]["waited_ms"].as_u64().unwrap() >= 2_000);
    assert_eq!(world.sent(Get, "link:").len(), 2);
}

#[test]
fn progress_never_goes_beyond_the_file() {
    use writeback_connector::ports::Step;
    let (world, csv) = world();
    world.run(&fragments()).unwrap();
    let total = csv.len() as u64;
    let state = world.state();
    let told: Vec<u64> = state
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Uploading(at, of) => {
                assert_eq!(*of, total);
                Some(*at)
            }
            _ => None,
        })
        .collect();
    assert!(told.is_sorted());
    assert_eq!(told.last(), Some(&total));
}

#[test]
fn throttled_fragments_wait_as_long_as_they_are_told() {
    let (world, _) = world();
    world.fault(Put, "link:", 1, answer(429, &[("retry-after", "120")]));
    let receipt = world.run(&fragments()).unwrap();
    assert_eq!(receipt["attempts"]["waited_ms"], 120_000);
    assert_eq!(receipt["dataset"]["id"], DATASET);
    assert_eq!(job()["name"], receipt["job"]);
}
