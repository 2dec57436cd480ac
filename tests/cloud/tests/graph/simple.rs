//! The simple PUT: names, conflicts, conditions, sizes.

use serde_json::json;

use crate::client::{Client, refusal, send};

#[tokio::test]
async fn a_put_makes_a_whole_item() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let reply = client
        .put(
            &format!("{drive}/root:/Reports/Daily/sales.csv:/content"),
            b"hello world",
        )
        .await;
    assert_eq!(reply.status, 201);
    let item = reply.json();
    assert_eq!(
        (&item["name"], &item["size"]),
        (&json!("sales.csv"), &json!(11))
    );
    assert_eq!(
        item["file"]["hashes"]["quickXorHash"],
        "aCgDG9jwBhDc4Q1yawMZAAAAAAA="
    );
    for field in [
        "id",
        "eTag",
        "cTag",
        "webUrl",
        "createdDateTime",
        "@microsoft.graph.downloadUrl",
    ] {
        assert!(item[field].is_string(), "{field}");
    }
    let files = client.cloud.state().graph.files();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].path, "Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(
        files[0].sha256,
        "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
    );
    assert_eq!(files[0].quick_xor_hash, "aCgDG9jwBhDc4Q1yawMZAAAAAAA=");
    let listed = client
        .get(&format!("{}/files", client.cloud.description().control))
        .await
        .json();
    assert_eq!(listed[0]["quickXorHash"], "aCgDG9jwBhDc4Q1yawMZAAAAAAA=");
}

#[tokio::test]
async fn a_name_that_is_taken_is_replaced_unless_asked_otherwise() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let put = async |query: &str, body: &[u8]| {
        client
            .put(&format!("{drive}/root:/Sales.csv:/content{query}"), body)
            .await
    };
    let first = put("", b"1").await;
    assert_eq!(first.status, 201);
    let again = client
        .put(&format!("{drive}/root:/sALES.csv:/content"), b"22")
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["id"], first.json()["id"]);
    assert_eq!(
        again.json()["name"],
        "Sales.csv",
        "the first spelling stays"
    );
    assert_ne!(again.json()["cTag"], first.json()["cTag"]);
    let fail = put("?@microsoft.graph.conflictBehavior=fail", b"3").await;
    assert_eq!(fail.error(), refusal(409, "nameAlreadyExists", ""));
    for name in ["Sales 1.csv", "Sales 2.csv"] {
        let renamed = put("?%40microsoft.graph.conflictBehavior=rename", b"444").await;
        assert_eq!(
            (renamed.status, renamed.json()["name"].as_str()),
            (201, Some(name))
        );
    }
    assert_eq!(
        put("?@microsoft.graph.conflictBehavior=keep", b"5")
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .stored()
            .iter()
            .map(|file| file.1)
            .collect::<Vec<_>>(),
        [3, 3, 2]
    );
    assert_eq!(client.cloud.state().graph.files()[2].versions, 2);
}

#[tokio::test]
async fn a_file_is_written_by_id_but_a_folder_is_not() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let made = client
        .put(&format!("{drive}/items/root:/x/a.csv:/content"), b"1")
        .await
        .json();
    let by_id = client
        .put(
            &format!("{drive}/items/{}/content", made["id"].as_str().unwrap()),
            b"22",
        )
        .await;
    assert_eq!((by_id.status, &by_id.json()["size"]), (200, &json!(2)));
    let parent = made["parentReference"]["id"].as_str().unwrap();
    assert_eq!(
        client
            .put(&format!("{drive}/items/{parent}/content"), b"1")
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .put(&format!("{drive}/items/{parent}:/b.csv:/content"), b"1")
            .await
            .status,
        201
    );
    let taken = client.put(&format!("{drive}/root:/x:/content"), b"1").await;
    assert_eq!(taken.error(), refusal(409, "nameAlreadyExists", ""));
    assert_eq!(
        client
            .put(&format!("{drive}/items/01UNKNOWN/content"), b"1")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn kiota_and_o365_spell_addresses_their_way() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    assert_eq!(
        client
            .put(
                &format!("{drive}/items/root%3A%2Fa%20b.csv%3A/content"),
                b"1"
            )
            .await
            .status,
        201
    );
    assert_eq!(
        client
            .put(&format!("{drive}/root://50%25%20%23.csv:/content"), b"22")
            .await
            .status,
        201
    );
    let expected = [
        ("Finance/Documents/50% #.csv".into(), 2),
        ("Finance/Documents/a b.csv".into(), 1),
    ];
    assert_eq!(client.stored(), expected);
}

