//! The contract holds between releases: every kept component runs on this host, this tree's component fits every kept
//! contract, and a contract only grows. Where none is kept yet, this tree's own stands in, so that nothing passes unseen.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use writeback_contract::{ALTERED, PLAIN, RELEASES, Verdict, WANTS_MORE, WIT};
use writeback_host::{Connector, Engine, EngineOptions, Error};

use crate::command::writeback;
use crate::docs::assert_valid;
use crate::sized::bytes_of;
use crate::world::{World, engine, failure};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// This tree's component, and those of the releases whose contract promises to be compatible, by name.
fn components() -> BTreeMap<String, Connector> {
    let kept = RELEASES.iter().filter(|release| release.same_track);
    let kept = kept.map(|release| {
        let file = root()
            .join("tests/releases")
            .join(release.name)
            .join("connector.wasm");
        (
            release.name.to_owned(),
            fs::read(file).expect("a component"),
        )
    });
    let all = kept.chain([("this tree".to_owned(), writeback_component::BYTES.to_vec())]);
    all.map(|(name, bytes)| {
        let loaded = engine().load(&bytes);
        let loaded = loaded.unwrap_or_else(|error| panic!("{name} does not load: {error}"));
        (name, loaded)
    })
    .collect()
}

async fn receipt_of(connector: &Connector, world: &World, job: &Value) -> Value {
    let ended = connector.run(world.tenant()).run(&job.to_string()).await;
    let receipt = ended.unwrap_or_else(|error| panic!("no receipt: {error:#?}"));
    let receipt = serde_json::from_str(&receipt).expect("JSON");
    assert_valid("receipt", &receipt);
    receipt
}

