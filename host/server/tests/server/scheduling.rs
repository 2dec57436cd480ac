//! Schedules: each moment is one run, however many schedulers there are.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use writeback_server::time::{HOUR, MINUTE};

use crate::support::{TenantWorld, World, on_both, text};

on_both!(
    each_moment_is_one_run_however_many_schedulers_see_it,
    a_paused_job_and_a_suspended_tenant_have_no_runs,
    a_moment_beyond_the_queue_is_dropped_on_record,
    what_was_missed_is_skipped_or_made_up_for_once,
    an_edited_schedule_counts_from_now_on,
    the_next_moments_are_known,
    a_schedule_that_cannot_be_is_refused_whole,
);

fn every(minutes: u32) -> Value {
    json!({ "when": { "kind": "interval", "every": minutes, "unit": "minutes" } })
}

async fn schedule(world: &World, tenant: &TenantWorld, job: &str, document: &Value) -> String {
    let ask = world.ask("POST", &tenant.path(&format!("jobs/{job}/schedules")));
    let made = ask
        .token(&tenant.admin)
        .json(document)
        .send()
        .await
        .expect(201);
    text(&made["id"])
}

async fn runs(world: &World, tenant: &TenantWorld) -> Vec<Value> {
    let ask = world.ask("GET", &tenant.path("runs?limit=500"));
    let list = ask.token(&tenant.viewer).send().await.expect(200);
    list["items"].as_array().unwrap().clone()
}

async fn each_moment_is_one_run_however_many_schedulers_see_it(world: World) {
    let tenant = world.tenant("finance").await;
    for job in 0..12 {
        let name = format!("job-{job}");
        world.job(&tenant, &name).await;
        schedule(&world, &tenant, &name, &every(1)).await;
        schedule(&world, &tenant, &name, &every(2)).await;
    }
    let mut schedulers = Vec::new();
    for _ in 0..4 {
        schedulers.push(world.hands_of(&world.another().await).await);
    }
    let mut made = 0;
    for _ in 0..6 {
        world.pass(MINUTE);
        let passes = schedulers.iter().map(|scheduler| scheduler.schedule_pass());
        for pass in futures_util::future::join_all(passes).await {
            made += pass.expect("a pass");
        }
    }
    let list = runs(&world, &tenant).await;
    let ticks: BTreeSet<_> = list
        .iter()
        .map(|run| (text(&run["schedule"]), run["tick_at_ms"].as_i64().unwrap()))
        .collect();
    // Six moments of those of every minute, three of those of every second one.
    assert_eq!((made, list.len(), ticks.len()), (108, 108, 108));
    assert!(list.iter().all(|run| run["cause"] == "schedule"));
}

async fn a_paused_job_and_a_suspended_tenant_have_no_runs(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    schedule(&world, &tenant, "sales", &every(1)).await;
    let hands = world.hands().await;
    let job = |state: &str| {
        let ask = world.ask("PATCH", &tenant.path("jobs/sales")).if_match("*");
        ask.token(&tenant.operator)
            .json(&json!({ "state": state }))
            .send()
    };
    let all = |state: &str| {
        let ask = world
            .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
            .if_match("*");
        ask.json(&json!({ "state": state })).send()
    };
    let pass = async || {
        world.pass(MINUTE);
        hands.schedule_pass().await.expect("a pass")
    };
    assert_eq!(pass().await, 1);
    job("paused").await.expect(200);
    assert_eq!(pass().await, 0);
    job("enabled").await.expect(200);
    assert_eq!(pass().await, 1);
    all("suspended").await.expect(200);
    assert_eq!(pass().await, 0);
    all("active").await.expect(200);
    assert_eq!(pass().await, 1);
}

async fn a_moment_beyond_the_queue_is_dropped_on_record(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    schedule(&world, &tenant, "sales", &every(1)).await;
    let change = world
        .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
        .if_match("*");
    change
        .json(&json!({ "settings": { "queued_runs": 2 } }))
        .send()
        .await
        .expect(200);
    let hands = world.hands().await;
    for made in [1, 1, 0] {
        world.pass(MINUTE);
        assert_eq!(hands.schedule_pass().await.unwrap(), made);
    }
    assert_eq!(runs(&world, &tenant).await.len(), 2);
    let dump = world.dump().await;
    let dropped = dump
        .rows("audit")
        .iter()
        .filter(|row| row.contains("schedule.dropped"));
    assert_eq!(dropped.count(), 1);
}

