//! Rules of a file that is open or checked out elsewhere: a window of patience, then the job's choice.

use crate::pieces::{error, landed, world};
use crate::world::{Act, World, answer, fragments, job, set};
use serde_json::{Value, json};
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Post, Put};
use writeback_connector::ports::HttpError;

fn locked() -> Act {
    error(423, "resourceLocked")
}

/// The job, with this under `[sharepoint]`.
fn place(mut job: Value, key: &str, value: Value) -> Value {
    set(&mut job, &format!("/sharepoint/{key}"), value);
    job
}

fn waited(receipt: &Value) -> u64 {
    receipt["attempts"]["waited_ms"].as_u64().unwrap()
}

#[test]
fn a_lock_is_waited_for_beyond_the_number_of_attempts() {
    let world = World::new();
    world.state().sharepoint.add("sales.csv", Some(b"old"));
    world.fault(Put, ":/content", 12, locked());
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["outcome"], "replaced");
    assert!(waited(&receipt) > 60_000 && waited(&receipt) <= 300_000);
}

#[test]
fn the_window_is_the_job_s_and_ends_to_the_second() {
    for (window, attempts, tail) in [
        (0, 1, "1 attempt; the job does not wait for a lock)"),
        (60, 12, "12 attempts in 1 min; it stayed locked for 1 min)"),
    ] {
        let world = World::new();
        world.state().sharepoint.add("sales.csv", Some(b"old"));
        world.fault(Put, ":/content", 999, locked());
        let failure = world.fails(&place(job(), "lock_wait_seconds", json!(window)));
        assert_eq!(failure.code, Code::FileLocked);
        assert_eq!(failure.retry_after, Some(300));
        assert!(failure.message.ends_with(tail), "{failure}");
        assert_eq!(world.sent(Put, ":/content").len(), attempts);
        assert_eq!(world.file("sales.csv"), Some(b"old".to_vec()));
    }
}

#[test]
fn the_window_does_not_outgrow_the_run_s_patience() {
    let world = World::new();
    world.fault(Put, ":/content", 999, locked());
    let mut job = place(job(), "lock_wait_seconds", json!(300));
    set(&mut job, "/retry/max_wait_seconds", json!(30));
    let failure = world.fails(&job);
    assert_eq!(failure.code, Code::FileLocked);
    assert!(
        failure.message.contains("the job may wait 30 s, of which"),
        "{failure}"
    );
}

#[test]
fn a_pause_longer_than_the_window_is_not_begun() {
    let world = World::new();
    world.fault(Put, ":/content", 1, answer(423, &[("retry-after", "301")]));
    let failure = world.fails(&job());
    assert_eq!(failure.retry_after, Some(301));
    assert!(
        failure.message.ends_with(
            "(1 attempt; it asked for a pause of 5 min 1 s, and the job waits 5 min for a lock)"
        ),
        "{failure}"
    );
}

#[test]
fn the_job_may_let_the_file_have_another_name() {
    for (job, method, part) in [
        (job(), Put, ":/content"),
        (fragments(), Post, "sales.csv:/createUploadSession"),
        (fragments(), Put, "link:1"),
    ] {
        let world = World::new();
        world.state().sharepoint.add("sales.csv", Some(b"old"));
        world.state().sharepoint.add("sales 1.csv", Some(b"older"));
        let mut job = place(job, "if_locked", json!("rename"));
        set(&mut job, "/sharepoint/lock_wait_seconds", json!(0));
        world.fault(method, part, 1, locked());
        let receipt = world.run(&job).unwrap();
        assert_eq!(receipt["outcome"], "renamed");
        assert_eq!(receipt["file"]["name"], "sales 2.csv");
        let warning = receipt["warnings"][0].as_str().unwrap();
        assert!(
            warning.starts_with("`Documents/sales.csv` is locked, so the file is `sales 2.csv`: ")
                && warning.contains("423 `resourceLocked`"),
            "{warning}"
        );
        assert_eq!(world.file("sales.csv"), Some(b"old".to_vec()));
        assert_eq!(world.file("sales 1.csv"), Some(b"older".to_vec()));
        assert!(
            world.state().sharepoint.sessions.is_empty(),
            "none is left open"
        );
    }
}

#[test]
fn a_lock_that_came_after_the_bytes_makes_no_second_file() {
    let (world, csv) = world();
    let mut job = place(fragments(), "if_locked", json!("rename"));
    set(&mut job, "/sharepoint/lock_wait_seconds", json!(0));
    world.state().sharepoint.add("sales.csv", Some(b"old"));
    // The last reply is lost, the file shows late, and by then somebody has opened it.
    world.fault(Put, "link:", 5, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, Act::LoseReply);
    world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
    world.fault(Get, ":/sales.csv", 1, error(404, "itemNotFound"));
    world.fault(Post, "createUploadSession", 1, Act::Alter(|_| {}));
    world.fault(Post, "createUploadSession", 1, locked());
    let receipt = world.run(&job).unwrap();
    assert_eq!(receipt["file"]["name"], "sales.csv");
    assert!(landed(&world, &csv));
    assert_eq!(world.file("sales 1.csv"), None);
}

#[test]
fn a_run_that_goes_on_keeps_the_number_that_a_lock_made_it_choose() {
    let world = World::new();
    world.state().sharepoint.add("sales.csv", Some(b"old"));
    let mut job = place(job(), "if_locked", json!("rename"));
    set(&mut job, "/sharepoint/lock_wait_seconds", json!(0));
    world.fault(Put, "sales.csv:/content", 1, locked());
    world.fault(Put, "sales%201.csv:/content", 1, Act::LoseReply);
    world.fault(Get, ":/sales%201.csv", 1, Act::Error(HttpError::Cancelled));
    assert_eq!(world.fails(&job).code, Code::Cancelled);
    let receipt = world.resume(&job).unwrap();
    assert_eq!(receipt["outcome"], "renamed");
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    let warning = receipt["warnings"][0].as_str().unwrap();
    assert!(
        warning.contains("`sales 1.csv`: an earlier attempt"),
        "{warning}"
    );
    assert_eq!(world.file("sales.csv"), Some(b"old".to_vec()));
    assert_eq!(world.file("sales 2.csv"), None);
}
