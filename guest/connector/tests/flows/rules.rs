//! Domo's two rules about whose data it is.

use crate::world::{DATASET, World, job, json_answer, set, with};
use serde_json::{Value, json};
use writeback_connector::error::Code;
use writeback_connector::message::Method::Get;
use writeback_connector::ports::Identity;

#[test]
fn the_owner_rule_warns_and_says_what_cannot_be_seen() {
    let world = World::new();
    world
        .state()
        .domo
        .set("owner", json!({"id": "99", "name": "Yoda"}));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(
        receipt["warnings"],
        json!([format!(
            "the Domo client's user 27 is not the owner of DataSet `{DATASET}`, user 99 (Yoda); co-owners cannot be seen through Domo's public API"
        )])
    );
}

#[test]
fn the_owner_rule_enforced_fails_and_off_is_silent() {
    let world = World::new();
    world.state().domo.set("owner", json!({"id": 99}));
    let failure = world.fails(&with("/domo/owner", json!("enforce")));
    assert_eq!(failure.code, Code::NotOwner);
    assert!(
        failure
            .message
            .ends_with("user 99; co-owners cannot be seen through Domo's public API")
    );
    let receipt = world.run(&with("/domo/owner", json!("off"))).unwrap();
    assert_eq!(receipt["warnings"], json!([]));
}

#[test]
fn an_admin_and_the_owner_satisfy_the_owner_rule() {
    let world = World::new();
    world.run(&with("/domo/owner", json!("enforce"))).unwrap();
    world.state().domo.set("owner", json!({"id": 99}));
    let admin = Identity {
        subject: Some("27".into()),
        roles: vec!["Admin".into()],
        ..Identity::default()
    };
    world.state().identities.insert("domo", admin);
    world.run(&with("/domo/owner", json!("enforce"))).unwrap();
}

#[test]
fn an_owner_that_domo_does_not_tell_is_said_so() {
    let world = World::new();
    world.state().domo.set("owner", json!(null));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(
        receipt["warnings"],
        json!([format!(
            "Domo does not say who owns DataSet `{DATASET}`; co-owners cannot be seen through Domo's public API"
        )])
    );
    world.state().identities.insert("domo", Identity::default());
    let failure = world.fails(&with("/domo/owner", json!("enforce")));
    assert_eq!(
        failure.message,
        format!(
            "Domo's token does not say whose it is, so the owner of DataSet `{DATASET}` could not be compared; co-owners cannot be seen through Domo's public API"
        )
    );
}

fn grant(kind: &str, id: u64, name: &str, level: &str) -> Value {
    json!({ "type": kind, "id": id.to_string(), "name": name, "accessLevel": level })
}

/// A DataSet of somebody else's, and who may do what with it.
fn owned_by_another(grants: Value) -> World {
    let world = World::new();
    world.state().domo.set("owner", json!({"id": 99}));
    world.state().domo.permissions = Some(grants);
    world
}

#[test]
fn with_the_instance_a_co_owner_satisfies_the_owner_rule() {
    let world = owned_by_another(json!([
        grant("USER", 99, "Yoda", "OWNER"),
        grant("USER", 27, "Obi-Wan", "CO_OWNER")
    ]));
    let receipt = world.run(&with("/domo/owner", json!("enforce"))).unwrap();
    assert_eq!(receipt["warnings"], json!([]));
}

#[test]
fn with_the_instance_whoever_is_no_co_owner_is_refused_by_name() {
    let world = owned_by_another(json!([
        grant("USER", 99, "Yoda", "OWNER"),
        grant("GROUP", 5, "Council", "CO_OWNER"),
        grant("USER", 27, "Obi-Wan", "CAN_EDIT"),
        grant("GROUP", 6, "Everyone", "CAN_VIEW")
    ]));
    world.state().domo.groups = Some(json!([{"id": 6, "name": "Everyone"}]));
    let failure = world.fails(&with("/domo/owner", json!("enforce")));
    assert_eq!(failure.code, Code::NotOwner);
    assert_eq!(
        failure.message,
        format!(
            "the Domo client's user 27 is not among the owners and co-owners of DataSet `{DATASET}`: user 99 (Yoda), group 5 (Council)"
        )
    );
}

