//! Edits: of a known revision, with what was before on record, and who did it.

use serde_json::json;

use crate::support::{World, job, on_both};

on_both!(
    an_edit_names_the_revision_that_it_is_of,
    of_two_edits_at_once_one_is_refused,
    what_a_job_was_stays,
    names_are_taken_once,
    a_deleted_job_leaves_its_runs_and_nothing_else,
    everything_wrong_is_said_at_once,
    each_change_is_in_the_audit_log_with_its_author,
    a_refused_change_is_not_in_the_audit_log,
);

async fn an_edit_names_the_revision_that_it_is_of(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let path = tenant.path("jobs/sales");
    let read = world.ask("GET", &path).token(&tenant.admin).send().await;
    let tag = read.header("etag").to_owned();
    assert_eq!(tag, "\"r1\"");
    let edit = world
        .ask("PUT", &path)
        .token(&tenant.admin)
        .json(&job("sales"));
    edit.clone().send().await.problem(428, "if-match-missing");
    edit.clone()
        .if_match("nonsense")
        .send()
        .await
        .problem(412, "changed");
    let edited = edit.clone().if_match(&tag).send().await;
    edited.expect(200);
    assert_eq!(edited.header("etag"), "\"r2\"");
    edit.clone()
        .if_match(&tag)
        .send()
        .await
        .problem(412, "changed");
    edit.if_match("*").send().await.expect(200);

    let pause = world.ask("PATCH", &path).token(&tenant.operator);
    let pause = pause.json(&json!({ "state": "paused" }));
    pause.clone().send().await.problem(428, "if-match-missing");
    pause
        .clone()
        .if_match("\"r2\"")
        .send()
        .await
        .problem(412, "changed");
    let paused = pause.if_match("\"r3\"").send().await.expect(200);
    assert_eq!(
        (&paused["state"], &paused["revision"]),
        (&json!("paused"), &json!(4))
    );

    let of_tenant = world.root("PATCH", &format!("/v1/tenants/{}", tenant.id));
    let of_tenant = of_tenant.json(&json!({ "title": "Finance" }));
    of_tenant
        .clone()
        .send()
        .await
        .problem(428, "if-match-missing");
    of_tenant
        .clone()
        .if_match("\"r9\"")
        .send()
        .await
        .problem(412, "changed");
    let changed = of_tenant.if_match("\"r1\"").send().await.expect(200);
    assert_eq!(changed["title"], "Finance");
}

async fn of_two_edits_at_once_one_is_refused(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let edit = || {
        let ask = world.ask("PUT", &tenant.path("jobs/sales"));
        ask.token(&tenant.admin)
            .if_match("\"r1\"")
            .json(&job("sales"))
            .send()
    };
    let (a, b, c) = tokio::join!(edit(), edit(), edit());
    let mut statuses = [a, b, c].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
}

