//! Rules of verification.

use crate::world::{Act, World, job, json_answer, with};
use serde_json::{Value, json};
use writeback_connector::error::{Code, Failure};
use writeback_connector::message::Method::{Get, Post, Put};
use writeback_connector::ports::HttpError;

/// SharePoint tells another hash than that of what it was sent.
fn other_hash(item: &mut Value) {
    item["file"]["hashes"]["quickXorHash"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

fn no_hash(item: &mut Value) {
    item["file"].as_object_mut().unwrap().remove("hashes");
}

#[test]
fn a_hash_that_differs_fails_and_the_file_stays() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::VerifyMismatch);
    assert_eq!(
        failure.message,
        "`Documents/sales.csv` is not what left Domo: SharePoint holds 41 bytes with quickXorHash `AAAAAAAAAAAAAAAAAAAAAAAAAAA=`, Domo sent 41 bytes with `r6VMVnGknA7KRJf1iK4Bo4reFp4=`; the file is new"
    );
    assert!(failure.hint.unwrap().starts_with("delete the file"));
    assert!(world.file("sales.csv").is_some());
}

#[test]
fn a_size_that_differs_fails_under_every_rule_but_warn() {
    for rule in ["hash", "size"] {
        let world = World::new();
        world.fault(
            Put,
            ":/content",
            1,
            Act::Alter(|item| item["size"] = json!(45)),
        );
        let failure = world.fails(&with("/sharepoint/verify", json!(rule)));
        assert_eq!(failure.code, Code::VerifyMismatch);
    }
}

#[test]
fn a_difference_may_be_a_warning() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    let receipt = world
        .run(&with("/sharepoint/verify", json!("warn")))
        .unwrap();
    assert_eq!(receipt["verified"], "size");
    assert_eq!(receipt["warnings"].as_array().unwrap().len(), 1);
    world.fault(
        Put,
        ":/content",
        1,
        Act::Alter(|item| item["size"] = json!(45)),
    );
    let receipt = world
        .run(&with("/sharepoint/verify", json!("warn")))
        .unwrap();
    assert_eq!(receipt["verified"], "none");
}

#[test]
fn the_size_may_be_enough() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    let receipt = world
        .run(&with("/sharepoint/verify", json!("size")))
        .unwrap();
    assert_eq!(receipt["verified"], "size");
    assert_eq!(receipt["warnings"], json!([]));
}

#[test]
fn a_hash_that_is_late_is_read_again() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::Alter(no_hash));
    world.fault(Get, "/items/01ITEM1?", 2, Act::Alter(no_hash));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["verified"], "hash");
    assert_eq!(
        world.sent(Get, "/items/01ITEM1?").len(),
        3 + 1,
        "one for its check-out"
    );
}

#[test]
fn a_hash_that_never_comes_leaves_the_size_and_a_warning() {
    let world = World::new();
    world.state().sharepoint.hashes = false;
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["verified"], "size");
    assert_eq!(
        receipt["warnings"],
        json!([
            "SharePoint has no hash of `Documents/sales.csv` yet, so only its size was compared"
        ])
    );
    assert_eq!(
        world.sent(Get, "/items/01ITEM1?").len(),
        4 + 1,
        "one for its check-out"
    );
}

#[test]
fn a_file_that_is_gone_at_once_fails() {
    let world = World::new();
    world.fault(
        Put,
        ":/content",
        1,
        Act::Alter(|item| {
            no_hash(item);
            item["id"] = json!("01GONE");
        }),
    );
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::VerifyMismatch);
    assert_eq!(
        failure.message,
        "`Documents/sales.csv` is gone right after the upload"
    );
}

fn requiring_check_out() -> World {
    let world = World::new();
    world.state().sharepoint.check_out = true;
    world
}

fn checked_out(world: &World) -> bool {
    world.state().sharepoint.items["01ITEM1"].checked_out
}

#[test]
fn a_file_that_stays_checked_out_is_checked_in() {
    let world = requiring_check_out();
    let receipt = world.run(&job()).unwrap();
    assert!(!checked_out(&world));
    assert_eq!(receipt["warnings"], json!([]));
    assert_eq!(
        receipt["file"]["etag"], "\"01ITEM1,2\"",
        "the version of the check-in"
    );
}

#[test]
fn a_check_in_whose_reply_is_lost_is_no_trouble() {
    let world = requiring_check_out();
    world.fault(Post, "/checkin", 1, Act::LoseReply);
    let receipt = world.run(&job()).unwrap();
    assert!(!checked_out(&world));
    assert_eq!(receipt["warnings"], json!([]));
}

