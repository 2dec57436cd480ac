//! A tenant is exported: all of it, nothing of another, and no secret.

use serde_json::{Value, json};

use super::probe::{admin, domo};
use crate::support::{TenantWorld, World, on_both};

on_both!(
    everything_is_in_it,
    long_lists_are_whole,
    who_may_not_export_is_told,
);

async fn exported(world: &World, tenant: &TenantWorld) -> Value {
    let answer = admin(&world.app, tenant, "GET", "export").send().await;
    let export = answer.expect(200);
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"{}.json\"", tenant.name)
    );
    assert_eq!(export["complete"], true);
    export
}

fn len(list: &Value) -> usize {
    list.as_array().expect("a list").len()
}

async fn everything_is_in_it(world: World) {
    let (tenant, other) = (world.tenant("finance").await, world.tenant("other").await);
    for tenant in [&tenant, &other] {
        admin(&world.app, tenant, "POST", "accounts")
            .json(&domo("s3cret"))
            .send()
            .await
            .expect(201);
        let job = world.job(tenant, "sales").await;
        let put = admin(&world.app, tenant, "PUT", "jobs/sales")
            .if_match("*")
            .json(&crate::support::job("sales"));
        put.send().await.expect(200);
        let target = json!({ "name": "ops", "events": ["run"], "to": {
            "kind": "webhook", "url": { "value": "https://hooks.example/s3cret" }, "secret": { "value": "s3cret s3cret s3cret" } } });
        admin(&world.app, tenant, "POST", "targets")
            .json(&target)
            .send()
            .await
            .expect(201);
        let schedule = json!({ "kind": "manual" });
        let made = admin(&world.app, tenant, "POST", "jobs/sales/schedules")
            .json(&schedule)
            .send()
            .await;
        assert!(made.status == 201 || made.status == 422, "{}", made.text());
        let run = world.start(tenant, "sales").await;
        admin(&world.app, tenant, "POST", &format!("runs/{run}/cancel"))
            .send()
            .await
            .expect(202);
        assert!(job["id"].is_string());
    }
    let export = exported(&world, &tenant).await;
    assert_eq!(export["tenant"]["id"], tenant.id.as_str());
    assert_eq!(len(&export["tokens"]), 3);
    assert_eq!(
        export["accounts"][0]["account"]["client_secret"],
        json!({ "stored": true })
    );
    assert_eq!(export["jobs"][0]["job"]["name"], "sales");
    assert_eq!(len(&export["jobs"][0]["revisions"]), 2);
    assert!(export["jobs"][0]["schedules"].is_array());
    assert_eq!(export["runs"][0]["run"]["state"], "cancelled");
    assert_eq!(export["history"][0]["cancelled"], 1);
    assert_eq!(export["targets"][0]["target"]["name"], "ops");
    assert_eq!(len(&export["targets"][0]["deliveries"]), 1);
    assert_eq!(export["audit"][0]["action"], "tenant.export");
    let text = export.to_string();
    for absent in ["s3cret", "\"hash\"", &other.id] {
        assert!(!text.contains(absent), "{absent}");
    }
}

async fn long_lists_are_whole(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let run = world.start(&tenant, "sales").await;
    let mut tx = world.app.db.begin().await.expect("a transaction");
    for seq in 1..=1_200_i64 {
        sqlx::query("INSERT INTO run_logs (run, seq, tenant, at, level, line) VALUES ($1, $2, $3, 1, 'info', $4)")
            .bind(&run)
            .bind(seq)
            .bind(&tenant.id)
            .bind("a line with many letters ".repeat(20))
            .execute(tx.conn())
            .await
            .expect("a line");
    }
    tx.commit().await.expect("a commit");
    let export = exported(&world, &tenant).await;
    let log = export["runs"][0]["log"].as_array().expect("a list");
    let numbers: Vec<i64> = log.iter().filter_map(|line| line["seq"].as_i64()).collect();
    assert_eq!(numbers, (1..=1_200).collect::<Vec<_>>());
}

async fn who_may_not_export_is_told(world: World) {
    let (tenant, other) = (world.tenant("finance").await, world.tenant("other").await);
    let ask = |token: &str| world.ask("GET", &tenant.path("export")).token(token);
    ask(&tenant.operator).send().await.problem(403, "forbidden");
    ask(&other.admin).send().await.problem(404, "not-found");
    ask(&world.root).send().await.expect(200);
}
