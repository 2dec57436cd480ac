//! Who gets a slot: fairly between tenants, one at a time to a file, by priority and age, never more than there are.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{TenantWorld, World, done, job, on_both};

on_both!(
    a_thousand_runs_of_one_tenant_delay_another_by_one_slot,
    slots_go_round,
    one_file_has_one_run_at_a_time,
    a_tenant_has_no_more_than_its_concurrency,
    the_higher_priority_and_then_the_older_is_first,
    admitters_at_the_same_time_give_no_slot_twice,
    what_nobody_took_is_given_again,
);

async fn limit(world: &World, tenant: &TenantWorld, concurrency: u32) {
    let change = world
        .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
        .if_match("*");
    let settings = json!({ "settings": { "concurrency": concurrency } });
    change.json(&settings).send().await.expect(200);
}

/// Queues so many runs of as many jobs of a tenant.
async fn queue(world: &World, tenant: &TenantWorld, jobs: usize, each: usize) {
    for number in 0..jobs {
        world
            .job(tenant, &format!("{}-{number}", tenant.name))
            .await;
    }
    for _ in 0..each {
        for number in 0..jobs {
            world
                .start(tenant, &format!("{}-{number}", tenant.name))
                .await;
        }
    }
}

/// Runs that have a slot, by tenant.
async fn held(world: &World) -> BTreeMap<String, usize> {
    let statement = "SELECT t.name AS name FROM runs r JOIN tenants t ON t.id = r.tenant WHERE r.state IN ('admitted', 'running')";
    let rows = sqlx::query(statement).fetch_all(world.app.db.pool()).await;
    let mut held = BTreeMap::new();
    for row in rows.expect("runs are read") {
        *held
            .entry(sqlx::Row::get::<String, _>(&row, "name"))
            .or_default() += 1;
    }
    held
}

/// As many runs of each tenant.
fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected
        .map(|(name, count)| (name.to_owned(), count))
        .into()
}

async fn a_thousand_runs_of_one_tenant_delay_another_by_one_slot(world: World) {
    let noisy = world.tenant("noisy").await;
    limit(&world, &noisy, 1_000).await;
    queue(&world, &noisy, 20, 50).await;
    let worker = world.worker(3).await;
    let hands = world.hands().await;
    world.admit(&hands, 3).await;
    let mut under_way = Vec::new();
    for _ in 0..3 {
        under_way.push(world.runner.next().await);
    }
    let quiet = world.tenant("quiet").await;
    queue(&world, &quiet, 1, 1).await;
    assert_eq!(hands.admit_pass().await.unwrap(), 0, "there is no slot");
    under_way.pop().unwrap().end(done());
    world.admit(&hands, 1).await;
    let next = world.runner.next().await;
    assert_eq!(next.name(), "quiet-0");
    assert_eq!(held(&world).await, counts([("noisy", 2), ("quiet", 1)]));
    worker.kill().await;
}

async fn slots_go_round(world: World) {
    let (a, b, c) = (
        world.tenant("a").await,
        world.tenant("b").await,
        world.tenant("c").await,
    );
    queue(&world, &a, 9, 1).await;
    queue(&world, &b, 9, 1).await;
    queue(&world, &c, 1, 1).await;
    for tenant in [&a, &b, &c] {
        limit(&world, tenant, 100).await;
    }
    world.worker(7).await.kill().await;
    let hands = world.hands().await;
    assert_eq!(hands.admit_pass().await.unwrap(), 7);
    assert_eq!(held(&world).await, counts([("a", 3), ("b", 3), ("c", 1)]));
}

