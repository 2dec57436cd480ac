//! Items: changed, deleted, checked in.

use serde_json::json;

use crate::client::{Client, refusal};

#[tokio::test]
async fn a_deleted_folder_takes_everything_with_it() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    client
        .put(&format!("{drive}/root:/a/b/c.csv:/content"), b"1")
        .await;
    client
        .put(&format!("{drive}/root:/d.csv:/content"), b"2")
        .await;
    assert_eq!(client.stored().len(), 2);
    assert_eq!(
        client
            .call("DELETE", &format!("{drive}/root:/a"), &[], b"")
            .await
            .status,
        204
    );
    assert_eq!(client.stored(), [("Finance/Documents/d.csv".into(), 1)]);
    assert_eq!(client.get(&format!("{drive}/root:/a/b")).await.status, 404);
    assert_eq!(
        client
            .call("DELETE", &format!("{drive}/root:/a"), &[], b"")
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .call("DELETE", &format!("{drive}/root"), &[], b"")
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_file_is_renamed_and_its_times_are_set() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let made = client
        .put(&format!("{drive}/root:/a.csv:/content"), b"1")
        .await
        .json();
    client
        .put(&format!("{drive}/root:/b.csv:/content"), b"2")
        .await;
    let item = format!("{drive}/items/{}", made["id"].as_str().unwrap());
    let patch = async |body| {
        let text = serde_json::Value::to_string(&body);
        client
            .call(
                "PATCH",
                &item,
                &["content-type: application/json"],
                text.as_bytes(),
            )
            .await
    };
    assert_eq!(
        patch(json!({"name": "B.csv"})).await.error(),
        refusal(409, "nameAlreadyExists", "")
    );
    assert_eq!(patch(json!({"name": "a|b"})).await.status, 400);
    let time = "2020-02-02T02:02:02Z";
    let done = patch(json!({"name": "A.CSV", "fileSystemInfo": {"lastModifiedDateTime": time}}))
        .await
        .json();
    assert_eq!(done["name"], "A.CSV");
    assert_eq!(done["fileSystemInfo"]["lastModifiedDateTime"], time);
    assert_ne!(done["eTag"], made["eTag"]);
    assert_eq!(done["cTag"], made["cTag"]);
}

#[tokio::test]
async fn a_new_file_where_check_out_is_required_is_invisible_until_checked_in() {
    let mut client = Client::new().await;
    let legal = client.site("Legal");
    let (drives, _) = client.list(&format!("/sites/{legal}/drives")).await;
    let contracts = drives
        .iter()
        .find(|drive| drive["name"] == "Contracts")
        .unwrap();
    let drive = format!("/drives/{}", contracts["id"].as_str().unwrap());
    let made = client
        .put(&format!("{drive}/root:/a.csv:/content"), b"1")
        .await
        .json();
    let item = format!("{drive}/items/{}", made["id"].as_str().unwrap());
    assert!(client.cloud.state().graph.files()[0].checked_out);
    client.becomes("read-only").await;
    assert_eq!(client.get(&item).await.status, 404);
    assert!(
        client
            .list(&format!("{drive}/root/children"))
            .await
            .0
            .is_empty()
    );
    client.becomes("").await;
    let wrong = json!({"checkInAs": "loud"});
    assert_eq!(
        client.post(&format!("{item}/checkin"), &wrong).await.status,
        400
    );
    let right = json!({"comment": "", "checkInAs": "published"});
    assert_eq!(
        client.post(&format!("{item}/checkin"), &right).await.status,
        204
    );
    assert_eq!(
        client.post(&format!("{item}/checkin"), &right).await.status,
        400
    );
    client.becomes("read-only").await;
    assert_eq!(client.get(&item).await.status, 200);
    assert!(!client.cloud.state().graph.files()[0].checked_out);
}

#[tokio::test]
async fn the_versions_of_a_file_are_listed_the_newest_first() {
    let client = Client::new().await;
    let drive = client.drive("Finance");
    let path = format!("{drive}/root:/a.csv");
    for content in ["1", "22", "333"] {
        let put = format!("{path}:/content");
        client.put(&put, content.as_bytes()).await;
    }
    let listed = client.get(&format!("{path}:/versions")).await.json();
    let versions = listed["value"].as_array().unwrap();
    let shown: Vec<_> = versions.iter().map(|v| (&v["id"], &v["size"])).collect();
    let expected = [
        (&json!("3.0"), &json!(3)),
        (&json!("2.0"), &json!(2)),
        (&json!("1.0"), &json!(1)),
    ];
    assert_eq!(shown, expected);
    assert!(
        versions
            .iter()
            .all(|v| v["lastModifiedDateTime"].is_string())
    );
    let item = client.get(&format!("{path}?$select=id,publication")).await;
    assert_eq!(item.json()["publication"]["versionId"], json!("3.0"));
    let folder = client.get(&format!("{drive}/root/versions")).await;
    assert_eq!(folder.status, 400);
}
