//! Runs under way: leases, workers that fall silent, what comes twice, what is followed.

use serde_json::{Value, json};
use writeback_server::runner::{Level, Step};
use writeback_server::time::SECOND;
use zeroize::Zeroizing;

use crate::support::{Begun, TenantWorld, World, done, eventually, failed, job, on_both};

on_both!(
    a_run_that_goes_well_is_on_record,
    a_silent_worker_loses_its_run_which_goes_on_elsewhere_once,
    what_a_lost_worker_says_late_changes_nothing,
    a_run_that_kills_its_workers_is_given_up,
    a_panic_of_a_run_does_not_keep_it_for_ever,
    a_run_that_cannot_begin_is_left_to_its_lease,
    a_dispatch_that_comes_twice_is_one_run,
    a_file_that_a_run_holds_is_free_when_it_is_over,
    several_workers_do_each_run_once,
    events_follow_a_run_to_its_end,
);

/// A tenant with one job, `sales`.
pub(super) async fn finance(world: &World) -> TenantWorld {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    tenant
}

/// Has a run begin on a worker: the next one in line.
pub(super) async fn begin(world: &World) -> Begun {
    world.admit(&world.hands().await, 1).await;
    world.runner.next().await
}

async fn a_run_that_goes_well_is_on_record(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let worker = world.worker(1).await;
    let begun = begin(&world).await;
    assert_eq!((&begun.order.run, begun.order.kept.is_none()), (&run, true));
    assert_eq!(begun.order.tenant.id, tenant.id);
    assert_eq!(begun.order.job, job("sales")["job"]);
    begun.order.watch.step(Step::Preparing);
    begun.order.watch.log(Level::Info, "it begins");
    world.pass(3 * SECOND);
    begun.order.watch.step(Step::Exporting { bytes: 1 });
    begun.order.watch.step(Step::Exporting { bytes: 1_000 });
    begun.order.watch.log(Level::Warn, "it is large");
    world.pass(4 * SECOND);
    begun.end(done());
    let over = world.reaches(&tenant, &run, "done").await;
    let steps = over["timings"].as_array().unwrap().iter();
    let steps: Vec<_> = steps
        .map(|timing| timing["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["preparing", "exporting"]);
    let time = |name: &str| over[name].as_i64().unwrap();
    assert_eq!(time("ended_at_ms") - time("started_at_ms"), 7 * SECOND);
    assert_eq!(
        (
            &over["receipt"]["file"]["bytes"],
            &over["usage"]["requests"]
        ),
        (&json!(1_000), &json!(7))
    );
    assert!(over["worker"].is_null() && over["step"].is_null() && over["failure"].is_null());
    let logs = world.ask("GET", &tenant.path(&format!("runs/{run}/logs")));
    let logs = logs.token(&tenant.viewer).send().await.expect(200);
    let lines = logs["items"].as_array().unwrap().iter();
    let lines: Vec<_> = lines
        .map(|line| {
            (
                line["level"].as_str().unwrap(),
                line["line"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lines, [("info", "it begins"), ("warn", "it is large")]);
    let history = world
        .ask("GET", &tenant.path("history"))
        .token(&tenant.viewer);
    let history = history.send().await.expect(200);
    assert_eq!(
        (
            &history["done"],
            &history["average_ms"],
            &history["success_rate"]
        ),
        (&json!(1), &json!(7 * SECOND), &json!(1.0))
    );
    worker.stop().await;
    assert_eq!(world.runner.released(), [(tenant.id.clone(), run)]);
    assert!(world.dump().await.rows("workers").is_empty());
}

async fn a_silent_worker_loses_its_run_which_goes_on_elsewhere_once(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let silent = world.worker(1).await;
    let lost = begin(&world).await;
    lost.order
        .watch
        .keep(Zeroizing::new(b"as far as this".to_vec()))
        .await
        .unwrap();
    silent.kill().await;
    let (one, other) = (
        world.hands().await,
        world.hands_of(&world.another().await).await,
    );
    world.pass(30_000);
    assert_eq!(
        one.lost_pass().await.unwrap(),
        0,
        "the lease is not over yet"
    );
    world.pass(1);
    let (a, b) = tokio::join!(one.lost_pass(), other.lost_pass());
    assert_eq!(a.unwrap() + b.unwrap(), 1);
    let worker = world.worker(1).await;
    world.admit(&one, 1).await;
    assert_eq!(other.admit_pass().await.unwrap(), 0);
    let again = world.runner.next().await;
    assert_eq!(again.order.run, run);
    assert_eq!(
        again.order.kept.as_ref().unwrap().as_slice(),
        b"as far as this"
    );
    again.end(done());
    let over = world.reaches(&tenant, &run, "done").await;
    assert_eq!(over["attempts"], 2);
    worker.stop().await;
    assert_eq!(world.runner.orders(), [run.clone(), run]);
    drop(lost);
}

async fn what_a_lost_worker_says_late_changes_nothing(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let silent = world.worker(1).await;
    let lost = begin(&world).await;
    silent.kill().await;
    world.pass(31 * SECOND);
    assert_eq!(world.hands().await.lost_pass().await.unwrap(), 1);
    let worker = world.worker(1).await;
    let again = begin(&world).await;
    again
        .order
        .watch
        .keep(Zeroizing::new(b"the right one".to_vec()))
        .await
        .unwrap();
    assert!(again.order.watch.hold("the file").await.unwrap());

    let before = world.dump().await;
    let says = |watch: &dyn writeback_server::runner::Watch| {
        watch.step(Step::Verifying);
        watch.log(Level::Warn, "I am late");
    };
    says(&*lost.order.watch);
    let kept = lost
        .order
        .watch
        .keep(Zeroizing::new(b"the wrong one".to_vec()))
        .await;
    assert!(kept.is_err());
    let held = lost.order.watch.hold("another file").await;
    assert!(!matches!(held, Ok(true)), "a lost worker holds a file");
    let watch = std::sync::Arc::clone(&lost.order.watch);
    lost.end(done());
    // Its worker has let go of everything when this is the last one that knows of it.
    eventually("the lost worker is done", async || {
        std::sync::Arc::strong_count(&watch) == 1
    })
    .await;
    assert_eq!(world.dump().await.without_pulse(), before.without_pulse());

    again.end(failed("gone"));
    world.reaches(&tenant, &run, "failed").await;
    let late = watch.hold("the file").await;
    assert!(!matches!(late, Ok(true)), "a run that is over holds a file");
    worker.stop().await;
    assert!(world.dump().await.rows("holds").is_empty());
}

async fn a_run_that_kills_its_workers_is_given_up(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let hands = world.hands().await;
    let mut under_way = Vec::new();
    for _ in 0..5 {
        let worker = world.worker(1).await;
        world.admit(&hands, 1).await;
        under_way.push(world.runner.next().await);
        worker.kill().await;
        world.pass(31 * SECOND);
        assert_eq!(hands.lost_pass().await.unwrap(), 1);
    }
    let over = world.read_run(&tenant, &run).await;
    assert_eq!(
        (&over["state"], &over["failure"]["code"]),
        (&json!("failed"), &json!("worker-lost"))
    );
    assert_eq!(over["attempts"], 5);
}

async fn a_panic_of_a_run_does_not_keep_it_for_ever(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    world.runner.always(|_| panic!("the test wants a panic"));
    let worker = world.worker(1).await;
    let hands = world.hands().await;
    world.admit(&hands, 1).await;
    eventually("it has begun", async || !world.runner.orders().is_empty()).await;
    let over = world.reaches(&tenant, &run, "failed").await;
    assert_eq!(over["failure"]["code"], "internal");
    assert!(!over.to_string().contains("the test wants"));
    worker.stop().await;
}

async fn a_run_that_cannot_begin_is_left_to_its_lease(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let mut tx = world.app.db.begin().await.unwrap();
    let revisions = sqlx::query("UPDATE job_revisions SET revision = revision + 100");
    revisions.execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let worker = world.worker(1).await;
    let hands = world.hands().await;
    world.admit(&hands, 1).await;
    world.reaches(&tenant, &run, "running").await;
    // The worker lives, and renews the leases of what it has. It does not have this run any more.
    eventually("the run waits for another try", async || {
        world.pass(31 * SECOND);
        hands.lost_pass().await.unwrap();
        world.read_run(&tenant, &run).await["state"] == "queued"
    })
    .await;
    worker.stop().await;
}

async fn a_dispatch_that_comes_twice_is_one_run(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let worker = world.worker(2).await;
    let begun = begin(&world).await;
    let queue = world.database.queue().await;
    assert_eq!(queue.deliver_again().await, 1);
    eventually("it is taken again", async || queue.taken().await == 1).await;
    begun.order.watch.log(Level::Info, "it goes on");
    begun.end(done());
    world.reaches(&tenant, &run, "done").await;
    worker.stop().await;
    assert_eq!(world.runner.orders(), [run]);
}

async fn a_file_that_a_run_holds_is_free_when_it_is_over(world: World) {
    let (one, other) = (finance(&world).await, world.tenant("other").await);
    world.job(&one, "stock").await;
    world.job(&other, "sales").await;
    let worker = world.worker(3).await;
    for (tenant, name) in [(&one, "sales"), (&one, "stock"), (&other, "sales")] {
        world.start(tenant, name).await;
    }
    world.admit(&world.hands().await, 3).await;
    let (mut sales, mut stock, mut foreign) = (None, None, None);
    for _ in 0..3 {
        let begun = world.runner.next().await;
        let place = match begun.order.tenant.id == other.id {
            true => &mut foreign,
            false if begun.name() == "sales" => &mut sales,
            false => &mut stock,
        };
        *place = Some(begun);
    }
    let (sales, stock, foreign) = (sales.unwrap(), stock.unwrap(), foreign.unwrap());
    let hold = async |run: &Begun| run.order.watch.hold("b!drive/item").await.unwrap();
    assert!(
        hold(&sales).await && hold(&sales).await,
        "its own file it may hold again"
    );
    assert!(!hold(&stock).await, "another run has it");
    assert!(
        hold(&foreign).await,
        "another tenant's file is another file"
    );
    let id = sales.order.run.clone();
    sales.end(done());
    world.reaches(&one, &id, "done").await;
    assert!(hold(&stock).await);
    stock.end(done());
    foreign.end(done());
    worker.stop().await;
    assert!(world.dump().await.rows("holds").is_empty());
}

async fn several_workers_do_each_run_once(world: World) {
    let tenant = world.tenant("finance").await;
    let mut runs = Vec::new();
    for number in 0..30 {
        let name = format!("job-{number}");
        world.job(&tenant, &name).await;
        runs.push(world.start(&tenant, &name).await);
        runs.push(world.start(&tenant, &name).await);
    }
    world.runner.always(|_| done());
    let workers = [
        world.worker(2).await,
        world.worker(2).await,
        world.worker(2).await,
    ];
    let hands = [
        world.hands().await,
        world.hands_of(&world.another().await).await,
    ];
    eventually("all are done", async || {
        for hands in &hands {
            hands.admit_pass().await.unwrap();
        }
        world.runner.orders().len() >= runs.len()
    })
    .await;
    for run in &runs {
        world.reaches(&tenant, run, "done").await;
    }
    for worker in workers {
        worker.stop().await;
    }
    let mut orders = world.runner.orders();
    orders.sort();
    runs.sort();
    assert_eq!(orders, runs);
    let history = world
        .ask("GET", &tenant.path("history"))
        .token(&tenant.viewer);
    assert_eq!(history.send().await.expect(200)["done"], 60);
}

async fn events_follow_a_run_to_its_end(world: World) {
    let tenant = finance(&world).await;
    let run = world.start(&tenant, "sales").await;
    let events = world.ask("GET", &tenant.path(&format!("runs/{run}/events")));
    let following = tokio::spawn(events.token(&tenant.viewer).follow());
    let worker = world.worker(1).await;
    let begun = begin(&world).await;
    begun.order.watch.log(Level::Info, "it begins");
    begun.end(done());
    let answer = following.await.unwrap();
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = answer.text();
    let events: Vec<(&str, Value)> = text
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("event: ")?.split_once("\ndata: "))
        .map(|(name, data)| (name, serde_json::from_str(data).unwrap()))
        .collect();
    let (name, last) = events.last().unwrap();
    assert_eq!((*name, &last["state"]), ("run", &json!("done")));
    let lines = events.iter().filter(|(name, _)| *name == "log");
    let lines: Vec<_> = lines
        .flat_map(|(_, lines)| lines.as_array().unwrap())
        .collect();
    assert_eq!((lines.len(), &lines[0]["line"]), (1, &json!("it begins")));
    worker.stop().await;
}
