//! Rules of `[guard]`: good data is not replaced by bad, and a refusal changes nothing.

use crate::pieces::error;
use crate::world::{Act, DATASET, World, fragments, job, set, with};
use serde_json::{Value, json};
use writeback_connector::error::{Code, Failure};
use writeback_connector::message::Method::{Get, Post, Put};
use writeback_connector::ports::{HttpError, Level};

/// The default job, its folder missing, with this under `[guard]`.
fn guarded(guard: Value) -> Value {
    let mut job = with("/guard", guard);
    set(&mut job, "/sharepoint/folder", json!("Reports/Daily"));
    job
}

fn empty() -> World {
    let world = World::new();
    world.state().domo.put(DATASET, b"id,name\n", 0);
    world
}

/// The failure, after which SharePoint is as it was.
fn refused(world: &World, job: &Value, code: Code) -> Failure {
    let before = world.state().sharepoint.items.len();
    let failure = world.fails(job);
    assert_eq!(failure.code, code, "{failure}");
    assert!(failure.hint.is_some());
    assert_eq!(failure.retry_after, None, "somebody has to look");
    untouched(world, before);
    failure
}

fn untouched(world: &World, items: usize) {
    assert!(world.sent(Put, "").is_empty());
    assert!(world.sent(Post, "/createUploadSession").is_empty());
    assert!(world.sent(Post, "/children").is_empty());
    assert_eq!(world.state().sharepoint.items.len(), items);
}

#[test]
fn an_export_without_rows_fails_unless_the_job_says_otherwise() {
    for guard in [json!({}), json!({ "if_empty": "fail" })] {
        let failure = refused(&empty(), &guarded(guard), Code::ExportEmpty);
        assert_eq!(
            failure.message,
            format!("the export of DataSet `{DATASET}` has no rows")
        );
    }
    let world = empty();
    let written = world.run(&guarded(json!({ "if_empty": "write" }))).unwrap();
    assert_eq!(written["outcome"], "created");
    let file = world.file("Reports/Daily/sales.csv");
    assert_eq!(file, Some(b"id,name\n".to_vec()));
}

#[test]
fn a_job_may_end_well_without_a_file() {
    let world = empty();
    let items = world.state().sharepoint.items.len();
    let receipt = world.run(&guarded(json!({ "if_empty": "skip" }))).unwrap();
    untouched(&world, items);
    assert_eq!(receipt["outcome"], "skipped");
    assert_eq!(receipt["export"]["rows"], 0);
    for absent in ["file", "verified", "upload"] {
        assert_eq!(receipt[absent], Value::Null, "{absent}");
    }
    assert_eq!(
        receipt["warnings"],
        json!([format!(
            "the export of DataSet `{DATASET}` has no rows, so nothing was uploaded and SharePoint is as it was (`if_empty = \"skip\"`)"
        )])
    );
    // With rows the same job writes.
    let receipt = World::new().run(&guarded(json!({ "if_empty": "skip" })));
    assert_eq!(receipt.unwrap()["outcome"], "created");
}

#[test]
fn fewer_rows_than_the_least_fail() {
    let failure = refused(
        &World::new(),
        &guarded(json!({ "min_rows": 4 })),
        Code::TooFewRows,
    );
    assert_eq!(
        failure.message,
        format!("the export of DataSet `{DATASET}` has 3 rows, and the job wants 4 at least")
    );
    World::new()
        .run(&guarded(json!({ "min_rows": 3 })))
        .unwrap();
    let both = guarded(json!({ "if_empty": "write", "min_rows": 1 }));
    refused(&empty(), &both, Code::TooFewRows);
}

#[test]
fn what_differs_in_the_columns_is_named() {
    let cases = [
        (json!(["id"]), "not expected: `name`"),
        (json!(["id", "name", "city"]), "missing: `city`"),
        (json!(["ID", "name"]), "missing: `ID`; not expected: `id`"),
        (json!(["id", "name", "name"]), "missing: `name`"),
        (
            json!(["name", "id"]),
            "out of order: column 1 is `id`, not `name`",
        ),
    ];
    for (expected, told) in cases {
        let job = guarded(json!({ "expect_columns": expected }));
        let failure = refused(&World::new(), &job, Code::ColumnsDiffer);
        assert_eq!(
            failure.message,
            format!(
                "the export of DataSet `{DATASET}` has not the columns that the job expects; {told}"
            )
        );
    }
    let right = guarded(json!({ "expect_columns": ["id", "name"] }));
    World::new().run(&right).unwrap();
}

#[test]
fn long_lists_and_names_of_columns_are_cut() {
    let names: Vec<String> = (0..12).map(|n| format!("{n}{}", "x".repeat(99))).collect();
    let job = guarded(json!({ "expect_columns": names }));
    let failure = refused(&World::new(), &job, Code::ColumnsDiffer);
    let cut = format!("`9{}…` and 2 more; not expected", "x".repeat(79));
    assert!(failure.message.contains(&cut), "{failure}");
}

#[test]
fn a_header_that_is_too_long_to_be_known_is_not_the_expected_one() {
    let world = World::new();
    let csv = format!("{},b\n1,2\n", "a".repeat(70_000));
    world.state().domo.put(DATASET, csv.as_bytes(), 1);
    let job = guarded(json!({ "expect_columns": ["a", "b"] }));
    let failure = refused(&world, &job, Code::ColumnsDiffer);
    assert!(
        failure
            .message
            .ends_with("has 2 columns with longer names than the 2 expected ones can have"),
        "{failure}"
    );
}

