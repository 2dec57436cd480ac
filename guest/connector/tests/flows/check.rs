//! Rules of `check`: it finds what can be seen, and writes nothing.

use crate::world::{Act, World, job, json_answer, set, with};
use serde_json::{Value, json};
use writeback_connector::message::Method::{Delete, Get, Post, Put};
use writeback_connector::ports::{HttpError, Identity, SecretError};

fn finding(report: &Value, check: &str) -> (String, String) {
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap();
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("message"))
}

#[test]
fn a_good_job_passes_every_check_and_nothing_is_written() {
    let world = World::new();
    let report = world
        .check(&with("/sharepoint/folder", json!("Reports/Daily")))
        .unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["upload_hosts"], json!(["contoso.sharepoint.com"]));
    let told = [
        ("domo-sign-in", "signed in as user 27, role Privileged"),
        ("dataset", "`Sales: 2026/01` has 3 rows and 2 columns"),
        ("owner", "nothing speaks against the client's user"),
        ("pdp", "the DataSet has no personalized data permissions"),
        (
            "guard",
            "nothing in Domo's metadata speaks against the job's `[guard]`",
        ),
        ("sharepoint-sign-in", "signed in as `app-object-id`"),
        ("permissions", "the token has Sites.ReadWrite.All"),
        (
            "site",
            "`Finance` at https://contoso.sharepoint.com/sites/Finance",
        ),
        (
            "library",
            "`Documents` at https://contoso.sharepoint.com/sites/Finance/Shared%20Documents",
        ),
        (
            "folder",
            "`Root` exists; `Reports/Daily` will be created below it",
        ),
        ("filename", "`sales.csv`"),
        (
            "existing-file",
            "the folder does not exist yet, so the name is free",
        ),
    ];
    for (check, message) in told {
        assert_eq!(
            finding(&report, check),
            ("ok".to_owned(), message.to_owned()),
            "{check}"
        );
    }
    assert_eq!(
        finding(&report, "upload-session"),
        (
            "not-checked".to_owned(),
            "use `--probe` to open an upload session and delete it".to_owned()
        )
    );
    assert!(world.sent(Post, "").is_empty() && world.sent(Put, "").is_empty());
}

#[test]
fn a_probe_opens_a_session_and_deletes_it() {
    let world = World::new();
    let report = world.check(&with("/probe", json!(true))).unwrap();
    assert_eq!(
        finding(&report, "upload-session"),
        ("ok".to_owned(), "opened and deleted".to_owned())
    );
    assert_eq!(world.state().sharepoint.deleted, ["link:1"]);
    assert_eq!(world.file("sales.csv"), None);
}

#[test]
fn a_probe_finds_a_host_that_is_not_allowed() {
    let world = World::new();
    let text = "add hosts = [\"contoso.sharepoint.com\"]";
    world.fault(
        Delete,
        "link:",
        1,
        Act::Error(HttpError::Denied(text.to_owned())),
    );
    let report = world.check(&with("/probe", json!(true))).unwrap();
    assert_eq!(
        finding(&report, "upload-session"),
        (
            "failed".to_owned(),
            format!("a request to SharePoint was denied: {text}")
        )
    );
    assert_eq!(report["ok"], false);
}

#[test]
fn trouble_on_domo_s_side_leaves_sharepoint_s_visible() {
    let world = World::new();
    let refused =
        SecretError::Refused("Domo answered 401 `Unauthorized`; hint: check the client".to_owned());
    world.state().refusals.insert("domo", refused);
    let report = world.check(&job()).unwrap();
    assert_eq!(
        finding(&report, "domo-sign-in"),
        (
            "failed".to_owned(),
            "signing in to Domo failed: Domo answered 401 `Unauthorized`".to_owned()
        )
    );
    assert_eq!(report["findings"][0]["hint"], "check the client");
    assert_eq!(
        finding(&report, "dataset"),
        (
            "not-checked".to_owned(),
            "an earlier check has to succeed first".to_owned()
        )
    );
    assert_eq!(finding(&report, "library").0, "ok");
}

#[test]
fn a_file_named_after_an_unseen_dataset_is_not_checked() {
    let world = World::new();
    world.state().domo.metadata.clear();
    let report = world
        .check(&with("/sharepoint/filename", json!("dataset-name")))
        .unwrap();
    assert_eq!(finding(&report, "filename").0, "not-checked");
    assert_eq!(finding(&report, "folder").0, "ok");
}

#[test]
fn missing_permissions_are_found_in_the_token() {
    let cases = [
        (vec![], "failed", "the token has no permissions at all"),
        (
            vec!["Sites.Read.All"],
            "failed",
            "the token has Sites.Read.All, which does not allow a write",
        ),
        (
            vec!["Sites.Selected"],
            "warning",
            "the token has Sites.Selected: it reaches the sites that were granted one by one",
        ),
    ];
    for (roles, status, message) in cases {
        let world = World::new();
        let roles = roles.into_iter().map(str::to_owned).collect();
        world.state().identities.insert(
            "sharepoint",
            Identity {
                roles,
                ..Identity::default()
            },
        );
        let report = world.check(&job()).unwrap();
        assert_eq!(
            finding(&report, "permissions"),
            (status.to_owned(), message.to_owned())
        );
        assert_eq!(
            finding(&report, "sharepoint-sign-in").1,
            "signed in as `unknown`"
        );
    }
}

