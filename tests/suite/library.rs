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

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_two_of_them_have_lists_both() {
    let world = World::start().await;
    let twins = "{ patch-json = { value = [\
        { id = \"b!1\", name = \"Twin\", webUrl = \"https://contoso.sharepoint.com/sites/Finance/A\" }, \
        { id = \"b!2\", name = \"twin\", webUrl = \"https://contoso.sharepoint.com/sites/Finance/B\" }] } }";
    world.fault("GET graph /drives?", 1, 1, twins);
    let parts = [
        "2 libraries are called `Twin`",
        "b!1 https://contoso.sharepoint.com/sites/Finance/A",
        "b!2 https://contoso.sharepoint.com/sites/Finance/B",
        "put the id of the right one into `library`",
    ];
    world
        .refuses(
            &on(&world, "Finance", json!("Twin")),
            "library-ambiguous",
            &parts,
        )
        .await;
    assert_eq!(world.fired("patch-json"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_any_is_told() {
    let world = World::start().await;
    let none = crate::trouble::status(404, "", "itemNotFound");
    world.fault("GET graph /drive?", 1, 0, &none);
    let parts = [
        "finding the default library of site `Finance`",
        "404",
        "the site has no document library",
    ];
    world
        .refuses(
            &on(&world, "Finance", json!("")),
            "library-not-found",
            &parts,
        )
        .await;
    assert_eq!(world.fired("status-404"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_checks_files_out_gets_them_checked_in() {
    let world = World::start().await;
    for outcome in ["created", "replaced"] {
        let receipt = world
            .receipt(&on(&world, "Legal", json!("Contracts")))
            .await;
        assert_eq!(receipt["outcome"], json!(outcome));
        let file = world.file("Legal/Contracts/Reports/Daily/sales.csv");
        assert!(!file.checked_out, "others see it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_that_is_refused_is_told_and_the_file_stays() {
    let world = World::start().await;
    let refusal = crate::trouble::status(403, "", "accessDenied");
    world.fault("POST graph /checkin", 1, 0, &refusal);
    let receipt = world
        .receipt(&on(&world, "Legal", json!("Contracts")))
        .await;
    assert_eq!(world.fired("status-403"), 1);
    let parts = ["is still checked out", "403", "check it in by hand"];
    crate::trouble::warns(&receipt, &parts);
    assert!(
        world
            .file("Legal/Contracts/Reports/Daily/sales.csv")
            .checked_out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_a_check_in_is_looked_up() {
    let world = World::start().await;
    world.fault("POST graph /checkin", 1, 1, "\"lost-reply\"");
    let receipt = world
        .receipt(&on(&world, "Legal", json!("Contracts")))
        .await;
    assert_eq!(world.fired("lost-reply"), 1);
    assert_eq!(receipt["warnings"], json!([]));
    assert!(
        !world
            .file("Legal/Contracts/Reports/Daily/sales.csv")
            .checked_out
    );
}
