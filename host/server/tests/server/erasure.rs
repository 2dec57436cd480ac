//! A tenant is erased: nothing of it is left in any table, and what was done is shown.

use std::sync::Arc;

use serde_json::json;
use sqlx::Row as _;
use writeback_server::App;
use writeback_server::db::{Db, Kind};
use writeback_server::erase::continue_due;

use super::probe::{Probe, admin, domo};
use crate::support::{TenantWorld, World, on_both, settings};

on_both!(
    nothing_is_left_in_any_table,
    runs_under_way_are_waited_for,
    it_has_to_be_meant,
    nobody_gets_in_any_more,
    it_goes_on_where_it_stopped,
    machines_tell_what_they_had,
);

async fn erase(world: &World, tenant: &TenantWorld) -> String {
    let path = format!("/v1/tenants/{}?confirm={}", tenant.id, tenant.name);
    let begun = world.root("DELETE", &path).send().await.expect(202);
    begun["id"].as_str().expect("an identifier").to_owned()
}

async fn go_on(app: &App) -> usize {
    continue_due(app, app.clock.now()).await.expect("a pass")
}

async fn shown(world: &World, erasure: &str) -> serde_json::Value {
    world
        .root("GET", &format!("/v1/erasures/{erasure}"))
        .send()
        .await
        .expect(200)
}

async fn execute(db: &Db, statement: &'static str, value: &str) {
    let mut tx = db.begin().await.expect("a transaction");
    sqlx::query(statement)
        .bind(value)
        .execute(tx.conn())
        .await
        .expect("a statement");
    tx.commit().await.expect("a commit");
}

/// As the machine does when it has forgotten the tenant.
async fn machines_forget(world: &World, tenant: &TenantWorld) {
    execute(
        &world.app.db,
        "DELETE FROM removals WHERE tenant = $1 AND run = ''",
        &tenant.id,
    )
    .await;
}

/// Tables with a column `tenant`, as the database itself lists them, and each column with whether it is a number.
async fn tables(db: &Db) -> Vec<(String, Vec<(String, bool)>)> {
    let statement = match db.kind() {
        Kind::Sqlite => {
            "SELECT t.name AS table_name, c.name AS column_name, c.type AS kind FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' ORDER BY t.name, c.cid"
        }
        Kind::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name, CAST(upper(data_type) AS TEXT) AS kind
             FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
        }
    };
    let rows = sqlx::query(statement)
        .fetch_all(db.pool())
        .await
        .expect("a catalogue");
    let mut tables: Vec<(String, Vec<(String, bool)>)> = Vec::new();
    for row in rows {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        if tables.last().is_none_or(|last| last.0 != table) {
            tables.push((table, Vec::new()));
        }
        let last = tables.last_mut().expect("one was pushed");
        last.1.push((column, kind == "BIGINT"));
    }
    tables.retain(|(_, columns)| columns.iter().any(|(name, _)| name == "tenant"));
    tables
}

/// Puts a row of the tenant into each of these tables, whatever its columns are.
async fn fill(db: &Db, tenant: &str) -> Vec<String> {
    let mut filled = Vec::new();
    for (table, columns) in tables(db).await {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|(name, number)| match (name.as_str(), number) {
                ("tenant", _) => format!("'{tenant}'"),
                ("state", _) => "'done'".to_owned(),
                ("detail", _) => "'{}'".to_owned(),
                (_, true) => "77".to_owned(),
                (name, false) => format!("'{name} of {tenant}'"),
            })
            .collect();
        let statement = format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            names.join(", "),
            values.join(", ")
        );
        let mut tx = db.begin().await.expect("a transaction");
        let done = sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(tx.conn())
            .await;
        done.unwrap_or_else(|error| panic!("`{table}`: {error}"));
        tx.commit().await.expect("a commit");
        filled.push(table);
    }
    filled
}

