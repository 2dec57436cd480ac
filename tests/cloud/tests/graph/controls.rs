//! The controls of Graph, and the hooks that spoil an upload.

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use writeback_cloud::{Action, Fault, Service};

use crate::client::{Client, open, refusal, send};
use crate::sessions::{Session, create};

#[tokio::test]
async fn a_lock_stops_every_change() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let file = format!("{drive}/root:/x/a.csv");
    client.put(&format!("{file}:/content"), b"1").await;
    let lock = json!({"path": "Finance/Documents/x/a.csv"});
    assert_eq!(client.control("/lock", &lock).await.status, 200);
    let locked = refusal(423, "notAllowed", "resourceLocked");
    assert_eq!(
        client.put(&format!("{file}:/content"), b"2").await.error(),
        locked
    );
    assert_eq!(create(&client, "x/a.csv", &json!({})).await.error(), locked);
    assert_eq!(client.call("DELETE", &file, &[], b"").await.error(), locked);
    assert_eq!(
        client
            .call("PATCH", &file, &[], b"{\"name\":\"b\"}")
            .await
            .error(),
        locked
    );
    let unlock = json!({"path": "Finance/Documents/x/a.csv", "locked": false});
    client.control("/lock", &unlock).await;
    assert_eq!(
        client.put(&format!("{file}:/content"), b"2").await.status,
        200
    );
    assert_eq!(
        client
            .control("/lock", &json!({"path": "Finance/Documents/none"}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_session_expires_when_told() {
    let session = Session::open("a.csv", json!({})).await;
    let expired = session
        .client
        .control("/sessions/expire", &json!({"what": "tempauth"}))
        .await;
    assert_eq!(expired.json()["expired"], 1);
    let reply = send("GET", &session.url, &[], b"").await;
    assert_eq!(
        reply.error(),
        refusal(401, "unauthenticated", "expiredToken")
    );
    assert_eq!(
        create(&session.client, "a.csv", &json!({})).await.status,
        200
    );
    session.client.control("/sessions/expire", &json!({})).await;
    assert_eq!(
        send("GET", &session.url, &[], b"").await.error(),
        refusal(404, "itemNotFound", "")
    );
    let open = session
        .client
        .get(&format!(
            "{}/sessions",
            session.client.cloud.description().control
        ))
        .await;
    assert_eq!(open.json()["open"], 0);
}

#[tokio::test]
async fn a_full_library_takes_nothing_more() {
    let client = Client::new().await;
    let quota = json!({"library": "Finance/Documents", "remaining": 3});
    assert_eq!(client.control("/quota", &quota).await.status, 200);
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    assert_eq!(
        client.put(&path, b"1234").await.error(),
        refusal(507, "quotaLimitReached", "")
    );
    let large = create(&client, "a.csv", &json!({"item": {"fileSize": 4}})).await;
    assert_eq!(large.error(), refusal(507, "quotaLimitReached", ""));
    assert_eq!(client.put(&path, b"123").await.status, 201);
    assert_eq!(
        client.put(&path, b"1").await.error(),
        refusal(507, "quotaLimitReached", "")
    );
    assert_eq!(
        client
            .control("/quota", &json!({"library": "Nowhere", "remaining": 1}))
            .await
            .status,
        404
    );
}

/// Sends half of a fragment, leaves, and answers what is expected next.
async fn broken(keep_partial: bool) -> serde_json::Value {
    let session = Session::open("a.csv", json!({"item": {"fileSize": 10}})).await;
    session
        .client
        .control("/sessions/rules", &json!({"keep_partial": keep_partial}))
        .await;
    let mut stream = open(
        "PUT",
        &session.url,
        &["content-range: bytes 0-9/10", "content-length: 10"],
    )
    .await;
    stream.write_all(b"01234").await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;
    session.expected().await
}

#[tokio::test]
async fn the_bytes_of_a_broken_fragment_count_only_when_told() {
    assert_eq!(broken(false).await, json!(["0-9"]));
    assert_eq!(broken(true).await, json!(["5-9"]));
}

fn hook(name: &str, value: serde_json::Value) -> Fault {
    Fault::on(
        Service::Graph,
        "/content",
        Action::Hook {
            name: name.into(),
            value,
        },
    )
}

#[tokio::test]
async fn a_hash_is_withheld_altered_or_true_of_altered_content() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let faults = &client.cloud.state().faults;
    let hash = |item: &serde_json::Value| {
        item["file"]["hashes"]["quickXorHash"]
            .as_str()
            .map(str::to_owned)
    };
    faults.add(vec![hook("withhold-hash", json!(2))]);
    let made = client
        .put(&format!("{drive}/root:/a.csv:/content"), b"hello world")
        .await
        .json();
    assert_eq!(hash(&made), None);
    let look = async || hash(&client.get(&format!("{drive}/root:/a.csv")).await.json());
    assert_eq!((look().await, look().await), (None, None));
    assert_eq!(
        look().await.as_deref(),
        Some("aCgDG9jwBhDc4Q1yawMZAAAAAAA=")
    );
    faults.add(vec![hook("alter-hash", json!("x"))]);
    let made = client
        .put(&format!("{drive}/root:/b.csv:/content"), b"hello world")
        .await
        .json();
    assert_eq!(hash(&made).as_deref(), Some("x"));
    faults.add(vec![hook("alter-content", json!("d"))]);
    let made = client
        .put(&format!("{drive}/root:/c.csv:/content"), b"hello worl")
        .await
        .json();
    assert_eq!(
        (hash(&made).as_deref(), &made["size"]),
        (Some("aCgDG9jwBhDc4Q1yawMZAAAAAAA="), &json!(11))
    );
}

#[tokio::test]
async fn throttling_is_a_fault_like_any_other() {
    let client = Client::new().await;
    let slow = r#"[{"service":"graph","path":"/root","action":{"status":{"status":429,"headers":{"retry-after":"7"},
        "body":{"error":{"code":"activityLimitReached","message":"slow down"}}}}}]"#;
    client
        .cloud
        .state()
        .faults
        .add(Fault::parse_list(slow).unwrap());
    let path = format!("{}/root", client.drive("Finance"));
    let reply = client.get(&path).await;
    assert_eq!(
        (reply.error(), reply.header("retry-after")),
        (refusal(429, "activityLimitReached", ""), "7")
    );
    assert_eq!(client.get(&path).await.status, 200);
}

