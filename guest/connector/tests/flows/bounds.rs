//! Rules of where patience ends: the deadline, the clock, and what is not tried again at all.

use crate::pieces::{error, world};
use crate::world::{
    Act, START, State, World, answer, fragments, job, json_answer, reset, set, with,
};
use serde_json::json;
use writeback_connector::error::Code;
use writeback_connector::message::Method::{self, Delete, Get, Post, Put};
use writeback_connector::ports::{HttpError, SecretError};

const DAY: i64 = 86_400_000;

#[test]
fn what_cannot_succeed_is_asked_once() {
    let doors: [(Method, &str, &[u16]); 5] = [
        (Get, "/v1/datasets/", &[400, 403, 404, 405, 410, 422]),
        (Get, "/data?", &[400, 404, 405, 410]),
        (Get, "/sites/", &[400, 403, 404, 405, 410, 501, 507]),
        (Put, ":/content", &[400, 403, 404, 405, 412, 413, 507]),
        (Post, "/children", &[400, 403, 404, 405, 507]),
    ];
    for (method, part, statuses) in doors {
        for status in statuses {
            let world = World::new();
            // Domo's words and SharePoint's in one: each reads its own.
            let body = json!({ "message": "No.", "error": { "code": "no" } });
            world.fault(method, part, 99, json_answer(*status, body));
            let failure = world.fails(&with("/sharepoint/folder", json!("Reports")));
            assert_eq!(
                world.sent(method, part).len(),
                1,
                "{method:?} {part} {status}"
            );
            assert!(
                failure.message.ends_with("(1 attempt)"),
                "{status}: {failure}"
            );
            assert_eq!(world.pauses(), 0, "{status}");
        }
    }
}

#[test]
fn a_session_is_asked_for_once_where_that_cannot_succeed() {
    for status in [400, 403, 404, 405, 412, 507] {
        let (world, _) = world();
        world.fault(Post, "createUploadSession", 99, error(status, "no"));
        world.fails(&fragments());
        assert_eq!(world.sent(Post, "createUploadSession").len(), 1, "{status}");
    }
    for status in [403, 405, 413, 507] {
        let (world, _) = world();
        world.fault(Put, "link:", 99, error(status, "no"));
        world.fails(&fragments());
        assert_eq!(world.sent(Put, "link:").len(), 1, "{status}");
        assert_eq!(world.state().sharepoint.deleted, ["link:1"], "{status}");
    }
}

#[test]
fn a_refused_sign_in_is_asked_once() {
    let world = World::new();
    let refused = SecretError::Refused("AADSTS7000215".to_owned());
    world.state().refusals.insert("sharepoint", refused);
    assert_eq!(world.fails(&job()).code, Code::SignInSharePoint);
    assert_eq!(world.pauses(), 0);
    // In mid-run: the service refuses the token, and the sign-in the account.
    for error in [
        HttpError::SignIn("no".to_owned()),
        HttpError::Denied("no".to_owned()),
    ] {
        let world = World::new();
        world.fault(Put, ":/content", 9, Act::Error(error));
        world.fails(&job());
        assert_eq!(world.sent(Put, ":/content").len(), 1);
    }
}

#[test]
fn a_sign_in_that_is_away_in_mid_run_is_waited_for() {
    let world = World::new();
    world.fault(
        Put,
        ":/content",
        1,
        error(401, "InvalidAuthenticationToken"),
    );
    world.state().away = 3;
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["outcome"], "created");
    assert_eq!(world.state().away, 0);
    let world = World::new();
    world.fault(
        Put,
        ":/content",
        1,
        error(401, "InvalidAuthenticationToken"),
    );
    world.state().away = 99;
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::SharePointUnavailable);
    assert!(failure.message.contains("(5 attempts in "), "{failure}");
}

#[test]
fn an_error_without_a_reply_tells_what_was_said_before() {
    let world = World::new();
    world.fault(Get, "/sites/", 3, error(503, "serviceNotAvailable"));
    world.fault(Get, "/sites/", 9, Act::Error(reset()));
    let failure = world.fails(&job());
    assert!(
        failure.message.ends_with(
            "connection reset by peer (5 attempts in 28 s; before that SharePoint answered 503 `serviceNotAvailable`: No)"
        ),
        "{failure}"
    );
}

