//! Rules of the single PUT, and of rename mode.

use crate::world::{Act, DATASET, World, answer, job, json_answer, reset, set, with};
use serde_json::{Value, json};
use writeback_connector::error::Code;
use writeback_connector::message::Content;
use writeback_connector::message::Method::{Get, Post, Put};

fn rename() -> Value {
    with("/sharepoint/if_exists", json!("rename"))
}

fn conflict(code: &str) -> Act {
    json_answer(
        409,
        json!({"error": {"code": code, "message": "Conflict."}}),
    )
}

#[test]
fn up_to_the_limit_one_put_and_above_it_a_session() {
    let world = World::new();
    world.exactly(400_000);
    let mut job = with("/upload/simple_limit", json!(400_000));
    assert_eq!(world.run(&job).unwrap()["upload"]["method"], "simple");
    set(&mut job, "/upload/simple_limit", json!(399_999));
    assert_eq!(world.run(&job).unwrap()["upload"]["method"], "session");
}

#[test]
fn a_file_of_no_bytes_is_always_one_put_without_content() {
    let world = World::new();
    world.state().domo.put(DATASET, b"", 0);
    world.state().domo.set("columns", json!(0));
    let mut job = with("/upload/simple_limit", json!(0));
    set(&mut job, "/guard/if_empty", json!("write"));
    let receipt = world.run(&job).unwrap();
    assert_eq!(receipt["upload"]["method"], "simple");
    assert_eq!(world.sent(Put, ":/content")[0].content, Content::Empty);
    assert_eq!(world.file("sales.csv"), Some(Vec::new()));
    assert_eq!(receipt["verified"], "hash");
}

#[test]
fn a_lost_reply_is_decided_by_what_sharepoint_holds() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    let receipt = world.run(&job()).unwrap();
    assert_eq!(world.sent(Put, ":/content").len(), 1, "not written twice");
    assert_eq!(receipt["verified"], "hash");
    assert_eq!(receipt["outcome"], "created");
}

#[test]
fn a_lost_request_is_sent_again() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::Error(reset()));
    world.run(&job()).unwrap();
    assert_eq!(world.sent(Put, ":/content").len(), 2);
}

#[test]
fn a_reply_without_the_file_is_no_proof() {
    let world = World::new();
    world.fault(Put, ":/content", 1, json_answer(201, json!({})));
    world.run(&job()).unwrap();
    assert!(world.file("sales.csv").is_some());
}

#[test]
fn the_last_attempt_may_have_landed_all_the_same() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    world.run(&with("/retry/attempts", json!(1))).unwrap();
}

#[test]
fn a_concurrent_write_is_retried() {
    let world = World::new();
    world.fault(Put, ":/content", 2, conflict("resourceModified"));
    world.run(&job()).unwrap();
    assert_eq!(world.sent(Put, ":/content").len(), 3);
}

#[test]
fn another_upload_of_the_file_is_waited_for_and_then_told() {
    let world = World::new();
    world.fault(Put, ":/content", 99, conflict("nameAlreadyExists"));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::UploadInProgress);
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` failed: SharePoint answered 409 `nameAlreadyExists`: Conflict (5 attempts in 11 s)"
    );
    assert_eq!(failure.retry_after, Some(900));
}

#[test]
fn a_locked_file_is_waited_for() {
    let world = World::new();
    let body = json!({"error": {"code": "notAllowed", "message": "Locked.", "innerError": {"code": "resourceLocked"}}});
    world.fault(Put, ":/content", 2, json_answer(423, body));
    world.run(&job()).unwrap();
}

#[test]
fn a_file_that_stays_locked_fails_with_its_code() {
    let world = World::new();
    let body = json!({"error": {"code": "notAllowed", "message": "The file is locked.", "innererror": {"code": "resourceLocked", "request-id": "r-1"}}});
    world.fault(Put, ":/content", 99, json_answer(423, body));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::FileLocked);
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` failed: SharePoint answered 423 `resourceLocked`: The file is locked (request-id `r-1`, 23 attempts in 5 min; it stayed locked for 5 min)"
    );
    assert_eq!(failure.retry_after, Some(300));
}

