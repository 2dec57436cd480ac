//! A tenant that is exported, and erased.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use serde_json::{Value, json};

use crate::world::says;

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_whole_or_refused() {
    const WHOLE: &str = "{\"tenant\":{\"name\":\"finance\"},\"complete\":true}";
    let export = |Path(tenant): Path<String>| async move {
        match tenant.as_str() {
            "finance" => WHOLE,
            _ => &WHOLE[..20],
        }
    };
    let url = serve(Router::new().route("/v1/tenants/{tenant}/export", get(export))).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("finance.json");
    let words = [
        "tenant",
        "export",
        "finance",
        "--out",
        file.to_str().unwrap(),
    ];
    says(&url, "wbk_a.b", &words).await.good();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), WHOLE);
    let said = says(&url, "wbk_a.b", &words).await;
    assert!(
        said.code == 2 && said.err.contains("does not exist yet"),
        "{said:?}"
    );

    let said = says(&url, "wbk_a.b", &["tenant", "export", "finance"])
        .await
        .good();
    assert_eq!(said.out, format!("{WHOLE}\n"));
    let said = says(&url, "wbk_a.b", &["tenant", "export", "half"]).await;
    assert!(
        said.code == 3 && said.err.contains("ended early"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_confirmed_by_name_waited_for_and_shown() {
    let looks = Arc::new(AtomicUsize::new(0));
    let erasure = |state: &str| json!({ "id": "era_1", "name": "finance", "state": state, "rows": { "jobs": 3 } });
    let start = move |Query(query): Query<Value>| async move {
        assert_eq!(query, json!({ "confirm": "finance" }));
        (StatusCode::ACCEPTED, erasure("running").to_string())
    };
    let seen = Arc::clone(&looks);
    let look = move || async move {
        let last = seen.fetch_add(1, Ordering::SeqCst) == 1;
        erasure(if last { "done" } else { "running" }).to_string()
    };
    let router = Router::new()
        .route("/v1/tenants/{tenant}", delete(start))
        .route("/v1/erasures/{erasure}", get(look));
    let url = serve(router).await;
    let said = says(&url, "wbk_a.b", &["tenant", "erase", "finance"]).await;
    assert!(
        said.code == 2 && said.err.contains("give `--yes`"),
        "{said:?}"
    );
    let said = says(&url, "wbk_a.b", &["tenant", "erase", "finance", "--yes"])
        .await
        .good();
    assert!(
        said.out.contains("state: done\n") && said.out.contains("jobs: 3\n"),
        "{said:?}"
    );
    assert_eq!(looks.load(Ordering::SeqCst), 2);
}
