//! Folders: created level by level, listed, and their conflicts.

use serde_json::{Value, json};

use crate::client::{Client, refusal};

fn folder(name: &str, conflict: &str) -> Value {
    json!({"name": name, "folder": {}, "@microsoft.graph.conflictBehavior": conflict})
}

#[tokio::test]
async fn a_folder_is_created_and_found_in_any_case() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let made = client
        .post(
            &format!("{drive}/root/children"),
            &folder("Reports", "fail"),
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!(made["folder"]["childCount"], 0);
    assert!(made["id"].as_str().unwrap().starts_with("01"));
    let found = client.get(&format!("{drive}/root:/REPORTS")).await.json();
    assert_eq!(
        (&found["id"], &found["name"]),
        (&made["id"], &json!("Reports"))
    );
    let below = format!("{drive}/items/{}/children", made["id"].as_str().unwrap());
    assert_eq!(
        client.post(&below, &folder("Daily", "fail")).await.status,
        201
    );
    let daily = client
        .get(&format!("{drive}/root:/Reports/daily:"))
        .await
        .json();
    assert_eq!(daily["parentReference"]["id"], made["id"]);
    assert!(
        daily["parentReference"]["path"]
            .as_str()
            .unwrap()
            .ends_with("/root:/Reports")
    );
    assert!(
        daily["webUrl"]
            .as_str()
            .unwrap()
            .ends_with("/Shared%20Documents/Reports/Daily")
    );
}

#[tokio::test]
async fn a_taken_name_fails_or_is_numbered_but_never_replaced() {
    let client = Client::new().await;
    let root = format!("{}/root/children", client.drive("Finance"));
    assert_eq!(
        client.post(&root, &folder("v1.2", "fail")).await.status,
        201
    );
    let taken = refusal(409, "nameAlreadyExists", "");
    assert_eq!(
        client.post(&root, &folder("V1.2", "fail")).await.error(),
        taken
    );
    assert_eq!(
        client.post(&root, &folder("v1.2", "replace")).await.error(),
        taken
    );
    let plain = json!({"name": "v1.2", "folder": {}});
    assert_eq!(client.post(&root, &plain).await.error(), taken);
    let renamed = client.post(&root, &folder("v1.2", "rename")).await.json();
    assert_eq!(renamed["name"], "v1.2 1");
    let rclone = json!({"name": "v1.2", "folder": {}, "@name.conflictBehavior": "fail"});
    assert_eq!(client.post(&root, &rclone).await.error(), taken);
    let wrong = client.post(&root, &folder("b", "Replace")).await;
    assert_eq!(wrong.error(), refusal(400, "invalidRequest", ""));
}

#[tokio::test]
async fn a_folder_needs_a_good_name_a_facet_and_a_parent() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let root = format!("{drive}/root/children");
    for name in ["a:b", "~temp", "Forms", "CON", " a", "a."] {
        let reply = client.post(&root, &folder(name, "fail")).await;
        let expected = refusal(400, "invalidRequest", "nameContainsInvalidCharacters");
        assert_eq!(reply.error(), expected, "{name}");
    }
    assert_eq!(client.post(&root, &json!({"name": "a"})).await.status, 400);
    assert_eq!(client.post(&root, &json!({"folder": {}})).await.status, 400);
    let unknown = format!("{drive}/root:/Nowhere:/children");
    assert_eq!(
        client.post(&unknown, &folder("a", "fail")).await.status,
        404
    );
    client
        .put(&format!("{drive}/root:/a.csv:/content"), b"1")
        .await;
    let file = format!("{drive}/root:/a.csv:/children");
    assert_eq!(client.post(&file, &folder("a", "fail")).await.status, 404);
    assert_eq!(
        client.post(&root, &folder("A.csv", "fail")).await.status,
        409
    );
}

#[tokio::test]
async fn children_come_in_pages() {
    let client = Client::new().await;
    let (children, pages) = client
        .list(&format!(
            "{}/root/children?$top=1000&$select=id,name&$orderby=name",
            client.drive("HR")
        ))
        .await;
    assert_eq!((children.len(), pages), (25, 5));
    assert_eq!(children[24]["name"], "REPORTS");
    assert_eq!(children[0].as_object().unwrap().len(), 2);
    let bad = format!("{}/root/children?$top=0", client.drive("HR"));
    assert_eq!(client.get(&bad).await.status, 400);
}