#[test]
fn a_check_in_that_is_refused_is_a_warning() {
    let world = requiring_check_out();
    let refusal = json!({"error": {"code": "invalidRequest", "message": "A column is required."}});
    world.fault(Post, "/checkin", 1, json_answer(400, refusal));
    let receipt = world.run(&job()).unwrap();
    assert!(checked_out(&world));
    assert_eq!(
        receipt["warnings"],
        json!([
            "`Documents/sales.csv` is still checked out, so only the application sees it: checking in `Documents/sales.csv` failed: SharePoint answered 400 `invalidRequest`: A column is required (1 attempt); check it in by hand"
        ])
    );
}

#[test]
fn what_differs_is_not_checked_in() {
    let world = requiring_check_out();
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    assert_eq!(world.fails(&job()).code, Code::VerifyMismatch);
    assert!(checked_out(&world), "nobody sees what is not whole");
}

#[test]
fn a_state_that_cannot_be_seen_is_a_warning() {
    let world = World::new();
    let refusal = json!({"error": {"code": "accessDenied", "message": "No."}});
    world.fault(Get, "/items/01ITEM1?", 1, json_answer(403, refusal));
    let receipt = world.run(&job()).unwrap();
    let warning = receipt["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("whether `Documents/sales.csv` is checked out could not be seen: "),
        "{warning}"
    );
}

/// A world whose file is in its second version, of 8 bytes.
fn replacing() -> World {
    let world = World::new();
    let mut state = world.state();
    let id = state.sharepoint.add("sales.csv", Some(b"old data"));
    state.sharepoint.items.get_mut(&id).unwrap().past.push(5);
    drop(state);
    world
}

const GOOD: &str = "; the version before this run is `2.0` of 2026-01-02T00:00:00Z with 8 bytes";

fn restores(failure: &Failure) {
    assert_eq!(failure.code, Code::VerifyMismatch);
    assert!(failure.message.ends_with(GOOD), "{failure}");
    let hint = failure.hint.as_deref().unwrap();
    assert!(
        hint.starts_with("restore version `2.0` under *Version history* of the file in the browser, or with `POST https://graph.microsoft.com/v1.0/drives/b!docs/items/01ITEM1/versions/2.0/restoreVersion`"),
        "{hint}"
    );
}

#[test]
fn a_mismatch_names_the_version_to_restore() {
    let world = replacing();
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    restores(&world.fails(&job()));
    // Written twice, because the first reply was lost and the file looked wrong.
    let world = replacing();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
    world.fault(Get, ":/sales.csv", 1, Act::Alter(other_hash));
    let failure = world.fails(&job());
    assert_eq!(world.sent(Put, ":/content").len(), 2);
    restores(&failure);
}

#[test]
fn a_run_that_goes_on_still_knows_the_version_to_restore() {
    let world = replacing();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
    world.fault(Get, ":/sales.csv", 1, Act::Error(HttpError::Cancelled));
    assert_eq!(world.fails(&job()).code, Code::Cancelled);
    world.fault(Get, ":/sales.csv", 9, Act::Alter(other_hash));
    world.fault(Put, ":/content", 9, Act::Alter(other_hash));
    restores(&world.resume(&job()).unwrap_err());
}

#[test]
fn without_the_version_s_name_its_size_tells() {
    fn unnamed(item: &mut Value) {
        item.as_object_mut().unwrap().remove("publication");
    }
    let world = replacing();
    world.fault(Get, ":/sales.csv", 1, Act::Alter(unnamed));
    world.fault(Put, ":/content", 1, Act::Alter(other_hash));
    restores(&world.fails(&job()));
}

#[test]
fn trouble_with_the_versions_does_not_hide_the_mismatch() {
    for (trouble, told) in [
        (
            json_answer(403, json!({ "error": { "code": "accessDenied" } })),
            "listing the versions of `Documents/sales.csv` failed: SharePoint answered 403 `accessDenied` (1 attempt)",
        ),
        (
            json_answer(200, json!({ "value": [{ "id": "3.0" }] })),
            "SharePoint lists no version of it from before this run",
        ),
        (Act::Error(HttpError::Cancelled), "the run was cancelled"),
    ] {
        let world = replacing();
        world.fault(Put, ":/content", 1, Act::Alter(other_hash));
        world.fault(Get, "/versions", 1, trouble);
        let failure = world.fails(&job());
        assert_eq!(failure.code, Code::VerifyMismatch);
        assert!(
            failure
                .message
                .starts_with("`Documents/sales.csv` is not what left Domo")
        );
        assert!(failure.message.ends_with(told), "{failure}");
        assert!(failure.hint.unwrap().contains("*Version history*"));
    }
}