#[tokio::test(flavor = "multi_thread")]
async fn every_component_writes_small_and_large_files_that_are_whole() {
    for (name, connector) in components() {
        let small = World::start().await;
        let receipt = receipt_of(&connector, &small, &small.job()).await;
        assert_eq!(receipt["outcome"], json!("created"), "{name}");
        assert_eq!(receipt["file"]["name"], json!("sales.csv"), "{name}");
        assert_eq!(
            receipt["file"]["bytes"],
            json!(small.dataset("plain").bytes)
        );
        small.landed_once(&receipt);

        let (large, job) = World::of_three_fragments().await;
        let receipt = receipt_of(&connector, &large, &job).await;
        assert_eq!(receipt["file"]["bytes"], json!(bytes_of(60_000)), "{name}");
        assert_eq!(large.sent("PUT", "/uploadSession").len(), 3, "{name}");
        large.landed_once(&receipt);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_component_takes_a_free_name() {
    for (name, connector) in components() {
        let world = World::start().await;
        let mut job = world.job();
        job["sharepoint"]["if_exists"] = json!("rename");
        for (outcome, file) in [("created", "sales.csv"), ("renamed", "sales 1.csv")] {
            let receipt = receipt_of(&connector, &world, &job).await;
            assert_eq!(receipt["outcome"], json!(outcome), "{name}");
            assert_eq!(receipt["file"]["name"], json!(file), "{name}");
            world.file(&format!("Finance/Documents/Reports/Daily/{file}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_component_says_why_it_failed() {
    for (name, connector) in components() {
        let world = World::start().await;
        let mut job = world.job();
        job["sharepoint"]["site"] = json!("https://contoso.sharepoint.com/sites/Absent");
        let ended = connector.run(world.tenant()).run(&job.to_string()).await;
        let failed = failure(ended.map(Value::from));
        assert_eq!(failed.code, "site-not-found", "{name}");
        assert!(
            failed.hint.is_some() && failed.retry_after.is_none(),
            "{name}: {failed:?}"
        );
        assert!(world.files().is_empty(), "{name}");
    }
}

/// This tree beside a release: nothing to complain of where the versions promise nothing.
fn complaint(verdict: &Verdict) -> Option<String> {
    let version = |text: &str| -> Vec<u64> { text.split('.').flat_map(str::parse).collect() };
    let (name, wit) = (verdict.name, verdict.wit);
    if version(wit) > version(WIT) {
        return Some(format!(
            "{name} has contract {wit}, and this tree goes back to {WIT}"
        ));
    }
    if !verdict.same_track {
        return None;
    }
    let judged = [
        (
            "this tree's component does not run on its hosts",
            verdict.targets,
        ),
        (
            "its component does not run on this tree's hosts",
            verdict.successor,
        ),
    ];
    let broken = judged
        .into_iter()
        .find_map(|(what, judged)| Some((what, judged.err()?)));
    let changed = verdict.unchanged.err().filter(|_| wit == WIT);
    let (what, why) = broken.or_else(|| {
        Some((
            "its contract has this version already, and is another",
            changed?,
        ))
    })?;
    Some(format!("{name}, contract {wit}: {what}: {why}"))
}

#[test]
fn this_tree_fits_every_release() {
    let complaints: Vec<String> = RELEASES.iter().filter_map(complaint).collect();
    assert!(
        complaints.is_empty(),
        "{complaints:#?}\nhint: take the change of `wit/` back, or raise its version in `wit/world.wit`"
    );
}

#[test]
fn what_differs_is_seen_in_the_way_that_it_breaks() {
    // What it differs in; whether this tree's component runs there; whether its components run here.
    let expected = [
        ("version-alone", true, true),
        ("other-track", false, false),
        ("function-more", true, false),
        ("function-less", false, true),
        ("interface-more", true, false),
        ("interface-less", false, true),
        ("type-more", true, true),
        ("parameter-more", false, false),
        ("result-other", false, false),
        ("case-more", false, false),
        ("field-more", false, false),
        ("export-more", false, true),
        ("export-less", true, false),
    ];
    let seen: Vec<_> = ALTERED
        .iter()
        .map(|verdict| {
            (
                verdict.name,
                verdict.targets.is_ok(),
                verdict.successor.is_ok(),
            )
        })
        .collect();
    assert_eq!(seen, expected);
    let fits = |name: &str| ["version-alone", "other-track"].contains(&name);
    for verdict in ALTERED.iter().filter(|verdict| fits(verdict.name)) {
        assert_eq!(verdict.same_track, verdict.name == "version-alone");
    }
    for verdict in ALTERED.iter().filter(|verdict| !fits(verdict.name)) {
        let text = complaint(verdict).expect("a complaint");
        assert!(text.starts_with(verdict.name), "{text}");
    }
}

#[test]
fn a_contract_may_not_go_back_nor_change_under_its_version() {
    let of = |wit, unchanged| Verdict {
        name: "x",
        wit,
        same_track: true,
        targets: Ok(()),
        successor: Ok(()),
        unchanged,
    };
    assert_eq!(complaint(&of(WIT, Ok(()))), None);
    assert!(
        complaint(&of("99.0.0", Ok(())))
            .expect("later")
            .contains("goes back")
    );
    let same = complaint(&of(WIT, Err("a function more"))).expect("changed");
    assert!(same.contains("has this version already"), "{same}");
    assert_eq!(complaint(&of("0.0.1", Err("a function more"))), None);
}

#[test]
fn a_host_refuses_a_component_that_wants_more_than_it_has() {
    let engine = Engine::new(EngineOptions::default()).expect("an engine");
    engine.load(PLAIN).expect("one that wants what there is");
    let error = engine.load(WANTS_MORE).expect_err("it wants `http.ping`");
    assert!(matches!(error, Error::Component(_)), "{error:?}");
    assert!(
        error.to_string().contains("writeback:connector/http"),
        "{error}"
    );
}

#[test]
fn the_contract_is_saved_as_it_is() {
    let folder = TempDir::new().expect("a temporary folder");
    let said = writeback(folder.path(), &["component", "--wit", "new/wit"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    let saved = files(&folder.path().join("new/wit"));
    assert_eq!(saved, files(&root().join("wit")));
    assert!(saved.contains_key(Path::new("deps/random/insecure-seed.wit")));
    let said = writeback(folder.path(), &["component", "--wit", "new/wit"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("the folder is not empty\nhint: "),
        "{}",
        said.stderr
    );
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a text");
            found.insert(path.strip_prefix(folder).expect("below").to_owned(), text);
        }
    }
    found
}
