//! Domo's rule that the owner must own the input, and personalized data permissions.

use serde_json::{Value, json};

use crate::trouble::warns;
use crate::world::World;

fn ruled(mut job: Value, key: &str, rule: &str) -> Value {
    job["domo"][key] = json!(rule);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_owner_is_a_warning_by_default() {
    let world = World::start().await;
    let receipt = world.receipt(&world.job_for("foreign")).await;
    let parts = [
        "user 964382593 is not the owner",
        "user 27733811 (Dana Else)",
        "co-owners cannot be seen through Domo's public API",
    ];
    warns(&receipt, &parts);
}

#[tokio::test(flavor = "multi_thread")]
async fn enforced_it_is_a_failure_before_anything_is_exported() {
    let world = World::start().await;
    let job = ruled(world.job_for("foreign"), "owner", "enforce");
    let parts = [
        "is not the owner of DataSet",
        "co-owners cannot be seen",
        "use a client made by the DataSet's owner; if its user is a co-owner, give the account `instance` and `developer_token`",
    ];
    world.refuses(&job, "not-owner", &parts).await;
    assert!(world.sent("GET", "/data?").is_empty());
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_nothing_is_said() {
    let world = World::start().await;
    let receipt = world
        .receipt(&ruled(world.job_for("foreign"), "owner", "off"))
        .await;
    assert_eq!(receipt["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_and_an_admin_pass_and_a_participant_does_not() {
    let mut world = World::start().await;
    let own = ruled(world.job(), "owner", "enforce");
    assert_eq!(
        world.receipt(&own).await["warnings"],
        json!([]),
        "the owner"
    );

    world.sign_in_to_domo_as("admin");
    let foreign = ruled(world.job_for("foreign"), "owner", "enforce");
    assert_eq!(
        world.receipt(&foreign).await["warnings"],
        json!([]),
        "an admin"
    );

    world.sign_in_to_domo_as("participant");
    let parts = [
        "user 1893952720 is not the owner",
        "user 964382593 (Ada Owner)",
    ];
    world.refuses(&own, "not-owner", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_domo_does_not_name_is_told() {
    let world = World::start().await;
    let receipt = world.receipt(&world.job_for("ownerless")).await;
    warns(&receipt, &["Domo does not say who owns DataSet"]);
    let job = ruled(world.job_for("ownerless"), "owner", "enforce");
    world
        .refuses(&job, "not-owner", &["Domo does not say who owns"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_pdp_an_owner_exports_all_rows_and_is_told() {
    let world = World::start().await;
    let receipt = world.receipt(&world.job_for("pdp")).await;
    warns(
        &receipt,
        &[
            "personalized data permissions (PDP)",
            "*all* rows are exported, whoever may read the file",
        ],
    );
    assert_eq!(receipt["dataset"]["pdp"], json!(true));
    assert_eq!(receipt["dataset"]["rows_seen"], json!("all"));
    assert_eq!(
        receipt["row_check"],
        json!("query"),
        "metadata say nothing under PDP"
    );
    assert_eq!(receipt["export"]["rows"], json!(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn under_pdp_others_export_what_they_may_see_and_are_told() {
    let mut world = World::start().await;
    world.sign_in_to_domo_as("participant");
    let receipt = world
        .receipt(&ruled(world.job_for("pdp"), "owner", "off"))
        .await;
    warns(&receipt, &["(PDP)", "which may not be all"]);
    assert_eq!(receipt["dataset"]["rows_seen"], json!("permitted"));
    assert_eq!(receipt["row_check"], json!("query"));
    assert_eq!(receipt["export"]["rows"], json!(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn pdp_may_be_refused() {
    let world = World::start().await;
    let job = ruled(world.job_for("pdp"), "pdp", "refuse");
    let parts = [
        "personalized data permissions (PDP)",
        "set `pdp = \"warn\"` or `pdp = \"allow\"`",
    ];
    world.refuses(&job, "pdp-refused", &parts).await;
    assert!(world.sent("GET", "/data?").is_empty());
    world.receipt(&ruled(world.job(), "pdp", "refuse")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pdp_may_be_allowed_in_silence() {
    let world = World::start().await;
    let receipt = world
        .receipt(&ruled(world.job_for("pdp"), "pdp", "allow"))
        .await;
    assert_eq!(receipt["warnings"], json!([]));
    assert_eq!(
        receipt["dataset"]["pdp"],
        json!(true),
        "the receipt says so all the same"
    );
}
