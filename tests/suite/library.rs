//! Which document library: the default one, or one by display name, URL segment or id.

use serde_json::{Value, json};

use crate::world::World;

fn on(world: &World, site: &str, library: Value) -> Value {
    let mut job = world.job();
    job["sharepoint"]["site"] = json!(format!("https://contoso.sharepoint.com/sites/{site}"));
    job["sharepoint"]["library"] = library;
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_one_where_none_is_named() {
    let world = World::start().await;
    for blank in [json!(null), json!(""), json!("  ")] {
        let mut job = on(&world, "Finance", blank.clone());
        if blank.is_null() {
            job["sharepoint"]
                .as_object_mut()
                .expect("a table")
                .remove("library");
        }
        let receipt = world.receipt(&job).await;
        assert_eq!(receipt["file"]["library"], json!("Documents"));
    }
    assert_eq!(world.files().len(), 1);
    assert!(
        world.sent("GET", "/drives?").is_empty(),
        "no need to list them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn by_display_name_url_segment_or_id() {
    let world = World::start().await;
    let drive = &world.cloud.description().sites;
    let id = drive
        .iter()
        .find(|site| site.name == "Finance")
        .expect("a site")
        .drive_id
        .clone();
    for name in ["Documents", "documents", "Shared Documents", id.as_str()] {
        let receipt = world.receipt(&on(&world, "Finance", json!(name))).await;
        assert_eq!(receipt["file"]["drive_id"], json!(id), "{name}");
        assert_eq!(receipt["file"]["library"], json!("Documents"), "{name}");
    }
    world
        .receipt(&on(&world, "Finance", json!("Reports Archive")))
        .await;
    world.file("Finance/Reports Archive/Reports/Daily/sales.csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_one_lists_those_that_exist() {
    let world = World::start().await;
    let parts = [
        "site `Finance` has no library `Reprots Archive`; it has `Documents`, `Reports Archive`",
        "leave `library` out for the default one",
    ];
    let job = on(&world, "Finance", json!("Reprots Archive"));
    world.refuses(&job, "library-not-found", &parts).await;
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_beyond_the_first_page_is_found() {
    let world = World::start().await;
    world
        .receipt(&on(&world, "Engineering", json!("Branch 9")))
        .await;
    world.file("Engineering/Branch 9/Reports/Daily/sales.csv");
    assert_eq!(world.sent("GET", "skiptoken").len(), 1, "two pages");
}