#[test]
fn a_full_library_is_never_tried_twice() {
    let world = World::new();
    let body = json!({"error": {"code": "quotaLimitReached", "message": "Insufficient space."}});
    world.fault(Put, ":/content", 99, json_answer(507, body));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::QuotaExceeded);
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` failed: SharePoint answered 507 `quotaLimitReached`: Insufficient space (1 attempt)"
    );
    assert_eq!(failure.retry_after, None);
}

#[test]
fn a_name_that_sharepoint_refuses_all_the_same_is_told() {
    let world = World::new();
    let body = json!({"error": {"code": "invalidRequest", "message": "Bad name.", "innerError": {"code": "nameContainsInvalidCharacters"}}});
    world.fault(Put, ":/content", 1, json_answer(400, body));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::NameRefused);
}

#[test]
fn a_folder_of_the_file_s_name_is_not_replaced() {
    let world = World::new();
    world.state().sharepoint.add("sales.csv", None);
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::NameIsFolder);
    assert_eq!(
        failure.message,
        "`Documents/sales.csv` is a folder, so no file can have that name"
    );
}

#[test]
fn rename_keeps_a_free_name_and_takes_the_lowest_free_number() {
    let world = World::new();
    assert_eq!(world.run(&rename()).unwrap()["outcome"], "created");
    world
        .state()
        .sharepoint
        .add("Sales 2.csv", Some(b"another's"));
    let receipt = world.run(&rename()).unwrap();
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    assert_eq!(receipt["outcome"], "renamed");
    let receipt = world.run(&rename()).unwrap();
    assert_eq!(
        receipt["file"]["name"], "sales 3.csv",
        "names are compared without regard to case"
    );
    assert!(world.sent(Put, "conflictBehavior=replace").is_empty());
}

#[test]
fn rename_reads_every_page_of_a_folder() {
    let world = World::new();
    world.state().sharepoint.page = 3;
    world.state().sharepoint.add("sales.csv", Some(b"0"));
    for number in 1..20 {
        world
            .state()
            .sharepoint
            .add(&format!("sales {number}.csv"), Some(b"n"));
    }
    assert_eq!(
        world.run(&rename()).unwrap()["file"]["name"],
        "sales 20.csv"
    );
}

#[test]
fn rename_s_listing_that_leads_to_itself_ends() {
    let world = World::new();
    world.state().sharepoint.add("sales.csv", Some(b"0"));
    world.fault(
        Get,
        "/children",
        9,
        Act::Alter(|page| {
            page["@odata.nextLink"] =
                json!("https://graph.microsoft.com/v1.0/drives/b!docs/items/root-docs/children?x");
        }),
    );
    let receipt = world.run(&rename()).unwrap();
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    assert_eq!(world.sent(Get, "/children").len(), 2);
}

#[test]
fn rename_takes_the_next_name_when_another_writer_is_quicker() {
    let world = World::new();
    let steal = Act::Before(|state| {
        state.sharepoint.add("sales.csv", Some(b"another's"));
    });
    world.fault(Put, "sales.csv:/content", 1, steal);
    let receipt = world.run(&rename()).unwrap();
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    assert_eq!(world.file("sales.csv"), Some(b"another's".to_vec()));
}

#[test]
fn rename_after_a_lost_reply_finds_its_own_file() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    let receipt = world.run(&rename()).unwrap();
    assert_eq!(receipt["file"]["name"], "sales.csv");
    assert_eq!(world.file("sales 1.csv"), None, "no duplicate");
}

#[test]
fn rename_gives_up_when_every_name_is_taken_from_it() {
    let world = World::new();
    world.fault(Put, ":/content", 99, conflict("nameAlreadyExists"));
    let failure = world.fails(&rename());
    assert_eq!(failure.code, Code::NamesExhausted);
    assert_eq!(
        failure.message,
        "uploading `sales.csv` failed: other writers took 20 names one after the other"
    );
}

#[test]
fn the_chosen_name_is_durable_before_the_first_byte_is_sent() {
    let world = World::new();
    world.fault(
        Put,
        ":/content",
        1,
        Act::Before(|state| {
            let saved = String::from_utf8(state.saved.last().unwrap().clone()).unwrap();
            assert!(saved.contains("sales.csv"), "{saved}");
        }),
    );
    world.run(&rename()).unwrap();
}

#[test]
fn throttling_is_obeyed_to_the_second() {
    let world = World::new();
    world.fault(Put, ":/content", 1, answer(429, &[("retry-after", "37")]));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["attempts"]["waited_ms"], 37_000);
    assert_eq!(
        world.sent(Get, "nothing").len() + world.sent(Post, "nothing").len(),
        0
    );
}
