//! What if the name is taken: replace keeps the item, rename takes the lowest free number, and no two
//! writers ever take one name.

use serde_json::{Value, json};

use crate::sized::GRID;
use crate::trouble::status;
use crate::world::World;

fn rename(mut job: Value) -> Value {
    job["sharepoint"]["if_exists"] = json!("rename");
    job
}

fn names(world: &World) -> Vec<String> {
    let files = world.files();
    let name = |path: &str| path.rsplit('/').next().expect("a name").to_owned();
    files.iter().map(|file| name(&file.path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn replace_keeps_the_item_and_adds_a_version() {
    let world = World::start().await;
    let first = world.receipt(&world.job()).await;
    let mut job = world.job_for("unicode-name");
    for (versions, outcome) in [(2, "replaced"), (3, "replaced")] {
        let receipt = world.receipt(&job).await;
        assert_eq!(receipt["outcome"], json!(outcome));
        assert_eq!(receipt["file"]["item_id"], first["file"]["item_id"]);
        assert_ne!(receipt["file"]["etag"], first["file"]["etag"]);
        assert_eq!(world.files()[0].versions, versions);
        job = world.job_in_fragments(GRID, GRID);
    }
    assert_eq!(first["outcome"], json!("created"));
    assert_eq!(world.files().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rename_numbers_the_files() {
    let world = World::start().await;
    let outcomes = ["created", "renamed", "renamed"];
    for outcome in outcomes {
        let receipt = world.receipt(&rename(world.job())).await;
        assert_eq!(receipt["outcome"], json!(outcome));
    }
    assert_eq!(names(&world), ["sales 1.csv", "sales 2.csv", "sales.csv"]);
    assert!(world.files().iter().all(|file| file.versions == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn rename_takes_the_lowest_free_number() {
    let world = World::start().await;
    for custom in ["SALES.csv", "Sales 2.CSV", "sales 01.csv", "sales x.csv"] {
        let mut job = world.job();
        job["sharepoint"]["filename"] = json!({ "custom": custom });
        world.receipt(&job).await;
    }
    let receipt = world.receipt(&rename(world.job())).await;
    assert_eq!(receipt["file"]["name"], json!("sales 1.csv"));
    let receipt = world.receipt(&rename(world.job())).await;
    assert_eq!(receipt["file"]["name"], json!("sales 3.csv"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rename_finds_a_name_beyond_the_first_page_of_the_folder() {
    let world = World::start().await;
    let rename = rename(world.job());
    for _ in 0..7 {
        world.receipt(&rename).await;
    }
    assert_eq!(world.files().len(), 7);
    assert!(!world.sent("GET", "skiptoken").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_renames_at_once_take_two_names() {
    let world = World::start().await;
    let job = rename(world.job());
    // The first has chosen `sales.csv` when the second one writes it.
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    let (first, second) = tokio::join!(world.receipt(&job), async {
        while world.sent("PUT", ":/content").is_empty() {
            tokio::task::yield_now().await;
        }
        let second = world.run_elsewhere(&job).await.expect("a receipt");
        world.release();
        second
    });
    assert_eq!(world.fired("stall"), 1);
    assert_eq!(second["file"]["name"], json!("sales.csv"));
    assert_eq!(first["file"]["name"], json!("sales 1.csv"));
    assert_eq!(first["outcome"], json!("renamed"));
    assert_eq!(names(&world), ["sales 1.csv", "sales.csv"]);
    assert!(world.files().iter().all(|file| file.versions == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_of_another_writer_is_not_taken_for_ones_own() {
    let (world, job) = World::of_three_fragments().await;
    let (session, mut simple) = (rename(job), rename(world.job()));
    simple["upload"]["simple_limit"] = json!(10_485_760);
    world.fault("PUT upload uploadSession", 3, 1, "\"stall\"");
    let (first, second) = tokio::join!(world.receipt(&session), async {
        while world.sent("PUT", "/uploadSession").len() < 3 {
            tokio::task::yield_now().await;
        }
        let second = world.run_elsewhere(&simple).await.expect("a receipt");
        world.release();
        second
    });
    assert_eq!(second["file"]["name"], json!("sales.csv"));
    assert_eq!(first["file"]["name"], json!("sales 1.csv"));
    assert_eq!(first["file"]["quickxor"], second["file"]["quickxor"]);
    assert_eq!(names(&world), ["sales 1.csv", "sales.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_renames_at_once_take_as_many_names() {
    let world = World::start().await;
    let (simple, session) = (
        rename(world.job()),
        rename(world.job_in_fragments(GRID, GRID)),
    );
    let receipts = tokio::join!(
        world.run_elsewhere(&simple),
        world.run_elsewhere(&session),
        world.run_elsewhere(&simple),
        world.run_elsewhere(&session),
        world.run_elsewhere(&simple),
    );
    let receipts = [receipts.0, receipts.1, receipts.2, receipts.3, receipts.4]
        .map(|receipt| receipt.expect("a receipt"));
    let mut told: Vec<&str> = receipts
        .iter()
        .map(|receipt| receipt["file"]["name"].as_str().expect("a name"))
        .collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 5, "each its own: {told:?}");
    assert_eq!(names(&world), told, "and those are the files");
    assert!(world.files().iter().all(|file| file.versions == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_taken_at_the_commit_leads_to_the_next() {
    let world = World::start().await;
    world.fault(
        "PUT graph :/content",
        1,
        1,
        &status(409, "", "nameAlreadyExists"),
    );
    let receipt = world.receipt(&rename(world.job())).await;
    assert_eq!(world.fired("status-409"), 1);
    assert_eq!(receipt["file"]["name"], json!("sales 1.csv"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_taken_at_the_last_fragment_leads_to_the_next() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(
        "PUT upload uploadSession",
        3,
        1,
        &status(409, "", "nameAlreadyExists"),
    );
    let receipt = world.receipt(&rename(job)).await;
    assert_eq!(world.fired("status-409"), 1);
    assert_eq!(names(&world), ["sales 1.csv"]);
    assert_eq!(
        receipt["upload"]["fragments"],
        json!(5),
        "two of them in vain"
    );
    assert_eq!(
        world.cloud.state().graph.open_sessions(),
        0,
        "the first one was deleted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_writers_that_take_every_name_end_the_job() {
    let world = World::start().await;
    world.fault(
        "PUT graph :/content",
        1,
        0,
        &status(409, "", "nameAlreadyExists"),
    );
    let parts = [
        "other writers took 20 names one after the other",
        "a folder or a name of its own",
    ];
    let failure = world
        .refuses(&rename(world.job()), "names-exhausted", &parts)
        .await;
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!(world.fired("status-409"), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_in_rename_mode_leaves_one_new_file() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    world.fault("PUT graph :/content", 1, 1, "\"lost-reply\"");
    let receipt = world.receipt(&rename(world.job())).await;
    assert_eq!(world.fired("lost-reply"), 1);
    assert_eq!(receipt["file"]["name"], json!("sales 1.csv"));
    assert_eq!(receipt["outcome"], json!("renamed"));
    assert_eq!(names(&world), ["sales 1.csv", "sales.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_last_fragment_in_rename_mode_leaves_one_new_file() {
    let (world, job) = World::of_three_fragments().await;
    world.receipt(&job).await;
    world.fault("PUT upload uploadSession", 3, 1, "\"lost-reply\"");
    let receipt = world.receipt(&rename(job)).await;
    assert_eq!(world.fired("lost-reply"), 1);
    assert_eq!(receipt["file"]["name"], json!("sales 1.csv"));
    assert_eq!(names(&world), ["sales 1.csv", "sales.csv"]);
    assert!(world.files().iter().all(|file| file.versions == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_in_replace_mode_writes_no_second_version() {
    let world = World::start().await;
    world.fault("PUT graph :/content", 1, 1, "\"lost-reply\"");
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("lost-reply"), 1);
    assert_eq!(receipt["outcome"], json!("created"));
    world.landed_once(&receipt);
}
