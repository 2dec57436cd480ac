//! A tenant of a real server with accounts, jobs and targets, exported and erased in the end.

use crate::world::{World, job, said};

const CONFIG: &str =
    "[accounts.domo]\nkind = 'domo'\nclient_id = 'c'\nclient_secret = { env = 'SECRET' }\n";
const TARGET: &str = "name = 'chat'\nevents = ['failure']\n[to]\nkind = 'webhook'\nurl = { env = 'HOOK' }\nsecret = { env = 'SECRET' }\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_lives_and_leaves() {
    let (world, token) = World::with_tenant().await;
    let variables = [
        ("WRITEBACK_TOKEN", token.as_str()),
        ("SECRET", "hunter2-hunter2-hunter2"),
        ("HOOK", "https://hooks.example.com/hunter2"),
    ];
    let says = async |words: &[&str]| {
        let said = said(&[&["--server", &world.url], words].concat(), &variables).await;
        assert!(!said.whole().contains("hunter2"), "{words:?}: {said:?}");
        said
    };
    let config = world.write("writeback.toml", CONFIG);
    let put = ["account", "put", "domo", &config];
    assert!(
        says(&put)
            .await
            .good()
            .err
            .starts_with("made the account `domo`")
    );
    assert!(
        says(&put)
            .await
            .good()
            .err
            .starts_with("replaced the account `domo`")
    );
    assert!(
        says(&["account", "list"])
            .await
            .good()
            .out
            .contains("domo  domo  c")
    );
    assert!(
        says(&["account", "show", "domo"])
            .await
            .good()
            .out
            .contains("stored: true")
    );
    says(&["account", "test", "domo"]).await.good();
    says(&["browse", "datasets"]).await.good();

    let target = world.write("webhook.toml", TARGET);
    let made = says(&["target", "put", &target, "--json"])
        .await
        .good()
        .json();
    let id = made["id"].as_str().unwrap();
    says(&["target", "put", &target, "--id", id]).await.good();
    assert!(
        says(&["target", "list"])
            .await
            .good()
            .out
            .contains("chat  webhook  failure")
    );
    assert!(
        says(&["target", "test", id])
            .await
            .good()
            .err
            .contains("a message arrived")
    );
    says(&["target", "remove", id]).await.good();

    let file = world.write("job.toml", &job("done"));
    says(&["job", "put", "sales", &file]).await.good();
    let kept = says(&["account", "remove", "domo"]).await;
    assert!(
        kept.code == 1 && kept.err.contains("`sales`") && kept.err.contains("--pause-jobs"),
        "{kept:?}"
    );
    let gone = says(&["account", "remove", "domo", "--pause-jobs"])
        .await
        .good();
    assert!(
        gone.err.contains("jobs paused: 1") && gone.out.contains("sales"),
        "{gone:?}"
    );
    assert!(says(&["audit"]).await.good().out.contains("account.delete"));

    let export = world.path("export.json");
    says(&["tenant", "export", "--out", export.to_str().unwrap()])
        .await
        .good();
    let export = std::fs::read_to_string(export).unwrap();
    assert!(export.contains("sales") && !export.contains("hunter2"));
    let erased = world
        .root(&["tenant", "erase", "finance", "--yes"])
        .await
        .good();
    assert!(erased.out.contains("state: done\n"), "{erased:?}");
    let missing = world.root(&["tenant", "show", "finance"]).await;
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(
        world
            .root(&["audit", "--installation"])
            .await
            .good()
            .out
            .contains("token.create")
    );
    world.stop().await;
}