#[test]
fn rules_that_would_stop_the_job_are_findings() {
    let world = World::new();
    world.state().domo.set("pdpEnabled", json!(true));
    world.state().domo.set("owner", json!({"id": 99}));
    let mut job = with("/domo/pdp", json!("refuse"));
    set(&mut job, "/domo/owner", json!("enforce"));
    let report = world.check(&job).unwrap();
    assert_eq!(finding(&report, "owner").0, "failed");
    assert_eq!(finding(&report, "pdp").0, "failed");
    assert_eq!(report["ok"], false);
    set(&mut job, "/domo/pdp", json!("allow"));
    assert_eq!(
        finding(&world.check(&job).unwrap(), "pdp").1,
        "the DataSet has personalized data permissions, and the job allows that"
    );
}

#[test]
fn a_missing_folder_that_may_not_be_made_is_found() {
    let mut job = with("/sharepoint/folder", json!("Reports"));
    set(&mut job, "/sharepoint/create_folders", json!(false));
    let report = World::new().check(&job).unwrap();
    assert_eq!(
        finding(&report, "folder"),
        (
            "failed".to_owned(),
            "folder `Reports` does not exist in library `Documents`: `Root` has no `Reports`"
                .to_owned()
        )
    );
}

#[test]
fn an_existing_file_is_found_and_its_fate_told() {
    let world = World::new();
    world.state().sharepoint.add("Sales.csv", Some(b"old"));
    let report = world.check(&job()).unwrap();
    assert_eq!(
        finding(&report, "existing-file").1,
        "`Sales.csv` exists and will get a new version"
    );
    let report = world
        .check(&with("/sharepoint/if_exists", json!("rename")))
        .unwrap();
    assert_eq!(
        finding(&report, "existing-file").1,
        "`Sales.csv` exists, so the file gets a number"
    );
    assert_eq!(
        finding(&World::new().check(&job()).unwrap(), "existing-file").1,
        "the name is free"
    );
}

#[test]
fn a_folder_of_the_file_s_name_is_found() {
    let world = World::new();
    world.state().sharepoint.add("sales.csv", None);
    let report = world.check(&job()).unwrap();
    assert_eq!(
        finding(&report, "existing-file"),
        (
            "failed".to_owned(),
            "`Documents/sales.csv` is a folder, so no file can have that name".to_owned()
        )
    );
}

#[test]
fn a_probe_that_is_refused_is_a_finding() {
    let world = World::new();
    let body = json!({"error": {"code": "accessDenied", "message": "Access denied"}});
    world.fault(Post, "createUploadSession", 1, json_answer(403, body));
    let report = world.check(&with("/probe", json!(true))).unwrap();
    assert_eq!(
        finding(&report, "upload-session").1,
        "opening an upload session for `Documents/sales.csv` failed: SharePoint answered 403 `accessDenied`: Access denied (1 attempt)"
    );
}

#[test]
fn a_job_that_cannot_be_parsed_is_a_failure_and_so_is_a_cancelled_check() {
    let world = World::new();
    assert_eq!(
        world.check(&json!({})).unwrap_err().code.as_str(),
        "job-invalid"
    );
    world.fault(Get, "/v1/datasets/", 1, Act::Error(HttpError::Cancelled));
    assert_eq!(world.check(&job()).unwrap_err().code.as_str(), "cancelled");
}

#[test]
fn a_failed_check_tells_what_the_job_would_fail_with() {
    let world = World::new();
    let busy = json_answer(503, json!({"error": {"code": "serviceNotAvailable"}}));
    world.fault(Get, "/sites/", 99, busy);
    let report = world.check(&job()).unwrap();
    let site = &report["findings"][7];
    assert_eq!(site["code"], "sharepoint-unavailable");
    assert_eq!(site["retry_after"], 60);
    let ok = &report["findings"][0];
    assert_eq!(
        (&ok["code"], &ok["retry_after"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_token_without_a_right_is_forbidden_by_word() {
    let world = World::new();
    let identity = Identity::default();
    world.state().identities.insert("sharepoint", identity);
    let report = world.check(&job()).unwrap();
    assert_eq!(report["findings"][6]["code"], "sharepoint-forbidden");
}

#[test]
fn a_path_that_is_too_long_is_found_and_the_folder_still_checked() {
    let folder = vec!["a".repeat(120); 3].join("/");
    let report = World::new()
        .check(&with("/sharepoint/folder", json!(folder)))
        .unwrap();
    let (status, message) = finding(&report, "filename");
    assert_eq!(status, "failed");
    assert!(
        message.contains("SharePoint holds at most 400"),
        "{message}"
    );
    assert_eq!(finding(&report, "folder").0, "ok");
    assert_eq!(finding(&report, "existing-file").0, "not-checked");
}

#[test]
fn a_name_is_judged_although_sharepoint_is_away() {
    let world = World::new();
    world.fault(Get, "/sites/", 99, json_answer(404, json!({})));
    let report = world.check(&job()).unwrap();
    assert_eq!(finding(&report, "filename").0, "ok");
}

#[test]
fn a_probe_that_meets_another_upload_says_so() {
    let world = World::new();
    let body = json!({"error": {"code": "nameAlreadyExists", "message": "An upload session already exists for this file."}});
    world.fault(Post, ":/createUploadSession", 1, json_answer(409, body));
    let report = world.check(&with("/probe", json!(true))).unwrap();
    let probe = &report["findings"][12];
    assert_eq!(probe["code"], "upload-in-progress");
    assert_eq!(probe["retry_after"], 900);
    assert!(probe["hint"].is_string());
}
