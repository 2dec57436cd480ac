//! Secrets from a store of the program's own. That none of them leaks is shown beside the other ways to sign in.

use std::sync::Arc;

use serde_json::{Value, json};
use writeback_host::{BoxFuture, SecretError, SecretStore, Tenant, Zeroizing, config};

use super::safe::Safe;
use crate::trouble::says;
use crate::world::{World, connector, failure};

impl World {
    /// Has the accounts' client secrets in a store that the program brings, under these keys.
    pub fn keep_secrets_in_a_store(&mut self) {
        let cloud = self.cloud.description();
        let mut safe = Safe::default();
        safe.put("of-domo", cloud.domo_client.secret.clone().into_bytes());
        safe.put("of-app", cloud.entra_client.secret.clone().into_bytes());
        self.name_keys();
        self.rebuild(|tenant| tenant.secrets(Arc::new(safe)));
    }

    fn name_keys(&mut self) {
        for (account, key) in [("domo", "of-domo"), ("sharepoint", "of-app")] {
            self.config["accounts"][account]["client_secret"] = json!({ "store": key });
        }
    }
}

/// A store that has nothing.
struct Empty(fn(String) -> SecretError);

impl SecretStore for Empty {
    fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, SecretError>> {
        Box::pin(async { Err(self.0("the safe is shut\nhint: open it".to_owned())) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_signs_both_accounts_in() {
    let mut world = World::start().await;
    world.keep_secrets_in_a_store();
    let receipt = world.receipt(&world.job()).await;
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_has_certificates_too() {
    let mut world = World::start().await;
    let files = world.cloud.description().entra_certificate.clone();
    let mut safe = Safe::default();
    for (key, file) in [("certificate", files.certificate), ("key", files.key)] {
        safe.put(key, std::fs::read(file).expect("PEM"));
    }
    let account = &mut world.config["accounts"]["sharepoint"];
    account["certificate"] = json!({ "store": "certificate" });
    account["private_key"] = json!({ "store": "key" });
    let account = account.as_object_mut().expect("a table");
    account.remove("client_secret");
    world.rebuild(|tenant| tenant.secrets(Arc::new(safe)));
    let receipt = world.receipt(&world.job()).await;
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_does_not_have_is_told_with_its_words() {
    let mut world = World::start().await;
    world.name_keys();
    for (why, code, again) in [
        (
            SecretError::Refused as fn(String) -> _,
            "sign-in-domo",
            false,
        ),
        (SecretError::Unavailable, "domo-unavailable", true),
    ] {
        world.rebuild(|tenant| tenant.secrets(Arc::new(Empty(why))));
        let job = world.job().to_string();
        let ended = connector().run(world.tenant()).run(&job).await;
        let error = ended.expect_err("there is no secret");
        assert_eq!(error.is_retryable(), again, "{error:#?}");
        let told = failure(Err::<Value, _>(error));
        let text = "the store's entry `of-domo` cannot be read: the safe is shut";
        says(&told, code, &[text]);
    }
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_a_store_is_told_before_anything_runs() {
    let mut world = World::start().await;
    let egress = &mut world.config["egress"];
    egress["proxy"] = json!("http://127.0.0.1:1");
    egress["proxy_user"] = json!("me");
    egress["proxy_password"] = json!({ "store": "of-proxy" });
    for key in ["egress.proxy_password", "accounts.domo.client_secret"] {
        let folder = "/etc/writeback".as_ref();
        let parsed = config::parse(&world.config, folder).expect("a configuration");
        let refused = Tenant::new(parsed.into_tenant()).expect_err("there is no store");
        let expected = format!(
            "`{key}` is kept in a store, and this program has none\n\
             hint: say where the secret is with `env`, `file`, `exec` or `vault`"
        );
        assert_eq!(refused.to_string(), expected);
        world.name_keys();
    }
}
