//! What Domo sends in place of a DataSet: too few rows, pages, refusals, data of another moment.

use serde_json::{Value, json};
use writeback_cloud::Options;

use super::scene::{DATA, Scene, at, from};

async fn seven_thousand_rows() -> Scene {
    let options = Options {
        rows: 7000,
        columns: 3,
        ..Options::default()
    };
    Scene::with(options).await.over_an_old_file().await
}

fn short(rows: u64) -> Value {
    json!({ "hook": { "name": "short-export", "value": rows } })
}

fn about(scene: &Scene) -> String {
    format!("GET domo *{}", scene.world.dataset("plain").id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_short_by_seven_hundred_rows_is_exported_again() {
    let scene = seven_thousand_rows().await;
    let ended = scene.breaks(DATA, at(1), short(700)).lands().await;
    assert_eq!(ended.end["export"]["exports"], json!(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stays_short_never_replaces_the_file() {
    let scene = seven_thousand_rows().await;
    let scene = scene.breaks(DATA, from(1).firing(3), short(700));
    let parts = ["has 6300 records", "7000", "(3 exports)"];
    let ended = scene.fails("rows-mismatch", &parts).await;
    assert_eq!(ended.count("PUT", ":/content"), 0, "nothing is uploaded");
    assert_eq!(ended.end.retry_after, Some(900));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_or_json_in_place_of_rows_never_becomes_the_file() {
    for (page, code) in [
        (json!({ "html-maintenance": {} }), "domo-unavailable"),
        (
            json!({ "html-maintenance": { "status": 503 } }),
            "domo-unavailable",
        ),
        (
            json!({ "status": { "status": 200, "body": { "rows": 7 } } }),
            "export-not-csv",
        ),
    ] {
        let scene = Scene::simple().await.over_an_old_file().await;
        let ended = scene
            .breaks(DATA, from(1), page)
            .fails(code, &["exporting DataSet"])
            .await;
        assert_eq!(ended.count("PUT", ":/content"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_passes_wherever_it_is_met() {
    let scene = Scene::simple().await;
    let about = about(&scene);
    drop(scene.breaks(&about, at(1), json!("reset")).lands().await);
    for (on, nth) in [(about.as_str(), 1), (about.as_str(), 2), (DATA, 1)] {
        let page = json!({ "html-maintenance": {} });
        Scene::simple()
            .await
            .breaks(on, at(nth), page)
            .lands()
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_refused_in_mid_run_is_renewed_wherever_it_is_met() {
    for status in [401, 406] {
        let scene = Scene::simple().await;
        let about = about(&scene);
        let refusal = json!({ "html-maintenance": { "status": status } });
        let ended = scene
            .breaks(DATA, at(1), refusal.clone())
            .breaks(&about, at(2), refusal)
            .lands()
            .await;
        let tokens = ended.count("GET", "/oauth/token") + ended.count("POST", "/oauth/token");
        assert_eq!(tokens, 3, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_updated_in_mid_run_are_exported_again() {
    let scene = Scene::simple().await.over_an_old_file().await;
    let about = about(&scene);
    let later = json!({ "patch-json": { "dataCurrentAt": "2026-11-01T00:00:00Z" } });
    let ended = scene.breaks(&about, from(2), later).lands().await;
    assert_eq!(ended.end["export"]["exports"], json!(2));
    assert_eq!(ended.end["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_deleted_before_or_amid_the_run_never_replaces_the_file() {
    for nth in 1..=2 {
        let scene = Scene::simple().await.over_an_old_file().await;
        let about = about(&scene);
        let gone = json!({ "patch-json": { "deleted": true, "rows": null } });
        let ended = scene
            .breaks(&about, from(nth).firing(1), gone)
            .fails(
                "dataset-deleted",
                &["was deleted", "choose another DataSet"],
            )
            .await;
        assert_eq!(ended.count("PUT", ":/content"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_byte_that_takes_its_time_is_waited_for() {
    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene.breaks(DATA, at(1), json!("stall"));
    let (receipt, ()) = tokio::join!(scene.world.receipt(&scene.job), async {
        scene.held().await;
        scene.world.release();
    });
    assert_eq!(receipt["attempts"]["retries"], json!(0));
    scene.landed(receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_byte_that_never_comes_is_asked_for_again() {
    for silence in [
        json!("stall"),
        json!({ "truncate-body": { "after": 0, "end": "stall" } }),
    ] {
        let mut scene = Scene::simple().await;
        scene.world.configure(|config| {
            config["limits"] = json!({ "request_seconds": 1, "idle_seconds": 1 });
        });
        let ended = scene.breaks(DATA, at(1), silence).lands().await;
        assert_eq!(ended.end["attempts"]["retries"], json!(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_at_domo_is_no_open_file() {
    let scene = Scene::simple().await.over_an_old_file().await;
    let locked = json!({ "status": { "status": 423, "headers": { "retry-after": "1" } } });
    let scene = scene.breaks(DATA, from(1).firing(5), locked);
    scene.fails("domo-refused", &["423", "5 attempts"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_page_in_place_of_a_token_is_told() {
    let page = json!({ "html-maintenance": {} });
    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene.breaks("GET domo /oauth/token", from(1), page);
    scene
        .fails("domo-unavailable", &["signing in to Domo"])
        .await;
}
