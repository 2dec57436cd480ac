//! Rules of the export: what counts as data, what counts as all of it.

use crate::world::{Act, DATASET, World, answer, job, json_answer, reset, with};
use serde_json::json;
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Post};

const HTML: &str = "<html><body>Domo Maintenance</body></html>";

fn html(status: u16) -> Act {
    let kind = ("content-type", "text/html; charset=utf-8".to_owned());
    Act::Answer(status, vec![kind], HTML.to_owned())
}

#[test]
fn an_expired_token_is_renewed_once_and_the_export_repeated() {
    let world = World::new();
    let expire = Act::Before(|state| state.domo.token_expired = true);
    world.fault(Get, "/data?", 1, expire);
    let receipt = world.run(&job()).unwrap();
    assert_eq!(world.state().renewals, 1);
    assert_eq!(
        receipt["attempts"]["waited_ms"], 0,
        "signing in anew needs no pause"
    );
}

#[test]
fn a_406_page_is_a_missing_token() {
    let world = World::new();
    world.fault(Get, "/data?", 1, html(406));
    world.run(&job()).unwrap();
    assert_eq!(world.state().renewals, 1);
}

#[test]
fn a_token_that_stays_refused_ends_the_job() {
    let world = World::new();
    world.fault(Get, "/data?", 9, html(406));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::SignInDomo);
    assert_eq!(
        failure.message,
        format!(
            "exporting DataSet `{DATASET}` failed: Domo answered 406 with a web page (2 attempts)"
        )
    );
    assert_eq!(world.state().renewals, 1);
}

#[test]
fn a_maintenance_page_is_never_data() {
    let world = World::new();
    world.fault(Get, "/data?", 1, html(200));
    world.run(&job()).unwrap();
    assert_eq!(
        world.file("sales.csv"),
        Some(world.state().domo.csv[DATASET].clone())
    );
}

#[test]
fn lasting_maintenance_is_worth_another_start() {
    let world = World::new();
    world.fault(Get, "/data?", 9, html(200));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DomoUnavailable);
    assert_eq!(failure.retry_after, Some(300));
    assert_eq!(
        failure.message,
        format!(
            "exporting DataSet `{DATASET}` failed: Domo answered 200 with a web page (5 attempts in 17 s)"
        )
    );
}

#[test]
fn a_json_error_with_a_good_status_is_never_data() {
    let world = World::new();
    let body =
        json!({"status": 500, "statusReason": "Server Error", "message": "boom", "toe": "T1"});
    world.fault(Get, "/data?", 1, json_answer(200, body));
    world.run(&job()).unwrap();
    assert_eq!(
        world.file("sales.csv"),
        Some(world.state().domo.csv[DATASET].clone())
    );
}

#[test]
fn json_instead_of_csv_fails() {
    let world = World::new();
    world.fault(Get, "/data?", 1, json_answer(200, json!({"hello": 1})));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::ExportNotCsv);
    assert_eq!(
        failure.message,
        format!(
            "exporting DataSet `{DATASET}` failed: Domo answered 200: application/json instead of text/csv (1 attempt)"
        )
    );
}

#[test]
fn a_connection_that_breaks_exports_from_the_start() {
    let world = World::new();
    world.fault(Get, "/data?", 1, Act::Cut(10));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["export"]["rows"], 3);
    assert_eq!(world.sent(Get, "/data?").len(), 2);
    assert_eq!(
        world.file("sales.csv"),
        Some(world.state().domo.csv[DATASET].clone())
    );
}

#[test]
fn a_short_export_is_noticed_and_exported_again() {
    let world = World::new();
    world.fault(Get, "/data?", 1, Act::Truncate(18));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["export"]["exports"], 2);
    assert_eq!(receipt["row_check"], "metadata");
    assert_eq!(
        world.file("sales.csv"),
        Some(world.state().domo.csv[DATASET].clone())
    );
}

#[test]
fn an_export_that_stays_short_fails_and_nothing_is_uploaded() {
    let world = World::new();
    world.state().domo.set("rows", json!(4));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::RowsMismatch);
    assert_eq!(
        failure.message,
        format!(
            "the export of DataSet `{DATASET}` has 3 records; Domo's metadata say 4, and a query counts 4 (3 exports)"
        )
    );
    assert_eq!(failure.retry_after, Some(900));
    assert_eq!(world.sent(Get, "/data?").len(), 3);
    assert_eq!(world.file("sales.csv"), None);
}

