//! What every request is answered with, whatever is wrong with it: pages, limits, problems, headers.

use axum::http::HeaderMap;
use serde_json::{Value, json};
use writeback_server::settings::Settings;
use writeback_server::{api, time};

use crate::support::{Ask, TenantWorld, World, job, on_both, settings, text};

on_both!(
    pages_put_together_are_the_list,
    a_list_of_runs_is_of_one_job_or_of_one_state,
    a_page_has_bounds,
    content_has_a_bound,
    a_token_that_asks_too_often_slows_no_other,
    a_queue_has_a_bound,
    a_tenant_has_as_many_jobs_as_it_may,
    whatever_fails_is_a_problem,
    nothing_of_a_panic_is_shown,
    nul_and_other_oddities_name_nothing,
    every_answer_has_the_headers_that_browsers_heed,
    history_counts_what_ended,
);

/// All entries of a list, read in pages of this size.
async fn all(world: &World, token: &str, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let mark = if path.contains('?') { '&' } else { '?' };
        let page = world.ask("GET", &format!("{path}{mark}limit={limit}{after}"));
        let page = page.token(token).send().await.expect(200);
        let more = page["items"].as_array().unwrap();
        assert!(more.len() <= limit && (page["next"].is_null() || more.len() == limit));
        items.extend(more.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

fn ids(items: &[Value], member: &str) -> Vec<String> {
    items.iter().map(|item| text(&item[member])).collect()
}

async fn pages_put_together_are_the_list(world: World) {
    let tenant = world.tenant("finance").await;
    let other = world.tenant("Other").await;
    let mut jobs = ["b", "a", "C", "a.b", "a-b", "a_b", "B2", "10", "9"].map(str::to_owned);
    for name in &jobs {
        world.job(&tenant, name).await;
        world.job(&other, name).await;
    }
    let mut runs = Vec::new();
    for _ in 0..7 {
        world.start(&other, "a").await;
        runs.push(world.start(&tenant, "a").await);
    }
    runs.reverse();
    for limit in [1, 2, 3, 7, 500] {
        let list = all(&world, &tenant.viewer, &tenant.path("runs"), limit).await;
        assert_eq!(ids(&list, "id"), runs, "pages of {limit}: the newest first");
        let list = all(&world, &tenant.viewer, &tenant.path("jobs"), limit).await;
        let mut names = ids(&list, "name");
        names.sort();
        jobs.sort();
        assert_eq!(names, jobs, "pages of {limit}");
        let list = all(&world, &world.root, &tenant.path("tokens"), limit).await;
        assert_eq!(list.len(), 3);
        let list = all(&world, &world.root, "/v1/tenants", limit).await;
        assert_eq!(list.len(), 2);
    }
    let list = all(&world, &world.root, "/v1/tokens", 1).await;
    assert_eq!(ids(&list, "name"), ["root"]);
}

async fn a_list_of_runs_is_of_one_job_or_of_one_state(world: World) {
    let tenant = world.tenant("finance").await;
    let sales = world.job(&tenant, "sales").await;
    world.job(&tenant, "stock").await;
    let one = world.start(&tenant, "sales").await;
    let two = world.start(&tenant, "stock").await;
    let three = world.start(&tenant, "sales").await;
    let cancel = world.ask("POST", &tenant.path(&format!("runs/{one}/cancel")));
    cancel.token(&tenant.operator).send().await.expect(202);
    let runs = async |query: &str| {
        let list = all(&world, &tenant.viewer, &tenant.path(query), 1).await;
        ids(&list, "id")
    };
    let by_id = format!("runs?job={}", text(&sales["id"]));
    assert_eq!(runs("runs?job=sales").await, [three.clone(), one.clone()]);
    assert_eq!(runs(&by_id).await, [three.clone(), one.clone()]);
    assert_eq!(runs("runs?state=queued").await, [three.clone(), two]);
    assert_eq!(runs("runs?state=cancelled").await, [one]);
    assert_eq!(runs("runs?job=sales&state=queued").await, [three]);
    assert!(runs("runs?state=running").await.is_empty());
}

async fn a_page_has_bounds(world: World) {
    let tenant = world.tenant("finance").await;
    let list = |query: &str| {
        let ask = world.ask("GET", &tenant.path(&format!("runs?{query}")));
        ask.token(&tenant.viewer).send()
    };
    for limit in ["0", "-1", "501", "9223372036854775807"] {
        list(&format!("limit={limit}"))
            .await
            .problem(422, "invalid");
    }
    for query in [
        "limit=x",
        "limit=9223372036854775808",
        "state=odd",
        "colour=red",
        "limit=1&limit=2",
    ] {
        list(query).await.problem(400, "bad-query");
    }
    list("job=none").await.problem(404, "not-found");
    let history = world.ask("GET", &tenant.path("history?days=3651"));
    history
        .token(&tenant.viewer)
        .send()
        .await
        .problem(422, "invalid");
}

async fn content_has_a_bound(world: World) {
    let tenant = world.tenant("finance").await;
    let app = world
        .another_with(Settings {
            body_bytes: 2_000,
            ..settings()
        })
        .await;
    let router = api::router(app);
    let make = |bytes: usize| {
        let mut content = job("sales");
        let length = content.to_string().len() + r#","description":"""#.len();
        content["description"] = json!("x".repeat(bytes - length));
        let ask = Ask::new(router.clone(), "POST", &tenant.path("jobs"));
        ask.token(&tenant.admin).json(&content)
    };
    make(2_001).send().await.problem(413, "bad-content");
    let keyed = make(2_001).header("idempotency-key", "one");
    keyed.send().await.problem(413, "too-large");
    make(2_000).send().await.expect(201);
}

async fn a_token_that_asks_too_often_slows_no_other(world: World) {
    let tenant = world.tenant("finance").await;
    let app = world
        .another_with(Settings {
            requests_per_second: 1,
            request_burst: 3,
            ..settings()
        })
        .await;
    let router = api::router(app);
    let who = |token: &str| {
        Ask::new(router.clone(), "GET", "/v1/whoami")
            .token(token)
            .send()
    };
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(who(&tenant.viewer).await);
    }
    assert!(answers[..3].iter().all(|answer| answer.status == 200));
    let refused = answers.last().unwrap();
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "1");
    who(&tenant.operator).await.expect(200);
}

