//! The ground that the other tests stand on.

use std::process::Command;

use writeback_server::db::Kind;

use crate::support::{Database, World, on_both};

on_both!(a_world_has_a_tenant_a_job_and_a_run);

async fn a_world_has_a_tenant_a_job_and_a_run(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let run = world.start(&tenant, "sales").await;
    assert_eq!(world.read_run(&tenant, &run).await["state"], "queued");
    assert_eq!(world.dump().await.rows("runs").len(), 1);
}

/// Starts a cluster, tells where it is, and dies. Run by the test below, in a process of its own.
#[test]
#[ignore = "part of another test"]
fn dies_with_a_cluster() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(Database::new(Kind::Postgres));
    println!("{:?}", database.cluster().expect("PostgreSQL has one"));
    std::process::abort();
}

#[test]
fn a_cluster_is_gone_when_its_tests_are_however_they_end() {
    let tests = std::env::current_exe().expect("this program");
    let name = "server::harness::dies_with_a_cluster";
    let output = Command::new(tests)
        .args(["--exact", name, "--ignored", "--nocapture"])
        .output()
        .expect("the tests start");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let folder = output.split('"').nth(1);
    let folder = std::path::Path::new(folder.unwrap_or_else(|| panic!("no folder in {output}")));
    assert!(folder.is_absolute());
    assert!(!folder.exists(), "{} is still there", folder.display());
}