async fn what_a_job_was_stays(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let path = tenant.path("jobs/sales");
    for text in ["one", "two"] {
        let mut content = job("sales");
        content["description"] = json!(text);
        let edit = world.ask("PUT", &path).token(&tenant.admin).if_match("*");
        edit.json(&content).send().await.expect(200);
    }
    let get = |rest: &str| {
        world
            .ask("GET", &format!("{path}/{rest}"))
            .token(&tenant.viewer)
            .send()
    };
    let list = get("revisions").await.expect(200);
    let descriptions = list["items"].as_array().unwrap().iter();
    let descriptions: Vec<_> = descriptions
        .map(|item| {
            (
                item["revision"].as_i64(),
                item["content"]["description"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        descriptions,
        [
            (Some(3), Some("two")),
            (Some(2), Some("one")),
            (Some(1), Some(""))
        ]
    );
    let page = get("revisions?limit=1&after=3").await.expect(200);
    assert_eq!(
        (&page["items"][0]["revision"], &page["next"]),
        (&json!(2), &json!("2"))
    );
    let second = get("revisions/2").await.expect(200);
    assert_eq!(second["content"]["description"], "one");
    assert!(
        second["changed_by"]
            .as_str()
            .unwrap()
            .starts_with("a admin (tok_")
    );
    get("revisions/9").await.problem(404, "not-found");
    get("revisions/x").await.problem(400, "bad-path");
}

async fn names_are_taken_once(world: World) {
    let tenant = world.tenant("finance").await;
    let other = world.tenant("sales").await;
    world.job(&tenant, "daily").await;
    let make = |tenant: &crate::support::TenantWorld| {
        let ask = world.ask("POST", &tenant.path("jobs")).token(&tenant.admin);
        ask.json(&job("daily")).send()
    };
    make(&tenant).await.problem(409, "name-taken");
    make(&other).await.expect(201);
    let again = world
        .root("POST", "/v1/tenants")
        .json(&json!({ "name": "sales" }));
    again.send().await.problem(409, "name-taken");
    world.job(&tenant, "weekly").await;
    let rename = world
        .ask("PUT", &tenant.path("jobs/weekly"))
        .token(&tenant.admin);
    let rename = rename.if_match("*").json(&job("daily"));
    rename.send().await.problem(409, "name-taken");
}

async fn a_deleted_job_leaves_its_runs_and_nothing_else(world: World) {
    let tenant = world.tenant("finance").await;
    let id = crate::support::text(&world.job(&tenant, "sales").await["id"]);
    let run = world.start(&tenant, "sales").await;
    let delete = world.ask("DELETE", &tenant.path("jobs/sales"));
    let delete = delete.token(&tenant.admin);
    delete.clone().send().await.expect(204);
    delete.send().await.problem(404, "not-found");
    let run = world.read_run(&tenant, &run).await;
    assert_eq!(
        (&run["state"], &run["job"]),
        (&json!("cancelled"), &json!(id))
    );
    let dump = world.dump().await;
    for table in ["jobs", "job_accounts", "job_revisions", "schedules"] {
        assert!(dump.rows(table).is_empty(), "{table}");
    }
}

async fn everything_wrong_is_said_at_once(world: World) {
    let tenant = world.tenant("finance").await;
    let content = json!({
        "name": "-bad", "description": "a\u{7}b", "priority": 101, "stale_after_seconds": 3599,
        "retry": { "retries": 21, "wait_seconds": 0 }, "job": [],
    });
    let make = |content| {
        let ask = world.ask("POST", &tenant.path("jobs")).token(&tenant.admin);
        ask.json(content).send()
    };
    let problem = make(&content).await.problem(422, "invalid");
    let paths = problem["errors"].as_array().unwrap().iter();
    let mut paths: Vec<_> = paths.map(|error| error["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    let wrong = [
        "description",
        "job",
        "name",
        "priority",
        "retry.retries",
        "retry.wait_seconds",
        "stale_after_seconds",
    ];
    assert_eq!(paths, wrong);

    let mut refused = job("sales");
    refused["job"]["invalid"] = json!("bad-job");
    make(&refused).await.problem(422, "bad-job");

    let limits = json!({ "name": "x", "settings": { "concurrency": 0, "limits": { "no-such": 1 }, "allow": ["ftp://x"] } });
    let answer = world.root("POST", "/v1/tenants").json(&limits).send().await;
    let problem = answer.problem(422, "invalid");
    assert!(
        problem["errors"].as_array().unwrap().len() >= 3,
        "{problem}"
    );
}

async fn each_change_is_in_the_audit_log_with_its_author(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let path = tenant.path("jobs/sales");
    let edit = world.ask("PUT", &path).token(&tenant.admin).if_match("*");
    edit.json(&job("sales")).send().await.expect(200);
    for state in ["paused", "enabled"] {
        let change = world
            .ask("PATCH", &path)
            .token(&tenant.operator)
            .if_match("*");
        change
            .json(&json!({ "state": state }))
            .send()
            .await
            .expect(200);
    }
    let run = world.start(&tenant, "sales").await;
    let cancel = world.ask("POST", &tenant.path(&format!("runs/{run}/cancel")));
    cancel.token(&tenant.operator).send().await.expect(202);
    let again = world.ask("POST", &tenant.path(&format!("runs/{run}/again")));
    again.token(&tenant.operator).send().await.expect(202);
    let delete = world.ask("DELETE", &path).token(&tenant.admin);
    delete.send().await.expect(204);
    let change = world
        .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
        .if_match("*");
    change
        .json(&json!({ "title": "Finance" }))
        .send()
        .await
        .expect(200);
    let who = world
        .ask("GET", "/v1/whoami")
        .token(&tenant.viewer)
        .send()
        .await;
    let viewer = crate::support::text(&who.expect(200)["token"]);
    let revoke = world.ask("DELETE", &tenant.path(&format!("tokens/{viewer}")));
    revoke.token(&tenant.admin).send().await.expect(204);

    let rows = world.dump().await;
    let entries = rows.rows("audit").iter().map(|row| {
        let columns: Vec<_> = row.split(" | ").collect();
        assert_eq!(columns[1], tenant.id, "{row}");
        let (name, _) = columns[3].split_once(" (tok_").expect("an author");
        format!("{name}: {}", columns[4])
    });
    let entries: Vec<_> = entries.collect();
    assert_eq!(
        entries,
        [
            "root: tenant.create",
            "root: token.create",
            "root: token.create",
            "root: token.create",
            "a admin: job.create",
            "a admin: job.update",
            "a operator: job.pause",
            "a operator: job.enable",
            "a operator: run.start",
            "a operator: run.cancel",
            "a operator: run.again",
            "a admin: job.delete",
            "root: tenant.update",
            "a admin: token.revoke",
        ]
    );
}

async fn a_refused_change_is_not_in_the_audit_log(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    for token in [&tenant.viewer, &tenant.operator] {
        world
            .ask("GET", "/v1/whoami")
            .token(token)
            .send()
            .await
            .expect(200);
    }
    let before = world.dump().await;
    let path = tenant.path("jobs/sales");
    let edit = world
        .ask("PUT", &path)
        .token(&tenant.admin)
        .json(&job("sales"));
    edit.clone()
        .if_match("\"r9\"")
        .send()
        .await
        .problem(412, "changed");
    let bad = world.ask("PUT", &path).token(&tenant.admin).if_match("*");
    bad.json(&job("-bad")).send().await.problem(422, "invalid");
    let delete = world.ask("DELETE", &path).token(&tenant.operator);
    delete.send().await.problem(403, "forbidden");
    let start = world
        .ask("POST", &format!("{path}/runs"))
        .token(&tenant.viewer);
    start.send().await.problem(403, "forbidden");
    assert_eq!(world.dump().await, before);
}
