//! `simulate` as a server, and `component` and `schema` as data.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Desk, compare, says};
use crate::command::command;

/// Starts the server and reads the one line that it prints.
fn serve(folder: &TempDir, arguments: &[&str]) -> (Child, Value) {
    let mut child = command(folder.path(), arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe"))
        .read_line(&mut line)
        .expect("a line");
    let described = serde_json::from_str(&line).expect("a line of JSON");
    (child, described)
}

#[test]
fn serves_until_it_is_asked_to_stop() {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = [
        "simulate",
        "--rows",
        "20",
        "--columns",
        "3",
        "--datasets",
        "1",
    ];
    let (mut child, described) = serve(&folder, &arguments);
    // Every key; of a list its first item, because the rest says the same.
    let mut shape = described.clone();
    for list in shape.as_object_mut().expect("an object").values_mut() {
        if let Some(items) = list.as_array_mut() {
            items.truncate(1);
        }
    }
    let config = described["config"].as_str().expect("a path");
    let listed = crate::command::writeback(
        folder.path(),
        &[
            "--config", config, "browse", "datasets", "--search", "daily",
        ],
    );
    let stopped = Command::new("sh")
        .args(["-c", &format!("kill -TERM {}", child.id())])
        .status()
        .expect("a shell");
    assert!(stopped.success());
    let code = child.wait().expect("the command ends").code();
    assert_eq!(code, Some(0));
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(
        !std::path::Path::new(config).exists(),
        "the cloud's folder is left behind"
    );
    let shown = serde_json::to_string_pretty(&shape).expect("JSON");
    let shown = masked(&shown, &described);
    compare("simulate", folder.path(), &arguments, &format!("{shown}\n"));
}

/// The simulated secrets are meant to be printed here, and nowhere else.
fn masked(shown: &str, described: &Value) -> String {
    let mut shown = shown.to_owned();
    for client in ["domo_client", "entra_client"] {
        let secret = described[client]["secret"].as_str().expect("a secret");
        shown = shown.replace(secret, "[secret]");
    }
    shown
}

#[test]
fn a_fault_file_that_is_wrong_is_refused() {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in [
        ("faults-syntax", "[[fault]\n"),
        (
            "faults-unknown-key",
            "[[fault]]\nonce = true\naction = \"reset\"\n",
        ),
        ("faults-unknown-action", "[[fault]]\naction = \"explode\"\n"),
        (
            "faults-unknown-hook",
            "[[fault]]\naction = { hook = { name = \"short-exprot\" } }\n",
        ),
    ] {
        std::fs::write(folder.path().join("faults.toml"), text).expect("the file is written");
        let arguments = ["simulate", "--faults", "faults.toml"];
        let said = crate::command::writeback(folder.path(), &arguments);
        compare(name, folder.path(), &arguments, &said.whole());
        assert_eq!(said.code, 2, "{name}");
    }
    let said = says("faults-missing", &["simulate", "--faults", "absent.toml"]);
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_component_is_saved_byte_for_byte() {
    let desk = Desk::start().await;
    let said = desk.run(&["component", "--output", "connector.wasm"]).await;
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    let saved = std::fs::read(desk.folder().join("connector.wasm")).expect("the file");
    assert!(saved == writeback_component::BYTES);
    let arguments = ["component", "--output", "absent/connector.wasm"];
    assert_eq!(desk.says("component-unwritable", &arguments).await.code, 1);
}

#[test]
fn schemas_are_the_published_ones() {
    let folder = TempDir::new().expect("a temporary folder");
    for kind in ["job", "config", "query", "check", "receipt"] {
        let said = crate::command::writeback(folder.path(), &["schema", kind]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        let published = crate::docs::read(&format!("docs/schema/{kind}.json"));
        assert!(
            said.stdout == published,
            "docs/schema/{kind}.json differs\nhint: run .ci/schemas.sh --write"
        );
    }
    assert_eq!(says("schema-unknown", &["schema", "jobs"]).code, 2);
}
