//! An app that signs in without a client secret: by certificate, and by another issuer's word.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::world::{World, write_secret};

const PFX: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../runtime/src/credentials/testdata/modern.pfx"
);

/// The world with the SharePoint account proving itself in another way.
async fn world(keys: Value) -> World {
    let mut world = World::start().await;
    prove(&mut world, &keys);
    world
}

fn prove(world: &mut World, keys: &Value) {
    world.configure(|config| {
        let account = config["accounts"]["sharepoint"]
            .as_object_mut()
            .expect("a table");
        account.remove("client_secret");
        account.extend(keys.as_object().expect("a table").clone());
    });
}

fn private(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    write_secret(&file, text);
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn by_certificate_in_pem() {
    let mut world = World::start().await;
    let files = world.cloud.description().entra_certificate.clone();
    prove(
        &mut world,
        &json!({"certificate": {"file": files.certificate}, "private_key": {"file": files.key}}),
    );
    world.landed_once(&world.receipt(&world.job()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_certificate_in_a_pfx() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let pfx = folder.path().join("app.pfx");
    std::fs::copy(PFX, &pfx).expect("the file");
    std::fs::set_permissions(&pfx, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("its mode");
    let password = private(folder.path(), "password", "p4ss");
    let keys = json!({"certificate": {"file": pfx}, "certificate_password": {"file": password}});
    let mut world = world(keys).await;
    world.landed_once(&world.receipt(&world.job()).await);
    write_secret(&folder.path().join("password"), "wr0ng");
    world.configure(|_| {});
    let parts = [
        "signing in to SharePoint",
        "the certificate cannot be used",
        "check `certificate_password`",
    ];
    let failure = world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
    assert!(!format!("{failure:?}").contains("wr0ng"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_app_does_not_have_is_refused_by_entra() {
    let mut world = World::start().await;
    let files = world.cloud.description().entra_certificate.clone();
    world.sign_in_to_sharepoint_as("read-only");
    prove(
        &mut world,
        &json!({"certificate": {"file": files.certificate}, "private_key": {"file": files.key}}),
    );
    world
        .refuses(
            &world.job(),
            "sign-in-sharepoint",
            &["AADSTS50012", "upload the certificate"],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_word_of_an_issuer_read_anew_each_time() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("token");
    let mut world = world(json!({"federated_token": file})).await;
    let issue = |world: &World, changes: Value| {
        let answer = world.control("federation", &changes);
        write_secret(&file, answer["assertion"].as_str().expect("an assertion"));
    };
    issue(&world, json!({}));
    world.landed_once(&world.receipt(&world.job()).await);
    issue(&world, json!({"exp": 1}));
    world.configure(|_| {});
    world
        .refuses(&world.job(), "sign-in-sharepoint", &["AADSTS"])
        .await;
    std::fs::remove_file(&file).expect("the file");
    world
        .refuses(
            &world.job(),
            "sign-in-sharepoint",
            &["`federated_token`", "cannot be read"],
        )
        .await;
}
