//! The database: what is in it stays, and processes that start at the same time bring its schema up to date once.

use sqlx::Row as _;

use crate::support::{World, job, on_both};

on_both!(
    a_restart_loses_nothing,
    processes_that_start_at_once_migrate_once,
    a_change_of_one_process_is_seen_by_another,
    writers_wait_for_each_other,
);

async fn a_restart_loses_nothing(mut world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let run = world.start(&tenant, "sales").await;
    let shown = world.read_run(&tenant, &run).await;
    let before = world.dump().await;
    world.restart().await;
    assert_eq!(world.dump().await, before);
    assert_eq!(world.read_run(&tenant, &run).await, shown);
    world.restart().await;
    assert_eq!(world.dump().await, before);
}

async fn processes_that_start_at_once_migrate_once(world: World) {
    let fresh = crate::support::Database::new(world.app.db.kind()).await;
    let open = || writeback_server::db::Db::open(&fresh.address);
    let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
    let opened = [a, b, c, d].map(|db| db.expect("each starts"));
    let rows = sqlx::query(
        "SELECT version, COUNT(*) AS times FROM _writeback_migrations GROUP BY version",
    )
    .fetch_all(opened[0].pool())
    .await
    .expect("the schema's own table");
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row.get::<i64, _>("times") == 1));
    let dump = crate::support::Dump::of(&opened[3]).await;
    assert_eq!(dump.rows("turns").len(), 3);
    for db in opened {
        db.close().await;
    }
    fresh.remove().await;
}

async fn a_change_of_one_process_is_seen_by_another(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let other = writeback_server::api::router(world.another().await);
    let path = tenant.path("jobs/sales");
    let edit = crate::support::Ask::new(other, "PUT", &path).token(&tenant.admin);
    let edit = edit.if_match("\"r1\"").json(&job("sales"));
    edit.send().await.expect(200);
    let read = world.ask("GET", &path).token(&tenant.viewer).send().await;
    assert_eq!(read.expect(200)["revision"], 2);
}

async fn writers_wait_for_each_other(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let processes = [
        world.another().await,
        world.another().await,
        world.another().await,
    ];
    let routers = processes.map(writeback_server::api::router);
    let mut asks = tokio::task::JoinSet::new();
    for number in 0..60 {
        let ask = crate::support::Ask::new(
            routers[number % 3].clone(),
            "POST",
            &tenant.path("jobs/sales/runs"),
        );
        asks.spawn(ask.token(&tenant.operator).send());
    }
    for answer in asks.join_all().await {
        answer.expect(202);
    }
    assert_eq!(world.dump().await.rows("runs").len(), 60);
}
