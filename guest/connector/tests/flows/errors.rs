//! Texts that no other test asserts, and the promises that every text keeps.

use crate::world::{World, job, with};
use serde_json::json;
use writeback_connector::error::{CODES, Code};
use writeback_connector::ports::SecretError;

fn refuse(account: &'static str, text: &str) -> World {
    let world = World::new();
    world
        .state()
        .refusals
        .insert(account, SecretError::Refused(text.to_owned()));
    world
}

#[test]
fn codes_are_kebab_case_unique_and_explained() {
    let mut codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
    for (code, meaning) in CODES {
        assert!(
            code.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
            "{code}"
        );
        assert!(
            !meaning.is_empty() && !meaning.ends_with('.'),
            "{code}: {meaning}"
        );
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), CODES.len());
    assert_eq!(Code::SignInSharePoint.to_string(), "sign-in-sharepoint");
}

#[test]
fn an_account_that_is_not_there_names_the_table_to_add() {
    let failure = World::new().fails(&with("/domo/account", json!("dome")));
    assert_eq!(failure.code, Code::AccountUndeclared);
    assert_eq!(
        failure.message,
        "account `dome`: the run has no account `dome`"
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some("add `[accounts.dome]` to the configuration file, or correct the job's `account`")
    );
}

#[test]
fn an_account_of_the_wrong_kind_is_told() {
    let failure = World::new().fails(&with("/domo/account", json!("sharepoint")));
    assert_eq!(failure.code, Code::AccountUndeclared);
    assert_eq!(
        failure.message,
        "account `sharepoint`: account `sharepoint` has no service `api`"
    );
}

#[test]
fn a_refused_domo_client_is_told_with_the_pane_s_words() {
    let failure =
        refuse("domo", "Domo answered 401 `Unauthorized`: Bad credentials.").fails(&job());
    assert_eq!(failure.code, Code::SignInDomo);
    assert_eq!(
        failure.message,
        "signing in to Domo failed: Domo answered 401 `Unauthorized`: Bad credentials"
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some(
            "check `client_id` and `client_secret` of the account; Domo's connector pane calls them `Secret ID` and `Value`"
        )
    );
}

#[test]
fn entra_s_codes_choose_the_hint() {
    let hints = [
        (
            "AADSTS7000215: Invalid client secret provided.",
            "give the client secret's *value*",
        ),
        ("AADSTS7000222: expired", "the client secret has expired"),
        (
            "AADSTS700016: not found",
            "check `client_id` (the application id) and `tenant`",
        ),
        ("AADSTS90002: Tenant not found", "check `tenant`: no tenant"),
        ("AADSTS90038: other cloud", "check `cloud`"),
        (
            "AADSTS99999: new",
            "check `tenant`, `client_id` and `client_secret`",
        ),
    ];
    for (text, hint) in hints {
        let failure = refuse("sharepoint", text).fails(&job());
        assert_eq!(failure.code, Code::SignInSharePoint);
        let told = failure.hint.unwrap();
        assert!(told.starts_with(hint), "{told}");
    }
}

#[test]
fn the_host_s_own_hint_goes_first() {
    let text = "Entra ID answered 401 AADSTS7000215 (trace id `t-1`)\nhint: rotate it";
    let failure = refuse("sharepoint", text).fails(&job());
    assert_eq!(
        failure.message,
        "signing in to SharePoint failed: Entra ID answered 401 AADSTS7000215 (trace id `t-1`)"
    );
    assert_eq!(failure.hint.as_deref(), Some("rotate it"));
}

#[test]
fn all_problems_of_a_job_are_reported_together() {
    let job = json!({
        "nmae": "x",
        "domo": { "account": " ", "dataset": "845305d8", "rows": "some", "export_attempts": 11 },
        "sharepoint": {
            "account": "sharepoint",
            "site": "ftp://contoso",
            "folder": "a/b?",
            "filename": { "custom": "CON" },
            "create_folders": "yes",
        },
        "upload": { "fragment": 327_681, "fragment_max": 62_914_560 },
        "retry": { "attempts": 0 },
    });
    let failure = World::new().fails(&job);
    assert_eq!(failure.code, Code::JobInvalid);
    assert_eq!(
        failure.message,
        "the job has 12 problems:
  `nmae` is not a known key; did you mean `name`?
  `domo.account` must not be empty
  `domo.dataset` must be a DataSet's GUID or its URL, such as `https://mycompany.domo.com/datasources/845305d8-da3d-4107-a9d6-13ef3f86d4a4/details/overview`
  `domo.rows` must be `strict` or `warn`, not `some`
  `domo.export_attempts` must be between 1 and 10, not 11
  `sharepoint.site` must be an address such as `https://contoso.sharepoint.com/sites/Finance`, an id `host,guid,guid`, or a table with `group` or `search`
  `sharepoint.folder` cannot hold `b?`: SharePoint allows no `?` in a name
  `sharepoint.create_folders` must be true or false, not a string
  `sharepoint.filename.custom` cannot be `CON`: SharePoint keeps `CON` for itself
  `upload.fragment` must be a multiple of 327680 (320 KiB), such as 327680
  `upload.fragment_max` must be between 327680 and 62914559, not 62914560
  `retry.attempts` must be between 1 and 20, not 0"
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some("see `writeback schema job` for every key")
    );
}

#[test]
fn a_job_that_is_no_json_is_told() {
    let failure = writeback_connector::writeback::run(&World::new(), "{", None).unwrap_err();
    assert_eq!(
        failure.message,
        "the job has a problem:\n  it is not JSON: EOF while parsing an object at line 1 column 1"
    );
}