#[test]
fn exports_are_bounded_by_the_job() {
    let world = World::new();
    world.state().domo.set("rows", json!(4));
    world.fails(&with("/domo/export_attempts", json!(1)));
    assert_eq!(world.sent(Get, "/data?").len(), 1);
}

#[test]
fn a_short_export_may_pass_with_a_warning() {
    let world = World::new();
    world.state().domo.set("rows", json!(4));
    let receipt = world.run(&with("/domo/rows", json!("warn"))).unwrap();
    assert_eq!(receipt["row_check"], "warned");
    assert_eq!(receipt["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn metadata_that_lags_is_settled_by_a_query() {
    let world = World::new();
    world.state().domo.set("rows", json!(2));
    world.state().domo.count = Some(3);
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["row_check"], "query");
    assert_eq!(
        receipt["warnings"],
        json!(["Domo's metadata say 2, but a query counts 3 rows, as exported"])
    );
}

#[test]
fn an_id_in_a_reply_leads_nowhere() {
    let world = World::new();
    let mut given = world.state();
    given.domo.set("id", json!("../../oauth/token?x="));
    given.domo.set("rows", json!(null));
    given.domo.count = Some(3);
    drop(given);
    assert_eq!(world.run(&job()).unwrap()["row_check"], "query");
}

#[test]
fn metadata_without_rows_is_settled_by_a_query() {
    let world = World::new();
    world.state().domo.set("rows", json!(null));
    world.state().domo.count = Some(3);
    assert_eq!(world.run(&job()).unwrap()["row_check"], "query");
}

#[test]
fn a_count_that_cannot_be_had_leaves_the_doubt() {
    let world = World::new();
    world.state().domo.set("rows", json!(4));
    world.fault(Post, "/query/execute", 99, answer(400, &[]));
    let failure = world.fails(&with("/domo/export_attempts", json!(1)));
    assert_eq!(
        failure.message,
        format!(
            "the export of DataSet `{DATASET}` has 3 records; Domo's metadata say 4, and the rows could not be counted by a query: counting the rows of DataSet `{DATASET}` failed: Domo answered 400 (1 attempt) (1 export)"
        )
    );
}

#[test]
fn a_ragged_record_fails_whatever_rows_says() {
    let world = World::new();
    world.state().domo.put(DATASET, b"a,b\n1,2\n3\n", 2);
    let failure = world.fails(&with("/domo/rows", json!("warn")));
    assert_eq!(failure.code, Code::ExportMalformed);
    assert_eq!(
        failure.message,
        format!(
            "the export of DataSet `{DATASET}` is damaged: record 2 (line 3, byte 8) has 1 column, the header has 2 (3 exports)"
        )
    );
}

#[test]
fn an_open_quote_fails_whatever_rows_says() {
    let world = World::new();
    world.state().domo.put(DATASET, b"a,b\n1,\"2\n", 1);
    let failure = world.fails(&with("/domo/rows", json!("warn")));
    assert_eq!(failure.code, Code::ExportMalformed);
    assert!(
        failure.message.contains("is never closed"),
        "{}",
        failure.message
    );
}

#[test]
fn a_dataset_that_changes_meanwhile_is_exported_again() {
    let world = World::new();
    let change = Act::After(|state| {
        state.domo.put(DATASET, b"a,b\n1,2\n", 1);
        state.domo.set("updatedAt", json!("2026-02-02T00:00:00Z"));
    });
    world.fault(Get, "/data?", 1, change);
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["export"]["exports"], 2);
    assert_eq!(receipt["export"]["rows"], 1);
    assert_eq!(receipt["dataset"]["updated_at"], "2026-02-02T00:00:00Z");
    assert_eq!(receipt["warnings"], json!([]));
}

#[test]
fn a_dataset_that_keeps_changing_is_flagged() {
    let world = World::new();
    let change = Act::After(|state| state.domo.set("updatedAt", json!(state.now.to_string())));
    world.fault(Get, "/data?", 9, change);
    let receipt = world.run(&job()).unwrap();
    assert_eq!(
        receipt["warnings"],
        json!([format!(
            "DataSet `{DATASET}` changed while it was exported (3 exports)"
        )])
    );
}

