//! Domo's DataSets: list, metadata, export, query.

use serde_json::Value;
use writeback_cloud::{Cloud, Options};

use crate::client::{cloud, dataset, domo_token, get, send};

async fn as_owner(cloud: &Cloud, url: &str) -> crate::client::Reply {
    get(url, &[("authorization", &domo_token(cloud, "owner").await)]).await
}

#[tokio::test]
async fn the_list_is_paged_filtered_and_sorted() {
    let cloud = Cloud::start(Options {
        datasets: 70,
        rows: 1,
        ..Options::default()
    })
    .await
    .unwrap();
    let url = format!("{}/v1/datasets", cloud.description().domo);
    let ids = |page: &Value| -> Vec<String> {
        page.as_array()
            .unwrap()
            .iter()
            .map(|dataset| dataset["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = ids(&as_owner(&cloud, &url).await.json());
    let second = ids(&as_owner(&cloud, &format!("{url}?offset=50")).await.json());
    assert_eq!((first.len(), second.len()), (50, 70 + 10 - 50));
    assert!(first.iter().all(|id| !second.contains(id)));
    assert_eq!(
        as_owner(&cloud, &format!("{url}?offset=500")).await.json(),
        serde_json::json!([])
    );
    for wrong in ["limit=51", "limit=0", "sort=colour"] {
        assert_eq!(
            as_owner(&cloud, &format!("{url}?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
    let duplicates = as_owner(&cloud, &format!("{url}?nameLike=dUPLIC"))
        .await
        .json();
    assert_eq!(ids(&duplicates).len(), 2);
    assert_eq!(duplicates[0]["name"], duplicates[1]["name"]);
    let up = as_owner(&cloud, &format!("{url}?sort=name&limit=1"))
        .await
        .json();
    let down = as_owner(&cloud, &format!("{url}?sort=nameDescending&limit=1"))
        .await
        .json();
    assert!(up[0]["name"].as_str() < down[0]["name"].as_str());
}

#[tokio::test]
async fn metadata_comes_in_all_its_shapes() {
    let cloud = cloud().await;
    let plain = as_owner(&cloud, &dataset(&cloud, "plain")).await.json();
    assert_eq!(
        (&plain["rows"], &plain["columns"], &plain["pdpEnabled"]),
        (&1000.into(), &8.into(), &false.into())
    );
    assert_eq!(plain["owner"]["id"], 964_382_593);
    assert_eq!(plain["schema"]["columns"].as_array().unwrap().len(), 8);
    let foreign = as_owner(&cloud, &dataset(&cloud, "foreign")).await.json();
    assert_eq!(foreign["owner"]["id"], "27733811");
    let ownerless = as_owner(&cloud, &dataset(&cloud, "ownerless")).await.json();
    assert!(ownerless.get("owner").is_none());
    let restricted = as_owner(&cloud, &dataset(&cloud, "pdp")).await.json();
    assert!(
        restricted["pdpEnabled"] == true && restricted["policies"].as_array().unwrap().len() == 2
    );
    let deleted = as_owner(&cloud, &dataset(&cloud, "deleted")).await;
    assert_eq!(
        (deleted.status, &deleted.json()["deleted"]),
        (200, &true.into())
    );
    assert!(deleted.json().get("rows").is_none());
    assert_eq!(
        as_owner(&cloud, &format!("{}/data", dataset(&cloud, "deleted")))
            .await
            .status,
        404
    );
    let denied = as_owner(&cloud, &dataset(&cloud, "inaccessible")).await;
    assert_eq!(denied.status, 400);
    assert_eq!(
        denied.json()["message"],
        "Infrastructure problem (403): Access is denied"
    );
    let unknown = format!(
        "{}/v1/datasets/00000000-0000-4000-8000-000000000000",
        cloud.description().domo
    );
    assert_eq!(as_owner(&cloud, &unknown).await.status, 404);
    let hard = as_owner(&cloud, &dataset(&cloud, "hard-name")).await.json();
    assert_eq!(hard["name"], "Sales: Q3 / \"North\"?");
}

#[tokio::test]
async fn an_export_has_the_described_bytes_and_repeats() {
    let cloud = Cloud::start(Options {
        rows: 25_000,
        columns: 12,
        ..Options::default()
    })
    .await
    .unwrap();
    let token = domo_token(&cloud, "owner").await;
    let headers = [("authorization", token.as_str()), ("accept", "text/csv")];
    let url = format!("{}/data", dataset(&cloud, "plain"));
    let with = get(
        &format!("{url}?includeHeader=True&fileName=x.csv"),
        &headers,
    )
    .await;
    assert_eq!(with.status, 200);
    assert_eq!(
        with.body.len() as u64,
        cloud.description().datasets[0].bytes
    );
    assert_eq!(with.header("content-type"), "text/csv;charset=utf-8");
    assert_eq!(
        with.header("content-disposition"),
        "attachment; filename=x.csv"
    );
    assert_eq!(with.header("transfer-encoding"), "chunked");
    let without = get(&url, &headers).await;
    assert!(with.body.ends_with(&without.body) && with.body.len() > without.body.len());
    assert!(
        with.body
            .starts_with(b"Row,Region,Amount,\"Customer, full name\"")
    );
    let again = get(&format!("{url}?includeHeader=true"), &headers).await;
    assert!(again.body == with.body);
    let empty = get(
        &format!("{}/data?includeHeader=false", dataset(&cloud, "empty")),
        &headers,
    )
    .await;
    assert_eq!((empty.status, empty.body.len()), (200, 0));
}

#[tokio::test]
async fn an_export_without_a_valid_token_is_html() {
    let cloud = cloud().await;
    let url = format!("{}/data", dataset(&cloud, "plain"));
    let html = get(&url, &[("accept", "text/csv")]).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (406, "text/html; charset=utf-8")
    );
    assert!(html.text().contains("UnauthorizedException"));
    assert_eq!(get(&url, &[]).await.status, 403);
    let token = domo_token(&cloud, "owner").await;
    let not_csv = get(
        &url,
        &[("accept", "application/json"), ("authorization", &token)],
    )
    .await;
    assert_eq!(not_csv.status, 406);
    cloud.state().tokens.expire_all();
    assert_eq!(
        get(&url, &[("accept", "text/csv"), ("authorization", &token)])
            .await
            .status,
        406
    );
}

#[tokio::test]
async fn under_pdp_a_participant_sees_half_and_the_count_agrees() {
    let cloud = cloud().await;
    let restricted = dataset(&cloud, "pdp");
    let query = restricted.replace("/v1/datasets/", "/v1/datasets/query/execute/");
    for (client, rows) in [("owner", 10), ("admin", 10), ("participant", 5)] {
        let token = domo_token(&cloud, client).await;
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
        ];
        let csv = get(&format!("{restricted}/data"), &headers).await.text();
        assert_eq!(csv.matches("\n1000").count() + 1, rows, "{client}");
        let body = r#"{"sql":"SELECT COUNT(*) FROM table"}"#;
        let counted = send("POST", &query, &headers, body).await.unwrap().json();
        assert_eq!(counted["rows"][0][0], rows, "{client}");
        assert_eq!(
            (&counted["numRows"], &counted["columns"][0]),
            (&1.into(), &"COUNT(*)".into())
        );
    }
}

#[tokio::test]
async fn a_wrong_query_is_refused() {
    let cloud = cloud().await;
    let token = domo_token(&cloud, "owner").await;
    let url = dataset(&cloud, "plain").replace("/v1/datasets/", "/v1/datasets/query/execute/");
    for (body, wanted) in [
        (
            r#"{"sql":{"sql":"SELECT COUNT(*) FROM table"}}"#,
            "Cannot deserialize instance of java.lang.String",
        ),
        (r#"{"sql":"SELECT * FROM table"}"#, "Only SELECT COUNT(*)"),
        ("SELECT COUNT(*) FROM table", "JSON parse error"),
    ] {
        let reply = send("POST", &url, &[("authorization", &token)], body)
            .await
            .unwrap();
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.text().contains(wanted), "{}", reply.text());
    }
}

#[tokio::test]
async fn owners_and_co_owners_are_shown_to_a_developer_token() {
    let cloud = cloud().await;
    let description = cloud.description();
    let url = dataset(&cloud, "foreign").replace("/v1/datasets/", "/api/data/v3/datasources/")
        + "/permissions";
    for refused in [
        ("authorization", domo_token(&cloud, "owner").await),
        ("x-domo-developer-token", "DDCIother".to_owned()),
    ] {
        let reply = get(&url, &[(refused.0, &refused.1)]).await;
        assert_eq!(reply.status, 401, "{refused:?}");
    }
    let token = &description.domo_developer_token;
    let reply = get(&url, &[("x-domo-developer-token", token)]).await.json();
    assert_eq!(reply["totalUserCount"], 3);
    let levels: Vec<&Value> = reply["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| &grant["accessLevel"])
        .collect();
    assert_eq!(levels, ["OWNER", "CO_OWNER", "CAN_VIEW"]);
}

#[tokio::test]
async fn rows_are_imported_into_a_dataset_of_the_api_alone() {
    let cloud = cloud().await;
    let (runs, plain) = (dataset(&cloud, "runs"), dataset(&cloud, "plain"));
    let row = "now,run_1,job_1,sales,done,\"by, \"\"hand\"\"\",,,,a.csv,1,20\n";
    let put = async |client: &str, url: String, kind: &str, body: &str| {
        let token = domo_token(&cloud, client).await;
        let headers = [("authorization", token.as_str()), ("content-type", kind)];
        send("PUT", &url, &headers, body.to_owned()).await.unwrap()
    };
    let append = |url: &str| format!("{url}/data?updateMethod=APPEND");
    let (many, torn) = (row.replace("1,20", "1,many"), row.replace("\"by", "by"));
    for (client, url, kind, body, status) in [
        ("owner", append(&runs), "application/json", row, 415),
        ("owner", append(&runs), "text/csv", "a,b\n", 400),
        ("owner", append(&runs), "text/csv", many.as_str(), 400),
        ("owner", append(&runs), "text/csv", torn.as_str(), 400),
        ("owner", append(&runs), "text/csv", "", 400),
        ("owner", append(&plain), "text/csv", row, 400),
        (
            "owner",
            append(&plain.replace('-', "0")),
            "text/csv",
            row,
            404,
        ),
        ("participant", append(&runs), "text/csv", row, 400),
    ] {
        let reply = put(client, url, kind, body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
    }
    assert_eq!(as_owner(&cloud, &runs).await.json()["rows"], 0);
    for rows in 1..=2 {
        let reply = put("owner", append(&runs), "text/csv", row).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        let shown = as_owner(&cloud, &runs).await.json();
        assert_eq!(shown["rows"], rows);
        assert_eq!(shown["columns"], 12);
    }
    let export = |token: String| {
        let url = format!("{runs}/data?includeHeader=true");
        async move { get(&url, &[("authorization", &token), ("accept", "text/csv")]).await }
    };
    let exported = export(domo_token(&cloud, "owner").await).await.text();
    let header = "Ended,Run,Job,Name,State,Cause,Code,Error,Hint,File,Attempts,Bytes\n";
    assert_eq!(exported, format!("{header}{row}{row}"));
    // Any other word for the method, and none, replaces.
    let reply = put(
        "admin",
        format!("{runs}/data?updateMethod=append"),
        "text/csv",
        row,
    )
    .await;
    assert_eq!(reply.status, 204);
    assert_eq!(as_owner(&cloud, &runs).await.json()["rows"], 1);
}