async fn nothing_is_left_in_any_table(world: World) {
    let (gone, stays) = (world.tenant("gone").await, world.tenant("stays").await);
    for tenant in [&gone, &stays] {
        admin(&world.app, tenant, "POST", "accounts")
            .json(&domo("s3cret"))
            .send()
            .await
            .expect(201);
        world.job(tenant, "sales").await;
        world.start(tenant, "sales").await;
    }
    // What whoever has the installation sent for the tenant is the tenant's.
    let job = crate::support::job("costs");
    let path = format!("/v1/tenants/{}/jobs", gone.name);
    world
        .root("POST", &path)
        .header("idempotency-key", "k")
        .json(&job)
        .send()
        .await
        .expect(201);
    let filled = fill(&world.app.db, &gone.id).await;
    assert!(filled.len() > 10, "{filled:?}");
    let before = world.dump().await;

    let erasure = erase(&world, &gone).await;
    assert_eq!(go_on(&world.app).await, 1);
    let under_way = shown(&world, &erasure).await;
    assert_eq!(under_way["state"], "running");
    assert!(
        under_way["waits_for_machines"]
            .as_array()
            .is_some_and(|machines| machines.contains(&json!("localhost"))),
        "{under_way}"
    );
    machines_forget(&world, &gone).await;
    // What a worker wrote too late goes as well.
    execute(&world.app.db, "INSERT INTO run_logs (run, seq, tenant, at, level, line) VALUES ('run_x', 1, $1, 1, 'info', 'late')", &gone.id).await;
    assert_eq!(go_on(&world.app).await, 1);
    assert_eq!(go_on(&world.app).await, 0);

    let done = shown(&world, &erasure).await;
    assert_eq!(
        (&done["state"], &done["waits_for_machines"]),
        (&json!("done"), &json!([]))
    );
    assert_eq!(done["rows"]["tenants"], 1);
    for table in filled
        .iter()
        .filter(|table| !matches!(table.as_str(), "erasures" | "removals"))
    {
        assert!(
            done["rows"][table].as_u64() >= Some(1),
            "`{table}` is not among {done}"
        );
    }
    let after = world.dump().await;
    for (table, rows) in &after.0 {
        let left: Vec<_> = rows.iter().filter(|row| row.contains(&gone.id)).collect();
        // The installation's own record says who was erased, and nothing else.
        match table.as_str() {
            "erasures" | "audit" => assert!(
                left.iter()
                    .all(|row| row.contains(&erasure) || row.contains("id of")),
                "{left:?}"
            ),
            table => assert!(left.is_empty(), "`{table}` still has {left:?}"),
        }
        let of = |dump: &crate::support::Dump| {
            dump.rows(table)
                .iter()
                .filter(|row| row.contains(&stays.id))
                .count()
        };
        assert_eq!(
            of(&before),
            of(&after),
            "`{table}` has lost rows of another tenant"
        );
    }
    let list = world.root("GET", "/v1/erasures").send().await.expect(200);
    assert!(
        list["items"]
            .as_array()
            .is_some_and(|items| items.contains(&done)),
        "{list}"
    );
    world
        .root("GET", &format!("/v1/tenants/{}", gone.id))
        .send()
        .await
        .problem(404, "not-found");
}

async fn runs_under_way_are_waited_for(world: World) {
    let tenant = world.tenant("gone").await;
    world.job(&tenant, "sales").await;
    let (running, queued) = (
        world.start(&tenant, "sales").await,
        world.start(&tenant, "sales").await,
    );
    execute(
        &world.app.db,
        "UPDATE runs SET state = 'running', machine = 'other', worker = 'w' WHERE id = $1",
        &running,
    )
    .await;
    let erasure = erase(&world, &tenant).await;
    let state = async |run: &str| {
        world
            .root("GET", &tenant.path(&format!("runs/{run}")))
            .send()
            .await
            .expect(200)
    };
    assert_eq!(state(&queued).await["state"], "cancelled");
    let asked = state(&running).await;
    assert_eq!(
        (&asked["state"], &asked["cancel_requested"]),
        (&json!("running"), &json!(true))
    );
    go_on(&world.app).await;
    assert_eq!(shown(&world, &erasure).await["waits_for_runs"], 1);
    assert!(!world.dump().await.rows("runs").is_empty());
    execute(
        &world.app.db,
        "UPDATE runs SET state = 'cancelled' WHERE id = $1",
        &running,
    )
    .await;
    go_on(&world.app).await;
    let machines = shown(&world, &erasure).await["waits_for_machines"].take();
    assert_eq!(machines, json!(["localhost", "other"]));
    assert!(world.dump().await.rows("runs").is_empty());
}

