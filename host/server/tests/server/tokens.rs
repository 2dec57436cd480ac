//! Tokens: what the database knows of them, when they end, and what each role may do.

use serde_json::json;
use writeback_server::time::{DAY, MINUTE, SECOND};

use crate::support::{World, on_both, text};

on_both!(
    the_database_has_the_hash_of_a_token_and_nothing_else_of_it,
    what_is_not_the_text_of_a_valid_token_is_refused_alike,
    a_revoked_token_ends_at_once_and_is_revoked_once,
    a_token_ends_when_it_said,
    the_last_use_is_known_to_the_minute,
    a_token_of_the_installation_does_not_revoke_itself,
    a_tenant_has_no_token_of_the_installation,
    a_role_may_what_smaller_ones_may,
    a_suspended_tenant_reads_and_does_nothing,
);

async fn the_database_has_the_hash_of_a_token_and_nothing_else_of_it(world: World) {
    let tenant = world.tenant("finance").await;
    let (_, secret) = tenant.admin.split_once('.').unwrap();
    let dump = world.dump().await;
    assert_eq!(dump.rows("tokens").len(), 4);
    assert!(!dump.text().contains(secret));
    let list = world.root("GET", &tenant.path("tokens")).send().await;
    assert_eq!(list.expect(200)["items"].as_array().unwrap().len(), 3);
    assert!(!list.text().contains(secret) && !list.text().contains("hash"));
}

async fn what_is_not_the_text_of_a_valid_token_is_refused_alike(world: World) {
    let tenant = world.tenant("finance").await;
    let (id, secret) = tenant.admin.split_once('.').unwrap();
    let (_, other) = tenant.viewer.split_once('.').unwrap();
    let texts = [
        format!("Bearer {id}.{other}"),
        format!("Bearer {id}.{}", &secret[1..]),
        format!("Bearer {id}."),
        format!("Bearer {id}"),
        format!("Bearer wbk_.{secret}"),
        format!("Bearer wbk_unknown.{secret}"),
        format!("Bearer {}", &tenant.admin["wbk_".len()..]),
        format!("Basic {}", tenant.admin),
        tenant.admin.clone(),
        "Bearer ".to_owned(),
        String::new(),
    ];
    let mut answers = vec![world.ask("GET", "/v1/whoami").send().await];
    for text in texts {
        let ask = world.ask("GET", "/v1/whoami").header("authorization", text);
        answers.push(ask.send().await);
    }
    for answer in &answers {
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.body, answers[0].body);
    }
    let ask = world.ask("GET", "/v1/whoami").token(&tenant.admin);
    let who = ask.send().await.expect(200);
    assert_eq!(
        (&who["role"], &who["tenant"]),
        (&json!("admin"), &json!(tenant.id))
    );
}

async fn a_revoked_token_ends_at_once_and_is_revoked_once(world: World) {
    let tenant = world.tenant("finance").await;
    let who = world.ask("GET", "/v1/whoami").token(&tenant.viewer);
    let id = text(&who.clone().send().await.expect(200)["token"]);
    let path = tenant.path(&format!("tokens/{id}"));
    let revoke = || world.ask("DELETE", &path).token(&tenant.admin).send();
    revoke().await.expect(204);
    who.send().await.problem(401, "unauthorized");
    revoke().await.problem(404, "not-found");
}

async fn a_token_ends_when_it_said(world: World) {
    let tenant = world.tenant("finance").await;
    let made = world
        .root("POST", &tenant.path("tokens"))
        .json(&json!({ "name": "short", "role": "viewer", "days": 1 }))
        .send()
        .await
        .expect(201);
    let who = world.ask("GET", "/v1/whoami").token(&text(&made["text"]));
    world.clock.pass(DAY - 1);
    who.clone().send().await.expect(200);
    world.clock.pass(1);
    who.send().await.problem(401, "unauthorized");
}

async fn the_last_use_is_known_to_the_minute(world: World) {
    let tenant = world.tenant("finance").await;
    let used = async || {
        let list = world.root("GET", &tenant.path("tokens")).send().await;
        list.expect(200)["items"][0]["used_at_ms"].as_i64()
    };
    let who = world.ask("GET", "/v1/whoami").token(&tenant.viewer);
    assert_eq!(used().await, None);
    who.clone().send().await.expect(200);
    let first = used().await.unwrap();
    world.clock.pass(MINUTE - SECOND);
    who.clone().send().await.expect(200);
    assert_eq!(used().await, Some(first));
    world.clock.pass(SECOND);
    who.send().await.expect(200);
    assert_eq!(used().await, Some(first + MINUTE));
}

async fn a_token_of_the_installation_does_not_revoke_itself(world: World) {
    let own = world.root("DELETE", "/v1/tokens/tok_root").send().await;
    own.problem(409, "own-token");
    let made = world
        .root("POST", "/v1/tokens")
        .json(&json!({ "name": "second", "role": "installation" }))
        .send()
        .await
        .expect(201);
    let second = text(&made["text"]);
    let revoke = world.ask("DELETE", "/v1/tokens/tok_root").token(&second);
    revoke.send().await.expect(204);
    let answer = world.root("GET", "/v1/whoami").send().await;
    answer.problem(401, "unauthorized");
}

async fn a_tenant_has_no_token_of_the_installation(world: World) {
    let tenant = world.tenant("finance").await;
    let make = |path: &str, role: &str| {
        let content = json!({ "name": "more", "role": role });
        world.root("POST", path).json(&content).send()
    };
    let answer = make(&tenant.path("tokens"), "installation").await;
    assert_eq!(answer.problem(422, "invalid")["errors"][0]["path"], "role");
    make("/v1/tokens", "admin").await.problem(422, "invalid");
    make("/v1/tokens", "emperor").await.problem(422, "invalid");
}

async fn a_role_may_what_smaller_ones_may(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let tokens = [&tenant.viewer, &tenant.operator, &tenant.admin, &world.root];
    // From this one on, each may.
    let asks = [
        ("GET", tenant.path("jobs"), 0, 200),
        ("POST", tenant.path("jobs/sales/runs"), 1, 202),
        ("GET", tenant.path("tokens"), 2, 200),
        ("GET", "/v1/tenants".to_owned(), 3, 200),
    ];
    for (method, path, least, status) in asks {
        for (role, token) in tokens.iter().enumerate() {
            let answer = world.ask(method, &path).token(token).send().await;
            match role >= least {
                true => drop(answer.expect(status)),
                false => drop(answer.problem(403, "forbidden")),
            }
        }
    }
}

async fn a_suspended_tenant_reads_and_does_nothing(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let state = |state: &str| {
        let path = format!("/v1/tenants/{}", tenant.id);
        let ask = world.root("PATCH", &path).if_match("*");
        ask.json(&json!({ "state": state })).send()
    };
    let start = world
        .ask("POST", &tenant.path("jobs/sales/runs"))
        .token(&tenant.admin);
    state("suspended").await.expect(200);
    start.clone().send().await.problem(409, "tenant-suspended");
    let list = world.ask("GET", &tenant.path("jobs")).token(&tenant.viewer);
    list.send().await.expect(200);
    state("erasing").await.problem(422, "invalid");
    state("active").await.expect(200);
    start.send().await.expect(202);
}
