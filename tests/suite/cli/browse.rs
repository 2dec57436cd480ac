//! `browse`: tables for people with the line to paste, JSON for programs.

use super::Desk;

const FINANCE: &str = "https://contoso.sharepoint.com/sites/Finance";

#[tokio::test(flavor = "multi_thread")]
async fn datasets() {
    let desk = Desk::start().await;
    assert_eq!(
        desk.says("browse-datasets", &["browse", "datasets"])
            .await
            .code,
        0
    );
    let some = ["browse", "datasets", "--search", "sales", "--limit", "2"];
    assert_eq!(desk.says("browse-datasets-some", &some).await.code, 0);
    let json = [&some[..], &["--json"]].concat();
    assert_eq!(desk.says_json("browse-datasets-json", &json).await.code, 0);
    let none = ["browse", "datasets", "--search", "no such DataSet"];
    assert_eq!(desk.says("browse-datasets-none", &none).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sites() {
    let desk = Desk::start().await;
    assert_eq!(
        desk.says("browse-sites", &["browse", "sites"]).await.code,
        0
    );
    let some = ["browse", "sites", "--search", "marketing"];
    assert_eq!(desk.says("browse-sites-some", &some).await.code, 0);
    let json = [&some[..], &["--json"]].concat();
    assert_eq!(desk.says_json("browse-sites-json", &json).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn libraries() {
    let desk = Desk::start().await;
    let all = ["browse", "libraries", "--site", FINANCE];
    assert_eq!(desk.says("browse-libraries", &all).await.code, 0);
    let json = [&all[..], &["--json"]].concat();
    assert_eq!(desk.says_json("browse-libraries-json", &json).await.code, 0);
    let wrong = ["browse", "libraries", "--site", "finance"];
    assert_eq!(desk.says("browse-wrong-site", &wrong).await.code, 2);
    let wrong = ["browse", "libraries", "--site", "{ search = "];
    assert_eq!(desk.says("browse-wrong-table", &wrong).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders() {
    let desk = Desk::start().await;
    desk.run(&["run", "daily-sales.toml"]).await;
    let all = ["browse", "folders", "--site", FINANCE];
    assert_eq!(desk.says("browse-folders", &all).await.code, 0);
    let below = [&all[..], &["--library", "Documents", "--folder", "Reports"]].concat();
    assert_eq!(desk.says("browse-folders-below", &below).await.code, 0);
    let json = [&below[..], &["--json"]].concat();
    assert_eq!(desk.says_json("browse-folders-json", &json).await.code, 0);
    let absent = [&all[..], &["--folder", "Nowhere"]].concat();
    assert_eq!(desk.says("browse-folders-absent", &absent).await.code, 1);
}
