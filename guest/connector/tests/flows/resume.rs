//! Rules of going on after a crash: the run ends somewhere, and starts from its checkpoint.

use crate::pieces::error;
use crate::world::{Act, DATASET, World, fragments, job, reset, set, with};
use serde_json::{Value, json};
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Put};
use writeback_connector::ports::HttpError;

/// The machine dies at the next matching request: for the guest a cancelled run.
fn dies() -> Act {
    Act::Error(HttpError::Cancelled)
}

fn crash(world: &World, job: &Value) {
    assert_eq!(world.fails(job).code, Code::Cancelled);
}

#[test]
fn a_sealed_export_is_not_exported_again() {
    let world = World::new();
    world.fault(Put, ":/content", 1, dies());
    crash(&world, &job());
    let receipt = world.resume(&job()).unwrap();
    assert!(world.sent(Get, "/data?").is_empty());
    assert_eq!(receipt["export"]["rows"], 3);
    assert_eq!(receipt["row_check"], "metadata");
    assert_eq!(receipt["verified"], "hash");
}

#[test]
fn a_dataset_that_changed_since_is_exported_again() {
    let world = World::new();
    world.fault(Put, ":/content", 1, dies());
    crash(&world, &job());
    world
        .state()
        .domo
        .set("updatedAt", json!("2026-02-02T00:00:00Z"));
    world.resume(&job()).unwrap();
    assert_eq!(world.sent(Get, "/data?").len(), 1);
}

#[test]
fn a_numbered_file_that_landed_is_the_run_s_although_the_dataset_changed_since() {
    let job = with("/sharepoint/if_exists", json!("rename"));
    // A power cut may take the export, and leave what is known of it.
    for (landed, kept) in [(true, true), (true, false), (false, true), (false, false)] {
        let world = World::new();
        let act = if landed {
            Act::LoseReply
        } else {
            Act::Error(reset())
        };
        world.fault(Put, ":/content", 1, act);
        world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
        world.fault(Get, ":/sales.csv", 1, dies());
        crash(&world, &job);
        world.state().domo.put(DATASET, b"id,name\n9,Yoda\n", 1);
        let update = json!("2026-02-02T00:00:00Z");
        world.state().domo.set("updatedAt", update.clone());
        if !kept {
            world.state().blobs.clear();
        }
        let receipt = world.resume(&job).unwrap();
        assert_eq!(receipt["file"]["name"], "sales.csv");
        assert_eq!(world.file("sales 1.csv"), None, "no second file");
        let rows = if landed { 3 } else { 1 };
        assert_eq!(receipt["export"]["rows"], rows);
        assert_eq!(receipt["dataset"]["rows"], rows);
        assert_eq!(receipt["dataset"]["updated_at"] == update, !landed);
    }
}

#[test]
fn what_there_was_before_the_run_is_known_whatever_is_exported_anew() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
    world.fault(Get, ":/sales.csv", 1, dies());
    crash(&world, &job());
    let update = json!("2026-02-02T00:00:00Z");
    world.state().domo.set("updatedAt", update);
    world
        .state()
        .domo
        .csv
        .insert(DATASET.to_owned(), b"id,name\n1,a\n2,b\n3,c\n".to_vec());
    let receipt = world.resume(&job()).unwrap();
    assert_eq!(
        receipt["outcome"], "created",
        "only the run itself has written"
    );
}

#[test]
fn an_export_that_broke_off_starts_over() {
    let world = World::new();
    world.fault(Get, "/data?", 1, dies());
    crash(&world, &job());
    world.resume(&job()).unwrap();
    assert_eq!(world.sent(Get, "/data?").len(), 1);
}

#[test]
fn a_session_goes_on_where_it_stands() {
    let world = World::new();
    let csv = world.exactly(4 * 327_680);
    world.fault(Put, "link:", 2, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, dies());
    crash(&world, &fragments());
    let receipt = world.resume(&fragments()).unwrap();
    assert_eq!(receipt["upload"]["sent_bytes"], 2 * 327_680);
    assert_eq!(world.file("sales.csv"), Some(csv));
    assert_eq!(world.state().sharepoint.opened, 1);
}

#[test]
fn a_session_that_expired_meanwhile_is_opened_anew() {
    let world = World::new();
    let csv = world.exactly(4 * 327_680);
    world.fault(Put, "link:", 2, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, dies());
    crash(&world, &fragments());
    world.state().sharepoint.sessions.clear();
    world.resume(&fragments()).unwrap();
    assert_eq!(world.file("sales.csv"), Some(csv));
    assert_eq!(world.state().sharepoint.opened, 2);
}