#[test]
fn a_file_that_would_shrink_too_much_is_kept() {
    let bytes = World::new().state().domo.csv[DATASET].len();
    let job = guarded(json!({ "max_shrink": 0.2 }));
    for (before, fits) in [
        (bytes, true),
        (bytes * 5 / 4, true),
        (bytes * 5 / 4 + 1, false),
    ] {
        let world = World::new();
        let old = vec![b'o'; before];
        let path = "Reports/Daily/sales.csv";
        world.state().sharepoint.add(path, Some(&old));
        if fits {
            assert_eq!(world.run(&job).unwrap()["outcome"], "replaced", "{before}");
            continue;
        }
        let failure = refused(&world, &job, Code::Shrunk);
        assert_eq!(
            failure.message,
            format!(
                "the export has {bytes} bytes and `Documents/{path}` has {before}: 21.1538 % less, and the job allows 20 %"
            )
        );
        assert_eq!(world.file(path), Some(old));
    }
}

#[test]
fn without_a_file_there_is_nothing_to_shrink() {
    let world = World::new();
    world.run(&guarded(json!({ "max_shrink": 0 }))).unwrap();
    let told = (
        Level::Debug,
        "there is no `Documents/Reports/Daily/sales.csv` to hold the export's size against"
            .to_owned(),
    );
    assert!(world.state().lines.contains(&told));
    let world = World::new();
    world
        .state()
        .sharepoint
        .add("Reports/Daily/other.csv", Some(b"x"));
    world.run(&guarded(json!({ "max_shrink": 0 }))).unwrap();
    assert!(world.state().lines.contains(&told));
}

#[test]
fn the_size_is_compared_in_rename_mode_too() {
    let world = World::new();
    world
        .state()
        .sharepoint
        .add("sales.csv", Some(&[b'o'; 999]));
    let mut job = with("/guard/max_shrink", json!(0.5));
    set(&mut job, "/sharepoint/if_exists", json!("rename"));
    refused(&world, &job, Code::Shrunk);
}

#[test]
fn a_file_that_cannot_be_read_is_not_replaced() {
    let world = World::new();
    world.fault(Get, ":/sales.csv", 1, error(403, "accessDenied"));
    let failure = world.fails(&with("/guard/max_shrink", json!(0.5)));
    assert_eq!(failure.code, Code::SharePointForbidden);
    assert!(world.sent(Put, "").is_empty());
}

#[test]
fn a_run_that_goes_on_is_guarded_as_well() {
    let world = World::new();
    let died = Act::Error(HttpError::Cancelled);
    world.fault(Put, ":/content", 1, died);
    assert_eq!(world.fails(&job()).code, Code::Cancelled);
    let job = guarded(json!({ "expect_columns": ["id", "city"] }));
    let failure = world.resume(&job).unwrap_err();
    assert!(world.sent(Get, "/data?").is_empty(), "not exported again");
    assert_eq!(failure.code, Code::ColumnsDiffer);
    assert!(
        failure
            .message
            .ends_with("missing: `city`; not expected: `name`")
    );
}

#[test]
fn a_refusal_gives_up_the_session_of_an_earlier_attempt() {
    let world = World::new();
    world.exactly(4 * 327_680);
    world.fault(Put, "link:", 1, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, Act::Error(HttpError::Cancelled));
    assert_eq!(world.fails(&fragments()).code, Code::Cancelled);
    let mut job = fragments();
    set(&mut job, "/guard/min_rows", json!(1_000_000));
    assert_eq!(world.resume(&job).unwrap_err().code, Code::TooFewRows);
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
}

/// The finding of the check, with its code.
fn foreseen(world: &World, guard: Value) -> (String, String, Value) {
    let report = world.check(&with("/guard", guard)).unwrap();
    let finding = &report["findings"][4];
    assert_eq!(finding["check"], "guard");
    let text = |key: &str| finding[key].as_str().unwrap().to_owned();
    (text("status"), text("message"), finding["code"].clone())
}

#[test]
fn a_check_foresees_what_the_metadata_show() {
    let world = World::new();
    let columns = json!({ "columns": [{ "name": "id" }, { "name": "name" }] });
    world.state().domo.set("schema", columns);
    let by = format!("by Domo's metadata, DataSet `{DATASET}`");
    assert_eq!(
        foreseen(&world, json!({ "min_rows": 4 })),
        (
            "failed".to_owned(),
            format!("{by} has 3 rows, and the job wants 4 at least"),
            json!("too-few-rows")
        )
    );
    assert_eq!(
        foreseen(&world, json!({ "expect_columns": ["id"] })),
        (
            "failed".to_owned(),
            format!("{by} has not the columns that the job expects; not expected: `name`"),
            json!("columns-differ")
        )
    );
    let (status, ..) = foreseen(&world, json!({ "expect_columns": ["id", "name"] }));
    assert_eq!(status, "ok");
    world.state().domo.set("rows", json!(0));
    let (status, message, code) = foreseen(&world, json!({}));
    assert_eq!((status.as_str(), code), ("failed", json!("export-empty")));
    assert_eq!(message, format!("{by} has no rows"));
    let (status, message, _) = foreseen(&world, json!({ "if_empty": "skip" }));
    assert_eq!(status, "warning");
    assert!(message.contains("nothing would be uploaded"), "{message}");
    let (status, ..) = foreseen(&world, json!({ "if_empty": "write" }));
    assert_eq!(status, "ok");
}