#[test]
fn what_is_left_of_the_patience_is_told() {
    let world = World::new();
    world.fault(Get, "/sites/", 1, answer(429, &[("retry-after", "400")]));
    world.fault(Get, "/sites/", 1, answer(429, &[("retry-after", "300")]));
    let failure = world.fails(&job());
    assert_eq!(failure.retry_after, Some(300));
    assert!(
        failure.message.ends_with(
            "(2 attempts in 6 min 40 s; it asked for a pause of 5 min, and the job may wait 10 min, of which 3 min 20 s are left)"
        ),
        "{failure}"
    );
}

#[test]
fn no_pause_goes_beyond_the_deadline() {
    let world = World::new();
    world.fault(Get, "/sites/", 1, answer(503, &[("retry-after", "90")]));
    let job = with("/retry/deadline_seconds", json!(60));
    let failure = world.fails(&job);
    assert_eq!(failure.code, Code::SharePointUnavailable);
    assert_eq!(failure.retry_after, Some(90));
    assert!(
        failure.message.ends_with(
            "(1 attempt; it asked for a pause of 1 min 30 s, and the job's deadline leaves 1 min)"
        ),
        "{failure}"
    );
    assert_eq!(world.state().now, START);
}

#[test]
fn no_request_begins_after_the_deadline_but_one_that_tidies_up() {
    let (world, _) = world();
    world.state().latency = 10_000;
    let mut job = fragments();
    set(&mut job, "/retry/deadline_seconds", json!(120));
    let failure = world.fails(&job);
    assert_eq!(failure.code, Code::DeadlineReached);
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!(
        failure.message,
        "uploading `Documents/sales.csv` was not begun: the job's deadline of 2 min has come"
    );
    assert_eq!(world.state().now, START + 130_000);
    assert_eq!(world.sent(Delete, "link:").len(), 1);
    assert!(world.state().sharepoint.sessions.is_empty());
}

#[test]
fn without_a_deadline_only_the_pauses_are_bounded() {
    for job in [job(), with("/retry/deadline_seconds", json!(0))] {
        let world = World::new();
        world.state().latency = 3_600_000;
        world.run(&job).unwrap();
    }
}

#[test]
fn a_clock_that_jumps_in_a_pause_does_not_move_the_deadline() {
    for jump in [DAY, -DAY, 400 * DAY, i64::MIN / 2] {
        let world = World::new();
        world.state().latency = 1_000;
        world.state().jumps = jump;
        world.fault(Get, "/sites/", 2, answer(503, &[("retry-after", "20")]));
        let job = with("/retry/deadline_seconds", json!(120));
        let receipt = world.run(&job).unwrap();
        assert_eq!(receipt["attempts"]["waited_ms"], 40_000, "{jump}");
        let took = |step: &serde_json::Value| step["ms"].as_u64().unwrap();
        let steps = receipt["steps"].as_array().unwrap();
        let took: u64 = steps.iter().map(took).sum();
        assert!((40_000..60_000).contains(&took), "{jump}: {took}");

        let world = World::new();
        world.state().jumps = jump;
        world.fault(Get, "/sites/", 9, answer(503, &[("retry-after", "50")]));
        let failure = world.fails(&job);
        assert!(
            failure
                .message
                .contains("3 attempts in 1 min 40 s; it asked for a pause of 50 s"),
            "{jump}: {failure}"
        );
    }
}

#[test]
fn a_clock_that_jumps_in_a_request_ends_no_run_without_a_deadline() {
    let jumps: [fn(&mut State); 3] = [
        |state| state.now += DAY as u64,
        |state| state.now = 0,
        |state| state.now = u64::MAX / 2,
    ];
    for jump in jumps {
        let (world, csv) = world();
        world.fault(Put, "link:", 3, Act::Before(jump));
        world.run(&fragments()).unwrap();
        assert_eq!(world.file("sales.csv"), Some(csv));
    }
}
