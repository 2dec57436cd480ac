//! `Idempotency-Key`: a request that is sent twice is done once.

use serde_json::json;
use writeback_server::time::{DAY, MINUTE};

use crate::support::{Answer, TenantWorld, World, job, on_both, text};

on_both!(
    a_request_that_is_sent_twice_is_done_once,
    a_key_belongs_to_its_request,
    a_key_belongs_to_its_token,
    of_two_at_once_one_is_done,
    a_refused_request_leaves_its_key_free,
    a_panic_leaves_the_key_for_a_while,
    the_text_of_a_token_is_never_kept,
    an_answer_is_kept_for_a_day,
    a_key_is_short_and_visible,
);

async fn start(world: &World, tenant: &TenantWorld, job: &str, key: &str) -> Answer {
    let path = tenant.path(&format!("jobs/{job}/runs"));
    let ask = world.ask("POST", &path).token(&tenant.operator);
    ask.header("idempotency-key", key).send().await
}

async fn runs(world: &World) -> usize {
    world.dump().await.rows("runs").len()
}

async fn a_request_that_is_sent_twice_is_done_once(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let first = start(&world, &tenant, "sales", "one").await;
    first.expect(202);
    assert_eq!(first.header("idempotent-replayed"), "");
    world.clock.pass(MINUTE);
    let second = start(&world, &tenant, "sales", "one").await;
    assert_eq!(
        (second.expect(202), second.body),
        (first.json(), first.body)
    );
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(second.headers["content-type"], "application/json");
    assert_eq!(runs(&world).await, 1);
    start(&world, &tenant, "sales", "two").await.expect(202);
    assert_eq!(runs(&world).await, 2);
}

async fn a_key_belongs_to_its_request(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    world.job(&tenant, "stock").await;
    start(&world, &tenant, "sales", "one").await.expect(202);
    let reused = start(&world, &tenant, "stock", "one").await;
    reused.problem(422, "idempotency-key-reused");
    let make = |name| {
        let ask = world.ask("POST", &tenant.path("jobs")).token(&tenant.admin);
        ask.header("idempotency-key", "two").json(&job(name)).send()
    };
    make("a").await.expect(201);
    make("b").await.problem(422, "idempotency-key-reused");
    make("a").await.expect(201);
    assert_eq!(world.dump().await.rows("jobs").len(), 3);
}

async fn a_key_belongs_to_its_token(world: World) {
    let (one, other) = (world.tenant("one").await, world.tenant("other").await);
    for tenant in [&one, &other] {
        world.job(tenant, "sales").await;
        start(&world, tenant, "sales", "same").await.expect(202);
    }
    assert_eq!(runs(&world).await, 2);
}

async fn of_two_at_once_one_is_done(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let start = || start(&world, &tenant, "sales", "one");
    let answers = tokio::join!(start(), start(), start(), start());
    let answers: [Answer; 4] = answers.into();
    assert_eq!(runs(&world).await, 1);
    let mut first = 0;
    for answer in answers {
        match answer.status.as_u16() {
            202 if answer.header("idempotent-replayed") == "true" => {}
            202 => first += 1,
            _ => drop(answer.problem(409, "under-way")),
        }
    }
    assert_eq!(first, 1);
}

async fn a_refused_request_leaves_its_key_free(world: World) {
    let tenant = world.tenant("finance").await;
    let missing = start(&world, &tenant, "sales", "one").await;
    missing.problem(404, "not-found");
    world.job(&tenant, "sales").await;
    start(&world, &tenant, "sales", "one").await.expect(202);
}

async fn a_panic_leaves_the_key_for_a_while(world: World) {
    let tenant = world.tenant("finance").await;
    let mut content = job("sales");
    content["job"]["fake"] = json!("panic");
    world.job_as(&tenant, &content).await;
    let check = || {
        let ask = world.ask("POST", &tenant.path("jobs/sales/check"));
        let ask = ask.token(&tenant.operator);
        ask.header("idempotency-key", "one").send()
    };
    check().await.problem(500, "internal");
    check().await.problem(409, "under-way");
    world.clock.pass(5 * MINUTE + 1);
    check().await.problem(500, "internal");
}

async fn the_text_of_a_token_is_never_kept(world: World) {
    let tenant = world.tenant("finance").await;
    let make = || {
        let ask = world
            .ask("POST", &tenant.path("tokens"))
            .token(&tenant.admin);
        let ask = ask.header("idempotency-key", "one");
        ask.json(&json!({ "name": "more", "role": "viewer" }))
            .send()
    };
    let made = make().await.expect(201);
    let (_, secret) = made["text"].as_str().unwrap().split_once('.').unwrap();
    let again = make().await;
    again.problem(409, "done-before");
    assert!(!again.text().contains(secret));
    assert!(!world.dump().await.text().contains(secret));
    assert_eq!(world.dump().await.rows("tokens").len(), 5);
}

async fn an_answer_is_kept_for_a_day(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    let first = text(&start(&world, &tenant, "sales", "one").await.expect(202)["id"]);
    world.clock.pass(DAY);
    let second = start(&world, &tenant, "sales", "one").await.expect(202);
    assert_eq!(second["id"], first);
    world.clock.pass(1);
    let third = start(&world, &tenant, "sales", "one").await.expect(202);
    assert_ne!(third["id"], first);
}

async fn a_key_is_short_and_visible(world: World) {
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    for key in ["", "ä", &"k".repeat(201)] {
        let answer = start(&world, &tenant, "sales", key).await;
        answer.problem(400, "bad-idempotency-key");
    }
    start(&world, &tenant, "sales", &"k".repeat(200))
        .await
        .expect(202);
}
