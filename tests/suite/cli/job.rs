//! Job files that are wrong: every problem at once, with its place, before anything is sent.

use super::Desk;

const WRONG: &str = r#"
schema = 2
nmae = "daily sales"

[domo]
account = "domo"
dataset = "845305d8"
rows = "lax"

[sharepoint]
account = "sharepoint"
folder = "Reports/Q3?"
filename = { custom = "a:b" }
if_exists = "overwrite"

[upload]
fragment = 1000000

[retry]
attempts = 0
"#;

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_at_once() {
    let desk = Desk::start().await;
    desk.write("wrong.toml", WRONG);
    let said = desk.says("job-problems", &["run", "wrong.toml"]).await;
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    let said = desk
        .says("job-problems-check", &["check", "wrong.toml"])
        .await;
    assert_eq!(said.code, 2);
    let arguments = ["run", "wrong.toml", "--report", "json", "--quiet"];
    let said = desk.says_json("job-problems-json", &arguments).await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_names_the_nearest() {
    let desk = Desk::start().await;
    desk.edit("daily-sales.toml", "folder =", "foldr =");
    let said = desk
        .says("job-unknown-key", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_toml_has_a_line_and_a_column() {
    let desk = Desk::start().await;
    desk.write(
        "broken.toml",
        "name = \"daily sales\"\n[domo\naccount = \"domo\"\n",
    );
    let said = desk.says("job-syntax", &["run", "broken.toml"]).await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_named() {
    let desk = Desk::start().await;
    let said = desk.says("job-missing", &["run", "nowhere/job.toml"]).await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_must_be_configured_and_of_the_right_kind() {
    let desk = Desk::start().await;
    let unknown = ["run", "daily-sales.toml", "--set", "domo.account=dmoo"];
    assert_eq!(desk.says("job-account-unknown", &unknown).await.code, 2);
    let kind = [
        "run",
        "daily-sales.toml",
        "--set",
        "domo.account=sharepoint",
    ];
    assert_eq!(desk.says("job-account-kind", &kind).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_be_set_from_the_command_line() {
    let desk = Desk::start().await;
    let set = [
        "run",
        "daily-sales.toml",
        "--set",
        "sharepoint.folder=Reports/2031",
        "--set",
        "name=this year's",
        "--set",
        "upload.simple_limit = 0",
    ];
    assert_eq!(desk.says("set", &set).await.code, 0);
    for (name, wrong) in [
        ("set-no-value", "sharepoint.folder"),
        ("set-no-key", "a b=1"),
        ("set-unknown-key", "sharepoint.fodler=x"),
        ("set-wrong-type", "sharepoint.create_folders=maybe"),
    ] {
        let said = desk
            .says(name, &["run", "daily-sales.toml", "--set", wrong])
            .await;
        assert_eq!(said.code, 2, "{name}");
    }
}
