//! Upload sessions: how they go, and every way in which a client gets them wrong.

use serde_json::{Value, json};

use crate::client::{Client, Reply, refusal, send};

/// 320 KiB.
const GRID: usize = 327_680;

/// An open session for `name` in Finance's default library.
pub struct Session {
    pub client: Client,
    pub url: String,
}

impl Session {
    pub async fn open(name: &str, body: Value) -> Self {
        let client = Client::new().await;
        let url = create(&client, name, &body).await.json()["uploadUrl"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { client, url }
    }

    pub async fn put(&self, range: &str, body: &[u8]) -> Reply {
        let lines = [
            format!("content-range: {range}"),
            format!("content-length: {}", body.len()),
        ];
        send("PUT", &self.url, &[&lines[0], &lines[1]], body).await
    }

    pub async fn expected(&self) -> Value {
        send("GET", &self.url, &[], b"").await.json()["nextExpectedRanges"].clone()
    }
}

pub async fn create(client: &Client, name: &str, body: &Value) -> Reply {
    client
        .post(
            &format!(
                "{}/root:/{name}:/createUploadSession",
                client.drive("Finance")
            ),
            body,
        )
        .await
}

fn item(conflict: &str) -> Value {
    json!({"item": {"@microsoft.graph.conflictBehavior": conflict}})
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i % 251) as u8).collect()
}

#[tokio::test]
async fn fragments_make_a_file_and_the_missing_range_is_closed() {
    let content = bytes(1_000_000);
    let session = Session::open("a.csv", json!({"item": {"@microsoft.graph.conflictBehavior": "fail", "name": "a.csv", "fileSize": 1_000_000}})).await;
    let upload = &session.client.cloud.description().upload;
    let start = format!("{upload}/sites/Finance/_api/v2.0/drives/b!");
    assert!(session.url.starts_with(&start), "{}", session.url);
    assert!(session.url.contains("/uploadSession?guid='") && session.url.contains("tempauth="));
    assert_eq!(session.expected().await, json!(["0-999999"]));
    let first = session
        .put("bytes 0-655359/1000000", &content[..2 * GRID])
        .await;
    assert_eq!(first.status, 202);
    assert_eq!(first.json()["nextExpectedRanges"], json!(["655360-999999"]));
    assert!(first.json()["expirationDateTime"].is_string());
    assert_eq!(session.expected().await, json!(["655360-999999"]));
    assert!(session.client.stored().is_empty());
    let last = session
        .put("bytes 655360-999999/1000000", &content[2 * GRID..])
        .await;
    assert_eq!(last.status, 201);
    let made = last.json();
    assert_eq!(
        made["file"]["hashes"]["quickXorHash"],
        "HdE6CZEtWr3VHJPlFJtbLXBwV0c="
    );
    assert_eq!(
        (&made["size"], &made["name"]),
        (&json!(1_000_000), &json!("a.csv"))
    );
    assert_eq!(
        session.client.stored(),
        [("Finance/Documents/a.csv".into(), 1_000_000)]
    );
    let after = send("GET", &session.url, &[], b"").await;
    assert_eq!(after.error(), refusal(404, "itemNotFound", ""));
}

#[tokio::test]
async fn any_authorization_is_answered_401_without_a_request_id_in_the_body() {
    let session = Session::open("a.csv", item("fail")).await;
    for method in ["GET", "PUT", "DELETE", "POST"] {
        let token = session.client.authorization();
        let reply = send(method, &session.url, &[&token], b"").await;
        assert_eq!(
            reply.error(),
            refusal(401, "unauthenticated", ""),
            "{method}"
        );
        assert!(
            reply
                .json()
                .pointer("/error/innerError/request-id")
                .is_none()
        );
        assert!(!reply.header("sprequestguid").is_empty());
    }
    let forged = session.url.replace("tempauth=v1.", "tempauth=v1.0");
    assert_eq!(send("GET", &forged, &[], b"").await.status, 401);
    assert_eq!(
        session.expected().await,
        json!(["0-"]),
        "nothing of it counted"
    );
}

