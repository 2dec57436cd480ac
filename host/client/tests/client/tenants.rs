//! Tenants and tokens.

use std::os::unix::fs::PermissionsExt as _;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_made_changed_and_suspended() {
    let world = World::start().await;
    let said = world
        .root(&[
            "tenant",
            "create",
            "finance",
            "--title",
            "Finance",
            "--concurrency",
            "2",
            "--json",
        ])
        .await
        .good();
    assert_eq!(
        (
            &said.json()["settings"]["concurrency"],
            &said.json()["settings"]["jobs"]
        ),
        (&2.into(), &1000.into())
    );
    let settings = world.write(
        "settings.toml",
        "keep_runs_days = 30\n[limits]\nwall_seconds = 600\n",
    );
    let said = world
        .root(&[
            "tenant",
            "set",
            "finance",
            "--jobs",
            "50",
            "--settings",
            &settings,
            "--json",
        ])
        .await
        .good();
    let now = said.json()["settings"].clone();
    assert_eq!(
        (&now["jobs"], &now["keep_runs_days"], &now["concurrency"]),
        (&50.into(), &30.into(), &2.into())
    );
    world.root(&["tenant", "suspend", "finance"]).await.good();
    let said = world.root(&["tenant", "show", "finance"]).await.good();
    assert!(
        said.out.contains("state           suspended\n"),
        "{}",
        said.out
    );
    world.root(&["tenant", "resume", "finance"]).await.good();
    let said = world.root(&["tenant", "list"]).await.good();
    assert!(
        said.out
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("finance  Finance  active"),
        "{}",
        said.out
    );
    let said = world.root(&["tenant", "set", "finance"]).await;
    assert_eq!(said.code, 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_into_a_file_of_its_owner_alone() {
    let (world, token) = World::with_tenant().await;
    let mode = world
        .path("admin-token")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = world.path("admin-token");
    let words = [
        "--server",
        &world.url,
        "--token-file",
        file.to_str().unwrap(),
        "whoami",
    ];
    let said = crate::world::said(&words, &[]).await.good();
    assert!(said.out.contains("role    admin\n"), "{}", said.out);

    let said = world
        .says(
            &token,
            &["token", "create", "again", "--out", file.to_str().unwrap()],
        )
        .await;
    assert!(
        said.code == 2 && said.err.contains("does not exist yet"),
        "{said:?}"
    );
    let listed = world
        .says(&token, &["token", "list", "--json"])
        .await
        .good();
    assert_eq!(
        listed.json()["items"].as_array().unwrap().len(),
        1,
        "none was made for nobody"
    );

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = crate::world::said(&words, &[]).await;
    assert!(said.code == 2 && said.err.contains("chmod 600"), "{said:?}");
    assert!(!said.whole().contains(&token));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_file_is_printed_once_and_may_be_revoked() {
    let (world, token) = World::with_tenant().await;
    let said = world
        .says(
            &token,
            &[
                "token", "create", "nightly", "--role", "operator", "--days", "90",
            ],
        )
        .await
        .good();
    let made = said.out.trim();
    assert!(
        made.starts_with("wbk_") && !said.err.contains(made),
        "{said:?}"
    );
    let said = world.says(made, &["whoami", "--json"]).await.good();
    let id = said.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(said.json()["role"], "operator");
    world.says(&token, &["token", "revoke", &id]).await.good();
    let said = world.says(made, &["whoami"]).await;
    assert!(
        said.code == 2 && said.err.contains("(unauthorized)\nhint: "),
        "{said:?}"
    );
    assert!(!said.whole().contains(made));

    let said = world
        .root(&["token", "create", "deputy", "--installation", "--json"])
        .await
        .good();
    assert_eq!(said.json()["role"], "installation");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installation_names_a_tenant() {
    let world = World::start().await;
    let said = world.root(&["job", "list"]).await;
    assert!(
        said.code == 2 && said.err.contains("--tenant NAME"),
        "{said:?}"
    );
    world.root(&["tenant", "create", "finance"]).await.good();
    let words = ["--server", &world.url, "job", "list"];
    let variables = [
        ("WRITEBACK_TOKEN", world.root.as_str()),
        ("WRITEBACK_TENANT", "finance"),
    ];
    crate::world::said(&words, &variables).await.good();
    world.stop().await;
}
