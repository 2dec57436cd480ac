//! Where an upload goes is a secret: in a file of its own, for its user alone, and not for long.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::world::World;

fn folder(world: &World) -> PathBuf {
    let state = world.config["state"]["dir"].as_str().expect("a path");
    Path::new(state)
        .join("runs")
        .join(world.only_run().key.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_an_upload_is_its_users_alone_and_goes_with_the_run() {
    let (world, job) = World::of_three_fragments().await;
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    let folder = folder(&world);
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    let secret = "tempauth=";
    assert!(
        text("links").contains(secret),
        "what is looked for is there to be found"
    );
    for name in ["run", "checkpoint"] {
        assert!(!text(name).contains(secret), "{name}");
    }
    assert!(text("checkpoint").contains("link:"));
    let mode = |path: &Path| path.metadata().expect("it").permissions().mode() & 0o777;
    assert_eq!(mode(&folder.join("links")), 0o600);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(folder.parent().expect("a folder")), 0o700);

    world.goes(&job).await;
    let mut left: Vec<_> = std::fs::read_dir(&folder)
        .expect("the run")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["outcome", "run"]);
}
