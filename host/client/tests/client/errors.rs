//! What goes wrong is told, ends with the right exit code, and never with a secret.

use crate::world::{World, said, says};

const TOKEN: &str = "wbk_0198c7.not-a-token-of-anybody";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_asked() {
    let said = said(&["--server", "http://127.0.0.1:9", "job", "list"], &[]).await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: there is no token for the server\nhint: set WRITEBACK_TOKEN, or name a file with `--token-file FILE`\n"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_sent_in_the_open() {
    let said = says("http://writeback.example.com", TOKEN, &["job", "list"]).await;
    assert!(
        said.code == 2 && said.err.contains("`--insecure`"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_worth_trying_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let said = says(&url, TOKEN, &["--tenant", "x", "job", "list"]).await;
    assert_eq!(said.code, 3);
    assert!(
        said.err.starts_with(&format!(
            "error: the jobs: the server at `{url}` cannot be reached\n"
        )),
        "{said:?}"
    );
    assert!(
        said.err.contains("\nhint: ") && !said.whole().contains("not-a-token"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_name_is_no_part_of_a_path() {
    let said = says(
        "http://127.0.0.1:9",
        TOKEN,
        &["--tenant", "x", "job", "show", ".."],
    )
    .await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: `..` is no name\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_too_small_is_told() {
    let (world, token) = World::with_tenant().await;
    let made = world
        .says(&token, &["token", "create", "reader"])
        .await
        .good();
    let viewer = made.out.trim();
    let said = world.says(viewer, &["token", "list"]).await;
    assert!(
        said.code == 2 && said.err.contains("(forbidden)\nhint: "),
        "{said:?}"
    );
    assert!(!said.whole().contains(viewer));
    let said = world
        .says(viewer, &["--tenant", "other", "job", "list"])
        .await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: the jobs: there is no such tenant (not-found)\n")
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn help_goes_to_stdout_and_a_mistake_to_stderr() {
    let help = said(&["--help"], &[("WRITEBACK_TOKEN", TOKEN)]).await;
    assert!(
        help.code == 0 && help.out.contains("Exit codes:") && help.err.is_empty(),
        "{help:?}"
    );
    assert!(!help.whole().contains("not-a-token"));
    let mistake = said(&["--server", "http://127.0.0.1:9", "jobs"], &[]).await;
    assert!(
        mistake.code == 2 && mistake.out.is_empty() && mistake.err.contains("jobs"),
        "{mistake:?}"
    );
}