#[tokio::test]
async fn names_that_sharepoint_refuses() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let forbidden = refusal(400, "invalidRequest", "nameContainsInvalidCharacters");
    for name in [
        "a*b.csv",
        "a%3Fb",
        "a%7Cb",
        "%20a.csv",
        "a.",
        "con",
        "~%24a.csv",
        "x_VTI_y",
        "forms",
        "desktop.ini",
    ] {
        let reply = client
            .put(&format!("{drive}/root:/{name}:/content"), b"1")
            .await;
        assert_eq!(reply.error(), forbidden, "{name}");
    }
    let folder = client
        .put(&format!("{drive}/root:/~a/b.csv:/content"), b"1")
        .await;
    assert_eq!(folder.error(), forbidden);
    // With `sites/Finance/Shared Documents/` before it, the first has 401 characters and the second 400.
    let deep = |name: &str| {
        format!(
            "{drive}/root:/{}{name}:/content",
            format!("{}/", "d".repeat(90)).repeat(4)
        )
    };
    assert_eq!(
        client.put(&deep("xy.csv"), b"1").await.error(),
        refusal(400, "pathIsTooLong", "")
    );
    let long = format!("{drive}/root:/{}:/content", "n".repeat(256));
    assert_eq!(
        client.put(&long, b"1").await.error(),
        refusal(400, "pathIsTooLong", "")
    );
    assert!(client.stored().is_empty());
    assert_eq!(client.put(&deep("x.csv"), b"1").await.status, 201);
}

#[tokio::test]
async fn conditions_are_held_against_both_tags() {
    let client = Client::new().await;
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    let made = client.put(&path, b"1").await.json();
    let put = async |line: String| client.call("PUT", &path, &[&line], b"22").await;
    let failed = refusal(412, "notAllowed", "");
    assert_eq!(put("if-match: \"{0},1\"".into()).await.error(), failed);
    assert_eq!(put("if-none-match: *".into()).await.error(), failed);
    assert_eq!(
        put(format!("if-none-match: {}", made["eTag"].as_str().unwrap()))
            .await
            .error(),
        failed
    );
    assert_eq!(
        put(format!("if-match: {}", made["cTag"].as_str().unwrap()))
            .await
            .status,
        200
    );
    assert_eq!(
        put(format!("if-match: {}", made["eTag"].as_str().unwrap()))
            .await
            .error(),
        failed
    );
    let fresh = path.replace("a.csv", "b.csv");
    assert_eq!(
        client
            .call("PUT", &fresh, &["if-match: *"], b"1")
            .await
            .error(),
        failed
    );
}

#[tokio::test]
async fn a_size_must_be_known_and_small_enough() {
    let client = Client::new().await;
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    let large = client
        .call(
            "PUT",
            &path,
            &["content-length: 262144001", "expect: 100-continue"],
            b"",
        )
        .await;
    // The client's own length of 0 came first: two lengths are one too many for HTTP itself.
    assert_eq!(large.status, 400);
    let url = format!("{}{path}", client.cloud.description().graph);
    let token = client.authorization();
    let large = send(
        "PUT",
        &url,
        &[&token, "content-length: 262144001", "expect: 100-continue"],
        b"",
    )
    .await;
    assert_eq!(large.status, 413);
    assert!(
        large.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("262144000")
    );
    let chunked = send(
        "PUT",
        &url,
        &[&token, "transfer-encoding: chunked"],
        b"1\r\nx\r\n0\r\n\r\n",
    )
    .await;
    assert_eq!(chunked.status, 400);
    assert!(
        chunked.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not known")
    );
    let empty = client.put(&path, b"").await;
    assert_eq!(
        (empty.status, empty.json()["size"].as_u64()),
        (201, Some(0))
    );
    assert_eq!(
        empty.json()["file"]["hashes"]["quickXorHash"],
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
    );
}

#[tokio::test]
async fn a_broken_put_leaves_the_old_file_whole() {
    let client = Client::new().await;
    let path = format!("{}/root:/a.csv:/content", client.drive("Finance"));
    client.put(&path, b"old").await;
    let url = format!("{}{path}", client.cloud.description().graph);
    let lines = [&client.authorization(), "content-length: 10"];
    let mut stream = crate::client::open("PUT", &url, &lines).await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"new")
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut stream)
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
    assert_eq!(
        client.get(&path.replace(":/content", "")).await.json()["size"],
        3
    );
    assert_eq!(client.stored(), [("Finance/Documents/a.csv".into(), 3)]);
}
