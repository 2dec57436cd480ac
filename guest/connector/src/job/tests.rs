//! The parser and the schema agree on what is a job.

use super::*;
use serde_json::json;

const ID: &str = "845305d8-da3d-4107-a9d6-13ef3f86d4a4";
const SITE_ID: &str = "contoso.sharepoint.com,11111111-1111-1111-1111-111111111111,22222222-2222-2222-2222-222222222222";

fn job() -> Value {
    json!({
        "domo": { "account": "domo", "dataset": ID },
        "sharepoint": { "account": "sharepoint", "site": "https://contoso.sharepoint.com/sites/Finance" },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut job = job();
    let mut at = &mut job;
    for key in pointer.split('/').skip(1) {
        if at.is_null() {
            *at = json!({});
        }
        at = at
            .as_object_mut()
            .unwrap()
            .entry(key)
            .or_insert(Value::Null);
    }
    *at = value;
    job
}

#[test]
fn schema_and_parser_agree() {
    let schema: Value = serde_json::from_str(include_str!("../../schema/job.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let url = format!("https://mycompany.domo.com/datasources/{ID}/details/overview");
    let cases = [
        (true, "/guard", json!({})),
        (false, "/guard/unknown", json!(1)),
        (true, "/guard/if_empty", json!("skip")),
        (false, "/guard/if_empty", json!(true)),
        (true, "/guard/min_rows", json!(0)),
        (false, "/guard/min_rows", json!(-1)),
        (false, "/guard/min_rows", json!(0.5)),
        (true, "/guard/max_shrink", json!(0)),
        (true, "/guard/max_shrink", json!(0.2)),
        (false, "/guard/max_shrink", json!(20)),
        (false, "/guard/max_shrink", json!("20 %")),
        (true, "/guard/expect_columns", json!(["id", ""])),
        (false, "/guard/expect_columns", json!([])),
        (false, "/guard/expect_columns", json!(["id", 1])),
        (false, "/guard/expect_columns", json!("id")),
        (true, "/retry/deadline_seconds", json!(0)),
        (false, "/retry/deadline_seconds", json!(604_801)),
        (true, "/sharepoint/if_locked", json!("rename")),
        (false, "/sharepoint/if_locked", json!("wait")),
        (true, "/sharepoint/lock_wait_seconds", json!(0)),
        (false, "/sharepoint/lock_wait_seconds", json!("5 min")),
        (true, "/schema", json!(1)),
        (false, "/schema", json!(2)),
        (true, "/name", json!("daily")),
        (false, "/name", json!(1)),
        (false, "/unknown", json!(1)),
        (true, "/probe", json!(true)),
        (false, "/probe", json!("yes")),
        (true, "/domo/dataset", json!(url)),
        (true, "/domo/dataset", json!(ID.to_uppercase())),
        (false, "/domo/dataset", json!("845305d8")),
        (
            false,
            "/domo/dataset",
            json!("https://mycompany.domo.com/datasources/845305d8/details"),
        ),
        (false, "/domo/account", json!("  ")),
        (false, "/domo/unknown", json!(1)),
        (true, "/domo/rows", json!("warn")),
        (false, "/domo/rows", json!("lax")),
        (true, "/domo/pdp", json!("refuse")),
        (false, "/domo/pdp", json!("no")),
        (true, "/domo/owner", json!("off")),
        (false, "/domo/owner", json!(true)),
        (true, "/domo/export_attempts", json!(10)),
        (false, "/domo/export_attempts", json!(0)),
        (true, "/sharepoint/site", json!(SITE_ID)),
        (true, "/sharepoint/site", json!({ "id": SITE_ID })),
        (
            true,
            "/sharepoint/site",
            json!({ "url": "https://contoso.sharepoint.com" }),
        ),
        (true, "/sharepoint/site", json!({ "group": ID })),
        (true, "/sharepoint/site", json!({ "search": "Finance" })),
        (false, "/sharepoint/site", json!({ "group": "Finance" })),
        (false, "/sharepoint/site", json!({ "search": " " })),
        (
            false,
            "/sharepoint/site",
            json!({ "search": "a", "group": ID }),
        ),
        (false, "/sharepoint/site", json!({})),
        (
            false,
            "/sharepoint/site",
            json!("http://contoso.sharepoint.com"),
        ),
        (
            false,
            "/sharepoint/site",
            json!("contoso.sharepoint.com,1,2"),
        ),
        (
            true,
            "/sharepoint/site",
            json!("HTTPS://contoso.sharepoint.com:443/sites/Finance"),
        ),
        (
            false,
            "/sharepoint/site",
            json!("https://contoso.sharepoint.com:8443/sites/Finance"),
        ),
        (false, "/sharepoint/site", json!("Finance")),
        (false, "/sharepoint/site", json!(1)),
        (true, "/sharepoint/library", json!("Documents")),
        (false, "/sharepoint/library", json!(1)),
        (true, "/sharepoint/folder", json!("Reports\\Daily/2026")),
        (false, "/sharepoint/folder", json!(1)),
        (true, "/sharepoint/create_folders", json!(false)),
        (false, "/sharepoint/create_folders", json!(0)),
        (true, "/sharepoint/filename", json!("dataset-name")),
        (true, "/sharepoint/filename", json!({ "custom": "sales" })),
        (false, "/sharepoint/filename", json!("sales.csv")),
        (false, "/sharepoint/filename", json!({ "custom": "a:b" })),
        (false, "/sharepoint/filename", json!({ "custom": " a" })),
        (false, "/sharepoint/filename", json!({ "custom": "a." })),
        (false, "/sharepoint/filename", json!({ "custom": "" })),
        (false, "/sharepoint/filename", json!({})),
        (true, "/sharepoint/if_exists", json!("rename")),
        (false, "/sharepoint/if_exists", json!("fail")),
        (true, "/sharepoint/verify", json!("size")),
        (false, "/sharepoint/verify", json!("none")),
        (true, "/upload/simple_limit", json!(262_144_000)),
        (false, "/upload/simple_limit", json!(262_144_001)),
        (true, "/upload/fragment", json!(327_680)),
        (false, "/upload/fragment", json!(327_681)),
        (false, "/upload/fragment", json!(62_914_560)),
        (true, "/upload/fragment_max", json!(62_586_880)),
        (false, "/upload/unknown", json!(1)),
        (true, "/retry/attempts", json!(20)),
        (false, "/retry/attempts", json!(21)),
        (true, "/retry/max_wait_seconds", json!(0)),
        (false, "/retry/max_wait_seconds", json!(-1)),
        (false, "/domo", json!("x")),
        (false, "/upload", json!([])),
    ];
    for (valid, pointer, value) in cases {
        let job = with(pointer, value.clone());
        let parsed = Job::parse(&job.to_string());
        assert_eq!(
            parsed.is_ok(),
            valid,
            "parser: {pointer} = {value}: {parsed:?}"
        );
        assert_eq!(schema.is_valid(&job), valid, "schema: {pointer} = {value}");
    }
}

#[test]
fn defaults_are_those_of_the_schema() {
    let job = Job::parse(&job().to_string()).unwrap();
    assert_eq!(job.name, ID);
    assert_eq!(job.domo.rows, RowsRule::Strict);
    assert_eq!(job.domo.pdp, PdpRule::Warn);
    assert_eq!(job.domo.owner, OwnerRule::Warn);
    assert_eq!(job.domo.export_attempts, 3);
    assert_eq!(job.sharepoint.filename, FilenameChoice::DataSetId);
    assert!(job.sharepoint.create_folders);
    assert_eq!(job.sharepoint.verify, Verify::Hash);
    assert_eq!(
        job.upload,
        UploadJob {
            simple_limit: 10_485_760,
            fragment: 10_485_760,
            fragment_max: 52_428_800
        }
    );
    assert_eq!(
        job.retry,
        Limits {
            attempts: 5,
            wait: 600_000,
            deadline: None,
            lock_wait: 300_000,
        }
    );
}

#[test]
fn a_largest_fragment_below_the_first_is_a_problem() {
    let mut job = with("/upload/fragment", json!(655_360));
    job["upload"]["fragment_max"] = json!(327_680);
    let failure = Job::parse(&job.to_string()).unwrap_err();
    assert_eq!(
        failure.message,
        "the job has a problem:\n  `upload.fragment_max` must not be smaller than `fragment`"
    );
}

#[test]
fn texts_of_single_problems() {
    let cases = [
        (
            "/schema",
            json!(2),
            "`schema` `2` is not known here; `1` is",
        ),
        ("/domo", json!("x"), "`domo` must be a table, not a string"),
        (
            "/domo/zzz",
            json!(1),
            "`domo.zzz` is not a known key; known here: `account`, `dataset`, `rows`, `pdp`, `owner` and `export_attempts`",
        ),
        (
            "/sharepoint/site",
            json!(1),
            "`sharepoint.site` must be a string or a table, not a number",
        ),
        (
            "/sharepoint/site",
            json!({}),
            "`sharepoint.site` must have exactly one of `url`, `id`, `group` or `search`",
        ),
        (
            "/sharepoint/site",
            json!({"group": "x"}),
            "`sharepoint.site.group` must be the GUID of a Microsoft 365 group",
        ),
        (
            "/sharepoint/site",
            json!("a,b,c"),
            "`sharepoint.site` must be `host,guid,guid`",
        ),
        (
            "/sharepoint/site",
            json!("https://contoso.sharepoint.com/:f:/r/sites/x"),
            "`sharepoint.site` is a sharing link; open it and copy the site's own address",
        ),
        (
            "/sharepoint/site",
            json!("https://contoso.sharepoint.com/sites/%2e%2e/x"),
            "`sharepoint.site` must not hold `.` or `..`",
        ),
        (
            "/sharepoint/filename",
            json!("x"),
            "`sharepoint.filename` must be `dataset-id`, `dataset-name` or a table such as `{ custom = \"sales.csv\" }`",
        ),
        (
            "/probe",
            json!([]),
            "`probe` must be true or false, not a list",
        ),
        (
            "/retry/attempts",
            json!(true),
            "`retry.attempts` must be a whole number, not true or false",
        ),
    ];
    for (pointer, value, text) in cases {
        let failure = Job::parse(&with(pointer, value).to_string()).unwrap_err();
        assert_eq!(failure.message, format!("the job has a problem:\n  {text}"));
    }
}
