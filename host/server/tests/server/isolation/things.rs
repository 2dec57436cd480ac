//! What a tenant has, by the names that the paths have for it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{TenantWorld, World, text};

/// Identifiers, by the parameter of the path that takes them.
pub type Things = BTreeMap<&'static str, String>;

/// Gives a tenant one of each.
pub async fn of(world: &World, tenant: &TenantWorld) -> Things {
    let job = world.job(tenant, &format!("job-of-{}", tenant.name)).await;
    let job = text(&job["id"]);
    let run = world.start(tenant, &job).await;
    let token = world
        .root("POST", &tenant.path("tokens"))
        .json(&json!({ "name": format!("of {}", tenant.name), "role": "viewer" }))
        .send()
        .await
        .expect(201);
    let schedule = world
        .ask("POST", &tenant.path(&format!("jobs/{job}/schedules")))
        .token(&tenant.admin)
        .json(&json!({ "when": { "kind": "daily", "at": ["08:00"] } }))
        .send()
        .await
        .expect(201);
    let account = format!("account-of-{}", tenant.name);
    let make = |what: &str, content: &serde_json::Value| {
        let ask = world.ask("POST", &tenant.path(what)).token(&tenant.admin);
        ask.json(content).send()
    };
    make("accounts", &super::samples::account(&account))
        .await
        .expect(201);
    let target = make("targets", &super::samples::target("a target"))
        .await
        .expect(201);
    Things::from([
        ("account", account),
        ("target", text(&target["id"])),
        ("name", tenant.name.clone()),
        ("schedule", text(&schedule["id"])),
        ("tenant", tenant.id.clone()),
        ("job", job),
        ("run", run),
        ("token", text(&token["id"])),
        ("revision", "1".to_owned()),
    ])
}

/// Identifiers of nothing.
pub fn none() -> Things {
    let zeros = "0".repeat(32);
    Things::from([
        ("account", "no-account".to_owned()),
        ("target", format!("trg_{zeros}")),
        ("erasure", format!("era_{zeros}")),
        ("schedule", format!("sch_{zeros}")),
        ("tenant", format!("ten_{zeros}")),
        ("job", format!("job_{zeros}")),
        ("run", format!("run_{zeros}")),
        ("token", format!("tok_{zeros}")),
        ("revision", "999".to_owned()),
    ])
}
