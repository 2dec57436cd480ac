//! Rules of the DataSet itself: whether it is there, may be seen, and what its metadata may lack.

use crate::world::{DATASET, World, job, json_answer, with};
use serde_json::json;
use writeback_connector::error::Code;
use writeback_connector::message::Method::Get;

#[test]
fn a_deleted_dataset_fails() {
    let world = World::new();
    world.state().domo.set("deleted", json!(true));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DataSetDeleted);
    assert_eq!(failure.message, format!("DataSet `{DATASET}` was deleted"));
}

#[test]
fn an_unknown_dataset_fails() {
    let world = World::new();
    world.state().domo.metadata.clear();
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DataSetNotFound);
    assert_eq!(
        failure.message,
        format!(
            "reading DataSet `{DATASET}` failed: Domo answered 404 `Not Found`: Not found (toe `CA6JIHTO46-28C5D-UEQ7I`, 1 attempt)"
        )
    );
}

#[test]
fn a_barred_dataset_fails_whatever_its_status() {
    let world = World::new();
    let body = json!({"status": 400, "statusReason": "Bad Request", "message": "Infrastructure problem (403): Access is denied", "toe": "T1"});
    world.fault(Get, "/v1/datasets/", 1, json_answer(400, body));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DataSetForbidden);
    assert_eq!(
        failure.message,
        format!(
            "reading DataSet `{DATASET}` failed: Domo answered 400 `Bad Request`: Infrastructure problem (403): Access is denied (toe `T1`, 1 attempt)"
        )
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some("share the DataSet with the user who created the Domo client")
    );
}

#[test]
fn a_reply_that_is_no_dataset_fails() {
    let world = World::new();
    world.fault(
        Get,
        "/v1/datasets/",
        1,
        json_answer(200, json!({"hello": 1})),
    );
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DomoRefused);
    assert_eq!(
        failure.message,
        format!("reading DataSet `{DATASET}` failed: the reply is no DataSet")
    );
}

#[test]
fn metadata_is_read_leniently() {
    let world = World::new();
    for (key, value) in [
        ("rows", json!("3")),
        ("owner", json!("27")),
        ("columns", json!(2.0)),
        ("pdpEnabled", json!("false")),
    ] {
        world.state().domo.set(key, value);
    }
    let receipt = world.run(&with("/domo/owner", json!("enforce"))).unwrap();
    assert_eq!(receipt["dataset"]["rows"], 3);
    assert_eq!(receipt["dataset"]["columns"], 2);
}
