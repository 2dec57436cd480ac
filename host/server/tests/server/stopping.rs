//! Runs that end before their time or begin again: cancelling, retries, draining.

use std::time::Duration;

use serde_json::{Value, json};
use writeback_server::settings::Settings;
use writeback_server::time::{MINUTE, SECOND};
use zeroize::Zeroizing;

use super::running::{begin, finance};
use crate::support::{
    TenantWorld, World, done, eventually, failed, failed_for, job, on_both, settings, text,
};

on_both!(
    a_waiting_run_is_cancelled_at_once,
    an_admitted_run_is_cancelled_by_its_worker_or_its_lease,
    a_running_run_is_cancelled_by_its_worker,
    what_is_over_is_not_cancelled,
    a_run_that_is_done_before_it_hears_of_its_end_is_done,
    a_scheduled_run_is_tried_again_where_that_may_help,
    nobody_tries_again_what_somebody_asked_for,
    what_was_kept_comes_back_where_it_is_of_use,
    a_worker_that_stops_lets_its_runs_end,
    a_worker_that_stops_hands_back_what_does_not_end,
);

async fn cancel(world: &World, tenant: &TenantWorld, run: &str) -> Value {
    let ask = world.ask("POST", &tenant.path(&format!("runs/{run}/cancel")));
    ask.token(&tenant.operator).send().await.expect(202)
}

/// A run of a schedule's moment, with so many retries after so many seconds.
async fn scheduled(world: &World, tenant: &TenantWorld, retries: u32, wait: u32) -> String {
    let mut content = job("hourly");
    content["retry"] = json!({ "retries": retries, "wait_seconds": wait });
    world.job_as(tenant, &content).await;
    let document = json!({ "when": { "kind": "interval", "every": 12, "unit": "hours" } });
    let ask = world.ask("POST", &tenant.path("jobs/hourly/schedules"));
    ask.token(&tenant.admin)
        .json(&document)
        .send()
        .await
        .expect(201);
    world.pass(6 * 60 * MINUTE);
    assert_eq!(world.hands().await.schedule_pass().await.unwrap(), 1);
    let list = world
        .ask("GET", &tenant.path("runs?job=hourly"))
        .token(&tenant.viewer);
    text(&list.send().await.expect(200)["items"][0]["id"])
}

async fn a_waiting_run_is_cancelled_at_once(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    assert_eq!(cancel(&world, &tenant, &run).await["state"], "cancelled");
    assert_eq!(cancel(&world, &tenant, &run).await["state"], "cancelled");
    world.worker(1).await.kill().await;
    assert_eq!(world.hands().await.admit_pass().await.unwrap(), 0);
}

async fn an_admitted_run_is_cancelled_by_its_worker_or_its_lease(world: World) {
    let tenant = finance(&world).await;
    world.job(&tenant, "stock").await;
    let (one, other) = (
        world.start(&tenant, "sales").await,
        world.start(&tenant, "stock").await,
    );
    world.worker(1).await.kill().await;
    let hands = world.hands().await;
    world.admit(&hands, 1).await;
    assert_eq!(cancel(&world, &tenant, &one).await["state"], "admitted");
    world.pass(31 * SECOND);
    assert_eq!(hands.lost_pass().await.unwrap(), 1);
    world.reaches(&tenant, &one, "cancelled").await;

    world.worker(1).await.kill().await;
    world.admit(&hands, 1).await;
    assert_eq!(cancel(&world, &tenant, &other).await["state"], "admitted");
    let worker = world.worker(1).await;
    world.reaches(&tenant, &other, "cancelled").await;
    worker.stop().await;
}

async fn a_running_run_is_cancelled_by_its_worker(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let worker = world.worker(1).await;
    let begun = begin(&world).await;
    let asked = cancel(&world, &tenant, &run).await;
    assert_eq!(
        (&asked["state"], &asked["cancel_requested"]),
        (&json!("running"), &json!(true))
    );
    begun.cancelled().await;
    let over = world.reaches(&tenant, &run, "cancelled").await;
    assert!(over["failure"].is_null() && over["ended_at_ms"].is_i64());
    worker.stop().await;
}

async fn what_is_over_is_not_cancelled(world: World) {
    let tenant = finance(&world).await;
    let worker = world.worker(1).await;
    for (ended, state) in [(done(), "done"), (failed("wrong"), "failed")] {
        let run = world.start(&tenant, "sales").await;
        begin(&world).await.end(ended);
        let over = world.reaches(&tenant, &run, state).await;
        let ask = world.ask("POST", &tenant.path(&format!("runs/{run}/cancel")));
        ask.token(&tenant.operator)
            .send()
            .await
            .problem(409, "run-over");
        assert_eq!(world.read_run(&tenant, &run).await, over);
    }
    worker.stop().await;
}