#[tokio::test]
async fn a_malformed_fragment_is_400() {
    let session = Session::open("a.csv", item("fail")).await;
    let some = bytes(GRID);
    for (range, body) in [
        ("bytes 0-327679/*", &some[..]),
        ("bytes */1000000", &some[..]),
        ("0-327679/1000000", &some[..]),
        ("bytes 0-327678/1000000", &some[..]),
        ("bytes 0-999/1000000", &some[..1000]),
        ("bytes 0--1/0", &[]),
        ("bytes 0-327679/1000", &some[..]),
    ] {
        let reply = session.put(range, body).await;
        assert_eq!(reply.error(), refusal(400, "invalidRequest", ""), "{range}");
    }
    let star = session.put("bytes 0-327679/*", &some).await.json();
    assert_eq!(
        star["error"]["message"],
        "The Content-Range header must include a total length."
    );
    let ranged = "content-range: bytes 0-9/10";
    let chunked = send(
        "PUT",
        &session.url,
        &[ranged, "transfer-encoding: chunked"],
        b"a\r\n0123456789\r\n0\r\n\r\n",
    )
    .await;
    assert!(
        chunked.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not known")
    );
    assert_eq!(send("PUT", &session.url, &[ranged], b"").await.status, 400);
    assert_eq!(
        send("PUT", &session.url, &["content-length: 10"], b"0123456789")
            .await
            .status,
        400
    );
    assert_eq!(session.expected().await, json!(["0-"]));
}

#[tokio::test]
async fn sixty_mebibytes_are_refused() {
    let session = Session::open("a.csv", item("fail")).await;
    let lines = [
        "content-range: bytes 0-62914559/99614720",
        "content-length: 62914560",
        "expect: 100-continue",
    ];
    let reply = send("PUT", &session.url, &lines, b"").await;
    assert_eq!(reply.error(), refusal(400, "invalidRequest", ""));
}

#[tokio::test]
async fn fragments_come_in_order_and_the_total_stays() {
    let session = Session::open("a.csv", item("fail")).await;
    let some = bytes(GRID);
    let early = session.put("bytes 327680-655359/1000000", &some).await;
    assert_eq!(
        early.error(),
        refusal(416, "invalidRange", "fragmentOutOfOrder")
    );
    assert_eq!(
        session.put("bytes 0-327679/1000000", &some).await.status,
        202
    );
    let twice = session.put("bytes 0-327679/1000000", &some).await;
    assert_eq!(
        twice.error(),
        refusal(416, "invalidRange", "fragmentOverlap")
    );
    let other = session.put("bytes 327680-655359/1000001", &some).await;
    assert_eq!(other.error(), refusal(400, "invalidRequest", ""));
    assert_eq!(session.expected().await, json!(["327680-999999"]));
}

#[tokio::test]
async fn a_session_is_deleted_once() {
    let session = Session::open("a.csv", item("fail")).await;
    assert_eq!(send("DELETE", &session.url, &[], b"").await.status, 204);
    let gone = refusal(404, "itemNotFound", "");
    for method in ["DELETE", "GET"] {
        assert_eq!(send(method, &session.url, &[], b"").await.error(), gone);
    }
    assert_eq!(session.put("bytes 0-0/1", b"1").await.error(), gone);
}

