//! Hostile components in a fleet: each attack ends at a limit, the attacker's next run works, and a neighbour in the
//! middle of its upload lands as if nothing had been.

use std::sync::Arc;

use serde_json::{Value, json};
use writeback_fleet::{Fleet, Options};
use writeback_host::Error;
use writeback_server::runner::{RunFailure, Runner as _, TenantSetup};

use super::scene::{Notes, go, machine, order};
use crate::world::{World, engine};

fn attack(name: &str, args: &Value) -> Value {
    json!({ "attack": name, "args": args, "account": "sharepoint" })
}

/// What an attack comes to.
async fn made(fleet: &Fleet, tenant: &TenantSetup, job: &Value) -> Result<Value, RunFailure> {
    let order = order(tenant, "attack", job, &Arc::new(Notes::default()));
    go(fleet, order).await.outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_end_at_limits_and_a_neighbour_lands() {
    let (world, job) = World::of_three_fragments().await;
    let (machine, honest) = (machine(), world.member("honest"));
    let fleet = Arc::new(world.fleet_in(machine.path()));
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    let neighbour = {
        let order = order(&honest, "one", &job, &Arc::default());
        let fleet = Arc::clone(&fleet);
        tokio::spawn(async move { go(&fleet, order).await })
    };
    while world.fired("stall") == 0 {
        tokio::task::yield_now().await;
    }

    let hostile = engine().load(writeback_hostile::BYTES).expect("it loads");
    let hostile = world.fleet_of(hostile, machine.path());
    let mut attacker = world.member("attacker");
    attacker.config["limits"] = json!({
        "cpu_seconds": 1, "spool_bytes": 5 << 20, "memory": 16 << 20, "wall_seconds": 20,
    });
    for (name, args, limit) in [
        ("grow-memory", json!({}), "limits.memory"),
        ("loop", json!({}), "limits.cpu_seconds"),
        (
            "hold",
            json!({ "of": "secrets", "name": "sharepoint" }),
            "limits.handles",
        ),
        (
            "log",
            json!({ "times": 1_000_000, "text": "on and on" }),
            "limits.log_lines",
        ),
    ] {
        let failure = made(&hostile, &attacker, &attack(name, &args)).await;
        let failure = failure.expect_err("a limit");
        assert_eq!(failure.code, "limit-reached", "{name}: {failure:#?}");
        assert_eq!(failure.limit.as_deref(), Some(limit), "{name}");
        let next = made(&hostile, &attacker, &attack("nothing", &json!({}))).await;
        assert_eq!(next, Ok(json!({})), "after {name}");
    }
    let full = made(&hostile, &attacker, &attack("fill-spool", &json!({}))).await;
    let text = format!("{full:?}");
    assert!(text.contains("`limits.spool_bytes`"), "{text}");
    let peek = attack(
        "open-blob",
        &json!({ "name": "../../honest/one/export.csv" }),
    );
    let text = format!("{:?}", made(&hostile, &attacker, &peek).await);
    assert!(text.contains("a blob's name is"), "{text}");

    assert!(
        !neighbour.is_finished(),
        "the neighbour was held all the time"
    );
    world.release();
    let ended = neighbour.await.expect("the neighbour's task");
    world.landed_once(&ended.outcome.expect("a receipt"));
    let mut spooled = fleet.spooled().await.expect("a list");
    spooled.retain(|kept| kept.tenant == "honest");
    assert_eq!(spooled.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_imports_more_makes_no_fleet() {
    let (world, machine) = (World::start().await, machine());
    let foreign = engine().load(writeback_hostile::ENVIRONMENT);
    assert!(
        matches!(foreign, Err(Error::ForeignImport { .. })),
        "{foreign:?}"
    );
    let mut options = Options::new(machine.path(), world.operator());
    options.operator.egress.ca_file = Some("/nonexistent/ca.pem".into());
    let refused = Fleet::new(options).expect_err("no such file");
    assert!(
        refused.to_string().contains("`egress.ca_file`"),
        "{refused}"
    );
}
