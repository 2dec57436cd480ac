//! Names that do not resolve, ports where nobody listens, certificates that nobody vouches for, proxies that refuse.
//! What shows that these happened is that no request arrived, and what the error names.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use writeback_cloud::{Options, Service};

use super::scene::Scene;
use crate::world::World;

/// A world whose Domo is elsewhere.
async fn with_domo_at(url: &str, allow: Option<&str>) -> Scene {
    let mut world = World::start().await;
    world.configure(|config| {
        config["accounts"]["domo"]["endpoints"]["api"] = json!(url);
        config["limits"] = json!({ "connect_seconds": 1 });
        if let Some(address) = allow {
            let allowed = config["egress"]["allow_addresses"].as_array_mut();
            allowed.expect("a list").push(json!(address));
        }
    });
    let mut scene = Scene::of(world).await;
    scene.job["retry"] = json!({ "attempts": 2 });
    scene.unreached(Service::Domo)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_resolve_is_told() {
    let scene = with_domo_at("https://api.domo.invalid", None).await;
    let parts = ["`https://api.domo.invalid`", "name lookup", "tried 3 times"];
    let ended = scene.fails("domo-unavailable", &parts).await;
    assert_eq!(ended.end.retry_after, Some(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_where_nobody_listens_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    drop(listener);
    let scene = with_domo_at(&format!("http://{address}"), Some(&address)).await;
    let parts = [address.as_str(), "connecting failed", "tried 3 times"];
    scene.fails("domo-unavailable", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_told() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut world = World::with(Options {
        tls: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await;
    world.configure(|config| {
        config["egress"]
            .as_object_mut()
            .expect("a table")
            .remove("ca_file");
    });
    let scene = Scene::of(world).await.unreached(Service::Domo);
    let parts = ["TLS failed", "UnknownIssuer", "set `egress.ca_file`"];
    let failure = scene.fails("sign-in-domo", &parts).await.end;
    assert!(
        !failure.message.contains("tried"),
        "asked once: {failure:?}"
    );
}

/// A proxy that answers every way that is asked for like this; how often it was asked.
async fn proxied(reply: &'static [u8]) -> (Scene, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            assert!(head.starts_with(b"CONNECT api.domo.example:443 "));
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let _ = stream.write_all(reply).await;
        }
    });
    let mut world = World::start().await;
    world.configure(|config| {
        config["accounts"]["domo"]["endpoints"]["api"] = json!("https://api.domo.example");
        config["egress"]["proxy"] = json!(format!("http://{address}"));
    });
    (Scene::of(world).await.unreached(Service::Domo), asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_asked_once() {
    for (reply, parts) in [
        (
            b"HTTP/1.1 407 Who are you\r\n\r\n".as_slice(),
            ["HTTP 407", "proxy_user"],
        ),
        (
            b"HTTP/1.1 403 No\r\n\r\n".as_slice(),
            ["HTTP 403", "ask who runs the proxy"],
        ),
    ] {
        let (scene, asked) = proxied(reply).await;
        scene.fails("sign-in-domo", &parts).await;
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_fails_is_asked_again_and_told() {
    for reply in [
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n".as_slice(),
        b"",
        b"nonsense\r\n\r\n",
    ] {
        let (scene, asked) = proxied(reply).await;
        let parts = ["the proxy `http://127.0.0.1:", "tried 3 times"];
        scene.fails("domo-unavailable", &parts).await;
        assert!(asked.load(std::sync::atomic::Ordering::Relaxed) >= 3);
    }
}
