//! What is told once, and what goes with time.

use serde_json::{Value, json};
use writeback_server::Work;
use writeback_server::time::{DAY, HOUR, SECOND};

use crate::support::{TenantWorld, World, done, failed, job, on_both};

on_both!(
    runs_stay_as_long_as_their_tenant_wants,
    a_stale_file_is_told_of_once_and_its_recovery_once,
    a_failing_job_is_told_of_each_time_and_its_recovery_once,
);

/// A target of all events: what is meant for it waits to be delivered.
async fn target(world: &World, tenant: &TenantWorld) {
    let mut tx = world.app.db.begin().await.unwrap();
    let document = json!({ "events": ["failure", "recovery", "stale"] });
    sqlx::query("INSERT INTO targets (id, tenant, kind, document, sealed, revision, created_at, updated_at) VALUES ('trg_1', $1, 'webhook', $2, '', 1, 0, 0)")
        .bind(&tenant.id)
        .bind(document.to_string())
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// What was told so far, in order.
async fn told(world: &World) -> Vec<String> {
    let rows =
        sqlx::query("SELECT event FROM deliveries ORDER BY id").fetch_all(world.app.db.pool());
    let rows = rows.await.unwrap();
    rows.iter()
        .map(|row| sqlx::Row::get(row, "event"))
        .collect()
}

async fn run(world: &World, tenant: &TenantWorld, hands: &Work, well: bool) {
    let worker = world.worker(1).await;
    let run = world.start(tenant, "sales").await;
    world.admit(hands, 1).await;
    world
        .runner
        .next()
        .await
        .end(if well { done() } else { failed("wrong") });
    world
        .reaches(tenant, &run, if well { "done" } else { "failed" })
        .await;
    worker.stop().await;
}

async fn runs_stay_as_long_as_their_tenant_wants(world: World) {
    let (short, long) = (world.tenant("short").await, world.tenant("long").await);
    let hands = world.hands().await;
    for (tenant, days) in [(&short, 1), (&long, 2)] {
        world.job(tenant, "sales").await;
        let change = world
            .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
            .if_match("*");
        change
            .json(&json!({ "settings": { "keep_runs_days": days } }))
            .send()
            .await
            .expect(200);
        run(&world, tenant, &hands, true).await;
    }
    let waiting = world.start(&short, "sales").await;
    let runs = async |tenant: &TenantWorld| {
        hands.clear_pass().await.unwrap();
        let list = world.ask("GET", &tenant.path("runs")).token(&tenant.viewer);
        list.send().await.expect(200)["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    world.pass(DAY);
    assert_eq!((runs(&short).await.len(), runs(&long).await.len()), (2, 1));
    world.pass(1);
    let left = runs(&short).await;
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!(waiting)));
    assert_eq!(runs(&long).await.len(), 1);
    world.pass(DAY);
    assert_eq!(runs(&long).await.len(), 0);
    let history = world
        .ask("GET", &short.path("history"))
        .token(&short.viewer);
    assert_eq!(
        history.send().await.expect(200)["done"],
        1,
        "what was counted stays"
    );
}

async fn a_stale_file_is_told_of_once_and_its_recovery_once(world: World) {
    let tenant = world.tenant("finance").await;
    let mut content = job("sales");
    content["stale_after_seconds"] = json!(2 * HOUR / SECOND);
    world.job_as(&tenant, &content).await;
    target(&world, &tenant).await;
    let (hands, others) = (
        world.hands().await,
        world.hands_of(&world.another().await).await,
    );
    let stale = async || -> Value {
        let (a, b) = tokio::join!(hands.clear_pass(), others.clear_pass());
        a.and(b).unwrap();
        let job = world
            .ask("GET", &tenant.path("jobs/sales"))
            .token(&tenant.viewer);
        job.send().await.expect(200)["stale"].clone()
    };
    world.pass(2 * HOUR);
    assert_eq!((stale().await, told(&world).await.len()), (json!(false), 0));
    world.pass(1);
    for _ in 0..3 {
        assert_eq!(stale().await, true);
        assert_eq!(told(&world).await, ["stale"]);
        world.pass(HOUR);
    }
    for _ in 0..2 {
        run(&world, &tenant, &hands, true).await;
        assert_eq!(told(&world).await, ["stale", "recovery"]);
        assert_eq!(stale().await, false);
    }
    world.pass(2 * HOUR + 1);
    assert_eq!(stale().await, true);
    assert_eq!(told(&world).await, ["stale", "recovery", "stale"]);
}

async fn a_failing_job_is_told_of_each_time_and_its_recovery_once(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    target(&world, &tenant).await;
    let hands = world.hands().await;
    for well in [true, false, false, true, true] {
        run(&world, &tenant, &hands, well).await;
    }
    assert_eq!(told(&world).await, ["failure", "failure", "recovery"]);
}
