//! The ways in which accounts can sign in, each with secrets of its own.

use std::fs;
use std::path::Path;

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use serde_json::{Value, json};

use crate::leak::der_of;
use crate::plain;
use crate::world::{World, write_secret};

/// The password of the PFX, as easy to recognise as the simulated secrets.
pub const PFX_PASSWORD: &str = "pFx8Q~recognisable+password";

/// By certificate, with the key in a file of its own.
pub fn by_certificate(world: &mut World) {
    let files = world.cloud.description().entra_certificate.clone();
    let key = json!({ "file": files.key });
    prove(
        world,
        json!({ "certificate": { "file": files.certificate }, "private_key": key }),
    );
}

/// By certificate and key in a PFX, which is written to `folder`.
pub fn by_pfx(world: &mut World, folder: &Path) {
    let files = &world.cloud.description().entra_certificate;
    let read = |file: &Path| der_of(&fs::read_to_string(file).expect("PEM"));
    let key = PrivateKey::from_der(&read(&files.key)).expect("a key");
    let certificate = Certificate::from_der(&read(&files.certificate)).expect("a certificate");
    let mut store = KeyStore::new();
    let chain = PrivateKeyChain::new("app", key, [certificate]);
    store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
    let (pfx, password) = (folder.join("app.pfx"), folder.join("password"));
    write_secret(&password, PFX_PASSWORD);
    write_secret(&pfx, "");
    let bytes = store.writer(PFX_PASSWORD).write().expect("a PFX");
    fs::write(&pfx, bytes).expect("the file");
    let password = json!({ "file": password });
    prove(
        world,
        json!({ "certificate": { "file": pfx }, "certificate_password": password }),
    );
}

/// For a user, who signs in by device code.
pub async fn by_user(world: &mut World) {
    prove(world, json!({ "sign_in": "user" }));
    let approve = format!("{}/device/approve", world.cloud.description().control);
    let login = world.tenant().login_by_device("sharepoint", |prompt| {
        let code = json!({ "user_code": prompt.code });
        // The cloud is served on this thread, which goes on to ask whether it was done.
        std::thread::spawn(move || plain::post(&approve, &code));
    });
    login.await.expect("signed in");
}

/// Lets the account of Domo read the owners in the company's own Domo.
pub fn with_developer_token(world: &mut World, folder: &Path) {
    let described = world.cloud.description().clone();
    let file = folder.join("developer-token");
    write_secret(&file, &described.domo_developer_token);
    world.configure(|config| {
        let domo = &mut config["accounts"]["domo"];
        domo["instance"] = json!("acme");
        domo["developer_token"] = json!({ "file": file });
        domo["endpoints"]["instance"] = json!(described.domo);
    });
}

/// Puts `keys` in place of what the account proves itself with.
fn prove(world: &mut World, keys: Value) {
    world.configure(|config| {
        let account = config["accounts"]["sharepoint"]
            .as_object_mut()
            .expect("a table");
        for key in [
            "client_secret",
            "certificate",
            "private_key",
            "certificate_password",
        ] {
            account.remove(key);
        }
        account.extend(keys.as_object().expect("a table").clone());
    });
}
