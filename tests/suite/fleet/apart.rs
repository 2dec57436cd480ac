//! Two tenants with the same account names at the same services have nothing in common.

use std::sync::Arc;

use serde_json::{Value, json};
use writeback_fleet::Fleet;
use writeback_server::runner::{Runner as _, TenantSetup};

use super::scene::{Notes, Safe, failed, machine, order, receipt};
use crate::world::World;

fn job(world: &World, folder: &str) -> Value {
    let mut job = world.job();
    job["sharepoint"]["folder"] = json!(folder);
    job
}

async fn lands(world: &World, fleet: &Fleet, tenant: &TenantSetup, run: &str, folder: &str) {
    let notes = Arc::new(Notes::default());
    let receipt = receipt(fleet, order(tenant, run, &job(world, folder), &notes)).await;
    let file = world.file(&format!("Finance/Documents/{folder}/sales.csv"));
    assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
}

/// Sign-ins at Domo and at Entra ID.
fn sign_ins(world: &World) -> (usize, usize) {
    let requests = world.requests();
    let count = |part: &str| {
        let asked = requests
            .iter()
            .filter(|request| request.path.ends_with(part));
        asked.count()
    };
    (count("/oauth/token"), count("/oauth2/v2.0/token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenant_signs_in_for_itself_and_asks_its_own_store() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let (safe, other) = (world.safe(), world.safe());
    let a = world.member_with("a", Arc::clone(&safe));
    let b = world.member_with("b", Arc::clone(&other));
    lands(&world, &fleet, &a, "one", "A1").await;
    lands(&world, &fleet, &a, "two", "A2").await;
    assert_eq!(sign_ins(&world), (1, 1), "a tenant's runs share its token");
    assert_eq!((safe.reads(), other.reads()), (2, 0));
    tokio::join!(
        lands(&world, &fleet, &b, "one", "B1"),
        lands(&world, &fleet, &a, "three", "A3"),
    );
    assert_eq!(sign_ins(&world), (2, 2), "and no other tenant's");
    assert_eq!((safe.reads(), other.reads()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_the_secret_fails_beside_one_that_is_signed_in() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    lands(&world, &fleet, &world.member("a"), "one", "A1").await;
    let poor = world.member_with("b", Arc::new(Safe::empty()));
    let order = order(&poor, "one", &job(&world, "B1"), &Arc::default());
    let failure = failed(&fleet, order).await;
    assert_eq!(failure.code, "sign-in-domo", "{failure:#?}");
    let text = "the store's entry `domo/client_secret` cannot be read: it is not there";
    assert!(failure.message.contains(text), "{failure:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_the_same_name_have_a_spool_each_that_no_other_tenant_can_open() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let (a, b) = (world.member("a"), world.member("b"));
    lands(&world, &fleet, &a, "one", "A1").await;
    let spool = |tenant: &str| {
        machine
            .path()
            .join("spool")
            .join(tenant)
            .join("one/export.csv")
    };
    let of_a = std::fs::read(spool("a")).expect("a spool");
    std::fs::create_dir_all(spool("b").parent().expect("a folder")).expect("made");
    private(&machine.path().join("spool/b"));
    std::fs::write(spool("b"), &of_a).expect("planted");
    lands(&world, &fleet, &b, "one", "B1").await;
    assert_eq!(world.exports(), 2, "what was planted is of no use");
    let of_b = std::fs::read(spool("b")).expect("a spool");
    assert_eq!(of_a.len(), of_b.len(), "the same export");
    let same = of_a.iter().zip(&of_b).filter(|(a, b)| a == b).count();
    assert!(same < of_a.len() / 50, "and nothing alike: {same}");
    assert_eq!(std::fs::read(spool("a")).expect("a spool"), of_a);
}

fn private(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for folder in [folder.to_owned(), folder.join("one")] {
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, mode).expect("a mode");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_revision_signs_in_anew_and_the_old_one_ends_in_peace() {
    let (world, sized) = World::of_three_fragments().await;
    let machine = machine();
    let fleet = Arc::new(world.fleet_in(machine.path()));
    let old = world.member("a");
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    let running = {
        let order = order(&old, "one", &sized, &Arc::default());
        let fleet = Arc::clone(&fleet);
        tokio::spawn(async move { super::scene::go(&fleet, order).await })
    };
    while world.fired("stall") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fleet.usage().runs, 1);
    let mut new = world.member("a");
    new.revision = 2;
    lands(&world, &fleet, &new, "two", "New").await;
    assert_eq!(sign_ins(&world), (2, 2));
    assert_eq!(fleet.usage().tenants, 1, "the old one is the run's alone");
    world.release();
    let ended = running.await.expect("the run's task");
    assert!(ended.outcome.is_ok(), "{ended:#?}");
    assert_eq!(fleet.usage().runs, 0);
}
