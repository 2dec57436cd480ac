//! `browse`: what there is, and the line to paste into a job.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use writeback_cloud::Options;

use crate::world::World;

async fn list(world: &World, query: Value) -> Value {
    let listing = world.browse(&query).await.expect("a list");
    assert_eq!(listing["kind"], query["kind"]);
    listing
}

fn column(listing: &Value, key: &str) -> Vec<String> {
    let items = listing["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item[key].as_str().expect("a text").to_owned())
        .collect()
}

/// Pastes the line of an item into a table of the job.
fn paste(job: &mut Value, table: &str, item: &Value) {
    let line: Value = toml::from_str(item["line"].as_str().expect("a line")).expect("TOML");
    for (key, value) in line.as_object().expect("a key") {
        job[table][key] = value.clone();
    }
}

fn item<'a>(listing: &'a Value, name: &str) -> &'a Value {
    let items = listing["items"].as_array().expect("items");
    items
        .iter()
        .find(|item| item["name"] == name)
        .expect("an item of that name")
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_come_over_all_pages_and_without_the_deleted() {
    let world = World::with(Options {
        datasets: 120,
        rows: 3,
        ..Options::default()
    })
    .await;
    let query = json!({ "kind": "datasets", "account": "domo", "limit": 1000 });
    let listing = list(&world, query).await;
    let ids: BTreeSet<String> = column(&listing, "id").into_iter().collect();
    assert_eq!(
        (ids.len(), column(&listing, "id").len()),
        (130, 130),
        "each once"
    );
    assert_eq!(listing["more"], json!(false));
    assert!(!ids.contains(&world.dataset("deleted").id));
    let daily = item(&listing, "Daily sales");
    assert_eq!(
        (&daily["rows"], &daily["columns"], &daily["owner"]),
        (&json!(3), &json!(8), &json!("Ada Owner"))
    );
    assert!(world.sent("GET", "/v1/datasets?").len() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_kept_and_told() {
    let world = World::with(Options {
        datasets: 60,
        rows: 3,
        ..Options::default()
    })
    .await;
    let listing = list(
        &world,
        json!({ "kind": "datasets", "account": "domo", "limit": 50 }),
    )
    .await;
    assert_eq!(
        (column(&listing, "id").len(), &listing["more"]),
        (50, &json!(true))
    );
    let listing = list(
        &world,
        json!({ "kind": "sites", "account": "sharepoint", "limit": 4 }),
    )
    .await;
    assert_eq!(
        (column(&listing, "id").len(), &listing["more"]),
        (4, &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_are_searched_and_the_line_is_accepted() {
    let world = World::start().await;
    let query = json!({ "kind": "datasets", "account": "domo", "search": "Umsätze 東京" });
    let listing = list(&world, query).await;
    assert_eq!(column(&listing, "name"), ["Umsätze 東京 🚀"]);
    let mut job = world.job();
    paste(&mut job, "domo", &listing["items"][0]);
    assert_eq!(
        world.receipt(&job).await["dataset"]["name"],
        json!("Umsätze 東京 🚀")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_come_over_all_pages_each_once_and_none_without_a_name() {
    let world = World::start().await;
    let listing = list(&world, json!({ "kind": "sites", "account": "sharepoint" })).await;
    let all = world.cloud.description().sites.len();
    let ids: BTreeSet<String> = column(&listing, "id").into_iter().collect();
    assert_eq!((ids.len(), column(&listing, "id").len()), (all, all));
    let names = column(&listing, "name");
    assert!(
        names.iter().all(|name| !name.trim().is_empty()),
        "{names:?}"
    );
    assert!(
        names.contains(&"x7f3".to_owned()),
        "a blank title is named by its URL"
    );
    assert!(
        names.contains(&"Vault".to_owned()),
        "search does not know it"
    );

    for name in ["x7f3", "Budget", "Contoso"] {
        let mut job = world.job();
        paste(&mut job, "sharepoint", item(&listing, name));
        assert_eq!(world.receipt(&job).await["file"]["site"], json!(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_are_searched() {
    let world = World::start().await;
    let listing = list(
        &world,
        json!({ "kind": "sites", "account": "sharepoint", "search": "team" }),
    )
    .await;
    assert_eq!(
        column(&listing, "name"),
        [
            "Team 01", "Team 02", "Team 03", "Team 04", "Team 05", "Team 06"
        ]
    );
    let listing = list(
        &world,
        json!({ "kind": "sites", "account": "sharepoint", "search": "Nonesuch" }),
    )
    .await;
    assert_eq!(listing["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn libraries_come_over_all_pages_with_the_default_one_marked() {
    let world = World::start().await;
    let site = json!("https://contoso.sharepoint.com/sites/Engineering");
    let listing = list(
        &world,
        json!({ "kind": "libraries", "account": "sharepoint", "site": site }),
    )
    .await;
    assert_eq!(column(&listing, "name").len(), 10);
    let defaults: Vec<&Value> = listing["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|item| item["default"] == json!(true))
        .collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["name"], json!("Documents"));

    let mut job = world.job();
    job["sharepoint"]["site"] = site;
    paste(&mut job, "sharepoint", item(&listing, "Branch 9"));
    world.receipt(&job).await;
    world.file("Engineering/Branch 9/Reports/Daily/sales.csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_come_over_all_pages_and_without_files() {
    let world = World::start().await;
    let site = json!("https://contoso.sharepoint.com/sites/HR");
    let mut job = world.job();
    job["sharepoint"]["site"] = site.clone();
    job["sharepoint"]["folder"] = json!("");
    world.receipt(&job).await;
    job["sharepoint"]["folder"] = json!("reports/Q \"3\"");
    job["sharepoint"]["folder"] = json!("reports/Q 3");
    world.receipt(&job).await;

    let query = json!({ "kind": "folders", "account": "sharepoint", "site": site });
    let listing = list(&world, query.clone()).await;
    assert_eq!(column(&listing, "name").len(), 25, "the file is none");
    assert_eq!(item(&listing, "REPORTS")["children"], json!(1));

    let mut below = query;
    below["folder"] = json!("reports");
    below["library"] = json!("documents");
    let listing = list(&world, below).await;
    assert_eq!(column(&listing, "path"), ["REPORTS/Q 3"]);
    paste(&mut job, "sharepoint", &listing["items"][0]);
    assert_eq!(world.receipt(&job).await["outcome"], json!("replaced"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_told_and_not_made() {
    let world = World::start().await;
    let query = json!({ "kind": "folders", "account": "sharepoint", "site": "https://contoso.sharepoint.com/sites/HR", "folder": "Nonesuch" });
    let failure = crate::world::failure(world.browse(&query).await);
    crate::trouble::says(
        &failure,
        "folder-not-found",
        &["folder `Nonesuch` does not exist in library `Documents`"],
    );
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_may_not_list_sites_is_told() {
    let mut world = World::start().await;
    world.sign_in_to_sharepoint_as("sites-selected");
    let query = json!({ "kind": "sites", "account": "sharepoint" });
    let failure = crate::world::failure(world.browse(&query).await);
    crate::trouble::says(&failure, "sharepoint-forbidden", &["403", "Sites.Selected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_with_problems_is_refused_before_any_request() {
    let world = World::start().await;
    for (query, part) in [
        (
            json!({ "kind": "folder", "account": "sharepoint" }),
            "`kind`",
        ),
        (
            json!({ "kind": "sites", "account": "sharepoint", "limit": 0 }),
            "`limit`",
        ),
        (
            json!({ "kind": "libraries", "account": "sharepoint" }),
            "`site`",
        ),
        (json!({ "kind": "datasets" }), "`account`"),
    ] {
        let failure = crate::world::failure(world.browse(&query).await);
        crate::trouble::says(&failure, "query-invalid", &[part]);
    }
    assert!(world.requests().is_empty());
}