async fn one_file_has_one_run_at_a_time(world: World) {
    let (one, other) = (world.tenant("one").await, world.tenant("other").await);
    let mut same = job("same-file");
    same["job"]["sharepoint"] = job("sales")["job"]["sharepoint"].clone();
    same["job"]["sharepoint"]["folder"] = json!("/REPORTS/");
    for tenant in [&one, &other] {
        world.job(tenant, "sales").await;
    }
    world.job_as(&one, &same).await;
    world.job(&one, "stock").await;
    for name in ["sales", "same-file", "sales", "stock"] {
        world.start(&one, name).await;
    }
    world.start(&other, "sales").await;
    let worker = world.worker(8).await;
    let hands = world.hands().await;
    world.admit(&hands, 3).await;
    let mut begun = BTreeMap::new();
    for _ in 0..3 {
        let run = world.runner.next().await;
        begun.insert((run.order.tenant.id.clone(), run.name().to_owned()), run);
    }
    let key = |tenant: &TenantWorld, name: &str| (tenant.id.clone(), name.to_owned());
    assert!(begun.contains_key(&key(&other, "sales")) && begun.contains_key(&key(&one, "stock")));
    assert_eq!(hands.admit_pass().await.unwrap(), 0, "the file is held");
    begun.remove(&key(&one, "sales")).unwrap().end(done());
    world.admit(&hands, 1).await;
    let second = world.runner.next().await;
    assert_eq!(second.name(), "same-file");
    assert_eq!(hands.admit_pass().await.unwrap(), 0, "the file is held");
    second.end(done());
    world.admit(&hands, 1).await;
    assert_eq!(world.runner.next().await.name(), "sales");
    worker.kill().await;
}

async fn a_tenant_has_no_more_than_its_concurrency(world: World) {
    let (one, other) = (world.tenant("one").await, world.tenant("other").await);
    queue(&world, &one, 5, 1).await;
    queue(&world, &other, 5, 1).await;
    limit(&world, &one, 2).await;
    limit(&world, &other, 3).await;
    let worker = world.worker(100).await;
    let hands = world.hands().await;
    world.admit(&hands, 5).await;
    assert_eq!(held(&world).await, counts([("one", 2), ("other", 3)]));
    assert_eq!(hands.admit_pass().await.unwrap(), 0);
    let run = loop {
        let run = world.runner.next().await;
        if run.order.tenant.id == one.id {
            break run;
        }
    };
    run.end(done());
    world.admit(&hands, 1).await;
    assert_eq!(held(&world).await, counts([("one", 2), ("other", 3)]));
    worker.kill().await;
}

async fn the_higher_priority_and_then_the_older_is_first(world: World) {
    let tenant = world.tenant("finance").await;
    for (name, priority) in [("low", -1), ("old", 0), ("young", 0), ("high", 7)] {
        let mut content = job(name);
        content["priority"] = json!(priority);
        world.job_as(&tenant, &content).await;
        world.start(&tenant, name).await;
        world.pass(1);
    }
    let worker = world.worker(1).await;
    let hands = world.hands().await;
    for expected in ["high", "old", "young", "low"] {
        world.admit(&hands, 1).await;
        let run = world.runner.next().await;
        assert_eq!(run.name(), expected);
        run.end(done());
    }
    worker.kill().await;
}

async fn admitters_at_the_same_time_give_no_slot_twice(world: World) {
    let tenant = world.tenant("finance").await;
    limit(&world, &tenant, 100).await;
    queue(&world, &tenant, 12, 1).await;
    world.worker(5).await.kill().await;
    let mut admitters = Vec::new();
    for _ in 0..4 {
        admitters.push(world.hands_of(&world.another().await).await);
    }
    let passes = admitters.iter().map(|admitter| admitter.admit_pass());
    let admitted = futures_util::future::join_all(passes).await.into_iter();
    assert_eq!(admitted.map(|pass| pass.expect("a pass")).sum::<usize>(), 5);
    assert_eq!(held(&world).await, counts([("finance", 5)]));
}

async fn what_nobody_took_is_given_again(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let run = world.start(&tenant, "sales").await;
    world.worker(1).await.kill().await;
    let hands = world.hands().await;
    world.admit(&hands, 1).await;
    assert_eq!(world.read_run(&tenant, &run).await["state"], "admitted");
    assert_eq!(hands.lost_pass().await.unwrap(), 0, "its lease goes on");
    world.pass(30_001);
    assert_eq!(hands.lost_pass().await.unwrap(), 1);
    let waits = world.read_run(&tenant, &run).await;
    assert_eq!(
        (&waits["state"], &waits["attempts"]),
        (&json!("queued"), &json!(0))
    );
    assert_eq!(
        hands.admit_pass().await.unwrap(),
        0,
        "the worker is silent: it has no slots"
    );
    let worker = world.worker(1).await;
    world.admit(&hands, 1).await;
    world.runner.next().await.end(done());
    let over = world.reaches(&tenant, &run, "done").await;
    assert_eq!(over["attempts"], 1);
    worker.stop().await;
    assert_eq!(world.runner.orders(), [run]);
}