#[tokio::test]
async fn a_deferred_file_waits_for_its_post() {
    let session = Session::open(
        "a.csv",
        json!({"deferCommit": true, "item": {"@microsoft.graph.conflictBehavior": "fail"}}),
    )
    .await;
    let commit = async || send("POST", &session.url, &["content-length: 0"], b"").await;
    assert_eq!(commit().await.status, 400);
    let all = session.put("bytes 0-9/10", b"0123456789").await;
    assert_eq!(
        (all.status, &all.json()["nextExpectedRanges"]),
        (202, &json!([]))
    );
    assert!(session.client.stored().is_empty());
    assert_eq!(commit().await.status, 201);
    assert_eq!(
        session.client.stored(),
        [("Finance/Documents/a.csv".into(), 10)]
    );
    let plain = Session::open("b.csv", item("fail")).await;
    assert_eq!(
        send("POST", &plain.url, &["content-length: 0"], b"")
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_wrong_creation_is_refused() {
    let client = Client::new().await;
    let bad = refusal(400, "invalidRequest", "");
    for body in [
        json!({"@microsoft.graph.conflictBehavior": "replace"}),
        json!({"item": {"@microsoft.graph.conflictBehavior": "keep"}}),
        json!({"item": {"name": "b.csv"}}),
        json!({"item": {"size": 5}}),
        json!({"item": {"fileSize": "5"}}),
        json!({"item": {"fileSize": 0}}),
    ] {
        assert_eq!(create(&client, "a.csv", &body).await.error(), bad, "{body}");
    }
    assert_eq!(
        create(&client, "missing/a.csv", &item("fail"))
            .await
            .error(),
        refusal(404, "itemNotFound", "")
    );
    assert_eq!(create(&client, "a:b.csv", &item("fail")).await.status, 400);
    assert_eq!(
        create(&client, "con", &item("fail")).await.error(),
        refusal(400, "invalidRequest", "nameContainsInvalidCharacters")
    );
    let text = client
        .call(
            "POST",
            &format!(
                "{}/root:/a.csv:/createUploadSession",
                client.drive("Finance")
            ),
            &[],
            b"{",
        )
        .await;
    assert_eq!(text.error(), refusal(400, "BadRequest", ""));
    let get = client
        .get(&format!(
            "{}/root:/a.csv:/createUploadSession",
            client.drive("Finance")
        ))
        .await;
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn fail_refuses_a_taken_name_at_both_ends() {
    let session = Session::open("a.csv", item("fail")).await;
    let path = format!("{}/root:/A.csv:/content", session.client.drive("Finance"));
    session.client.put(&path, b"meanwhile").await;
    let taken = refusal(409, "nameAlreadyExists", "");
    assert_eq!(
        session.put("bytes 0-9/10", b"0123456789").await.error(),
        taken
    );
    assert_eq!(
        session.expected().await,
        json!(["0-9"]),
        "the last fragment can be sent again"
    );
    assert_eq!(
        create(&session.client, "a.csv", &item("fail"))
            .await
            .error(),
        taken
    );
    assert_eq!(
        session.client.stored(),
        [("Finance/Documents/A.csv".into(), 9)]
    );
}

#[tokio::test]
async fn rename_takes_the_lowest_free_number() {
    let session = Session::open("a.csv", item("rename")).await;
    for name in ["a.csv", "a%201.csv", "a%203.csv"] {
        session
            .client
            .put(
                &format!("{}/root:/{name}:/content", session.client.drive("Finance")),
                b"1",
            )
            .await;
    }
    let made = session.put("bytes 0-0/1", b"x").await;
    assert_eq!(
        (made.status, &made.json()["name"]),
        (201, &json!("a 2.csv"))
    );
}

#[tokio::test]
async fn replace_keeps_the_item_and_adds_a_version() {
    let client = Client::new().await;
    let old = client
        .put(
            &format!("{}/root:/a.csv:/content", client.drive("Finance")),
            b"old",
        )
        .await
        .json();
    let url = create(&client, "A.csv", &json!({})).await.json()["uploadUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(url.contains("overwrite=True&rename=False"));
    let session = Session { client, url };
    let made = session.put("bytes 0-0/1", b"x").await;
    assert_eq!(
        (made.status, &made.json()["id"], &made.json()["name"]),
        (200, &old["id"], &json!("a.csv"))
    );
    assert_eq!(session.client.cloud.state().graph.files()[0].versions, 2);
}

#[tokio::test]
async fn a_session_by_id_holds_its_condition_to_the_end() {
    let client = Client::new().await;
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    let old = client.put(&path, b"old").await.json();
    let by_id = format!(
        "{}/items/{}/createUploadSession",
        client.drive("Finance"),
        old["id"].as_str().unwrap()
    );
    let line = format!("if-match: {}", old["eTag"].as_str().unwrap());
    let reply = client.call("POST", &by_id, &[&line], b"").await;
    assert_eq!(reply.status, 200);
    let session = Session {
        url: reply.json()["uploadUrl"].as_str().unwrap().to_owned(),
        client,
    };
    session.client.put(&path, b"newer").await;
    assert_eq!(
        session.put("bytes 0-0/1", b"x").await.error(),
        refusal(412, "notAllowed", "")
    );
    let stale = session.client.call("POST", &by_id, &[&line], b"").await;
    assert_eq!(stale.error(), refusal(412, "notAllowed", ""));
}

#[tokio::test]
async fn a_second_session_for_a_file_waits_for_the_first() {
    let session = Session::open("a.csv", item("replace")).await;
    let again = create(&session.client, "A.csv", &item("replace")).await;
    assert_eq!(again.error(), refusal(409, "nameAlreadyExists", ""));
    assert!(
        again.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("currently being uploaded")
    );
    assert_eq!(
        create(&session.client, "b.csv", &item("replace"))
            .await
            .status,
        200
    );
    send("DELETE", &session.url, &[], b"").await;
    assert_eq!(
        create(&session.client, "a.csv", &item("replace"))
            .await
            .status,
        200
    );
    session
        .client
        .control("/sessions/rules", &json!({"exclusive": false}))
        .await;
    assert_eq!(
        create(&session.client, "a.csv", &item("replace"))
            .await
            .status,
        200
    );
}
