//! Runs that go on: in another process of the machine from its spool, on another machine from another export, and
//! with state that is of no use from the beginning.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use writeback_server::runner::TenantSetup;

use super::scene::{Notes, again, machine, order, receipt};
use crate::world::World;

/// A run that died after the first of three fragments.
struct Dead {
    world: World,
    machine: TempDir,
    tenant: TenantSetup,
    job: Value,
    notes: Arc<Notes>,
}

impl Dead {
    async fn in_its_upload() -> Self {
        let (world, job) = World::of_three_fragments().await;
        let (machine, tenant) = (machine(), world.member("acme"));
        let notes = Arc::new(Notes::default());
        let fleet = world.fleet_in(machine.path());
        world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
        world
            .dies_on(&fleet, order(&tenant, "run-1", &job, &notes))
            .await;
        assert_eq!(world.exports(), 1);
        Self {
            world,
            machine,
            tenant,
            job,
            notes,
        }
    }

    fn sessions(&self) -> usize {
        self.world.sent("POST", ":/createUploadSession").len()
    }

    fn again(&self) -> writeback_server::runner::Order {
        again(&self.tenant, "run-1", &self.job, &self.notes)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_goes_on_from_the_spool_and_the_session() {
    let dead = Dead::in_its_upload().await;
    let fleet = dead.world.fleet_in(dead.machine.path());
    let receipt = receipt(&fleet, dead.again()).await;
    dead.world.landed_once(&receipt);
    assert_eq!((dead.world.exports(), dead.sessions()), (1, 1));
    assert_eq!(dead.notes.warnings(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_goes_on_from_another_export() {
    let dead = Dead::in_its_upload().await;
    let elsewhere = machine();
    let fleet = dead.world.fleet_in(elsewhere.path());
    let receipt = receipt(&fleet, dead.again()).await;
    dead.world.landed_once(&receipt);
    assert_eq!(dead.world.exports(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_spool_is_exported_again() {
    let dead = Dead::in_its_upload().await;
    let file = dead.machine.path().join("spool/acme/run-1/export.csv");
    let mut bytes = std::fs::read(&file).expect("the sealed spool");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("a file");
    let fleet = dead.world.fleet_in(dead.machine.path());
    let receipt = receipt(&fleet, dead.again()).await;
    dead.world.landed_once(&receipt);
    assert_eq!(dead.world.exports(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_an_upload_is_in_what_is_kept_and_nowhere_else() {
    let dead = Dead::in_its_upload().await;
    let kept = dead.notes.kept().expect("it is kept");
    let text = String::from_utf8_lossy(&kept).into_owned();
    assert!(
        text.contains("tempauth="),
        "checkpoint and links are one piece"
    );
    let seen = crate::leak::Seen::default();
    crate::leak::read_all(dead.machine.path(), &seen);
    assert!(!seen.text().contains("tempauth="));
    // The component has its name alone.
    let document: Value =
        serde_json::from_str(text.split_once('\n').expect("a head").1).expect("JSON");
    use base64::Engine as _;
    let checkpoint = document["checkpoint"].as_str().expect("text");
    let checkpoint = base64::engine::general_purpose::STANDARD.decode(checkpoint);
    let checkpoint = String::from_utf8(checkpoint.expect("base64")).expect("text");
    assert!(
        checkpoint.contains("link:") && !checkpoint.contains("tempauth"),
        "{checkpoint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn state_that_is_of_no_use_is_told_and_the_run_starts_over() {
    for (what, expected) in [
        (
            "damaged",
            "what was kept of it is damaged or of another version",
        ),
        (
            "empty",
            "what was kept of it is damaged or of another version",
        ),
        ("another job", "what was kept of it is another job's"),
    ] {
        let dead = Dead::in_its_upload().await;
        // What the dead run had open is in the way of the next.
        dead.world.control("sessions/expire", &json!({}));
        let mut order = dead.again();
        match what {
            "damaged" => order.kept.as_mut().expect("it is kept")[100] ^= 1,
            "empty" => order.kept = Some(writeback_host::Zeroizing::new(Vec::new())),
            _ => order.job["name"] = json!("another"),
        }
        let fleet = dead.world.fleet_in(dead.machine.path());
        let receipt = receipt(&fleet, order).await;
        dead.world.landed_once(&receipt);
        assert_eq!(dead.world.exports(), 2, "{what}");
        let warned = dead.notes.warnings();
        assert!(
            warned.contains(&format!("the run starts over: {expected}")),
            "{warned:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_broke_off_starts_over() {
    let (world, machine) = (World::start().await, machine());
    let (tenant, notes) = (world.member("acme"), Arc::new(Notes::default()));
    let fleet = world.fleet_in(machine.path());
    let stall = "{ truncate-body = { after = 20000, end = \"stall\" } }";
    world.fault("GET domo /data?", 1, 1, stall);
    let job = world.job();
    tokio::select! {
        _ = super::scene::go(&fleet, order(&tenant, "run-1", &job, &notes)) => panic!("it ended"),
        () = async {
            while world.fired("truncate-body") == 0 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    world.release();
    let receipt = receipt(&fleet, again(&tenant, "run-1", &job, &notes)).await;
    world.landed_once(&receipt);
    assert_eq!(world.exports(), 2);
}
