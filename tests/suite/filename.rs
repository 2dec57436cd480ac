//! The file's name: the DataSet's id, its name (mended where SharePoint cannot hold it), or a custom one.

use serde_json::{Value, json};

use crate::trouble::{says, warns};
use crate::world::World;

fn named(mut job: Value, filename: Value) -> Value {
    job["sharepoint"]["filename"] = filename;
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_is_the_default() {
    let world = World::start().await;
    let mut job = world.job();
    job["sharepoint"]
        .as_object_mut()
        .expect("a table")
        .remove("filename");
    let receipt = world.receipt(&job).await;
    let name = format!("{}.csv", world.dataset("plain").id);
    assert_eq!(receipt["file"]["name"], json!(name));
    world.file(&format!("Finance/Documents/Reports/Daily/{name}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_datasets_name_gets_an_extension() {
    let world = World::start().await;
    world
        .receipt(&named(world.job(), json!("dataset-name")))
        .await;
    world.file("Finance/Documents/Reports/Daily/Daily sales.csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_beyond_ascii_stays_as_it_is() {
    let world = World::start().await;
    let job = named(world.job_for("unicode-name"), json!("dataset-name"));
    let receipt = world.receipt(&job).await;
    assert_eq!(receipt["warnings"], json!([]));
    world.file("Finance/Documents/Reports/Daily/Umsätze 東京 🚀.csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_sharepoint_cannot_hold_is_mended_and_told() {
    let world = World::start().await;
    let job = named(world.job_for("hard-name"), json!("dataset-name"));
    let receipt = world.receipt(&job).await;
    let name = "Sales_ Q3 _ _North__.csv";
    assert_eq!(receipt["file"]["name"], json!(name));
    warns(
        &receipt,
        &["Sales: Q3 / \"North\"?", name, "SharePoint allows no `:`"],
    );
    world.file(&format!("Finance/Documents/Reports/Daily/{name}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_too_long_is_cut_and_told() {
    let world = World::start().await;
    let job = named(world.job_for("long-name"), json!("dataset-name"));
    let receipt = world.receipt(&job).await;
    let name = receipt["file"]["name"].as_str().expect("a name").to_owned();
    assert!(
        name.starts_with("Quarter after quarter") && name.ends_with(".csv") && name.len() < 140
    );
    warns(&receipt, &["a name has at most 255 characters"]);
    world.file(&format!("Finance/Documents/Reports/Daily/{name}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_name_gets_csv_where_it_is_missing() {
    let world = World::start().await;
    let given = [
        ("plain", "plain.csv"),
        ("UPPER.CSV", "UPPER.CSV"),
        ("a.txt", "a.txt.csv"),
        ("50% #1 & 'co' +", "50% #1 & 'co' +.csv"),
    ];
    for (custom, name) in given {
        world
            .receipt(&named(world.job(), json!({ "custom": custom })))
            .await;
        world.file(&format!("Finance/Documents/Reports/Daily/{name}"));
    }
    assert_eq!(world.files().len(), given.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_name_that_sharepoint_cannot_hold_is_refused_with_its_rule() {
    let world = World::start().await;
    let long = "x".repeat(252);
    let given = [
        ("a\"b", "no `\"` in a name"),
        ("a*b", "no `*` in a name"),
        ("a:b", "no `:` in a name"),
        ("a<b", "no `<` in a name"),
        ("a>b", "no `>` in a name"),
        ("a?b", "no `?` in a name"),
        ("a/b", "no `/` in a name"),
        ("a\\b", "no `\\` in a name"),
        ("a|b", "no `|` in a name"),
        ("a\tb", "control characters"),
        (" a", "must not begin or end with a space"),
        ("a ", "must not begin or end with a space"),
        ("a.", "must not end with a full stop"),
        ("CON", "keeps `CON` for itself"),
        ("prn.csv", "keeps `PRN` for itself"),
        ("com7", "keeps `COM7` for itself"),
        ("lpt0.csv", "keeps `LPT0` for itself"),
        (".lock", "keeps `.lock` for itself"),
        ("desktop.ini", "keeps `desktop.ini` for itself"),
        ("~$sales", "must not begin with `~$`"),
        ("a_vti_b", "no `_vti_` in a name"),
        (long.as_str(), "at most 255 characters, this one has 256"),
        (".csv", "must not be empty"),
    ];
    for (custom, rule) in given {
        let job = named(world.job(), json!({ "custom": custom }));
        let failure = world.failure(&job).await;
        says(
            &failure,
            "job-invalid",
            &["`sharepoint.filename.custom` cannot be", rule],
        );
    }
    assert!(world.requests().is_empty(), "nothing was asked of anybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_too_long_is_refused_before_a_folder_is_made() {
    let world = World::start().await;
    let mut job = named(world.job(), json!({ "custom": "x".repeat(200) }));
    job["sharepoint"]["folder"] = json!(format!("{}/{}", "y".repeat(100), "z".repeat(100)));
    let parts = [
        "SharePoint holds at most 400",
        "choose a shorter file name or folder",
    ];
    world.refuses(&job, "name-refused", &parts).await;
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_of_a_job_are_told_at_once() {
    let world = World::start().await;
    let mut job = named(world.job(), json!({ "custom": "a*b" }));
    job["domo"]["rows"] = json!("exact");
    job["sharepoint"]["foldr"] = json!("Reports");
    job["upload"]["fragment"] = json!(1_000_000);
    let parts = [
        "4 problems",
        "`sharepoint.filename.custom`",
        "`domo.rows`",
        "foldr",
        "`folder`",
        "`upload.fragment` must be a multiple of 327680",
        "`writeback schema job`",
    ];
    world.refuses(&job, "job-invalid", &parts).await;
}
