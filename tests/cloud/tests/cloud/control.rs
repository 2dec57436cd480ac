//! The test controls under `/_sim`.

use crate::client::{cloud, domo_token, get, send};

#[tokio::test]
async fn every_listener_serves_the_controls() {
    let cloud = cloud().await;
    let d = cloud.description();
    let before = get(&format!("{}/_sim/requests", d.upload), &[])
        .await
        .json();
    assert_eq!(before, serde_json::json!([]));
    for base in [
        &d.domo,
        &d.login,
        d.graph.trim_end_matches("/v1.0"),
        &d.upload,
    ]
    .map(|base| base as &str)
    {
        assert_eq!(
            get(&format!("{base}/_sim/files"), &[]).await.status,
            200,
            "{base}"
        );
        assert_eq!(
            get(&format!("{base}/_sim/description"), &[]).await.json()["tenant"],
            d.tenant.as_str()
        );
    }
    assert!(
        cloud.state().log.since(0).is_empty(),
        "controls are not logged"
    );
}

#[tokio::test]
async fn the_log_tells_who_came_and_no_secret() {
    let cloud = cloud().await;
    let token = domo_token(&cloud, "owner").await;
    let d = cloud.description();
    let url = format!("{}/v1/datasets/x?tempauth=hidden&limit=1", d.domo);
    let headers = [
        ("authorization", token.as_str()),
        ("user-agent", "test/1"),
        ("cookie", "crumb"),
    ];
    send("GET", &url, &headers, "12345").await.unwrap();
    let all = get(&format!("{}/requests", d.control), &[]).await;
    let (text, all) = (all.text(), all.json());
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(
        (&all[0]["path"], &all[0]["authorization"]),
        (&"/oauth/token".into(), &"Basic".into())
    );
    let last = &all[1];
    assert_eq!(
        (&last["service"], &last["method"], &last["status"]),
        (&"domo".into(), &"GET".into(), &404.into())
    );
    assert_eq!(
        (&last["query"], &last["received"]),
        (&"tempauth=redacted&limit=1".into(), &5.into())
    );
    assert_eq!(
        (&last["headers"]["user-agent"], &last["cookie"]),
        (&"test/1".into(), &true.into())
    );
    assert_eq!(last["authorization"], "Bearer");
    for secret in [
        token.trim_start_matches("Bearer "),
        &d.domo_client.secret,
        "hidden",
        "crumb",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    let since = format!("{}/requests?since={}", d.control, all[0]["seq"]);
    assert_eq!(get(&since, &[]).await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let cloud = cloud().await;
    let url = format!("{}/faults", cloud.description().control);
    let toml = "[[fault]]\nservice = \"domo\"\npath = \"/oauth\"\ntimes = 0\naction = { status = { status = 503 } }\n";
    assert_eq!(
        send("POST", &url, &[], toml).await.unwrap().json()["added"],
        1
    );
    assert_eq!(
        get(&url, &[]).await.json()[0]["action"]["status"]["status"],
        503
    );
    let token = format!("{}/oauth/token", cloud.description().domo);
    assert_eq!(get(&token, &[]).await.status, 503);
    let wrong = send("POST", &url, &[], "[{\"action\":\"explode\"}]")
        .await
        .unwrap();
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("explode"), "{}", wrong.text());
    send("DELETE", &url, &[], "").await.unwrap();
    assert_eq!(get(&token, &[]).await.status, 400);
}

#[tokio::test]
async fn tokens_expire_or_are_forgotten_on_demand() {
    let cloud = cloud().await;
    let d = cloud.description();
    let token = domo_token(&cloud, "owner").await;
    let users = format!("{}/v1/users", d.domo);
    for (query, status) in [("", 401), ("?forget=true", 403)] {
        let gone = send("DELETE", &format!("{}/tokens{query}", d.control), &[], "")
            .await
            .unwrap();
        assert_eq!(gone.json()["revoked"], 1);
        assert_eq!(
            get(&users, &[("authorization", &token)]).await.status,
            status
        );
    }
}
