//! The description, and that its schemas are schemas.

use super::*;
use crate::check::CHECKS;

fn document() -> Value {
    serde_json::from_str(&describe()).unwrap()
}

#[test]
fn the_description_names_the_accounts_that_the_host_opens() {
    let document = document();
    assert_eq!(document["name"], "writeback-connector");
    assert_eq!(document["accounts"][0]["pointer"], "/domo/account");
    assert_eq!(document["accounts"][1]["pointer"], "/sharepoint/account");
}

#[test]
fn every_schema_is_one() {
    for name in ["job", "query", "check", "receipt"] {
        let schema = &document()["schemas"][name];
        assert!(schema["title"].is_string(), "{name}");
        jsonschema::validator_for(schema).unwrap();
    }
}

#[test]
fn the_check_schema_knows_every_check() {
    let document = document();
    let words = &document["schemas"]["check"]["properties"]["findings"]["items"]["properties"]["check"]
        ["enum"];
    // The last is the command's own: only the configuration can tell.
    let known: Vec<&str> = CHECKS.into_iter().chain(["upload-hosts"]).collect();
    assert_eq!(*words, json!(known));
}
