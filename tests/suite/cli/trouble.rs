//! Jobs that fail for a reason of Domo's, SharePoint's or the limits': exit code 1, or 3 where later may be better.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use super::{Desk, compare};
use crate::command::command;

#[tokio::test(flavor = "multi_thread")]
async fn later_may_be_better() {
    let desk = Desk::start().await;
    desk.break_it(
        r#"[[fault]]
        service = "graph"
        path = "/sites/"
        times = 0
        action = { status = { status = 429, headers = { retry-after = "7200" }, body = { error = { code = "tooManyRequests", message = "The request has been throttled" } } } }"#,
    );
    let said = desk.says("retry-later", &["run", "daily-sales.toml"]).await;
    assert_eq!(said.code, 3);
    let arguments = ["run", "daily-sales.toml", "--report", "json", "--quiet"];
    let said = desk.says_json("retry-later-json", &arguments).await;
    assert_eq!(said.code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens() {
    let desk = Desk::start().await;
    let domo = desk.cloud.description().domo.clone();
    // Port 1 of loopback: nothing serves there, and the kernel says so at once.
    desk.edit("writeback.toml", &domo, "http://127.0.0.1:1");
    desk.edit(
        "writeback.toml",
        "allow_addresses = [",
        "allow_addresses = [\"127.0.0.1:1\", ",
    );
    let arguments = ["run", "daily-sales.toml", "--set", "retry.attempts=1"];
    let said = desk.says("unreachable", &arguments).await;
    assert_eq!(said.code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_lists_what_does() {
    let desk = Desk::start().await;
    for (name, key) in [
        (
            "unknown-dataset",
            "domo.dataset=00000000-0000-4000-8000-000000000000",
        ),
        (
            "unknown-site",
            "sharepoint.site=https://contoso.sharepoint.com/sites/Finanse",
        ),
        ("ambiguous-site", "sharepoint.site={ search = 'marketing' }"),
        ("unknown-library", "sharepoint.library=Dokuments"),
    ] {
        let said = desk
            .says(name, &["run", "daily-sales.toml", "--set", key])
            .await;
        assert_eq!(said.code, 1, "{name}");
    }
    let arguments = [
        "run",
        "daily-sales.toml",
        "--set",
        "sharepoint.create_folders=false",
        "--set",
        "sharepoint.folder=Reports/Weekly",
    ];
    assert_eq!(desk.says("missing-folder", &arguments).await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_be_believed_is_not_uploaded() {
    let desk = Desk::start().await;
    for hook in ["short-export", "ragged-export", "open-quote-export"] {
        desk.break_it(&format!(
            "[[fault]]\npath = \"/data?\"\ntimes = 0\naction = {{ hook = {{ name = \"{hook}\" }} }}"
        ));
        let said = desk.says(hook, &["run", "daily-sales.toml"]).await;
        assert_ne!(said.code, 0, "{hook}");
        desk.cloud.state().faults.clear();
    }
    assert!(desk.cloud.state().graph.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_without_permission() {
    let desk = Desk::start().await;
    desk.sign_in_to_sharepoint_as("no-roles");
    let said = desk.says("forbidden", &["run", "daily-sales.toml"]).await;
    assert_ne!(said.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_configured_comes_with_the_line() {
    let desk = Desk::start().await;
    let upload = desk.cloud.description().upload.clone();
    desk.edit("writeback.toml", &format!(", \"{upload}\""), "");
    let said = desk
        .says(
            "denied-host",
            &["run", "daily-sales.toml", "--set", "upload.simple_limit=0"],
        )
        .await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_names_its_key() {
    let desk = Desk::start().await;
    let config = std::fs::read_to_string(desk.folder().join("writeback.toml")).expect("it");
    for (name, limit) in [
        ("limit-memory", "memory = 100000"),
        ("limit-spool", "spool_bytes = 1000"),
        ("limit-requests", "requests = 3"),
    ] {
        desk.write("writeback.toml", &format!("{config}\n[limits]\n{limit}\n"));
        let said = desk.says(name, &["run", "daily-sales.toml"]).await;
        assert_eq!(said.code, 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_in_good_order() {
    let desk = Desk::start().await;
    desk.break_it("[[fault]]\npath = \"/data?\"\naction = { truncate-body = { after = 1000, end = \"stall\" } }");
    let arguments = ["run", "daily-sales.toml", "daily-sales.toml"];
    let mut child = command(desk.folder(), &arguments)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let stopped = tokio::task::spawn_blocking(move || {
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut told = String::new();
        while !told.contains("exporting") {
            assert_ne!(stderr.read_line(&mut told).expect("a line"), 0, "{told}");
        }
        let kill = format!("kill -TERM {}", child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("a shell").success());
        stderr.read_to_string(&mut told).expect("the rest");
        (child.wait().expect("the command ends").code(), told)
    });
    let (code, told) = stopped.await.expect("the command ends");
    compare("stopped", desk.folder(), &arguments, &told);
    assert_eq!(code, Some(3));
    assert!(desk.cloud.state().graph.files().is_empty());
}
