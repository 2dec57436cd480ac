//! Downloads: a redirect to the SharePoint origin, whole or in ranges.

use crate::client::{Client, refusal, send};

#[tokio::test]
async fn content_is_a_redirect_that_takes_no_authorization() {
    let client = Client::new().await;
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    client.put(&path, b"hello world").await;
    let reply = client.get(&path).await;
    let url = reply.header("location").to_owned();
    assert_eq!(reply.status, 302);
    assert!(url.starts_with(&client.cloud.description().upload), "{url}");
    let whole = send("GET", &url, &[], b"").await;
    assert_eq!((whole.status, &whole.body[..]), (200, &b"hello world"[..]));
    let signed = send("GET", &url, &[&client.authorization()], b"").await;
    assert_eq!(signed.error(), refusal(401, "unauthenticated", ""));
    let forged = send(
        "GET",
        &url.replace("tempauth=v1.", "tempauth=v1.0"),
        &[],
        b"",
    )
    .await;
    assert_eq!(forged.error(), refusal(401, "unauthenticated", ""));
    client
        .call("DELETE", &path.replace(":/content", ""), &[], b"")
        .await;
    assert_eq!(send("GET", &url, &[], b"").await.status, 404);
    assert_eq!(client.get(&path).await.status, 404);
    let folder = client
        .get(&format!("{}/root/content", client.drive("Finance")))
        .await;
    assert_eq!(folder.error(), refusal(400, "invalidRequest", ""));
}

#[tokio::test]
async fn ranges_are_cut_or_refused() {
    let client = Client::new().await;
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    let item = client.put(&path, b"0123456789").await.json();
    let url = item["@microsoft.graph.downloadUrl"].as_str().unwrap();
    for (range, expected, content) in [
        ("bytes=2-4", "bytes 2-4/10", &b"234"[..]),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-2", "bytes 8-9/10", b"89"),
        ("bytes=8-99", "bytes 8-9/10", b"89"),
    ] {
        let reply = send("GET", url, &[&format!("range: {range}")], b"").await;
        assert_eq!(
            (reply.status, reply.header("content-range"), &reply.body[..]),
            (206, expected, content)
        );
    }
    for range in ["bytes=10-", "bytes=5-4", "lines=1-2", "bytes=x-y"] {
        let reply = send("GET", url, &[&format!("range: {range}")], b"").await;
        assert_eq!(reply.error(), refusal(416, "invalidRange", ""), "{range}");
    }
}
