//! Power cuts: the state folder on a disk that loses what was not synced, at every change of it. The run is
//! then gone on with from what is left, and ends as if the power had stayed.
//!
//! `WRITEBACK_CUTS=10 cargo test --test suite -- power` cuts ten times at each change, with other losses.

mod disk;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use writeback_cloud::graph::Expiry;
use writeback_host::state::{NewRun, Opened};
use writeback_host::{RunError, Tenant};

use crate::random::Random;
use crate::sized::{GRID, ROWS_OF_THREE_FRAGMENTS};
use crate::world::{World, connector};
use disk::CutDisk;

/// Cuts at each change.
const CUTS: u64 = 1;
/// Starts of one run at most.
const STARTS: u32 = 5;

/// Opens the run away from the threads that others wait on, and runs it to its end.
async fn start(tenant: Tenant, job: String) -> Result<Value, RunError> {
    let (runs, text) = (tenant.runs(), job.clone());
    let opening = tokio::task::spawn_blocking(move || {
        let key = "nightly".parse().expect("a key");
        runs.open(&NewRun::new(connector(), &text).key(&key))
    });
    let receipt = match opening
        .await
        .expect("it opens")
        .expect("the state is usable")
    {
        Opened::Finished { receipt, .. } => receipt,
        Opened::Ready(lease) => {
            assert_eq!(lease.note(), None, "what a power cut leaves is not damaged");
            connector().run(&tenant).keep(lease).run(&job).await?
        }
    };
    Ok(serde_json::from_str(&receipt).expect("JSON"))
}

/// A run whose power is cut at the Nth change and that is gone on with. Says whether it came to the cut.
async fn survives(world: &World, job: &Value, cut_at: u64, seed: u64) -> bool {
    let mut random = Random::new(cut_at.wrapping_mul(1_000_003).wrapping_add(seed));
    let (before, after) = (
        TempDir::new().expect("one"),
        TempDir::new().expect("another"),
    );
    let disk = CutDisk::over(before.path(), Some(cut_at));
    let tenant = world.tenant_on(before.path(), Arc::new(disk.clone()));
    let (text, told) = (job.to_string(), format!("cut {cut_at}, seed {seed}"));
    let cut = tokio::select! {
        ended = start(tenant, text.clone()) => {
            ended.unwrap_or_else(|error| panic!("{told}: {error:?}"));
            false
        }
        () = disk.cut() => true,
    };
    disk.left(before.path(), after.path(), &mut random);
    let receipt = goes_on(
        world,
        &text,
        if cut { after.path() } else { before.path() },
        &told,
    )
    .await;
    is_done(world, job, &receipt, &told);
    cut
}

async fn goes_on(world: &World, job: &str, state: &Path, told: &str) -> Value {
    for _ in 0..STARTS {
        let tenant = world.tenant_on(state, Arc::new(CutDisk::over(state, None)));
        match start(tenant, job.to_owned()).await {
            Ok(receipt) => return receipt,
            // The address of the session was not kept before the cut.
            Err(RunError::Failed(failure))
                if ["upload-in-progress", "upload-failed"].contains(&failure.code.as_str()) =>
            {
                world.cloud.state().graph.expire_sessions(Expiry::Session);
            }
            Err(error) => panic!("{told}: {error:?}"),
        }
    }
    panic!("{told}: not done after {STARTS} starts");
}

fn is_done(world: &World, job: &Value, receipt: &Value, told: &str) {
    let folder = job["sharepoint"]["folder"].as_str().expect("a folder");
    let files = world
        .cloud
        .state()
        .graph
        .files_in(&format!("Finance/Documents/{folder}/"));
    let told = format!("{told}: {files:#?} {receipt:#}");
    assert_eq!(files.len(), 1, "{told}");
    assert_eq!(
        receipt["export"]["quickxor"],
        json!(files[0].quick_xor_hash),
        "{told}"
    );
    assert_eq!(receipt["file"]["item_id"], json!(files[0].id), "{told}");
    assert_eq!(
        (files[0].size, files[0].versions),
        (world.dataset("plain").bytes, 1),
        "{told}"
    );
    world.cloud.state().graph.expire_sessions(Expiry::Session);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_survives_a_power_cut_at_any_change_of_its_state() {
    let set = std::env::var("WRITEBACK_CUTS").ok();
    let each = set.map_or(CUTS, |text| text.parse().expect("a whole number"));
    let world = World::narrow(ROWS_OF_THREE_FRAGMENTS).await;
    let (mut cuts, mut last) = (0, 0);
    for (session, rename) in [(true, true), (false, false)] {
        for cut_at in 1.. {
            let mut reached = false;
            for seed in 0..each {
                let mut job = world.job_in_fragments(GRID, GRID);
                if !session {
                    job["upload"]["simple_limit"] = json!(10_485_760);
                }
                job["sharepoint"]["if_exists"] = json!(if rename { "rename" } else { "replace" });
                job["sharepoint"]["folder"] = json!(format!("Cuts/{session}-{cut_at}-{seed}"));
                let cut = survives(&world, &job, cut_at, seed).await;
                cuts += u64::from(cut);
                reached |= cut;
            }
            if !reached {
                last += cut_at - 1;
                break;
            }
        }
    }
    eprintln!("{cuts} power cuts, at {last} changes of the state");
    assert!(last >= 60, "only {last} changes");
    // How many writes an export takes depends on how it arrives, so the last changes are not in every run.
    assert!((last..=last * each).contains(&cuts), "{cuts} cuts");
}
