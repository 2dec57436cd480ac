//! Who may do what: tokens, roles, grants, and what an error body holds.

use serde_json::json;

use crate::client::{Client, refusal, send};

#[tokio::test]
async fn a_token_must_be_there_and_ours() {
    let client = Client::new().await;
    let url = format!("{}/sites/root", client.cloud.description().graph);
    for lines in [
        &[][..],
        &["authorization: Bearer nonsense"],
        &["authorization: Basic eDp5"],
    ] {
        let reply = send("GET", &url, lines, b"").await;
        let expected = refusal(401, "InvalidAuthenticationToken", "");
        assert_eq!(reply.error(), expected, "{lines:?}");
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
    }
}

#[tokio::test]
async fn an_error_tells_its_ids() {
    let client = Client::new().await;
    let id = "0b5f8a1e-0000-4000-8000-00000000beef";
    let line = format!("client-request-id: {id}");
    let reply = client.call("GET", "/sites/a,b,c", &[&line], b"").await;
    let inner = reply.json()["error"]["innerError"].clone();
    assert_eq!(
        (
            inner["client-request-id"].as_str(),
            reply.header("client-request-id")
        ),
        (Some(id), id)
    );
    assert_eq!(
        inner["request-id"].as_str(),
        Some(reply.header("request-id"))
    );
    assert!(!reply.header("request-id").is_empty() && inner["date"].is_string());
    assert!(!reply.header("date").is_empty());
}

#[tokio::test]
async fn no_roles_at_all_is_told_apart() {
    let mut client = Client::new().await;
    client.becomes("no-roles").await;
    let reply = client.get("/sites/root").await;
    assert_eq!(reply.error(), refusal(403, "AccessDenied", ""));
    assert_eq!(
        reply.json()["error"]["message"],
        "Either scp or roles claim need to be present in the token."
    );
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let mut client = Client::new().await;
    client.becomes("read-only").await;
    let drive = client.drive("Finance");
    assert_eq!(
        client.get(&format!("{drive}/root/children")).await.status,
        200
    );
    let denied = refusal(403, "accessDenied", "");
    let folder = json!({"name": "a", "folder": {}});
    for reply in [
        client
            .put(&format!("{drive}/root:/a.csv:/content"), b"1")
            .await,
        client
            .post(&format!("{drive}/root/children"), &folder)
            .await,
        client
            .post(
                &format!("{drive}/root:/a.csv:/createUploadSession"),
                &json!({}),
            )
            .await,
        client
            .call("DELETE", &format!("{drive}/items/01X"), &[], b"")
            .await,
    ] {
        assert_eq!(reply.error(), denied);
    }
}

#[tokio::test]
async fn selected_sites_are_no_others_and_cannot_be_searched() {
    let mut client = Client::new().await;
    client.becomes("sites-selected").await;
    let denied = refusal(403, "accessDenied", "");
    for path in ["/sites?search=*", "/sites/getAllSites", "/sites/root"] {
        assert_eq!(client.get(path).await.error(), denied, "{path}");
    }
    let (write, read, none) = (
        client.drive("Finance"),
        client.drive("Marketing"),
        client.drive("HR"),
    );
    let put = async |drive: &str| {
        client
            .put(&format!("{drive}/root:/a.csv:/content"), b"1")
            .await
            .status
    };
    assert_eq!(
        (put(&write).await, put(&read).await, put(&none).await),
        (201, 403, 403)
    );
    assert_eq!(
        client.get(&format!("{read}/root/children")).await.status,
        200
    );
    assert_eq!(
        client.get(&format!("{none}/root/children")).await.status,
        403
    );
}

#[tokio::test]
async fn only_full_control_grants_a_site() {
    let client = Client::new().await;
    let path = format!("/sites/{}/permissions", client.site("HR"));
    let grant = json!({"roles": ["write"], "grantedTo": [{"application": {"id": "x"}}]});
    assert_eq!(
        client.post(&path, &grant).await.error(),
        refusal(403, "accessDenied", "")
    );
}
