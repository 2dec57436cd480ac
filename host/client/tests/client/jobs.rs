//! Jobs there and back.

use crate::world::{World, job};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_file_goes_there_and_comes_back() {
    let (world, token) = World::with_tenant().await;
    let file = world.write("job.toml", &job("done"));
    let said = world
        .says(
            &token,
            &[
                "job",
                "put",
                "sales",
                &file,
                "--description",
                "for Finance",
                "--stale-after",
                "26h",
            ],
        )
        .await
        .good();
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("", "made the job `sales`, revision 1\n")
    );

    let back = world
        .says(&token, &["job", "get", "sales"])
        .await
        .good()
        .out;
    let again = world.write("again.toml", &back);
    let said = world
        .says(&token, &["job", "put", "sales", &again])
        .await
        .good();
    assert_eq!(said.err, "the job `sales` is like that already\n");
    let document = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
    assert_eq!(document(&back), document(&job("done")));
    assert_eq!(
        back,
        world
            .says(&token, &["job", "get", "sales"])
            .await
            .good()
            .out
    );

    let other = world.write("other.toml", &job("other"));
    let said = world
        .says(&token, &["job", "put", "sales", &other, "--json"])
        .await
        .good();
    let job_now = said.json();
    assert_eq!(
        (
            &job_now["revision"],
            &job_now["description"],
            &job_now["stale_after_seconds"]
        ),
        (&2.into(), &"for Finance".into(), &93_600.into())
    );
    let before = world
        .says(&token, &["job", "get", "sales", "--revision", "1"])
        .await
        .good()
        .out;
    assert_eq!(before, back);
    let said = world
        .says(&token, &["job", "revisions", "sales", "--json"])
        .await
        .good();
    assert_eq!(said.json()["items"].as_array().unwrap().len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_paused_enabled_checked_and_removed() {
    let (world, token) = World::with_tenant().await;
    let file = world.write("job.toml", &job("done"));
    world
        .says(&token, &["job", "put", "sales", &file, "--paused"])
        .await
        .good();
    let state = async || {
        world
            .says(&token, &["job", "show", "sales", "--json"])
            .await
            .good()
            .json()["state"]
            .clone()
    };
    assert_eq!(state().await, "paused");
    world.says(&token, &["job", "enable", "sales"]).await.good();
    assert_eq!(state().await, "enabled");
    world.says(&token, &["job", "pause", "sales"]).await.good();
    assert_eq!(state().await, "paused");

    let said = world.says(&token, &["job", "list"]).await.good();
    assert_eq!(
        said.out,
        "NAME   STATE   FAILING  STALE  WENT WELL (UTC)  REVISION  DESCRIPTION\nsales  paused                                          3\n"
    );
    let said = world.says(&token, &["job", "check", "sales"]).await.good();
    assert_eq!(
        said.out,
        "  ok           site: it is there\nnothing stands in the way\n"
    );
    let file = world.write("bad.toml", &job("bad"));
    world
        .says(&token, &["job", "put", "sales", &file])
        .await
        .good();
    let said = world.says(&token, &["job", "check", "sales"]).await;
    assert_eq!(
        (said.code, said.out.as_str()),
        (
            1,
            "  failed       site: it is not there\n               hint: look again\n1 check failed\n"
        )
    );

    let said = world.says(&token, &["job", "remove", "sales"]).await;
    assert_eq!(said.code, 2, "nobody is here to say yes: {said:?}");
    world
        .says(&token, &["job", "remove", "sales", "--yes"])
        .await
        .good();
    let said = world.says(&token, &["job", "show", "sales"]).await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: the job `sales`: there is no such job (not-found)\n"
        )
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_could_not_run_is_refused_with_the_hint() {
    let (world, token) = World::with_tenant().await;
    let file = world.write("job.toml", &job("invalid"));
    let said = world.says(&token, &["job", "put", "sales", &file]).await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: the job `sales`: the test says `job-invalid` (job-invalid)\nhint: ask the test\n"
        )
    );
    let file = world.write("broken.toml", "name = \nsecret");
    let said = world.says(&token, &["job", "put", "sales", &file]).await;
    assert!(
        said.code == 2 && said.err.contains("line 2, column 7: "),
        "{said:?}"
    );
    world.stop().await;
}
