//! A disk that takes no more: the kernel refuses the write, not a limit of ours.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use writeback_host::Failure;

use super::scene::Scene;

/// Runs the command so that no file of its can grow beyond 200 KiB: writing on fails, as on a full disk.
fn with_small_files(home: &Path, config: &Path, job: &Path) -> Failure {
    // Untrapped, the signal that comes with the error would end the process.
    let script = "trap '' XFSZ; ulimit -f 400; exec \"$@\"";
    let output = Command::new("/bin/sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_writeback")])
        .args(["run", "--report", "json", "--config"])
        .args([config, job])
        .env_clear()
        .env("HOME", home)
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let line: Value = serde_json::from_str(told.trim()).expect("one line of JSON");
    serde_json::from_value(line["failure"].clone()).expect("a failure")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_before_anything_is_uploaded() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.answers("GET", "/data?", 200, 1);
    let home = tempfile::TempDir::new().expect("a folder");
    let cloud = scene.world.cloud.description();
    let (home, config, job) = (
        home.path().to_owned(),
        cloud.config.clone(),
        cloud.job.clone(),
    );
    let ran = tokio::task::spawn_blocking(move || with_small_files(&home, &config, &job));
    let failure = ran.await.expect("the command ends");
    let parts = [
        "keeping the export failed",
        "File too large",
        "check the disk under the state directory",
    ];
    let ended = scene.failed(failure, "spool-failed", &parts);
    assert_eq!(ended.count("PUT", "/"), 0);
}