async fn a_queue_has_a_bound(world: World) {
    let tenant = world.tenant("finance").await;
    let other = world.tenant("other").await;
    for tenant in [&tenant, &other] {
        world.job(tenant, "sales").await;
    }
    let change = world
        .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
        .if_match("*");
    change
        .json(&json!({ "settings": { "queued_runs": 2 } }))
        .send()
        .await
        .expect(200);
    let start = |tenant: &TenantWorld| {
        let ask = world.ask("POST", &tenant.path("jobs/sales/runs"));
        ask.token(&tenant.operator).send()
    };
    let first = text(&start(&tenant).await.expect(202)["id"]);
    start(&tenant).await.expect(202);
    let full = start(&tenant).await;
    full.problem(429, "queue-full");
    assert_eq!(full.header("retry-after"), "60");
    start(&other).await.expect(202);
    let cancel = world.ask("POST", &tenant.path(&format!("runs/{first}/cancel")));
    cancel.token(&tenant.operator).send().await.expect(202);
    start(&tenant).await.expect(202);
}

async fn a_tenant_has_as_many_jobs_as_it_may(world: World) {
    let tenant = world.tenant("finance").await;
    let change = world
        .root("PATCH", &format!("/v1/tenants/{}", tenant.id))
        .if_match("*");
    change
        .json(&json!({ "settings": { "jobs": 1 } }))
        .send()
        .await
        .expect(200);
    world.job(&tenant, "sales").await;
    let more = world.ask("POST", &tenant.path("jobs")).token(&tenant.admin);
    more.json(&job("more"))
        .send()
        .await
        .problem(409, "too-many-jobs");
}

