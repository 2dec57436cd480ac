//! A user who signed in once, and the refresh token that runs use after that. Browsers are the command's: here the clock jumps.

use serde_json::{Value, json};
use writeback_host::Tenant;

use crate::plain;
use crate::world::World;

/// A world whose SharePoint account acts for a user, with an app that needs no secret.
async fn world() -> World {
    let mut world = World::start().await;
    world.configure(|config| {
        let account = config["accounts"]["sharepoint"]
            .as_object_mut()
            .expect("a table");
        account.remove("client_secret");
        account.insert("sign_in".to_owned(), json!("user"));
    });
    world
}

async fn sign_in(world: &World) {
    let login = world.tenant().login_by_device("sharepoint", |prompt| {
        assert!(prompt.page.ends_with("/devicelogin"), "{}", prompt.page);
        world.control("device/approve", &json!({ "user_code": prompt.code }));
    });
    login.await.expect("signed in");
}

/// What was asked of the token endpoint after the first `seen` requests.
fn token_requests(world: &World) -> usize {
    world.sent("POST", "/oauth2/v2.0/token").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anyone_signed_in_the_command_to_do_so_is_named() {
    let world = world().await;
    let parts = [
        "nobody has signed in to it yet",
        "writeback account login sharepoint",
    ];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
    assert_eq!(token_requests(&world), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_device_code() {
    let mut world = world().await;
    sign_in(&world).await;
    world.landed_once(&world.receipt(&world.job()).await);
    // Another process, as it were: what is kept is enough, and is kept anew.
    for _ in 0..2 {
        world.configure(|_| {});
        world.receipt(&world.job()).await;
    }
    assert!(
        world
            .tenant()
            .logout("sharepoint")
            .await
            .expect("logged out")
    );
    world.configure(|_| {});
    world
        .refuses(
            &world.job(),
            "sign-in-sharepoint",
            &["nobody has signed in"],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_that_is_declined_or_expires() {
    let world = world().await;
    for (fate, told) in [("decline", "denied"), ("expire", "hint: sign in again")] {
        let login = world.tenant().login_by_device("sharepoint", |prompt| {
            world.control(
                &format!("device/{fate}"),
                &json!({ "user_code": prompt.code }),
            );
        });
        let error = login.await.expect_err("refused").to_string();
        assert!(
            error.starts_with("account `sharepoint`: ") && error.contains(told),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_types_ends_by_itself() {
    let world = world().await;
    let login = world.tenant().login_by_device("sharepoint", |_| {});
    let error = login.await.expect_err("nobody typed it").to_string();
    assert!(error.contains("hint: sign in again"), "{error}");
    // Every interval that the service named, and no more often.
    assert!(token_requests(&world) > 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_not_come_back_is_not_waited_for_for_ever() {
    let world = world().await;
    let login = world.tenant().login_by_browser("sharepoint", |page| {
        assert!(page.contains("/authorize?"), "{page}");
    });
    let error = login.await.expect_err("nobody came").to_string();
    assert!(
        error.contains("did not come back within 15 minutes"),
        "{error}"
    );
}

/// Tenants that share nothing but their folder, as processes do.
fn strangers(world: &mut World, many: usize) -> Vec<Tenant> {
    let make = |_| {
        world.configure(|_| {});
        world.tenant().clone()
    };
    (0..many).map(make).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_at_once_never_lose_the_newest_refresh_token() {
    let mut world = world().await;
    sign_in(&world).await;
    let query = json!({"kind": "account", "account": "sharepoint"}).to_string();
    for _ in 0..3 {
        let runs = strangers(&mut world, 8).into_iter().map(|tenant| {
            let query = query.clone();
            tokio::spawn(async move { crate::world::connector().run(&tenant).browse(&query).await })
        });
        for run in runs.collect::<Vec<_>>() {
            let answer: Value =
                serde_json::from_str(&run.await.expect("a run").expect("an answer")).expect("JSON");
            assert_eq!(answer["items"][0]["status"], "ok", "{answer:#}");
        }
    }
    // Each asked for a token of its own, with the refresh token that the one before had left.
    assert_eq!(token_requests(&world), 1 + 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_has_ended_asks_for_a_new_sign_in() {
    let mut world = world().await;
    sign_in(&world).await;
    let url = format!("{}/refresh", world.cloud.description().control);
    plain::send("DELETE", &url);
    world.configure(|_| {});
    let parts = ["AADSTS", "writeback account login sharepoint"];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
}
