//! Which folder: the root in its spellings, paths with either slash, made level by level where allowed.

use serde_json::{Value, json};

use crate::trouble::status;
use crate::world::World;

fn in_folder(world: &World, site: &str, folder: &str) -> Value {
    let mut job = world.job();
    job["sharepoint"]["site"] = json!(format!("https://contoso.sharepoint.com/sites/{site}"));
    job["sharepoint"]["folder"] = json!(folder);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_has_several_spellings() {
    let world = World::start().await;
    for root in ["", "/", "Root", "root", "\\", " / "] {
        let receipt = world.receipt(&in_folder(&world, "Finance", root)).await;
        assert_eq!(receipt["file"]["folder"], json!(""), "{root:?}");
    }
    let mut job = world.job();
    job["sharepoint"]
        .as_object_mut()
        .expect("a table")
        .remove("folder");
    world.receipt(&job).await;
    assert_eq!(world.files().len(), 1);
    world.file("Finance/Documents/sales.csv");
    assert!(
        world.sent("POST", "/children").is_empty(),
        "no folder was made"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_folders_are_made_level_by_level() {
    let world = World::start().await;
    let receipt = world
        .receipt(&in_folder(&world, "Finance", "/A/B//C/"))
        .await;
    assert_eq!(receipt["file"]["folder"], json!("A/B/C"));
    world.file("Finance/Documents/A/B/C/sales.csv");
    assert_eq!(world.sent("POST", "/children").len(), 3);

    world
        .receipt(&in_folder(&world, "Finance", "A\\B\\D"))
        .await;
    world.file("Finance/Documents/A/B/D/sales.csv");
    assert_eq!(
        world.sent("POST", "/children").len(),
        4,
        "only the missing one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leave_to_create_a_missing_folder_is_refused() {
    let world = World::start().await;
    let mut job = world.job();
    job["sharepoint"]["create_folders"] = json!(false);
    let parts = [
        "folder `Reports/Daily` does not exist in library `Documents`: `Root` has no `Reports`",
        "`create_folders = true`",
    ];
    world.refuses(&job, "folder-not-found", &parts).await;
    assert!(world.writes().is_empty());

    world.receipt(&world.job()).await;
    assert_eq!(
        world.receipt(&job).await["outcome"],
        json!("replaced"),
        "now it exists"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_another_case_is_the_same_folder() {
    let world = World::start().await;
    let receipt = world.receipt(&in_folder(&world, "HR", "reports")).await;
    assert_eq!(
        receipt["file"]["folder"],
        json!("REPORTS"),
        "as SharePoint has it"
    );
    world.file("HR/Documents/REPORTS/sales.csv");
    assert!(world.sent("POST", "/children").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_urls_must_escape() {
    let world = World::start().await;
    let path = "50% #1 & 'co' + ü/Q3; a=b, (c)";
    world.receipt(&in_folder(&world, "Finance", path)).await;
    world.file(&format!("Finance/Documents/{path}/sales.csv"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_a_new_folder_makes_no_second_one() {
    let world = World::start().await;
    world.fault("POST graph /children", 1, 1, "\"lost-reply\"");
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("lost-reply"), 1);
    assert_eq!(
        world.sent("POST", "/children").len(),
        3,
        "again after the loss: 409, then found"
    );
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_another_writer_makes_first_is_used() {
    let world = World::start().await;
    // Both look, neither finds; whoever comes second is told 409.
    let mut other = world.job();
    other["sharepoint"]["filename"] = json!({ "custom": "other.csv" });
    world.fault("POST graph /children", 1, 1, "\"stall\"");
    let job = world.job();
    let (first, ()) = tokio::join!(world.receipt(&job), async {
        while world.sent("POST", "/children").is_empty() {
            tokio::task::yield_now().await;
        }
        world.receipt(&other).await;
        world.release();
    });
    assert_eq!(world.fired("stall"), 1);
    let refused = world.sent("POST", "/children");
    assert!(refused.iter().any(|request| request.status == Some(409)));
    assert_eq!(first["file"]["folder"], json!("Reports/Daily"));
    world.file("Finance/Documents/Reports/Daily/sales.csv");
    world.file("Finance/Documents/Reports/Daily/other.csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_said_to_exist_and_never_shown_is_an_error() {
    let world = World::start().await;
    world.fault(
        "POST graph /children",
        1,
        1,
        &status(409, "", "nameAlreadyExists"),
    );
    let parts = [
        "creating folder `Documents/Reports`",
        "says that it exists, and does not show it",
    ];
    world
        .refuses(&world.job(), "sharepoint-refused", &parts)
        .await;
    assert_eq!(world.fired("status-409"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_way_is_told() {
    let world = World::start().await;
    world.receipt(&in_folder(&world, "Finance", "")).await;
    let job = in_folder(&world, "Finance", "sales.csv/Daily");
    let parts = [
        "`Documents/sales.csv` is a file, not a folder",
        "choose another `folder`",
    ];
    world.refuses(&job, "folder-is-file", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_the_files_name_is_told() {
    let world = World::start().await;
    world
        .receipt(&in_folder(&world, "Finance", "sales.csv"))
        .await;
    let job = in_folder(&world, "Finance", "");
    let parts = ["`Documents/sales.csv` is a folder, so no file can have that name"];
    world.refuses(&job, "name-is-folder", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_sharepoint_cannot_hold_is_refused_with_its_rule() {
    let world = World::start().await;
    for (folder, rule) in [
        (
            "Reports/a:b",
            "cannot hold `a:b`: SharePoint allows no `:` in a name",
        ),
        ("Forms", "keeps `forms` at the root of a library for itself"),
        ("Reports/~tmp", "must not begin with `~`"),
        ("Reports/nul", "keeps `NUL` for itself"),
        ("Reports./Daily", "must not end with a full stop"),
    ] {
        let job = in_folder(&world, "Finance", folder);
        world
            .refuses(&job, "job-invalid", &["`sharepoint.folder`", rule])
            .await;
    }
    assert!(world.requests().is_empty());
}
