//! Accounts: written with secrets, read without, in use by jobs.

use std::sync::Arc;

use serde_json::{Value, json};
use writeback_server::settings::Settings;

use super::probe::{Probe, admin, domo};
use crate::support::{World, on_both, settings};

on_both!(
    the_sandbox_gets_the_secret_and_nobody_else,
    a_secret_stays_until_it_is_written_again,
    an_edit_names_its_revision_and_keeps_the_name,
    all_that_is_wrong_is_told_at_once,
    an_account_that_jobs_name_says_which_would_stop,
    addresses_are_the_operators_to_allow,
    the_query_goes_to_the_sandbox,
    changes_are_on_record,
);

async fn the_sandbox_gets_the_secret_and_nobody_else(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    let made = admin(&app, &tenant, "POST", "accounts")
        .json(&domo("s3cret"))
        .send()
        .await;
    let shown =
        json!({ "kind": "domo", "client_id": "client", "client_secret": { "stored": true } });
    assert_eq!(made.expect(201)["account"], shown);
    assert_eq!(made.header("etag"), "\"r1\"");
    let read = admin(&app, &tenant, "GET", "accounts/domo")
        .send()
        .await
        .expect(200);
    assert_eq!(read["account"], shown);
    let list = admin(&app, &tenant, "GET", "accounts")
        .send()
        .await
        .expect(200);
    assert_eq!(list["items"], json!([read]));
    let told = admin(&app, &tenant, "POST", "accounts/domo/test")
        .send()
        .await
        .expect(200);
    assert_eq!(
        told["query"],
        json!({ "kind": "account", "account": "domo" })
    );
    assert_eq!(
        told["config"]["accounts"]["domo"]["client_secret"],
        json!({ "store": "domo/client_secret" })
    );
    assert_eq!(told["secret"], json!({ "Ok": 6 }));
    assert!(!world.dump().await.text().contains("s3cret"));
    admin(&app, &tenant, "GET", "accounts/other")
        .send()
        .await
        .problem(404, "not-found");
    admin(&app, &tenant, "POST", "accounts/other/test")
        .send()
        .await
        .problem(404, "not-found");
    let again = admin(&app, &tenant, "POST", "accounts")
        .json(&domo("x"))
        .send()
        .await;
    again.problem(409, "name-taken");
}

async fn a_secret_stays_until_it_is_written_again(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    let ask = |method: &str, rest: &str| admin(&app, &tenant, method, rest);
    let mut account = domo("first value");
    account["account"]["instance"] = json!("acme");
    account["account"]["developer_token"] = json!({ "value": "a token" });
    ask("POST", "accounts")
        .json(&account)
        .send()
        .await
        .expect(201);
    let test = async || ask("POST", "accounts/domo/test").send().await.expect(200);
    let first = test().await;
    assert_eq!(first["secret"], json!({ "Ok": 11 }));

    account["account"]["client_secret"] = json!({ "stored": true });
    account["account"]["developer_token"] = json!({ "stored": true });
    account["account"]["client_id"] = json!("another");
    let put = |account: &Value| ask("PUT", "accounts/domo").if_match("*").json(account);
    put(&account).send().await.expect(200);
    let second = test().await;
    assert_eq!(second["secret"], json!({ "Ok": 11 }));
    assert!(second["revision"].as_i64() > first["revision"].as_i64());

    account["account"]["client_secret"] = json!({ "value": "second" });
    put(&account).send().await.expect(200);
    assert_eq!(test().await["secret"], json!({ "Ok": 6 }));

    // What leads elsewhere takes no secret along.
    account["account"]["client_secret"] = json!({ "stored": true });
    account["account"]["instance"] = json!("other");
    put(&account).send().await.problem(422, "invalid");

    // A secret that the account does not have any more is gone.
    let members = account["account"].as_object_mut().expect("an object");
    members.remove("instance");
    members.remove("developer_token");
    members.insert("client_secret".to_owned(), json!({ "value": "third" }));
    put(&account).send().await.expect(200);
    assert_eq!(world.dump().await.rows("secrets").len(), 1);
}

async fn an_edit_names_its_revision_and_keeps_the_name(world: World) {
    let tenant = world.tenant("finance").await;
    let ask = |method: &str, rest: &str| admin(&world.app, &tenant, method, rest);
    ask("POST", "accounts")
        .json(&domo("s3cret"))
        .send()
        .await
        .expect(201);
    let put = || ask("PUT", "accounts/domo").json(&domo("other"));
    put().send().await.problem(428, "if-match-missing");
    put().if_match("\"r1\"").send().await.expect(200);
    put()
        .if_match("\"r1\"")
        .send()
        .await
        .problem(412, "changed");
    let mut renamed = domo("other");
    renamed["name"] = json!("dom");
    let put = ask("PUT", "accounts/domo").if_match("*").json(&renamed);
    assert_eq!(
        put.send().await.problem(422, "invalid")["errors"][0]["path"],
        "name"
    );
}