async fn it_has_to_be_meant(world: World) {
    let tenant = world.tenant("gone").await;
    let path = format!("/v1/tenants/{}", tenant.id);
    world
        .root("DELETE", &path)
        .send()
        .await
        .problem(422, "invalid");
    world
        .root("DELETE", &format!("{path}?confirm=other"))
        .send()
        .await
        .problem(422, "invalid");
    let own = world
        .ask("DELETE", &format!("{path}?confirm=gone"))
        .token(&tenant.admin);
    own.send().await.problem(403, "forbidden");
    assert_eq!(go_on(&world.app).await, 0);
    world.root("GET", &path).send().await.expect(200);
}

async fn nobody_gets_in_any_more(world: World) {
    let tenant = world.tenant("gone").await;
    erase(&world, &tenant).await;
    for token in [&tenant.viewer, &tenant.operator, &tenant.admin] {
        world
            .ask("GET", &tenant.path("jobs"))
            .token(token)
            .send()
            .await
            .problem(401, "unauthorized");
    }
    let job = world
        .root("POST", &tenant.path("jobs"))
        .json(&crate::support::job("sales"));
    job.send().await.problem(409, "tenant-erasing");
    let again = world.root("DELETE", &format!("/v1/tenants/{}?confirm=gone", tenant.id));
    again.send().await.problem(409, "tenant-erasing");
}

async fn it_goes_on_where_it_stopped(world: World) {
    let tenant = world.tenant("gone").await;
    let mut tx = world.app.db.begin().await.expect("a transaction");
    for seq in 0..1_200_i64 {
        sqlx::query("INSERT INTO run_logs (run, seq, tenant, at, level, line) VALUES ('run_x', $1, $2, 1, 'info', 'x')")
            .bind(seq)
            .bind(&tenant.id)
            .execute(tx.conn())
            .await
            .expect("a line");
    }
    tx.commit().await.expect("a commit");
    let erasure = erase(&world, &tenant).await;
    // Several processes at once, of which one is dropped at its first batches.
    let other = Arc::new(Probe::default()).app(&world, settings());
    let (a, b) = (go_on(&world.app), go_on(&other));
    let dropped = tokio::time::timeout(std::time::Duration::ZERO, go_on(&other)).await;
    drop(dropped);
    tokio::join!(a, b);
    machines_forget(&world, &tenant).await;
    go_on(&world.app).await;
    let done = shown(&world, &erasure).await;
    assert_eq!(
        (&done["state"], &done["rows"]["run_logs"]),
        (&json!("done"), &json!(1_200))
    );
}

async fn machines_tell_what_they_had(world: World) {
    let tenant = world.tenant("gone").await;
    let probe = Arc::new(Probe::default());
    let app = probe.app(&world, settings());
    let erasure = erase(&world, &tenant).await;
    go_on(&app).await;
    let work = writeback_server::Work::open(app.clone(), &world.database.address).await;
    work.expect("a queue").removal_pass().await.expect("a pass");
    go_on(&app).await;
    let done = shown(&world, &erasure).await;
    assert_eq!(done["state"], "done");
    assert_eq!(
        (&done["spool_files"], &done["spool_bytes"]),
        (&json!(2), &json!(4_096))
    );
    assert_eq!(*probe.forgotten.lock().expect("no panic"), [tenant.id]);
}
