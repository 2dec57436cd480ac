//! Runs: started, followed, cancelled, with the exit codes of a run on this machine.

use crate::world::{World, job};

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_waits_ends_as_the_run_does() {
    let (world, token) = World::with_tenant().await;
    for (fake, code) in [
        ("done", 0),
        ("site-not-found", 1),
        ("config-invalid", 2),
        ("sign-in-domo", 4),
    ] {
        let file = world.write("job.toml", &job(fake));
        world
            .says(&token, &["job", "put", "sales", &file])
            .await
            .good();
        let said = world
            .says(&token, &["run", "start", "sales", "--wait"])
            .await;
        assert_eq!(said.code, code, "{fake}: {}", said.whole());
        assert!(
            said.err.contains("info  exported 3 rows"),
            "{fake}: {}",
            said.err
        );
        match fake {
            "done" => assert!(
                said.out.starts_with("done run_") && said.out.contains("outcome: written"),
                "{}",
                said.out
            ),
            _ => assert!(
                said.out.is_empty()
                    && said.err.contains(&format!(
                        "`: the test says `{fake}` ({fake})
hint: ask the test
"
                    )),
                "{said:?}"
            ),
        }
    }
    let said = world
        .says(&token, &["run", "list", "--state", "failed", "--json"])
        .await
        .good();
    assert_eq!(said.json()["items"].as_array().unwrap().len(), 3);
    let said = world
        .says(&token, &["job", "history", "sales"])
        .await
        .good();
    assert!(
        said.out
            .starts_with("  runs           4\n  done           1\n  failed         3\n"),
        "{}",
        said.out
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_and_started_again() {
    let (world, token) = World::with_tenant().await;
    let file = world.write("job.toml", &job("hold"));
    world
        .says(&token, &["job", "put", "sales", &file])
        .await
        .good();
    let said = world.says(&token, &["run", "start", "sales"]).await.good();
    let run = said.out.trim().to_owned();
    assert!(said.err.contains(&format!("run follow {run}")));

    let said = world
        .says(&token, &["run", "wait", &run, "--timeout", "0s"])
        .await;
    assert!(
        said.code == 3 && said.err.contains("was not over after 0 s"),
        "{said:?}"
    );
    let (follow, cancel) = (["run", "follow", &run], ["run", "cancel", &run]);
    let (followed, cancelled) =
        tokio::join!(world.says(&token, &follow), world.says(&token, &cancel));
    assert_eq!(
        (followed.code, cancelled.code),
        (3, 0),
        "{followed:?} {cancelled:?}"
    );
    assert!(
        followed.err.contains(&format!(
            "error: the run `{run}` was cancelled
hint: "
        )),
        "{followed:?}"
    );

    let said = world.says(&token, &["run", "again", &run]).await.good();
    let again = said.out.trim().to_owned();
    assert_ne!(again, run);
    world.says(&token, &["run", "cancel", &again]).await.good();
    let said = world.says(&token, &["run", "wait", &again, "--json"]).await;
    assert_eq!(
        (said.code, said.json()["state"].as_str(), said.err.as_str()),
        (3, Some("cancelled"), "")
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_afterwards() {
    let (world, token) = World::with_tenant().await;
    let file = world.write("job.toml", &job("done"));
    world
        .says(&token, &["job", "put", "sales", &file])
        .await
        .good();
    let said = world
        .says(
            &token,
            &["run", "start", "sales", "--wait", "--json", "--quiet"],
        )
        .await
        .good();
    assert_eq!(said.err, "");
    let run = said.json()["id"].as_str().unwrap().to_owned();
    let said = world.says(&token, &["run", "logs", &run]).await.good();
    assert!(
        said.out.ends_with(" info  exported 3 rows\n"),
        "{}",
        said.out
    );
    let said = world.says(&token, &["run", "show", &run]).await.good();
    assert!(said.out.contains("state: done\n"), "{}", said.out);
    world.stop().await;
}