async fn all_that_is_wrong_is_told_at_once(world: World) {
    let tenant = world.tenant("finance").await;
    let account = json!({ "name": "sp", "account": {
        "kind": "entra", "tenant": "common", "client_id": "", "client_secret": { "env": "HOME" }, "sign_in": "user",
    } });
    let told = admin(&world.app, &tenant, "POST", "accounts")
        .json(&account)
        .send()
        .await;
    let told = told.problem(422, "invalid");
    let paths: Vec<&str> = told["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|error| error["path"].as_str())
        .collect();
    for path in [
        "account.tenant",
        "account.client_id",
        "account.client_secret",
        "account.sign_in",
    ] {
        assert!(paths.contains(&path), "{path}: {told}");
    }
    assert_eq!(world.dump().await.rows("accounts").len(), 0);
}

async fn an_account_that_jobs_name_says_which_would_stop(world: World) {
    let tenant = world.tenant("finance").await;
    let ask = |method: &str, rest: &str| admin(&world.app, &tenant, method, rest);
    ask("POST", "accounts")
        .json(&domo("s3cret"))
        .send()
        .await
        .expect(201);
    world.job(&tenant, "sales").await;
    world.job(&tenant, "costs").await;
    let told = ask("DELETE", "accounts/domo")
        .send()
        .await
        .problem(409, "account-in-use");
    let named: Vec<&Value> = told["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| &error["path"])
        .collect();
    assert_eq!(named, ["costs", "sales"]);
    ask("GET", "accounts/domo").send().await.expect(200);

    let stopped = ask("DELETE", "accounts/domo?stop_jobs=true")
        .send()
        .await
        .expect(200);
    assert_eq!(stopped, json!({ "jobs": ["costs", "sales"] }));
    let job = ask("GET", "jobs/sales").send().await.expect(200);
    assert_eq!(
        (&job["state"], &job["revision"]),
        (&json!("paused"), &json!(2))
    );
    ask("GET", "jobs/sales/revisions/2")
        .send()
        .await
        .expect(200);
    ask("GET", "accounts/domo")
        .send()
        .await
        .problem(404, "not-found");
    assert_eq!(world.dump().await.rows("secrets").len(), 0);
}

async fn addresses_are_the_operators_to_allow(world: World) {
    let tenant = world.tenant("finance").await;
    let mut account = domo("s3cret");
    account["account"]["endpoints"] = json!({ "api": "http://127.0.0.1:8080" });
    let refused = admin(&world.app, &tenant, "POST", "accounts")
        .json(&account)
        .send()
        .await;
    let refused = refused.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["path"], "account.endpoints");
    let simulated = Settings {
        allow_endpoints: true,
        ..settings()
    };
    let app = Arc::new(Probe::default()).app(&world, simulated);
    admin(&app, &tenant, "POST", "accounts")
        .json(&account)
        .send()
        .await
        .expect(201);
}

async fn the_query_goes_to_the_sandbox(world: World) {
    let tenant = world.tenant("finance").await;
    let app = Arc::new(Probe::default()).app(&world, settings());
    let query = json!({ "kind": "sites", "account": "sp", "search": "fin" });
    let told = admin(&app, &tenant, "POST", "browse")
        .json(&query)
        .send()
        .await
        .expect(200);
    assert_eq!(told["query"], query);
    admin(&app, &tenant, "POST", "browse")
        .json(&json!([]))
        .send()
        .await
        .problem(422, "invalid");
    let schemas = world
        .ask("GET", "/v1/schemas")
        .token(&tenant.viewer)
        .send()
        .await;
    assert!(schemas.expect(200)["query"].is_object());
    let failed = admin(&world.app, &tenant, "POST", "browse")
        .json(&json!({ "fake": "throttled", "retry_after": 9 }));
    let failed = failed.send().await;
    failed.problem(503, "throttled");
    assert_eq!(failed.header("retry-after"), "9");
}

async fn changes_are_on_record(world: World) {
    let tenant = world.tenant("finance").await;
    let ask = |method: &str, rest: &str| admin(&world.app, &tenant, method, rest);
    ask("POST", "accounts")
        .json(&domo("s3cret"))
        .send()
        .await
        .expect(201);
    ask("DELETE", "accounts/domo").send().await.expect(200);
    let audit = ask("GET", "audit?limit=2").send().await.expect(200);
    let actions: Vec<&Value> = audit["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert_eq!(actions, ["account.delete", "account.create"]);
    assert_eq!(
        audit["items"][1]["detail"]["secrets_written"],
        json!(["client_secret"])
    );
    assert!(audit["next"].is_string());
    let own = world.root("GET", "/v1/audit").send().await.expect(200);
    assert!(own["items"].as_array().is_some_and(Vec::is_empty), "{own}");
    let refused = world
        .ask("GET", "/v1/audit")
        .token(&tenant.admin)
        .send()
        .await;
    refused.problem(403, "forbidden");
}
