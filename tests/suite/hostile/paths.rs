//! URLs that two readers read differently, and headers that are not the component's to set.

use serde_json::{Value, json};

use super::attack::Attack;
use super::origins::{domo, graph, to_domo, with_secret, without_secret};
use super::scene::Scene;
use super::withstand;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    Attack::new("absolute-form-path", |scene| {
        with_secret(&beside(
            scene,
            &format!("/{}/v1.0/me", scene.foreign.origin()),
        ))
    }),
    Attack::new("absolute-form-path-at-the-root", |scene| {
        to_domo(
            "GET",
            &format!("{}/{}/v1/datasets", domo(scene), scene.foreign.origin()),
        )
    }),
    Attack::new("host-in-the-path", |scene| {
        to_domo(
            "GET",
            &format!("{}//{}/v1/datasets", domo(scene), scene.foreign.address),
        )
    }),
    Attack::new("climbing-path", |scene| {
        with_secret(&beside(scene, "/v1.0/../beta/me"))
    }),
    Attack::new("climbing-path-encoded", |scene| {
        with_secret(&beside(scene, "/v1.0/%2e%2e/beta/me"))
    }),
    Attack::new("climbing-path-encoded-slash", |scene| {
        with_secret(&beside(scene, "/v1.0/..%2f..%2fbeta/me"))
    }),
    Attack::new("climbing-path-encoded-backslash", |scene| {
        with_secret(&beside(scene, "/v1.0/..%5cbeta/me"))
    }),
    Attack::new("climbing-path-encoded-twice", |scene| {
        with_secret(&beside(scene, "/v1.0/%252e%252e/beta/me"))
    }),
    Attack::new("backslash-path", |scene| {
        with_secret(&beside(scene, "/v1.0/..\\beta/me"))
    }),
    Attack::new("path-beside-the-prefix", |scene| {
        with_secret(&beside(scene, "/v1.0beta/me"))
    }),
    Attack::new("relative-url", |_| with_secret("/v1.0/me")),
    Attack::new("fragment", |scene| {
        with_secret(&format!("{}#x", graph(scene)))
    }),
    Attack::new("line-break-in-url", |scene| {
        with_secret(&format!(
            "{} HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            graph(scene)
        ))
    }),
    Attack::new("line-break-in-header", |scene| {
        header(scene, "x-note", "a\r\nAuthorization: b")
    }),
    Attack::new("line-break-in-header-name", |scene| {
        header(scene, "x-note: a\r\nx", "b")
    }),
    Attack::new("own-authorization", |scene| {
        header(scene, "Authorization", "Bearer stolen")
    }),
    Attack::new("own-cookie", |scene| header(scene, "cookie", "a=b")),
    Attack::new("own-host", |scene| header(scene, "HOST", "evil.example")),
    Attack::new("own-length", |scene| header(scene, "Content-Length", "5")),
    Attack::new("own-framing", |scene| {
        header(scene, "Transfer-Encoding", "chunked")
    }),
    Attack::new("own-proxy-credentials", |scene| {
        header(scene, "Proxy-Authorization", "Basic eA==")
    }),
    Attack::new("own-bound-header", |scene| {
        let mut job = to_domo("GET", &format!("{}/v1/datasets", domo(scene)));
        job["args"]["headers"] = json!([["X-DOMO-Developer-Token", "mine"]]);
        job
    }),
    Attack::new("private-address", |_| without_secret("https://10.0.0.1/")),
    Attack::new("metadata-address", |_| {
        without_secret("http://169.254.169.254/latest/meta-data/")
    }),
    Attack::new("metadata-address-as-a-number", |_| {
        with_secret("http://2852039166/latest/meta-data/")
    }),
    Attack::new("metadata-address-of-an-account", |_| {
        let url = "https://169.254.169.254/v1.0/latest/meta-data";
        json!({ "attack": "send", "args": { "url": url, "with": "metadata" }, "account": "metadata" })
    }),
    Attack::new("name-that-leads-inside", |scene| {
        let url = format!("https://localhost:{}/v1.0/me", scene.inside.address.port());
        json!({ "attack": "send", "args": { "url": url, "with": "renamed" }, "account": "renamed" })
    }),
];

/// A path on the bound origin.
fn beside(scene: &Scene, path: &str) -> String {
    graph(scene).replace("/v1.0/me", path)
}

/// A request with a header of the component's own.
fn header(scene: &Scene, name: &str, value: &str) -> Value {
    let mut job = with_secret(&graph(scene));
    job["args"]["headers"] = json!([[name, value]]);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_the_same_to_every_reader() {
    withstand(ATTACKS).await;
}
