//! Rows for a DataSet of a tenant's: they arrive once, with the tenant's account, or it is said why not.

use serde_json::{Value, json};
use writeback_server::runner::{Runner as _, TenantSetup};

use super::scene::machine;
use crate::world::World;

const ROW: &str = "2026-11-26T00:44:43Z,run_1,job_1,sales,failed,schedule,locked,\"`a, \"\"b\"\"` is open\",,,2,\n";

/// The tenant with its Domo account edited.
fn edited(world: &World, edit: impl FnOnce(&mut Value)) -> TenantSetup {
    let mut tenant = world.member("other");
    edit(&mut tenant.config["accounts"]);
    tenant
}

/// How often a row was sent.
fn sent(world: &World) -> usize {
    world.sent("PUT", "/data?updateMethod=APPEND").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_arrives_once() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let (tenant, runs) = (world.member("acme"), world.dataset("runs").id);
    let append = || fleet.append_rows(&tenant, "domo", runs.as_str(), ROW);
    assert_eq!(append().await, Ok(()));
    assert_eq!(world.cloud.state().domo.imported(&runs), ROW);
    assert_eq!(sent(&world), 1);
    // An expired token costs one request more, and no row.
    world.cloud.state().tokens.expire_all();
    assert_eq!(append().await, Ok(()));
    assert_eq!(world.cloud.state().domo.imported(&runs), ROW.repeat(2));
    assert_eq!(sent(&world), 3);
    let job = world.job_for("runs");
    let receipt = world.receipt(&job).await;
    assert_eq!(receipt["export"]["rows"], json!(2), "{receipt:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_and_nothing_arrives() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let runs = world.dataset("runs").id;
    let (acme, plain) = (world.member("acme"), world.dataset("plain").id);
    let poor = edited(&world, |accounts| {
        accounts["domo"]["scope"] = json!(["user"])
    });
    let unknown = "08a061e2-12a2-4646-b4bc-20beddb403e3";
    for (tenant, account, dataset, row, message, hint) in [
        (
            &acme,
            "domo",
            "../users",
            ROW,
            "is no DataSet's id",
            "copy it from",
        ),
        (
            &acme,
            "domo",
            unknown,
            ROW,
            "HTTP 404 `DataSet 08a061e2",
            "copy the DataSet's id",
        ),
        (
            &acme,
            "domo",
            plain.as_str(),
            ROW,
            "HTTP 400 `Data import failed",
            "made through Domo's API",
        ),
        (
            &acme,
            "domo",
            runs.as_str(),
            "a,b\n",
            "HTTP 400 `Data import failed",
            "exactly their columns",
        ),
        (
            &acme,
            "finance",
            runs.as_str(),
            ROW,
            "account `finance` is not in",
            "add `[accounts.finance]`",
        ),
        (
            &acme,
            "sharepoint",
            runs.as_str(),
            ROW,
            "(kind `entra`) is for no service that takes rows",
            "",
        ),
        (
            &poor,
            "domo",
            runs.as_str(),
            ROW,
            "HTTP 403 `Insufficient scope: data",
            "the scope `data`",
        ),
    ] {
        let refused = fleet.append_rows(tenant, account, dataset, row).await;
        let failure = refused.expect_err(message);
        let told = failure.hint.as_deref().unwrap_or_default();
        assert_eq!(failure.code, "rows-refused");
        assert!(
            failure.message.contains(message) && told.contains(hint),
            "{failure:#?}"
        );
        let secret = &world.cloud.description().domo_client.secret;
        assert!(!format!("{failure:?}").contains(secret.as_str()));
    }
    assert_eq!(world.cloud.state().domo.imported(&runs), "");
}
