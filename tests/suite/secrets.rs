//! No secret leaves: a job is run with every exit watched (receipt, failures, progress, logs at the
//! finest level, the state folder's files), and client secrets, tokens and pre-authentication are
//! searched for in all of it, plain and encoded. A planted one shows that the search finds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt;
use writeback_host::{CancelToken, Level, Progress, Step};

use crate::leak::{Seen, Watcher, everything, secrets};
use crate::needles::{Needles, planted};
use crate::sized::GRID;
use crate::trouble::status;
use crate::world::World;

async fn watched(world: &World, job: &Value, seen: &Seen, echo: bool) {
    let folder = world.config["state"]["dir"].as_str().expect("a path");
    let watcher = Watcher {
        seen: seen.clone(),
        folder: folder.into(),
        echo: echo.then(|| Arc::clone(world.cloud.state())),
    };
    let result = world
        .run_watched(job, Arc::new(watcher), CancelToken::new())
        .await;
    seen.add(format!("{result:#?}\n"));
    seen.add(result.map_or_else(|error| error.to_string(), |receipt| receipt.to_string()));
}

// On one thread, so that the subscriber of this thread sees all.
#[tokio::test]
async fn no_secret_leaves_a_run_whatever_goes_wrong() {
    let seen = Seen::default();
    // With a single subscriber in the process, `tracing` asks the thread that reaches a log line
    // first whether anyone listens, and another test's thread would say no for all. Two are asked.
    let _second = everything(Seen::default()).set_default();
    let guard = everything(seen.clone()).set_default();
    let (mut world, job) = World::of_three_fragments().await;
    let described = world.cloud.description().clone();

    watched(&world, &job, &seen, false).await;
    // Services that repeat what they were sent.
    let earlier = secrets(world.cloud.state());
    watched(&world, &job, &seen, true).await;
    assert_eq!(world.fired("status-403"), 1);
    world.cloud.state().faults.clear();
    let echo = format!(
        "{{ status = {{ status = 400, body = {{ error = \"invalid_client\", error_description = \"AADSTS7000215: you sent {}\" }} }} }}",
        described.entra_client.secret
    );
    world.fault("POST login /token", 1, 0, &echo);
    world.cloud.state().tokens.forget_all();
    watched(&world, &job, &seen, false).await;
    world.cloud.state().faults.clear();
    world.configure(|config| {
        config["accounts"]["sharepoint"]["hosts"] = json!(["contoso.sharepoint.com"])
    });
    watched(&world, &job, &seen, false).await;
    seen.add(format!(
        "{:#?} {:?}",
        world.tenant(),
        world.check(&job).await
    ));
    drop(guard);

    let mut secrets = secrets(world.cloud.state());
    secrets.extend(earlier);
    let text = seen.text();
    for part in [
        "Uploading(",
        "run{verb=Run}",
        "DEBUG",
        "export.csv",
        "verified",
        "AADSTS7000215",
        "accessDenied",
        "denied",
    ] {
        assert!(text.contains(part), "nothing was watched: no `{part}`");
    }
    let needles = Needles::of(&secrets);
    assert_eq!(needles.found(seen.bytes()), BTreeSet::new());
    for (form, leak) in planted(&described.entra_client.secret) {
        let found = needles.found(format!("before {leak} after"));
        let expected = format!("an app's secret, {form}");
        assert!(found.contains(&expected), "no {form} in {leak}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_run_stays_in_the_state_folder() {
    let (world, job) = World::of_three_fragments().await;
    world.receipt(&job).await;
    world.fault(
        "PUT upload uploadSession",
        1,
        0,
        &status(403, "", "accessDenied"),
    );
    world
        .refuses(
            &job,
            "sharepoint-forbidden",
            &["the session opened but its URL refused the bytes"],
        )
        .await;
    let runs = Path::new(world.config["state"]["dir"].as_str().expect("a path")).join("temporary");
    let left: Vec<_> = std::fs::read_dir(runs)
        .expect("the folder of runs")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_s_files_are_its_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    struct Modes(PathBuf, Mutex<Vec<u32>>);
    impl Progress for Modes {
        fn report(&self, _: Step) {
            let mut modes = self.1.lock().expect("a lock");
            let mut folders = vec![self.0.clone()];
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                    // What lies in a folder that is shut to others is shut to them.
                    if let Ok(metadata) = entry.metadata()
                        && (metadata.is_file() || folder == self.0)
                    {
                        modes.push(metadata.permissions().mode() & 0o077);
                    }
                    folders.push(entry.path());
                }
            }
        }
        fn log(&self, _: Level, _: &str) {}
    }
    let world = World::start().await;
    let state: PathBuf = world.config["state"]["dir"]
        .as_str()
        .expect("a path")
        .into();
    let modes = Arc::new(Modes(state.join("temporary"), Mutex::default()));
    let job = world.job_in_fragments(GRID, GRID);
    let watcher = Arc::clone(&modes) as Arc<dyn Progress>;
    world
        .run_watched(&job, watcher, CancelToken::new())
        .await
        .expect("a receipt");
    let modes = modes.1.lock().expect("a lock");
    assert!(modes.len() > 2, "a folder and an export were there");
    assert!(modes.iter().all(|others| *others == 0), "{modes:?}");
}