async fn what_was_missed_is_skipped_or_made_up_for_once(world: World) {
    let tenant = world.tenant("finance").await;
    for (job, catch_up) in [("skips", "skip"), ("catches-up", "run-once")] {
        world.job(&tenant, job).await;
        let mut document = every(15);
        document["catch_up"] = json!(catch_up);
        schedule(&world, &tenant, job, &document).await;
    }
    // Five minutes past the last of its moments, none of the three hours' moments was seen to.
    world.pass(3 * HOUR + 5 * MINUTE);
    let (one, other) = (
        world.hands().await,
        world.hands_of(&world.another().await).await,
    );
    let (a, b) = tokio::join!(one.schedule_pass(), other.schedule_pass());
    assert_eq!(a.unwrap() + b.unwrap(), 1);
    let made = runs(&world, &tenant).await;
    let job = world
        .ask("GET", &tenant.path("jobs/catches-up"))
        .token(&tenant.viewer);
    assert_eq!(made[0]["job"], job.send().await.expect(200)["id"]);
    let dump = world.dump().await;
    let missed = dump
        .rows("audit")
        .iter()
        .filter(|row| row.contains("schedule.missed"));
    assert_eq!(missed.count(), 2);
    assert_eq!(one.schedule_pass().await.unwrap(), 0);
}

async fn an_edited_schedule_counts_from_now_on(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let id = schedule(&world, &tenant, "sales", &every(30)).await;
    let path = tenant.path(&format!("jobs/sales/schedules/{id}"));
    let edit = world.ask("PUT", &path).token(&tenant.admin).json(&every(1));
    edit.clone().send().await.problem(428, "if-match-missing");
    edit.clone().if_match("\"r1\"").send().await.expect(200);
    edit.if_match("\"r1\"").send().await.problem(412, "changed");
    let hands = world.hands().await;
    world.pass(MINUTE);
    assert_eq!(hands.schedule_pass().await.unwrap(), 1);
    let delete = world.ask("DELETE", &path).token(&tenant.admin);
    delete.send().await.expect(204);
    world.pass(HOUR);
    assert_eq!(hands.schedule_pass().await.unwrap(), 0);
}

async fn the_next_moments_are_known(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let document = json!({
        "when": { "kind": "weekdays", "at": ["08:30"] }, "time_zone": "Europe/Berlin",
    });
    let id = schedule(&world, &tenant, "sales", &document).await;
    let path = tenant.path(&format!("jobs/sales/schedules/{id}/ticks"));
    let ticks = |query: &str| {
        world
            .ask("GET", &format!("{path}{query}"))
            .token(&tenant.viewer)
            .send()
    };
    let ten = ticks("").await.expect(200);
    assert_eq!(ten["items"].as_array().unwrap().len(), 10);
    assert_eq!(ten["items"][0]["local"], "Monday 2026-03-02 08:30 CET");
    assert_eq!(ten["items"][5]["local"], "Monday 2026-03-09 08:30 CET");
    ticks("?count=0").await.problem(422, "invalid");
    ticks("?count=101").await.problem(422, "invalid");
    let preview = world
        .ask("POST", "/v1/schedules/preview?count=1")
        .token(&tenant.viewer);
    let preview = preview.json(&document).send().await.expect(200);
    assert_eq!(preview["items"][0]["local"], "Monday 2026-03-02 08:30 CET");
}

async fn a_schedule_that_cannot_be_is_refused_whole(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let document = json!({ "when": { "kind": "interval", "every": 0, "unit": "minutes" }, "time_zone": "Europe/Nowhere" });
    let ask = world
        .ask("POST", &tenant.path("jobs/sales/schedules"))
        .token(&tenant.admin);
    let problem = ask.json(&document).send().await.problem(422, "invalid");
    let errors = problem["errors"].as_array().unwrap().iter();
    let mut paths: Vec<_> = errors
        .map(|error| error["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["time_zone", "when.every"]);
    assert!(world.dump().await.rows("schedules").is_empty());
}
