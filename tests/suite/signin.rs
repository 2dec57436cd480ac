//! Signing in: what each refusal means, in the words of the service and with the one thing to do.

use serde_json::json;

use crate::sized::GRID;
use crate::world::World;

const WRONG: &str = "wrong~Secret.Value_0815";

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_id_in_place_of_its_value_is_what_entra_suspects() {
    let mut world = World::start().await;
    let id = world.cloud.description().entra_client.id.clone();
    world.use_client("sharepoint", &id, WRONG);
    let parts = [
        "signing in to SharePoint",
        "AADSTS7000215",
        "Invalid client secret provided",
        "Secret ID",
        "Value",
    ];
    let failure = world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
    assert!(!format!("{failure:?}").contains(WRONG));
    assert_eq!(
        world.sent("POST", "/oauth2/v2.0/token").len(),
        1,
        "not tried again"
    );
    assert!(
        world.sent("GET", "/data?").is_empty(),
        "nothing was exported"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_secret_an_unknown_app_and_an_unknown_tenant_have_hints_of_their_own() {
    let mut world = World::start().await;
    world.sign_in_to_sharepoint_as("expired-secret");
    let parts = [
        "AADSTS7000222",
        "the client secret has expired: add a new one",
    ];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;

    world.use_client("sharepoint", "00000000-0000-4000-8000-000000000000", WRONG);
    let parts = ["AADSTS700016", "check `client_id`"];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;

    world.configure(|config| {
        config["accounts"]["sharepoint"]["tenant"] = json!("nowhere.onmicrosoft.com")
    });
    let parts = ["AADSTS90002", "check `tenant`"];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn domos_refusal_names_both_halves() {
    let mut world = World::start().await;
    let id = world.cloud.description().domo_client.id.clone();
    world.use_client("domo", &id, WRONG);
    let parts = [
        "signing in to Domo",
        "401",
        "`client_id`",
        "`client_secret`",
    ];
    let failure = world.refuses(&world.job(), "sign-in-domo", &parts).await;
    assert!(!format!("{failure:?}").contains(WRONG));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domo_client_without_the_scope_data_is_told() {
    let world = World::start().await;
    let on = format!("GET domo *{}", world.dataset("plain").id);
    let refusal = "{ status = { status = 403, body = { status = 403, message = \"Insufficient scope: data is required\" } } }";
    world.fault(&on, 1, 0, refusal);
    let parts = ["Domo answered 403", "Insufficient scope: data is required"];
    world
        .refuses(&world.job(), "dataset-forbidden", &parts)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_with_every_character_that_a_form_must_escape_works() {
    let mut world = World::start().await;
    world.sign_in_to_sharepoint_as("sites-selected");
    world.landed_once(&world.receipt(&world.job()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_declared_or_of_another_kind() {
    let world = World::start().await;
    let mut job = world.job();
    job["sharepoint"]["account"] = json!("sharepiont");
    let parts = ["`sharepiont`", "[accounts.sharepiont]"];
    world.refuses(&job, "account-undeclared", &parts).await;
    job["sharepoint"]["account"] = json!("domo");
    world
        .refuses(&job, "account-undeclared", &["`domo`", "entra"])
        .await;
    assert!(world.sent("GET", "/data?").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_host_that_is_not_declared_names_the_line_to_add() {
    let mut world = World::start().await;
    let upload = world.cloud.description().upload.clone();
    world.configure(|config| {
        config["accounts"]["sharepoint"]["hosts"] = json!(["contoso.sharepoint.com"])
    });
    let line = format!("hosts = [\"contoso.sharepoint.com\", \"{upload}\"]");
    let parts = [
        "denied",
        upload.as_str(),
        line.as_str(),
        "[accounts.sharepoint]",
    ];
    world
        .refuses(&world.job_in_fragments(GRID, GRID), "denied", &parts)
        .await;
    assert!(world.sent("PUT", "/uploadSession").is_empty());

    // One PUT needs no other host.
    world.landed_file_of(&world.job()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_allowed_is_denied_before_a_byte_is_sent() {
    let mut world = World::start().await;
    let mut config = world.config.clone();
    config["egress"]["allow_addresses"] = json!(["127.0.0.1:9"]);
    let folder = world
        .cloud
        .description()
        .config
        .parent()
        .expect("a folder")
        .to_owned();
    let parsed = writeback_host::config::parse(&config, &folder);
    assert!(parsed.is_err(), "plain http is for exempt addresses alone");

    // Whatever the scheme, an address of this machine is denied unless it is listed.
    world.configure(|config| {
        config["accounts"]["domo"]["endpoints"]["api"] = json!("https://127.0.0.1:9");
    });
    let parts = [
        "cannot reach `https://127.0.0.1:9`",
        "loopback address",
        "hint: set `allow_addresses = [\"127.0.0.1:9\"]` under `[egress]`",
    ];
    world.refuses(&world.job(), "sign-in-domo", &parts).await;
    assert!(world.sent("GET", "/oauth/token").is_empty());
}
