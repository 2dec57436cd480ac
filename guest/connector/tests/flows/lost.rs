//! Rules of sessions that end early: a new one, another name, or giving up.

use crate::pieces::{GRID, error, landed, world};
use crate::world::{Act, World, fragments, json_answer, set};
use serde_json::json;
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Post, Put};

#[test]
fn a_session_that_is_gone_is_opened_anew() {
    let (world, csv) = world();
    world.fault(Put, "link:", 2, Act::Alter(|_| {}));
    world.fault(
        Put,
        "link:",
        1,
        Act::Before(|state| state.sharepoint.sessions.clear()),
    );
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.state().sharepoint.opened, 2);
}

#[test]
fn an_expired_upload_url_means_a_new_session() {
    let (world, csv) = world();
    world.fault(Put, "link:", 2, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, error(401, "expiredToken"));
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.state().sharepoint.opened, 2);
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
    assert_eq!(
        world.state().renewals,
        0,
        "the account's token has nothing to do with it"
    );
}

#[test]
fn a_session_lost_again_and_again_fails() {
    let (world, _) = world();
    world.fault(Put, "link:", 99, error(401, "expiredToken"));
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::UploadFailed);
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` failed: SharePoint answered 401 `expiredToken`: No (4 upload sessions)"
    );
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!(world.state().sharepoint.deleted.len(), 4);
}

#[test]
fn a_session_is_deleted_when_the_job_gives_up() {
    let (world, _) = world();
    world.fault(Put, "link:", 99, error(503, "serviceNotAvailable"));
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::SharePointUnavailable);
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` failed: SharePoint answered 503 `serviceNotAvailable`: No (5 attempts in 16 s)"
    );
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
    assert_eq!(world.file("sales.csv"), None);
}

#[test]
fn a_last_fragment_that_always_fails_is_tried_with_another_size() {
    let world = World::new();
    let csv = world.exactly(3 * GRID);
    let mut job = fragments();
    set(&mut job, "/upload/fragment", json!(2 * GRID));
    set(&mut job, "/upload/fragment_max", json!(2 * GRID));
    world.fault(Put, "link:1", 1, Act::Alter(|_| {}));
    world.fault(Put, "link:1", 99, error(500, "generalException"));
    world.run(&job).unwrap();
    assert_eq!(world.file("sales.csv").as_deref(), Some(csv.as_slice()));
    assert_eq!(
        world.sent(Put, "link:2")[0].header("content-range"),
        Some("bytes 0-327679/983040")
    );
}

#[test]
fn acknowledged_bytes_that_are_not_kept_end_the_job() {
    let (world, _) = world();
    world.fault(
        Put,
        "link:",
        99,
        json_answer(202, json!({"nextExpectedRanges": ["0-"]})),
    );
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::UploadFailed);
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` failed: SharePoint acknowledges bytes without keeping them (5 attempts in 16 s)"
    );
}

#[test]
fn a_full_library_is_never_tried_twice() {
    let (world, _) = world();
    world.fault(
        Post,
        "createUploadSession",
        99,
        error(507, "quotaLimitReached"),
    );
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::QuotaExceeded);
    assert_eq!(
        failure.message,
        "opening an upload session for `Documents/sales.csv` failed: SharePoint answered 507 `quotaLimitReached`: No (1 attempt)"
    );
}

#[test]
fn a_session_without_a_url_fails() {
    let (world, _) = world();
    world.fault(Post, "createUploadSession", 1, json_answer(200, json!({})));
    let failure = world.fails(&fragments());
    assert_eq!(
        failure.message,
        "opening an upload session for `Documents/sales.csv` failed: the reply has no upload URL"
    );
}

#[test]
fn a_session_of_somebody_else_is_waited_for_and_then_told() {
    let (world, csv) = world();
    world.fault(Post, "createUploadSession", 2, error(409, "resourceBusy"));
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    world.fault(Post, "createUploadSession", 99, error(409, "resourceBusy"));
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::UploadInProgress);
    assert_eq!(failure.retry_after, Some(900));
}

#[test]
fn a_session_whose_url_refuses_bytes_is_told_apart() {
    let (world, _) = world();
    world.fault(Put, "link:", 1, error(403, "accessDenied"));
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::SharePointForbidden);
    assert!(
        failure
            .hint
            .unwrap()
            .starts_with("the session opened but its URL refused the bytes")
    );
}

#[test]
fn a_name_taken_while_the_fragments_went_in_is_left_alone() {
    let (world, csv) = world();
    let mut job = fragments();
    set(&mut job, "/sharepoint/if_exists", json!("rename"));
    world.fault(
        Put,
        "link:",
        1,
        Act::After(|state| {
            state.sharepoint.add("sales.csv", Some(b"another's"));
        }),
    );
    let receipt = world.run(&job).unwrap();
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    assert_eq!(world.file("sales.csv"), Some(b"another's".to_vec()));
    assert_eq!(world.file("sales 1.csv"), Some(csv));
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
}

#[test]
fn a_name_that_appears_in_replace_mode_means_a_new_session() {
    let (world, csv) = world();
    world.fault(Put, "link:1", 5, Act::Alter(|_| {}));
    world.fault(Put, "link:1", 1, error(409, "nameAlreadyExists"));
    world.run(&fragments()).unwrap();
    assert!(landed(&world, &csv));
    assert_eq!(world.state().sharepoint.opened, 2);
}

#[test]
fn a_denied_upload_host_prints_the_hosts_line() {
    let (world, _) = world();
    let text = "`contoso.sharepoint.com` is not in the account's hosts; add hosts = [\"contoso.sharepoint.com\"]";
    let denied = writeback_connector::ports::HttpError::Denied(text.to_owned());
    world.fault(Put, "link:", 1, Act::Error(denied));
    let failure = world.fails(&fragments());
    assert_eq!(failure.code, Code::Denied);
    assert_eq!(
        failure.message,
        format!("a request to SharePoint was denied: {text}")
    );
}

#[test]
fn the_host_s_own_line_becomes_the_hint() {
    for (line, hint) in [
        (
            "set `hosts = [\"a.example\"]`",
            "if this host is yours, set `hosts = [\"a.example\"]`",
        ),
        ("ask who runs the proxy", "ask who runs the proxy"),
    ] {
        let (world, _) = world();
        let text = format!("`a.example` is not allowed\nhint: {line}");
        let denied = writeback_connector::ports::HttpError::Denied(text);
        world.fault(Put, "link:", 1, Act::Error(denied));
        let failure = world.fails(&fragments());
        assert_eq!(
            failure.message,
            "a request to SharePoint was denied: `a.example` is not allowed"
        );
        assert_eq!(failure.hint.as_deref(), Some(hint));
    }
}

#[test]
fn a_name_taken_by_the_last_session_s_own_end_is_no_other_writer_s() {
    let (world, csv) = world();
    let mut job = fragments();
    set(&mut job, "/sharepoint/if_exists", json!("rename"));
    // The last fragment is taken without a reply; the session is gone and the file shows late.
    world.fault(Put, "link:", 5, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, Act::LoseReply);
    world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
    world.fault(Get, ":/sales.csv", 1, error(404, "itemNotFound"));
    world.fault(Post, ":/createUploadSession", 1, Act::Alter(|_| {}));
    let taken = error(409, "nameAlreadyExists");
    world.fault(Post, ":/createUploadSession", 1, taken);
    let receipt = world.run(&job).unwrap();
    assert_eq!(receipt["file"]["name"], "sales.csv");
    assert!(landed(&world, &csv));
    assert_eq!(world.file("sales 1.csv"), None, "no duplicate");
}