#[test]
fn an_empty_dataset_becomes_a_file_with_a_header() {
    let world = World::new();
    world.state().domo.put(DATASET, b"a,b\n", 0);
    let job = with("/guard/if_empty", json!("write"));
    assert_eq!(world.run(&job).unwrap()["export"]["rows"], 0);
    assert_eq!(world.file("sales.csv"), Some(b"a,b\n".to_vec()));
}

#[test]
fn an_empty_dataset_without_its_header_is_exported_again() {
    let world = World::new();
    world.state().domo.put(DATASET, b"a,b\n", 0);
    let job = with("/guard/if_empty", json!("write"));
    world.fault(Get, "/data?", 1, Act::Truncate(0));
    assert_eq!(world.run(&job).unwrap()["export"]["exports"], 2);
    assert_eq!(world.file("sales.csv"), Some(b"a,b\n".to_vec()));
    world.fault(Get, "/data?", 9, Act::Truncate(0));
    let failure = world.fails(&job);
    assert_eq!(failure.code, Code::RowsMismatch);
    assert!(
        failure
            .message
            .ends_with("has no bytes at all, not even the header (3 exports)"),
        "{failure}"
    );
}

#[test]
fn an_export_cut_off_in_its_last_field_is_exported_again() {
    let whole = World::new().state().domo.csv[DATASET].clone();
    let cut = || Act::Truncate(40);
    let world = World::new();
    world.fault(Get, "/data?", 1, cut());
    assert_eq!(world.run(&job()).unwrap()["export"]["exports"], 2);
    assert_eq!(world.file("sales.csv"), Some(whole.clone()));

    // What ends there twice ends there: some tables have no last line end.
    let world = World::new();
    world.fault(Get, "/data?", 9, cut());
    assert_eq!(world.run(&job()).unwrap()["export"]["exports"], 2);
    assert_eq!(world.file("sales.csv").as_deref(), Some(&whole[..40]));

    let world = World::new();
    world.fault(Get, "/data?", 9, cut());
    let receipt = world.run(&with("/domo/export_attempts", json!(1))).unwrap();
    let warning = receipt["warnings"][0].as_str().unwrap();
    assert!(
        warning.ends_with("ends without a line end, so its last record may be cut off (1 export)"),
        "{warning}"
    );

    let world = World::new();
    let csv = b"id,name\n1,Qui-Gon\n2,\"Kenobi, Obi-Wan\"\n3,Mace Windu\n";
    world.state().domo.put(DATASET, csv, 3);
    for end in [42, 43, 44] {
        world.fault(Get, "/data?", 1, Act::Truncate(end));
    }
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::ExportMalformed);
    assert_eq!(failure.retry_after, Some(60));
}

#[test]
fn a_full_spool_names_its_setting() {
    let world = World::new();
    world.state().quota = 20;
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::SpoolFull);
    assert_eq!(
        failure.message,
        "the export does not fit into the spool: no room beyond 20 bytes"
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some("raise the limit under `[limits]`")
    );
}

#[test]
fn a_service_that_does_not_answer_is_worth_another_start() {
    let world = World::new();
    world.fault(Get, "/data?", 99, Act::Error(reset()));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DomoUnavailable);
    assert_eq!(
        failure.message,
        format!(
            "exporting DataSet `{DATASET}` failed: no reply from Domo: connection reset by peer (5 attempts in 17 s)"
        )
    );
    assert_eq!(failure.retry_after, Some(60));
}

#[test]
fn columns_that_the_metadata_do_not_know_are_a_warning() {
    let world = World::new();
    world.state().domo.set("columns", json!(3));
    let receipt = world.run(&job()).unwrap();
    assert_eq!(
        receipt["warnings"],
        json!([format!(
            "the export of DataSet `{DATASET}` has 2 columns, Domo's metadata say 3"
        )])
    );
}

#[test]
fn what_a_query_settled_is_told_once() {
    let world = World::new();
    world.state().domo.set("rows", json!(2));
    world.state().domo.count = Some(3);
    let change = Act::After(|state| state.domo.set("updatedAt", json!("2026-02-02T00:00:00Z")));
    world.fault(Get, "/data?", 1, change);
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["export"]["exports"], 2);
    assert_eq!(
        receipt["warnings"],
        json!(["Domo's metadata say 2, but a query counts 3 rows, as exported"])
    );
}
