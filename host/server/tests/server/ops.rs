//! What whoever operates the server may ask it.

use crate::support::{World, done, on_both};

on_both!(health_is_anybodys, measurements_are_the_installations);

async fn health_is_anybodys(world: World) {
    world
        .ask("GET", "/healthz")
        .send()
        .await
        .expect_text(200, "ok\n");
    let ready = world.ask("GET", "/readyz");
    ready.clone().send().await.expect_text(200, "ready\n");
    world.app.db.close().await;
    ready.send().await.problem(503, "not-ready");
    world
        .ask("GET", "/healthz")
        .send()
        .await
        .expect_text(200, "ok\n");
}

async fn measurements_are_the_installations(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let run = world.start(&tenant, "sales").await;
    let ask = world.ask("GET", "/metrics");
    ask.clone().send().await.problem(401, "unauthorized");
    ask.clone()
        .token(&tenant.admin)
        .send()
        .await
        .problem(403, "forbidden");
    let worker = world.worker(1).await;
    world.admit(&world.hands().await, 1).await;
    world.runner.next().await.end(done());
    world.reaches(&tenant, &run, "done").await;
    let answer = world.root("GET", "/metrics").send().await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = answer.text();
    assert!(text.ends_with("# EOF\n"));
    assert!(text.contains("writeback_workers 1"), "{text}");
    worker.stop().await;
}
