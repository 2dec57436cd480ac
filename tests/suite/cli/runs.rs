//! Runs across processes: stopped by a signal, listed, shown, gone on with, forgotten.

use std::process::Stdio;

use super::{Desk, compare};
use crate::command::command;

/// A run of the ready job under the key `nightly`, stopped by SIGTERM in the middle of its upload:
/// once, or twice, and what it said.
async fn stopped(desk: &Desk, signals: u32) -> (Option<i32>, String) {
    desk.break_it("[[fault]]\nmethod = \"PUT\"\npath = \":/content\"\naction = \"stall\"");
    let arguments = ["run", "daily-sales.toml", "--run-key", "nightly"];
    let mut child = command(desk.folder(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let log = &desk.cloud.state().log;
    let stalled = |entry: &writeback_cloud::LogEntry| entry.faults.iter().any(|f| f == "stall");
    while !log.since(0).iter().any(stalled) {
        assert!(child.try_wait().expect("the command").is_none(), "it ended");
        tokio::task::yield_now().await;
    }
    let id = rustix::process::Pid::from_child(&child);
    for _ in 0..signals {
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
    }
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = ended.await.expect("the command ends").expect("its output");
    desk.cloud.state().release();
    desk.cloud.state().faults.clear();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_says_how_to_go_on_and_goes_on() {
    let desk = Desk::start().await;
    let none = desk.says("runs-none", &["runs", "list"]).await;
    assert_eq!(none.code, 0);

    let (code, said) = stopped(&desk, 1).await;
    assert_eq!(code, Some(3), "{said}");
    compare(
        "runs-stopped",
        desk.folder(),
        &["run", "daily-sales.toml", "--run-key", "nightly"],
        &said,
    );
    assert!(desk.cloud.state().graph.files().is_empty());

    desk.says("runs-list-interrupted", &["runs", "list"]).await;
    desk.says("runs-show-interrupted", &["runs", "show", "nightly"])
        .await;
    let said = desk
        .says("runs-resume", &["runs", "resume", "nightly"])
        .await;
    assert_eq!(said.code, 0);
    assert_eq!(desk.cloud.state().graph.files().len(), 1);
    desk.says("runs-list-done", &["runs", "list"]).await;
    desk.says_json("runs-list-json", &["runs", "list", "--json"])
        .await;
    desk.says("runs-show-done", &["runs", "show", "nightly"])
        .await;
    desk.says_json("runs-show-json", &["runs", "show", "nightly", "--json"])
        .await;

    let requests = desk.cloud.state().log.since(0).len();
    let again = ["run", "daily-sales.toml", "--run-key", "nightly"];
    let said = desk.says("runs-finished", &again).await;
    assert_eq!(said.code, 0);
    assert_eq!(
        desk.cloud.state().log.since(0).len(),
        requests,
        "nothing was sent"
    );

    desk.edit("daily-sales.toml", "Reports/Daily", "Reports/Weekly");
    let said = desk.says("runs-key-reused", &again).await;
    assert_eq!(said.code, 2);
    let said = desk
        .says("runs-forget", &["runs", "forget", "nightly"])
        .await;
    assert_eq!(said.code, 0);
    for (name, verb) in [
        ("runs-unknown", "show"),
        ("runs-unknown-resume", "resume"),
        ("runs-unknown-forget", "forget"),
    ] {
        assert_eq!(desk.says(name, &["runs", verb, "nightly"]).await.code, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_and_loses_nothing() {
    let desk = Desk::start().await;
    let (code, said) = stopped(&desk, 2).await;
    // The signals may arrive as one: then it stops in good order.
    assert_eq!(code, Some(3), "{said}");
    let said = desk
        .run(&["run", "daily-sales.toml", "--report", "json"])
        .await;
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(
        said.stderr.contains("going on with run `nightly`"),
        "{}",
        said.stderr
    );
    let exports = desk.cloud.state().log.since(0);
    let exports = exports.iter().filter(|entry| entry.path.ends_with("/data"));
    assert_eq!(exports.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_usage() {
    let desk = Desk::start().await;
    for (name, arguments) in [
        ("runs-forget-nothing", &["runs", "forget"][..]),
        (
            "runs-bad-key",
            &["run", "daily-sales.toml", "--run-key", "../x"],
        ),
        (
            "runs-one-key",
            &[
                "run",
                "daily-sales.toml",
                "daily-sales.toml",
                "--run-key",
                "x",
            ],
        ),
    ] {
        assert_eq!(desk.says(name, arguments).await.code, 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_shows_its_failure_and_the_interrupted_are_forgotten() {
    let desk = Desk::start().await;
    desk.break_it("[[fault]]\nmethod = \"PUT\"\npath = \":/content\"\ntimes = 0\naction = { status = { status = 503, headers = {}, body = {} } }");
    let run = [
        "run",
        "daily-sales.toml",
        "--run-key",
        "nightly",
        "--set",
        "retry.attempts=1",
    ];
    assert_eq!(desk.run(&run).await.code, 3);
    desk.says("runs-show-failed", &["runs", "show", "nightly"])
        .await;
    let said = desk
        .says(
            "runs-forget-interrupted",
            &["runs", "forget", "--interrupted", "--finished"],
        )
        .await;
    assert_eq!(said.code, 0);
    assert!(desk.run(&["runs", "list"]).await.stdout.is_empty());
}