async fn a_run_that_is_done_before_it_hears_of_its_end_is_done(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let worker = world.worker(1).await;
    let begun = begin(&world).await;
    begun.deafen();
    cancel(&world, &tenant, &run).await;
    begun.cancelled().await;
    begun.end(done());
    let over = world.reaches(&tenant, &run, "done").await;
    assert_eq!(over["cancel_requested"], true);
    worker.stop().await;
}

async fn a_scheduled_run_is_tried_again_where_that_may_help(world: World) {
    let tenant = world.tenant("finance").await;
    let run = scheduled(&world, &tenant, 2, 60).await;
    let worker = world.worker(1).await;
    let hands = world.hands().await;
    // The longer one counts: the job's pause, or what the service asked for.
    for (asked, pause) in [(5, 60), (300, 300)] {
        begin(&world).await.end(failed_for("busy", Some(asked)));
        let waits = world.reaches(&tenant, &run, "queued").await;
        assert_eq!(waits["failure"]["code"], "busy");
        world.pass(pause * SECOND - 1);
        eventually("the worker is there", async || world.alive().await).await;
        assert_eq!(hands.admit_pass().await.unwrap(), 0, "it waits");
        world.pass(1);
    }
    begin(&world).await.end(failed_for("busy", Some(5)));
    let over = world.reaches(&tenant, &run, "failed").await;
    assert_eq!(
        (&over["attempts"], &over["retries_left"]),
        (&json!(3), &json!(0))
    );
    let job = world
        .ask("GET", &tenant.path("jobs/hourly"))
        .token(&tenant.viewer);
    assert_eq!(job.send().await.expect(200)["failing"], true);
    worker.stop().await;
}

async fn nobody_tries_again_what_somebody_asked_for(world: World) {
    let tenant = finance(&world).await;
    let worker = world.worker(1).await;
    let asked = world.start(&tenant, "sales").await;
    begin(&world).await.end(failed_for("busy", Some(5)));
    world.reaches(&tenant, &asked, "failed").await;
    worker.stop().await;
    let run = scheduled(&world, &tenant, 9, 60).await;
    let worker = world.worker(1).await;
    begin(&world).await.end(failed("wrong"));
    let over = world.reaches(&tenant, &run, "failed").await;
    assert_eq!(over["attempts"], 1);
    worker.stop().await;
}

async fn what_was_kept_comes_back_where_it_is_of_use(world: World) {
    let tenant = world.tenant("finance").await;
    let run = scheduled(&world, &tenant, 9, 1).await;
    let worker = world.worker(1).await;
    let kept = "a link with a secret in it";
    for (resumes, expected) in [(true, None), (false, Some(kept)), (true, None)] {
        let begun = begin(&world).await;
        let found = begun.order.kept.as_ref().map(|kept| kept.to_vec());
        assert_eq!(found.as_deref(), expected.map(str::as_bytes));
        begun
            .order
            .watch
            .keep(Zeroizing::new(kept.into()))
            .await
            .unwrap();
        assert!(!world.dump().await.text().contains(kept), "it is sealed");
        let mut ended = failed_for("busy", Some(1));
        if let Err(failure) = &mut ended.outcome {
            failure.resumes = resumes;
        }
        begun.end(ended);
        world.reaches(&tenant, &run, "queued").await;
        world.pass(SECOND);
    }
    begin(&world).await.end(done());
    world.reaches(&tenant, &run, "done").await;
    worker.stop().await;
}

async fn a_worker_that_stops_lets_its_runs_end(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let worker = world.worker(1).await;
    let begun = begin(&world).await;
    worker.tell_to_stop();
    eventually("no slot is left", async || {
        let dump = world.dump().await;
        dump.rows("workers")
            .iter()
            .all(|row| row.split(" | ").nth(3) == Some("1"))
    })
    .await;
    world.start(&tenant, "sales").await;
    assert_eq!(world.hands().await.admit_pass().await.unwrap(), 0);
    begun.end(done());
    worker.stop().await;
    assert_eq!(world.read_run(&tenant, &run).await["state"], "done");
}

async fn a_worker_that_stops_hands_back_what_does_not_end(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let short = Settings {
        slots: 1,
        drain: Duration::ZERO,
        ..settings()
    };
    let worker = world.worker_with(short).await;
    let begun = begin(&world).await;
    begun
        .order
        .watch
        .keep(Zeroizing::new(b"half".to_vec()))
        .await
        .unwrap();
    worker.stop().await;
    let waits = world.read_run(&tenant, &run).await;
    assert_eq!(
        (&waits["state"], &waits["worker"]),
        (&json!("queued"), &Value::Null)
    );
    let worker = world.worker(1).await;
    let again = begin(&world).await;
    assert_eq!(again.order.kept.as_ref().unwrap().as_slice(), b"half");
    again.end(done());
    let over = world.reaches(&tenant, &run, "done").await;
    assert_eq!(
        (&over["attempts"], &over["retries_left"]),
        (&json!(2), &json!(0))
    );
    worker.stop().await;
}