fn on_fragment(action: Action) -> Fault {
    Fault {
        method: Some("PUT".into()),
        ..Fault::on(Service::Upload, "uploadSession", action)
    }
}

#[tokio::test]
async fn a_fragment_is_cut_off_in_the_middle() {
    let session = Session::open("a.csv", json!({"item": {"fileSize": 10}})).await;
    let faults = &session.client.cloud.state().faults;
    faults.add(vec![on_fragment(Action::CutRequest { after: 4 })]);
    let mut stream = open(
        "PUT",
        &session.url,
        &["content-range: bytes 0-9/10", "content-length: 10"],
    )
    .await;
    stream.write_all(b"0123456789").await.unwrap();
    let mut reply = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut reply).await;
    assert!(reply.is_empty(), "no reply");
    let log = session.client.cloud.state().log.since(0);
    let cut = log.iter().find(|entry| !entry.faults.is_empty()).unwrap();
    assert_eq!((cut.received, cut.status), (4, None));
    assert_eq!(session.expected().await, json!(["0-9"]));
}

#[tokio::test]
async fn some_last_fragments_are_refused_and_a_session_ends_as_told() {
    let session = Session::open("a.csv", json!({"item": {"fileSize": 10}})).await;
    let hook = |name: &str, value| {
        on_fragment(Action::Hook {
            name: name.into(),
            value,
        })
    };
    let faults = &session.client.cloud.state().faults;
    faults.add(vec![
        hook("refuse-last-fragment", json!(10)),
        Fault {
            nth: 2,
            ..hook("refuse-last-fragment", json!(9))
        },
    ]);
    let put = async || {
        let lines = ["content-range: bytes 0-9/10", "content-length: 10"];
        send("PUT", &session.url, &lines, b"0123456789").await
    };
    assert_eq!(put().await.error(), refusal(500, "generalException", ""));
    assert_eq!(put().await.status, 201, "another size");
    let session = Session::open("b.csv", json!({"item": {"fileSize": 10}})).await;
    let faults = &session.client.cloud.state().faults;
    faults.add(vec![
        hook("expire-url", json!(null)),
        Fault {
            nth: 2,
            ..hook("end-session", json!(null))
        },
    ]);
    let put = async || {
        let lines = ["content-range: bytes 0-9/10", "content-length: 10"];
        send("PUT", &session.url, &lines, b"0123456789").await
    };
    assert_eq!(
        put().await.error(),
        refusal(401, "unauthenticated", "expiredToken")
    );
    assert_eq!(put().await.status, 404);
}
