//! How the file travels: one PUT or a session, sizes at every boundary, and what each request carries.

use serde_json::{Value, json};
use writeback_cloud::{LogEntry, Service};

use crate::sized::{GRID, ROWS_OF_TWO_GRIDS, bytes_of};
use crate::world::World;

const FRAGMENTS: (&str, &str) = ("PUT", "/uploadSession");

fn fragments(world: &World) -> Vec<LogEntry> {
    world.sent(FRAGMENTS.0, FRAGMENTS.1)
}

fn ranges(world: &World) -> Vec<String> {
    let fragments = fragments(world);
    fragments
        .iter()
        .map(|fragment| fragment.headers["content-range"].clone())
        .collect()
}

fn limited(world: &World, simple_limit: u64) -> Value {
    let mut job = world.job();
    job["upload"]["simple_limit"] = json!(simple_limit);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_goes_in_one_put_whatever_the_limit() {
    let world = World::start().await;
    world.fault(
        "GET domo /data?",
        1,
        0,
        "{ truncate-body = { after = 0, end = \"clean\" } }",
    );
    let mut job = limited(&world, 0);
    job["guard"] = json!({ "if_empty": "write" });
    job["domo"]["rows"] = json!("warn");
    job["domo"]["export_attempts"] = json!(1);
    let receipt = world.receipt(&job).await;
    assert_eq!(world.fired("truncate-body"), 1);
    assert_eq!(receipt["upload"]["method"], json!("simple"));
    assert_eq!(receipt["upload"]["sent_bytes"], json!(0));
    assert_eq!(receipt["verified"], json!("hash"));
    assert_eq!(
        world.file("Finance/Documents/Reports/Daily/sales.csv").size,
        0
    );
    let put = &world.sent("PUT", ":/content")[0];
    assert_eq!(put.headers["content-length"], "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_to_the_limit_one_put_above_it_a_session() {
    let world = World::narrow(1000).await;
    let bytes = bytes_of(1000);
    for (limit, method, fragments) in [
        (bytes + 1, "simple", 0),
        (bytes, "simple", 0),
        (bytes - 1, "session", 1),
        (0, "session", 1),
    ] {
        let receipt = world.receipt(&limited(&world, limit)).await;
        assert_eq!(receipt["upload"]["method"], json!(method), "{limit}");
        assert_eq!(receipt["upload"]["fragments"], json!(fragments));
        assert_eq!(receipt["upload"]["sent_bytes"], json!(bytes));
        assert_eq!(receipt["verified"], json!("hash"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_exactly_one_fragment_is_one_fragment() {
    let world = World::narrow(ROWS_OF_TWO_GRIDS).await;
    let receipt = world
        .receipt(&world.job_in_fragments(2 * GRID, 2 * GRID))
        .await;
    assert_eq!(
        ranges(&world),
        [format!("bytes 0-{}/{}", 2 * GRID - 1, 2 * GRID)]
    );
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_whole_fragments_has_no_empty_last_one() {
    let world = World::narrow(ROWS_OF_TWO_GRIDS).await;
    let receipt = world.receipt(&world.job_in_fragments(GRID, GRID)).await;
    let total = 2 * GRID;
    let expected = [
        format!("bytes 0-{}/{total}", GRID - 1),
        format!("bytes {GRID}-{}/{total}", total - 1),
    ];
    assert_eq!(ranges(&world), expected);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_byte_more_or_less_than_a_whole_fragment() {
    // 13 bytes a row: the nearest sizes below and above two fragments.
    for rows in [ROWS_OF_TWO_GRIDS - 1, ROWS_OF_TWO_GRIDS + 1] {
        let world = World::narrow(rows).await;
        let receipt = world.receipt(&world.job_in_fragments(GRID, GRID)).await;
        let last = ranges(&world).pop().expect("fragments");
        assert!(
            last.ends_with(&format!("-{}/{}", bytes_of(rows) - 1, bytes_of(rows))),
            "{last}"
        );
        assert_eq!(
            receipt["upload"]["fragments"],
            json!(bytes_of(rows).div_ceil(GRID))
        );
        world.landed_once(&receipt);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_grow_while_they_are_acknowledged_quickly() {
    let world = World::narrow(200_000).await;
    let receipt = world.receipt(&world.job_in_fragments(GRID, 2 * GRID)).await;
    let lengths: Vec<u64> = fragments(&world)
        .iter()
        .map(|fragment| {
            fragment.headers["content-length"]
                .parse()
                .expect("a number")
        })
        .collect();
    let mut expected = vec![GRID];
    let mut left = bytes_of(200_000) - GRID;
    while left > 0 {
        let next = left.min(2 * GRID);
        expected.push(next);
        left -= next;
    }
    assert_eq!(lengths, expected);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fragment_tells_its_range_and_length() {
    let (world, job) = World::of_three_fragments().await;
    let receipt = world.receipt(&job).await;
    let mut at = 0;
    for fragment in fragments(&world) {
        let length: u64 = fragment.headers["content-length"]
            .parse()
            .expect("a number");
        let total = bytes_of(60_000);
        let range = format!("bytes {at}-{}/{total}", at + length - 1);
        assert_eq!(fragment.headers["content-range"], range);
        assert!(!fragment.headers.contains_key("transfer-encoding"));
        assert!(length.is_multiple_of(GRID) || at + length == total);
        assert_eq!(fragment.received, length);
        at += length;
    }
    assert_eq!(receipt["upload"]["fragments"], json!(3));
    assert_eq!(receipt["upload"]["sent_bytes"], json!(at));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upload_origin_gets_no_credential() {
    let (world, job) = World::of_three_fragments().await;
    world.receipt(&job).await;
    let requests = world.requests();
    let upload: Vec<&LogEntry> = requests
        .iter()
        .filter(|request| request.service == Service::Upload)
        .collect();
    assert_eq!(upload.len(), 3);
    assert!(
        upload
            .iter()
            .all(|request| request.authorization.is_none() && !request.cookie)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_names_the_program_as_microsoft_asks() {
    let (world, job) = World::of_three_fragments().await;
    world.receipt(&job).await;
    for request in world.requests() {
        // Tokens are the host's business.
        if !request.path.ends_with("/token") {
            assert_eq!(
                request.headers["user-agent"], "NONISV|Writeback|Connector/0.1.0",
                "{}",
                request.path
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_graph_request_has_an_id_of_its_own() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    let mut requests = world.requests();
    requests.retain(|request| request.service == Service::Graph);
    let mut ids: Vec<&String> = requests
        .iter()
        .map(|request| &request.headers["client-request-id"])
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert!(ids.iter().all(|id| id.len() == 36));
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_that_sharepoint_refuses_are_refused_before_any_request() {
    let world = World::start().await;
    for (key, size, rule) in [
        (
            "fragment",
            1_000_000,
            "must be a multiple of 327680 (320 KiB), such as 983040",
        ),
        ("fragment", 62_914_560, "`upload.fragment`"),
        ("fragment", 0, "`upload.fragment`"),
        ("fragment_max", 327_681, "must be a multiple of 327680"),
        ("simple_limit", 262_144_001, "`upload.simple_limit`"),
    ] {
        let mut job = world.job();
        job["upload"][key] = json!(size);
        world.refuses(&job, "job-invalid", &[rule]).await;
    }
    let job = world.job_in_fragments(2 * GRID, GRID);
    world
        .refuses(
            &job,
            "job-invalid",
            &["`upload.fragment_max` must not be smaller than `fragment`"],
        )
        .await;
    assert!(world.requests().is_empty());
}