#[test]
fn a_group_that_owns_is_looked_into() {
    let world = owned_by_another(json!([grant("GROUP", 5, "Council", "OWNER")]));
    let job = with("/domo/owner", json!("enforce"));
    let failure = world.fails(&job);
    assert!(
        failure.message.ends_with(
            "it could not be seen whether the Domo client's user is in one: group 5 (Council)"
        ),
        "{}",
        failure.message
    );
    assert!(failure.hint.unwrap().contains("scope `user`"));
    world.state().domo.groups = Some(json!([{"id": 5, "name": "Council"}]));
    world.run(&job).unwrap();
}

#[test]
fn owners_that_cannot_be_read_are_a_failure_only_where_the_rule_is_enforced() {
    for (rule, fails) in [("enforce", true), ("warn", false)] {
        let world = owned_by_another(json!([]));
        let refusal = json_answer(
            401,
            json!({"status": 401, "message": "Unauthorized", "toe": "T"}),
        );
        world.fault(Get, "/permissions", 2, refusal);
        let result = world.run(&with("/domo/owner", json!(rule)));
        match result {
            Err(failure) if fails => {
                assert_eq!(failure.code, Code::SignInDomo);
                assert!(failure.hint.unwrap().contains("`developer_token`"));
            }
            Ok(receipt) if !fails => {
                let warning = receipt["warnings"][0].as_str().unwrap();
                assert!(
                    warning
                        .starts_with(&format!("reading the owners of DataSet `{DATASET}` failed")),
                    "{warning}"
                );
            }
            other => panic!("{rule}: {other:?}"),
        }
    }
}

#[test]
fn an_owner_by_the_metadata_is_not_looked_up_again() {
    let world = World::new();
    world.state().domo.permissions = Some(json!([]));
    world.run(&with("/domo/owner", json!("enforce"))).unwrap();
    assert!(world.sent(Get, "/permissions").is_empty());
}

#[test]
fn an_owner_exports_all_rows_of_a_restricted_dataset_and_the_receipt_says_so() {
    let world = World::new();
    world.state().domo.set("pdpEnabled", json!(true));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["dataset"]["pdp"], true);
    assert_eq!(receipt["dataset"]["rows_seen"], "all");
    assert_eq!(
        receipt["row_check"], "query",
        "under PDP the count is asked as the same client"
    );
    assert_eq!(
        receipt["warnings"],
        json!([format!(
            "DataSet `{DATASET}` has personalized data permissions (PDP): the Domo client's user is its owner or an admin, so *all* rows are exported, whoever may read the file"
        )])
    );
}

#[test]
fn fewer_rows_are_right_under_pdp_when_the_query_sees_as_many() {
    let world = World::new();
    world.state().domo.set("pdpEnabled", json!(true));
    world.state().domo.set("owner", json!({"id": 99}));
    world.state().domo.set("rows", json!(1000));
    world.state().domo.count = Some(3);
    let mut job = with("/domo/pdp", json!("allow"));
    set(&mut job, "/domo/owner", json!("off"));
    let receipt = world.run(&job).unwrap();
    assert_eq!(receipt["row_check"], "query");
    assert_eq!(receipt["dataset"]["rows_seen"], "permitted");
    assert_eq!(receipt["warnings"], json!([]));
}

#[test]
fn pdp_can_be_refused() {
    let world = World::new();
    world.state().domo.set("pdpEnabled", json!(true));
    world.state().domo.set("owner", json!({"id": 99}));
    let mut job = with("/domo/pdp", json!("refuse"));
    set(&mut job, "/domo/owner", json!("off"));
    let failure = world.fails(&job);
    assert_eq!(failure.code, Code::PdpRefused);
    assert_eq!(
        failure.message,
        format!(
            "DataSet `{DATASET}` has personalized data permissions (PDP): the file has the rows that the Domo client's user may see, which may not be all"
        )
    );
    assert!(world.sent(Get, "/data?").is_empty());
}
