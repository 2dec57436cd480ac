//! What is fetched ahead: asked for later, exactly so, and once.

use crate::world::{World, job, set, with};
use serde_json::json;
use writeback_connector::message::Method::Get;

#[test]
fn what_is_fetched_ahead_is_sent_later_as_it_was_announced() {
    for site in [
        json!("https://contoso.sharepoint.com/sites/Finance"),
        json!(
            "contoso.sharepoint.com,11111111-1111-1111-1111-111111111111,22222222-2222-2222-2222-222222222222"
        ),
    ] {
        for if_exists in ["replace", "rename"] {
            let world = World::new();
            world
                .state()
                .sharepoint
                .add("Reports/Daily/old.csv", Some(b"a"));
            let mut job = job();
            set(&mut job, "/sharepoint/site", site.clone());
            set(&mut job, "/sharepoint/folder", json!("Reports/Daily"));
            set(&mut job, "/sharepoint/if_exists", json!(if_exists));
            let receipt = world.run(&job).unwrap();
            let state = world.state();
            assert_eq!(state.prefetched.len(), 4, "site, library, export, name");
            for ahead in &state.prefetched {
                let sent: Vec<_> = state
                    .sent
                    .iter()
                    .filter(|sent| sent.url == ahead.url)
                    .collect();
                assert!(
                    matches!(sent.as_slice(), [only] if only.headers == ahead.headers),
                    "{}",
                    ahead.url
                );
            }
            assert_eq!(receipt["attempts"]["requests"], json!(state.sent.len()));
        }
    }
}

#[test]
fn a_name_that_is_not_asked_for_first_is_not_fetched() {
    let world = World::new();
    world
        .run(&with("/sharepoint/folder", json!("New")))
        .unwrap();
    let names = |world: &World| {
        world
            .state()
            .prefetched
            .iter()
            .filter(|ahead| ahead.url.contains("/items/"))
            .count()
    };
    assert_eq!(names(&world), 0, "the folder does not exist yet");
}

#[test]
fn a_deep_folder_is_found_by_one_request_in_the_case_that_sharepoint_keeps() {
    let world = World::new();
    world
        .state()
        .sharepoint
        .add("Reports/Größe 1/Daily/old.csv", Some(b"a"));
    let mut job = job();
    set(
        &mut job,
        "/sharepoint/folder",
        json!("reports/größe 1/daily"),
    );
    let receipt = world.run(&job).unwrap();
    assert_eq!(receipt["file"]["folder"], "Reports/Größe 1/Daily");
    assert_eq!(world.sent(Get, "/root").len(), 1);
}