async fn whatever_fails_is_a_problem(world: World) {
    let tenant = world.tenant("finance").await;
    let jobs = || world.ask("POST", &tenant.path("jobs")).token(&tenant.admin);
    let json_type = |ask: Ask| ask.header("content-type", "application/json");
    world
        .ask("GET", "/nothing")
        .send()
        .await
        .problem(404, "not-found");
    world
        .root("GET", "/v1/nothing")
        .send()
        .await
        .problem(404, "not-found");
    let wrong = world.root("PUT", "/v1/tenants").send().await;
    wrong.problem(405, "method-not-allowed");
    assert_eq!(wrong.header("allow"), "GET,HEAD,POST");
    json_type(jobs())
        .bytes("{")
        .send()
        .await
        .problem(400, "bad-content");
    json_type(jobs())
        .bytes("")
        .send()
        .await
        .problem(400, "bad-content");
    json_type(jobs())
        .bytes(b"\xff\"".as_slice())
        .send()
        .await
        .problem(400, "bad-content");
    let deep = format!(r#"{{"name":"deep","job":{}"#, "[".repeat(200));
    json_type(jobs())
        .bytes(deep)
        .send()
        .await
        .problem(400, "bad-content");
    jobs()
        .bytes(job("sales").to_string())
        .send()
        .await
        .problem(415, "bad-content");
    let text_type = jobs().header("content-type", "text/plain");
    text_type
        .bytes("{}")
        .send()
        .await
        .problem(415, "bad-content");
    for content in [
        json!({}),
        json!([]),
        json!("x"),
        json!({ "name": 7, "job": {} }),
        json!({ "name": "a", "job": {}, "colour": 1 }),
    ] {
        jobs().json(&content).send().await.problem(422, "invalid");
    }
    world
        .root("GET", "/v1/tenants/%FF")
        .send()
        .await
        .problem(404, "not-found");
}

async fn nothing_of_a_panic_is_shown(world: World) {
    let tenant = world.tenant("finance").await;
    let mut content = job("sales");
    content["job"]["fake"] = json!("panic");
    world.job_as(&tenant, &content).await;
    let check = world.ask("POST", &tenant.path("jobs/sales/check"));
    let answer = check.token(&tenant.operator).send().await;
    answer.problem(500, "internal");
    assert!(!answer.text().contains("asked for a panic"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    world.job(&tenant, "stock").await;
}

async fn nul_and_other_oddities_name_nothing(world: World) {
    let tenant = world.tenant("finance").await;
    let get = |path: String| world.ask("GET", &path).token(&tenant.admin).send();
    for odd in [
        "%00",
        "a%00b",
        "%F0%9F%8E%89",
        "%27%20OR%201=1%20--",
        "..%2f..",
        "%25",
        &"x".repeat(5_000),
    ] {
        get(format!("/v1/tenants/{odd}"))
            .await
            .problem(404, "not-found");
        get(tenant.path(&format!("jobs/{odd}")))
            .await
            .problem(404, "not-found");
        get(tenant.path(&format!("runs/{odd}")))
            .await
            .problem(404, "not-found");
        let queries = [
            ("runs?job=", 404),
            ("jobs?after=", 200),
            ("runs?after=", 200),
            ("tokens?after=", 200),
        ];
        for (query, status) in queries {
            let answer = get(tenant.path(&format!("{query}{odd}"))).await;
            match odd {
                nul if nul.contains("%00") => drop(answer.problem(400, "bad-query")),
                long if long.len() > 200 && status == 200 => drop(answer.problem(422, "invalid")),
                _ => drop(answer.expect(status)),
            }
        }
        let revoke = world.ask("DELETE", &tenant.path(&format!("tokens/{odd}")));
        revoke
            .token(&tenant.admin)
            .send()
            .await
            .problem(404, "not-found");
    }
    let mut content = job("sales");
    content["job"]["note"] = json!("a\u{0}b\u{1f389}");
    let made = world.job_as(&tenant, &content).await;
    assert_eq!(made["job"], content["job"]);
    content["description"] = json!("a\u{0}b");
    let make = world.ask("POST", &tenant.path("jobs")).token(&tenant.admin);
    make.json(&content).send().await.problem(422, "invalid");
}

async fn every_answer_has_the_headers_that_browsers_heed(world: World) {
    let expected = [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ];
    let has = |headers: &HeaderMap, what: &str| {
        for (name, value) in expected {
            assert_eq!(headers[name], value, "{what}: {name}");
            assert_eq!(headers.get_all(name).iter().count(), 1, "{what}: {name}");
        }
        // The viewer has scripts and styles of its own; everything else has nothing to show.
        let policy = headers["content-security-policy"].to_str().unwrap();
        let least = match what.contains("/docs") || what.contains("openapi.json") {
            true => "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
            false => "default-src 'none'",
        };
        let rest = "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        assert_eq!(policy, format!("{least}{rest}"), "{what}");
        assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"));
        assert!(!headers.contains_key("access-control-allow-origin"));
    };
    // A process without the API.
    let health = |method: &str, path: &str| Ask::new(api::health(world.app.clone()), method, path);
    let asks = [
        world.root("GET", "/v1/whoami"),
        world.root("GET", "/v1/openapi.json"),
        world.ask("GET", "/docs/"),
        world.ask("GET", "/v1/whoami"),
        world.ask("GET", "/nothing"),
        world.root("PUT", "/v1/tenants"),
        world
            .root("POST", "/v1/tokens")
            .json(&json!({ "name": "a", "role": "installation" })),
        world.root("POST", "/v1/tokens").bytes("{"),
        health("GET", "/healthz"),
        health("GET", "/readyz"),
        health("POST", "/healthz"),
        health("GET", "/v1/whoami"),
    ];
    for ask in asks {
        let answer = ask.send().await;
        has(&answer.headers, &answer.what);
    }
}

async fn history_counts_what_ended(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let none = json!({ "runs": 0, "done": 0, "failed": 0, "cancelled": 0, "bytes": 0 });
    let one = json!({ "runs": 1, "done": 0, "failed": 0, "cancelled": 1, "bytes": 0 });
    let history = async |query: &str| {
        let ask = world.ask("GET", &tenant.path(query));
        ask.token(&tenant.viewer).send().await.expect(200)
    };
    let run = world.start(&tenant, "sales").await;
    assert_eq!(history("history").await, none);
    let path = tenant.path(&format!("runs/{run}/cancel"));
    for _ in 0..2 {
        let cancel = world.ask("POST", &path).token(&tenant.operator);
        cancel.send().await.expect(202);
    }
    assert_eq!(history("history").await, one);
    assert_eq!(history("jobs/sales/history?days=1").await, one);
    world.clock.pass(time::DAY);
    assert_eq!(history("jobs/sales/history?days=1").await, none);
    assert_eq!(history("jobs/sales/history?days=2").await, one);
}
