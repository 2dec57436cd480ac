//! Spending a credential where it is not bound.

use serde_json::{Value, json};

use super::attack::Attack;
use super::scene::Scene;
use super::withstand;
use crate::trouble::status;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    Attack::new(
        "undeclared-secret",
        |_| json!({ "attack": "open-account", "args": { "name": "undeclared" }, "account": "sharepoint" }),
    ),
    Attack::new("secret-to-another-origin", |scene| {
        with_secret(&format!("{}/v1.0/me", scene.foreign.origin()))
    }),
    Attack::new("secret-to-another-accounts-service", |scene| {
        with_secret(&format!("{}/v1/datasets", domo(scene)))
    }),
    Attack::new("look-alike-suffix", |_| {
        public("https://graph.microsoft.com.evil.example/v1.0/me")
    }),
    Attack::new("look-alike-prefix", |_| {
        public("https://evilgraph.microsoft.com/v1.0/me")
    }),
    Attack::new("look-alike-letters", |_| {
        public("https://gr\u{430}ph.microsoft.com/v1.0/me")
    }),
    Attack::new("look-alike-dot", |_| {
        public("https://graph.microsoft.com./v1.0/me")
    }),
    Attack::new("look-alike-name-of-the-address", |scene| {
        with_secret(&graph(scene).replace("127.0.0.1", "localhost"))
    }),
    Attack::new("look-alike-mapped-address", |scene| {
        with_secret(&graph(scene).replace("127.0.0.1", "[::ffff:127.0.0.1]"))
    }),
    Attack::new("another-port", |_| {
        public("https://graph.microsoft.com:8443/v1.0/me")
    }),
    Attack::new("secret-over-http", |scene| {
        with_secret(&graph(scene).replace("https:", "http:"))
    }),
    Attack::new("secret-with-userinfo", |scene| {
        with_secret(
            &graph(scene).replace("https://", &format!("https://{}@", scene.foreign.address)),
        )
    }),
    Attack::new("origin-as-userinfo", |scene| {
        let bound = graph(scene).replace("/v1.0/me", "");
        with_secret(&format!("{bound}@{}/v1.0/me", scene.foreign.address))
    }),
    Attack::new("token-endpoint", |scene| {
        to_domo(
            "POST",
            &format!("{}/oauth/token?grant_type=client_credentials", domo(scene)),
        )
    }),
    Attack::new("token-endpoint-in-disguise", |scene| {
        to_domo(
            "GET",
            &format!("{}/v1/..//%6Fauth;x/./Token%20", domo(scene)),
        )
    }),
    Attack::new(
        "token-endpoint-without-secret",
        |scene| json!({ "attack": "send", "args": { "url": format!("{}/oauth/token", domo(scene)) }, "account": "domo" }),
    ),
    Attack::new("sign-in-service", |scene| {
        with_secret(&format!(
            "{}/common/oauth2/v2.0/token",
            scene.world.cloud.description().login
        ))
    }),
    Attack::new("method-not-allowed", |scene| {
        to_domo("DELETE", &format!("{}/v1/datasets/x", domo(scene)))
    }),
    Attack::new("rows-of-its-own", |scene| {
        let runs = scene.world.dataset("runs").id;
        let url = format!(
            "{}/v1/datasets/{runs}/data?updateMethod=APPEND",
            domo(scene)
        );
        to_domo("PUT", &url)
    }),
    Attack::new(
        "renew-in-a-loop",
        |_| json!({ "attack": "renew", "args": { "with": "sharepoint" }, "account": "sharepoint" }),
    ),
    Attack::new("redirect-to-a-foreign-host", |scene| {
        redirected(scene, false)
    })
    .on(redirect),
    Attack::new("redirect-to-a-foreign-host-with-secret", |scene| {
        redirected(scene, true)
    })
    .on(redirect),
    Attack::new("link-of-another-run", |_| without_secret("link:1")),
    Attack::new("link-with-secret", |_| with_secret("link:1")),
    Attack::new("local-file", |_| with_secret("file:///etc/passwd")),
];

/// Base of the simulated Graph.
pub fn graph(scene: &Scene) -> String {
    format!("{}/me", scene.world.cloud.description().graph)
}

/// Base of the simulated Domo.
pub fn domo(scene: &Scene) -> String {
    scene.world.cloud.description().domo.clone()
}

/// A request with the SharePoint account.
pub fn with_secret(url: &str) -> Value {
    json!({ "attack": "send", "args": { "url": url, "with": "sharepoint" }, "account": "sharepoint" })
}

/// A request with no account in a run that has one.
pub fn without_secret(url: &str) -> Value {
    json!({ "attack": "send", "args": { "url": url }, "account": "sharepoint" })
}

/// A request with the Domo account.
pub fn to_domo(method: &str, url: &str) -> Value {
    json!({ "attack": "send", "args": { "method": method, "url": url, "with": "domo" }, "account": "domo" })
}

/// A request with an account that is bound to Microsoft's own Graph.
fn public(url: &str) -> Value {
    json!({ "attack": "send", "args": { "url": url, "with": "public" }, "account": "public" })
}

/// Follows a redirect of the bound service.
fn redirected(scene: &Scene, again: bool) -> Value {
    let url = format!("{}/sites/redirected", scene.world.cloud.description().graph);
    json!({ "attack": "follow", "args": { "url": url, "with": "sharepoint", "again": again }, "account": "sharepoint" })
}

fn redirect(scene: &Scene) {
    let location = format!("location = \"{}/v1.0/me\"", scene.foreign.origin());
    scene.world.fault(
        "GET graph /sites/redirected",
        1,
        1,
        &status(302, &location, "moved"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_spent_where_it_is_bound() {
    withstand(ATTACKS).await;
}
