//! Rules of `browse`: every list is followed to its end or its limit.

use crate::world::{Act, DATASET, World, json_answer};
use serde_json::{Value, json};
use writeback_connector::error::Code;
use writeback_connector::message::Method::Get;
use writeback_connector::ports::SecretError;

const SITE: &str = "https://contoso.sharepoint.com/sites/Finance";

fn names(listing: &Value) -> Vec<String> {
    let items = listing["items"].as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn datasets_are_listed_with_the_line_to_paste() {
    let listing = World::new()
        .browse(&json!({"kind": "datasets", "account": "domo"}))
        .unwrap();
    assert_eq!(
        listing,
        json!({
            "kind": "datasets",
            "more": false,
            "items": [{
                "id": DATASET,
                "name": "Sales: 2026/01",
                "rows": 3,
                "columns": 2,
                "updated_at": "2026-01-01T00:00:00Z",
                "owner": "Obi-Wan",
                "line": format!("dataset = \"{DATASET}\""),
            }],
        })
    );
}

#[test]
fn datasets_are_paged_searched_and_limited() {
    let world = World::new();
    for number in 0..120 {
        let id = format!("00000000-0000-0000-0000-{number:012}");
        world.state().domo.put(&id, b"a\n", 0);
    }
    let query = |limit: u32| json!({"kind": "datasets", "account": "domo", "limit": limit, "search": "sales"});
    let listing = world.browse(&query(200)).unwrap();
    assert_eq!(names(&listing).len(), 121);
    assert_eq!(listing["more"], false);
    let listing = world.browse(&query(70)).unwrap();
    assert_eq!(names(&listing).len(), 70);
    assert_eq!(listing["more"], true);
    let nothing = json!({"kind": "datasets", "account": "domo", "search": "no such"});
    assert_eq!(world.browse(&nothing).unwrap()["items"], json!([]));
}

#[test]
fn sites_are_listed_searched_and_without_duplicates() {
    let world = World::new();
    let twin = world.state().sharepoint.sites[0].clone();
    world.state().sharepoint.sites.push(twin);
    world.state().sharepoint.page = 1;
    let listing = world
        .browse(&json!({"kind": "sites", "account": "sharepoint"}))
        .unwrap();
    assert_eq!(names(&listing), ["Finance"]);
    assert_eq!(listing["items"][0]["line"], format!("site = \"{SITE}\""));
    assert_eq!(world.sent(Get, "getAllSites").len(), 2);
    let search = json!({"kind": "sites", "account": "sharepoint", "search": "Fin ance"});
    assert_eq!(world.browse(&search).unwrap()["items"], json!([]));
    assert_eq!(world.sent(Get, "search=Fin%20ance").len(), 1);
}

#[test]
fn sites_are_searched_where_not_all_may_be_listed() {
    let world = World::new();
    let body = json!({"error": {"code": "accessDenied", "message": "No."}});
    world.fault(Get, "getAllSites", 1, json_answer(403, body));
    let listing = world
        .browse(&json!({"kind": "sites", "account": "sharepoint"}))
        .unwrap();
    assert_eq!(names(&listing), ["Finance"]);
    assert_eq!(world.sent(Get, "search=*").len(), 1);
}

#[test]
fn libraries_tell_the_default_one() {
    let query = json!({"kind": "libraries", "account": "sharepoint", "site": SITE});
    let listing = World::new().browse(&query).unwrap();
    assert_eq!(names(&listing), ["Documents", "Archive"]);
    assert_eq!(listing["items"][0]["default"], true);
    assert_eq!(listing["items"][1]["default"], false);
    assert_eq!(listing["items"][1]["line"], "library = \"Archive\"");
}

#[test]
fn folders_are_listed_below_a_folder() {
    let world = World::new();
    for path in ["Reports/Daily", "Reports/Weekly", "Other"] {
        world.state().sharepoint.add(path, None);
    }
    world.state().sharepoint.add("Reports/file.csv", Some(b"x"));
    let query =
        json!({"kind": "folders", "account": "sharepoint", "site": SITE, "folder": "reports"});
    let listing = world.browse(&query).unwrap();
    assert_eq!(names(&listing), ["Daily", "Weekly"]);
    assert_eq!(listing["items"][0]["path"], "Reports/Daily");
    assert_eq!(listing["items"][0]["line"], "folder = \"Reports/Daily\"");
    let query = json!({"kind": "folders", "account": "sharepoint", "site": SITE, "library": null});
    assert_eq!(names(&world.browse(&query).unwrap()), ["Reports", "Other"]);
}

#[test]
fn a_folder_s_page_that_leads_to_itself_ends() {
    let world = World::new();
    world.state().sharepoint.add("Reports", None);
    world.fault(
        Get,
        "/children",
        9,
        Act::Alter(|page| {
            page["@odata.nextLink"] =
                json!("https://graph.microsoft.com/v1.0/drives/b!docs/items/root-docs/children?x");
        }),
    );
    let query = json!({"kind": "folders", "account": "sharepoint", "site": SITE});
    world.browse(&query).unwrap();
    assert_eq!(world.sent(Get, "/children").len(), 2);
}

#[test]
fn a_query_s_problems_are_reported_together() {
    let query = json!({"kind": "folder", "acount": "x", "limit": 0});
    let failure = World::new().browse(&query).unwrap_err();
    assert_eq!(failure.code, Code::QueryInvalid);
    assert_eq!(
        failure.message,
        "the query has 3 problems:\n  `acount` is not a known key; did you mean `account`?\n  `kind` must be `datasets`, `sites`, `libraries`, `folders` or `account`, not `folder`\n  `account` is missing"
    );
}

#[test]
fn a_query_refuses_the_keys_of_another_kind() {
    let query = json!({"kind": "libraries", "account": "sharepoint", "folder": "x"});
    let failure = World::new().browse(&query).unwrap_err();
    assert_eq!(
        failure.message,
        "the query has 2 problems:\n  `folder` is not a known key; known here: `kind`, `account` and `site`\n  `site` is missing"
    );
}

#[test]
fn a_library_that_comes_twice_is_listed_once() {
    let world = World::new();
    world.state().sharepoint.page = 2;
    let twin = world.state().sharepoint.drives[0].clone();
    world.state().sharepoint.drives.push(twin);
    let query = json!({"kind": "libraries", "account": "sharepoint", "site": SITE});
    assert_eq!(
        names(&world.browse(&query).unwrap()),
        ["Documents", "Archive"]
    );
}

fn statuses(answer: &Value) -> Vec<(&str, &str)> {
    let items = answer["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            (
                item["check"].as_str().unwrap(),
                item["status"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn an_account_of_domo_is_tested() {
    let world = World::new();
    let query = json!({"kind": "account", "account": "domo"});
    let answer = world.browse(&query).unwrap();
    assert_eq!(answer["service"], "Domo");
    assert_eq!(answer["identity"]["subject"], "27");
    assert_eq!(answer["items"][0]["message"], "as 27");
    assert_eq!(
        statuses(&answer),
        [
            ("sign-in", "ok"),
            ("datasets", "ok"),
            ("owners", "not-checked")
        ]
    );
    world.state().domo.permissions = Some(json!([]));
    assert_eq!(
        statuses(&world.browse(&query).unwrap())[2],
        ("owners", "ok")
    );
    world.fault(
        Get,
        "/permissions",
        2,
        json_answer(403, json!({"status": 403})),
    );
    assert_eq!(
        statuses(&world.browse(&query).unwrap())[2],
        ("owners", "failed")
    );
}

#[test]
fn an_account_of_entra_is_tested() {
    let world = World::new();
    let query = json!({"kind": "account", "account": "sharepoint"});
    let answer = world.browse(&query).unwrap();
    assert_eq!(
        statuses(&answer),
        [("sign-in", "ok"), ("permissions", "ok")]
    );
    world
        .state()
        .identities
        .get_mut("sharepoint")
        .unwrap()
        .roles = vec!["Sites.Read.All".to_owned()];
    let answer = world.browse(&query).unwrap();
    assert_eq!(statuses(&answer)[1], ("permissions", "failed"));
    assert!(
        answer["items"][1]["hint"]
            .as_str()
            .unwrap()
            .starts_with("grant the application")
    );
    assert!(
        world.sent(Get, "").is_empty(),
        "nothing is asked of SharePoint"
    );
}

#[test]
fn a_refused_sign_in_is_a_finding_and_the_rest_is_not_reached() {
    let world = World::new();
    let refusal = SecretError::Refused("AADSTS7000222: expired".to_owned());
    world.state().refusals.insert("sharepoint", refusal);
    let answer = world
        .browse(&json!({"kind": "account", "account": "sharepoint"}))
        .unwrap();
    assert_eq!(
        statuses(&answer),
        [("sign-in", "failed"), ("permissions", "not-checked")]
    );
    assert_eq!(answer["items"][0]["code"], "sign-in-sharepoint");
    assert_eq!(answer["identity"], Value::Null);
}
