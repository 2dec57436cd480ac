//! The same for the real command, at the finest level of its log: what it prints, and what lies in its folders while an
//! upload is held and at the end.

use std::process::Stdio;

use tempfile::TempDir;

use super::inspector::Inspector;
use crate::command::command;
use crate::leak::{Seen, read_all};
use crate::needles::planted;
use crate::sized::ROWS_OF_THREE_FRAGMENTS;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_command_writes_no_secret_anywhere() {
    let world = World::narrow(ROWS_OF_THREE_FRAGMENTS).await;
    let (home, inspector) = (
        TempDir::new().expect("a temporary folder"),
        Inspector::new(world.cloud.state(), &[]),
    );
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    let described = world.cloud.description();
    let (config, job) = (described.config.to_str(), described.job.to_str());
    let arguments = [
        "--config",
        config.expect("UTF-8"),
        "run",
        job.expect("UTF-8"),
        "--report=json",
        "--set=upload.simple_limit=0",
        "--set=upload.fragment=327680",
        "--set=upload.fragment_max=327680",
    ];
    let child = command(home.path(), &arguments)
        .env("WRITEBACK_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let running = tokio::task::spawn_blocking(move || child.wait_with_output());
    while world.sent("PUT", "/uploadSession").len() < 2 && !running.is_finished() {
        tokio::task::yield_now().await;
    }

    let held = Seen::default();
    read_all(home.path(), &held);
    assert!(held.text().contains("export.csv"), "{}", held.text());
    world.release();
    let output = running
        .await
        .expect("the command ends")
        .expect("its output");
    let ended = Seen::default();
    read_all(home.path(), &ended);
    ended.add(&output.stdout);
    ended.add(&output.stderr);
    let text = ended.text();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("TRACE") && text.contains("\"verified\""),
        "{text}"
    );

    for seen in [&held, &ended] {
        let found = inspector.search(&seen.bytes());
        assert!(found.is_empty(), "{found:?}");
    }
    for (form, leak) in planted(&described.entra_client.secret) {
        std::fs::write(home.path().join("planted"), &leak).expect("a file");
        read_all(home.path(), &held);
        let found = inspector.search(&held.bytes());
        assert!(
            found.contains(&format!("an app's secret, {form}")),
            "{leak}"
        );
    }
}