#[test]
fn a_session_for_bytes_that_are_no_longer_true_is_deleted() {
    let world = World::new();
    world.exactly(4 * 327_680);
    world.fault(Put, "link:", 2, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, dies());
    crash(&world, &fragments());
    let update = json!("2026-02-02T00:00:00Z");
    world.state().domo.set("updatedAt", update);
    world.resume(&fragments()).unwrap();
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
    assert_eq!(world.state().sharepoint.opened, 2);
}

#[test]
fn a_session_for_a_name_that_is_no_longer_wanted_is_deleted() {
    let world = World::new();
    world.exactly(4 * 327_680);
    world.fault(Put, "link:", 2, Act::Alter(|_| {}));
    world.fault(Put, "link:", 1, dies());
    crash(&world, &fragments());
    let mut job = fragments();
    set(&mut job, "/sharepoint/filename/custom", json!("other.csv"));
    world.resume(&job).unwrap();
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
    assert_eq!(world.file("sales.csv"), None);
}

#[test]
fn a_file_that_landed_just_before_the_crash_is_not_sent_again() {
    let world = World::new();
    world.fault(Put, ":/content", 1, Act::LoseReply);
    world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
    world.fault(Get, ":/sales.csv", 1, dies());
    crash(&world, &job());
    assert!(world.file("sales.csv").is_some());
    let receipt = world.resume(&job()).unwrap();
    assert!(world.sent(Put, ":/content").is_empty());
    assert_eq!(receipt["upload"]["sent_bytes"], 0);
    assert_eq!(receipt["outcome"], "created");
}

#[test]
fn a_renamed_file_keeps_the_name_that_was_chosen() {
    let world = World::new();
    let mut job = with("/sharepoint/if_exists", json!("rename"));
    set(&mut job, "/name", json!("again"));
    world
        .state()
        .sharepoint
        .add("sales.csv", Some(b"another's"));
    world.fault(Put, ":/content", 1, Act::LoseReply);
    world.fault(Get, ":/sales%201.csv", 1, dies());
    crash(&world, &job);
    let receipt = world.resume(&job).unwrap();
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    assert_eq!(receipt["outcome"], "renamed");
    assert_eq!(world.file("sales 2.csv"), None, "no duplicate");
}

#[test]
fn a_chosen_name_that_another_took_meanwhile_is_left_to_it() {
    let world = World::new();
    let job = with("/sharepoint/if_exists", json!("rename"));
    world.fault(Put, ":/content", 1, dies());
    crash(&world, &job);
    world
        .state()
        .sharepoint
        .add("sales.csv", Some(b"another's"));
    let receipt = world.resume(&job).unwrap();
    assert_eq!(receipt["file"]["name"], "sales 1.csv");
    assert_eq!(world.file("sales.csv"), Some(b"another's".to_vec()));
}

#[test]
fn a_file_that_shows_late_after_a_crash_is_not_written_again_under_another_name() {
    let job = with("/sharepoint/if_exists", json!("rename"));
    let late = |times| {
        let world = World::new();
        world.fault(Put, ":/content", 1, Act::LoseReply);
        world.fault(Get, ":/sales.csv", 1, Act::Alter(|_| {}));
        world.fault(Get, ":/sales.csv", 1, dies());
        crash(&world, &job);
        world.fault(Get, ":/sales.csv", times, error(404, "itemNotFound"));
        world
    };
    let world = late(2);
    assert_eq!(world.resume(&job).unwrap()["file"]["name"], "sales.csv");
    assert_eq!(world.file("sales 1.csv"), None);

    let world = late(99);
    let failure = world.resume(&job).unwrap_err();
    assert_eq!(failure.code, Code::UploadFailed);
    assert!(
        failure
            .message
            .contains("says that the name is taken, and does not show the file"),
        "{failure}"
    );
    assert_eq!(world.file("sales 1.csv"), None);
}

#[test]
fn a_checkpoint_of_another_version_is_forgotten() {
    let world = World::new();
    world
        .state()
        .saved
        .push(br#"{"version":99,"export":{"bytes":1}}"#.to_vec());
    world.resume(&job()).unwrap();
    assert!(
        world
            .said()
            .contains("the checkpoint is of another version: starting over")
    );
    assert_eq!(world.sent(Get, "/data?").len(), 1);
}

#[test]
fn a_checkpoint_that_cannot_be_kept_ends_the_job() {
    let world = World::new();
    world.state().save_fails = true;
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::CheckpointFailed);
    assert_eq!(
        failure.message,
        "keeping the run's state failed: no space left on device"
    );
}

#[test]
fn the_checkpoint_holds_no_url() {
    let world = World::new();
    world.exactly(4 * 327_680);
    world.run(&fragments()).unwrap();
    for saved in &world.state().saved {
        let saved = String::from_utf8(saved.clone()).unwrap();
        assert!(!saved.contains("://"), "{saved}");
    }
}
