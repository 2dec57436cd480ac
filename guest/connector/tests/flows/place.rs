//! Rules of the place: site, library, folder.

use crate::world::{Act, World, job, json_answer, set, with};
use serde_json::{Value, json};
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Post};
use writeback_connector::ports::Identity;

const ID: &str = "contoso.sharepoint.com,11111111-1111-1111-1111-111111111111,22222222-2222-2222-2222-222222222222";

fn site(value: Value) -> Value {
    with("/sharepoint/site", value)
}

fn add_site(world: &World, name: &str, url: &str, number: u32) {
    let site = json!({
        "id": format!("contoso.sharepoint.com,{number},{number}"),
        "name": name,
        "displayName": name,
        "webUrl": url,
    });
    world.state().sharepoint.sites.push(site);
}

#[test]
fn a_site_is_found_every_way() {
    let ways = [
        json!("https://contoso.sharepoint.com/sites/Finance"),
        json!(
            "https://contoso.sharepoint.com/sites/Finance/Shared%20Documents/Forms/AllItems.aspx?x=1"
        ),
        json!(
            "https://contoso.sharepoint.com/sites/Finance/Freigegebene%20Dokumente/Forms/AllItems.aspx"
        ),
        json!(
            "https://contoso.sharepoint.com/sites/Finance/Archive/Forms/My%20View.aspx?id=%2Fsites%2FHR"
        ),
        json!("https://contoso.sharepoint.com/sites/Finance/_layouts/15/viewlsts.aspx?view=14"),
        json!("https://contoso.sharepoint.com/sites/Finance/SitePages/Home.aspx#top"),
        json!("https://contoso.sharepoint.com/sites/Finance/Home.aspx"),
        json!(ID),
        json!("HTTPS://contoso.sharepoint.com:443/sites/Finance"),
        json!({ "url": "https://CONTOSO.sharepoint.com/sites/finance/" }),
        json!({ "id": ID }),
        json!({ "group": "33333333-3333-3333-3333-333333333333" }),
        json!({ "search": "finance" }),
    ];
    for way in ways {
        let world = World::new();
        let receipt = world.run(&site(way.clone())).unwrap();
        assert_eq!(receipt["file"]["site"], "Finance", "{way}");
    }
}

#[test]
fn a_site_may_be_called_as_parts_of_sites_are() {
    for url in [
        "https://contoso.sharepoint.com/sites/Forms",
        "https://contoso.sharepoint.com/teams/Lists",
        "https://contoso.sharepoint.com/sites/Finance/Archive",
    ] {
        let world = World::new();
        add_site(&world, "Odd", url, 7);
        for address in [
            url.to_owned(),
            format!("{url}/Shared%20Documents/Forms/AllItems.aspx"),
        ] {
            let receipt = world.run(&site(json!(address))).unwrap();
            assert_eq!(receipt["file"]["site"], "Odd", "{address}");
        }
    }
}

#[test]
fn the_root_site_has_no_path() {
    let world = World::new();
    add_site(&world, "Home", "https://contoso.sharepoint.com", 7);
    for url in [
        "https://contoso.sharepoint.com/",
        "https://contoso.sharepoint.com/Shared%20Documents/Forms/AllItems.aspx",
        "https://contoso.sharepoint.com/SitePages/Home.aspx",
    ] {
        let receipt = world.run(&site(json!(url))).unwrap();
        assert_eq!(receipt["file"]["site"], "Home", "{url}");
    }
}

#[test]
fn an_unknown_site_fails() {
    let world = World::new();
    let failure = world.fails(&site(json!("https://contoso.sharepoint.com/sites/Nowhere")));
    assert_eq!(failure.code, Code::SiteNotFound);
    assert_eq!(
        failure.message,
        "finding site `https://contoso.sharepoint.com/sites/Nowhere` failed: SharePoint answered 404 `itemNotFound`: Requested site could not be found (request-id `3f1b0d4e`, 1 attempt)"
    );
}

#[test]
fn an_ambiguous_search_lists_the_candidates() {
    let world = World::new();
    add_site(
        &world,
        "Finance EU",
        "https://contoso.sharepoint.com/sites/FinanceEU",
        1,
    );
    let failure = world.fails(&site(json!({ "search": "fin" })));
    assert_eq!(failure.code, Code::SiteAmbiguous);
    assert_eq!(
        failure.message,
        "2 sites match `fin`:\n  Finance https://contoso.sharepoint.com/sites/Finance\n  Finance EU https://contoso.sharepoint.com/sites/FinanceEU"
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some("put the URL of the right one into `site`")
    );
}

#[test]
fn a_search_for_exactly_one_name_means_that_site() {
    let world = World::new();
    add_site(
        &world,
        "Finance EU",
        "https://contoso.sharepoint.com/sites/FinanceEU",
        1,
    );
    assert_eq!(
        world.run(&site(json!({ "search": "finance" }))).unwrap()["file"]["site"],
        "Finance"
    );
}

#[test]
fn a_search_without_a_match_fails() {
    let failure = World::new().fails(&site(json!({ "search": "nothing" })));
    assert_eq!(failure.code, Code::SiteNotFound);
    assert_eq!(failure.message, "no site matches `nothing`");
}

#[test]
fn pages_are_followed_and_duplicates_and_blank_titles_survived() {
    let world = World::new();
    world.state().sharepoint.page = 1;
    let twin = world.state().sharepoint.sites[0].clone();
    world.state().sharepoint.sites.insert(0, twin);
    world.state().sharepoint.sites[0]["displayName"] = json!(" ");
    world.state().sharepoint.sites[0]["name"] = json!("");
    let receipt = world.run(&site(json!({ "search": "finance" }))).unwrap();
    assert_eq!(
        receipt["file"]["site"], "Finance",
        "a blank title gives way to the URL's name"
    );
}

#[test]
fn a_page_that_leads_to_itself_ends() {
    let world = World::new();
    world.fault(
        Get,
        "search=",
        9,
        Act::Alter(|page| {
            page["@odata.nextLink"] =
                json!("https://graph.microsoft.com/v1.0/sites?search=x&again=1");
        }),
    );
    world.run(&site(json!({ "search": "finance" }))).unwrap();
}

#[test]
fn a_search_that_is_not_allowed_names_another_way() {
    let world = World::new();
    let body = json!({"error": {"code": "accessDenied", "message": "Access denied"}});
    world.fault(Get, "search=", 1, json_answer(403, body));
    let failure = world.fails(&site(json!({ "search": "finance" })));
    assert_eq!(failure.code, Code::SharePointForbidden);
    assert_eq!(
        failure.hint.as_deref(),
        Some("an application with `Sites.Selected` cannot search: name the site by its URL")
    );
}

#[test]
fn a_403_says_which_permission_is_missing() {
    let hints = [
        (
            vec![],
            "grant the application `Sites.ReadWrite.All`, or `Sites.Selected` and write access to this site, with admin consent",
        ),
        (
            vec!["Sites.Selected"],
            "`Sites.Selected` alone opens no site: give the application the role `write` on this one (POST /sites/{site-id}/permissions)",
        ),
        (
            vec!["Sites.ReadWrite.All"],
            "the token has the permission: check the site's lock state, its access policies and conditional access",
        ),
    ];
    for (roles, hint) in hints {
        let world = World::new();
        let roles = roles.into_iter().map(str::to_owned).collect();
        world.state().identities.insert(
            "sharepoint",
            Identity {
                roles,
                ..Identity::default()
            },
        );
        let body = json!({"error": {"code": "accessDenied", "message": "Access denied"}});
        world.fault(Get, "/sites/", 1, json_answer(403, body));
        let failure = world.fails(&job());
        assert_eq!(failure.code, Code::SharePointForbidden);
        assert_eq!(
            failure.message,
            "finding site `https://contoso.sharepoint.com/sites/Finance` failed: SharePoint answered 403 `accessDenied`: Access denied (1 attempt)"
        );
        assert_eq!(failure.hint.as_deref(), Some(hint));
    }
}

#[test]
fn a_library_is_found_by_name_segment_and_id() {
    for wanted in ["archive", "Archive", "b!arch"] {
        let receipt = World::new()
            .run(&with("/sharepoint/library", json!(wanted)))
            .unwrap();
        assert_eq!(receipt["file"]["library"], "Archive", "{wanted}");
    }
    let receipt = World::new()
        .run(&with("/sharepoint/library", json!("Shared%20documents")))
        .unwrap();
    assert_eq!(receipt["file"]["library"], "Documents");
}

#[test]
fn an_unknown_library_lists_those_that_exist() {
    let world = World::new();
    world.state().sharepoint.page = 1;
    let failure = world.fails(&with("/sharepoint/library", json!("Secret")));
    assert_eq!(failure.code, Code::LibraryNotFound);
    assert_eq!(
        failure.message,
        "site `Finance` has no library `Secret`; it has `Documents`, `Archive`"
    );
}

#[test]
fn two_libraries_of_one_name_are_told_apart_by_id() {
    let world = World::new();
    world.state().sharepoint.drives[1]["name"] = json!("Documents");
    let failure = world.fails(&with("/sharepoint/library", json!("documents")));
    assert_eq!(failure.code, Code::LibraryAmbiguous);
    assert_eq!(
        failure.message,
        "2 libraries are called `documents`:\n  b!docs https://contoso.sharepoint.com/sites/Finance/Shared%20Documents\n  b!arch https://contoso.sharepoint.com/sites/Finance/Archive"
    );
    world
        .run(&with("/sharepoint/library", json!("b!arch")))
        .unwrap();
}

#[test]
fn a_site_without_a_library_fails() {
    let world = World::new();
    world.state().sharepoint.drives.clear();
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::LibraryNotFound);
    assert!(failure.message.starts_with(
        "finding the default library of site `Finance` failed: SharePoint answered 404"
    ));
}

#[test]
fn folders_are_made_level_by_level() {
    let world = World::new();
    world.state().sharepoint.add("Reports", None);
    let receipt = world
        .run(&with("/sharepoint/folder", json!("/reports\\Daily/2026")))
        .unwrap();
    assert_eq!(
        receipt["file"]["folder"], "Reports/Daily/2026",
        "the case that SharePoint has"
    );
    assert!(world.file("Reports/Daily/2026/sales.csv").is_some());
    assert_eq!(world.sent(Post, "/children").len(), 2);
}

#[test]
fn the_root_goes_by_several_names() {
    for root in ["", "/", "Root", "root", "\\"] {
        let world = World::new();
        world.run(&with("/sharepoint/folder", json!(root))).unwrap();
        assert!(world.file("sales.csv").is_some(), "{root}");
    }
}

#[test]
fn a_folder_made_by_somebody_else_meanwhile_is_used() {
    let world = World::new();
    world.fault(
        Post,
        "/children",
        1,
        Act::Before(|state| {
            state.sharepoint.add("Reports", None);
        }),
    );
    world
        .run(&with("/sharepoint/folder", json!("Reports")))
        .unwrap();
    assert!(world.file("Reports/sales.csv").is_some());
}

#[test]
fn a_lost_reply_makes_no_second_folder() {
    let world = World::new();
    world.fault(Post, "/children", 1, Act::LoseReply);
    world
        .run(&with("/sharepoint/folder", json!("Reports")))
        .unwrap();
    assert!(world.file("Reports/sales.csv").is_some());
}

#[test]
fn missing_folders_may_be_refused() {
    let world = World::new();
    world.state().sharepoint.add("Reports", None);
    let mut job = with("/sharepoint/folder", json!("Reports/Daily"));
    set(&mut job, "/sharepoint/create_folders", json!(false));
    let failure = world.fails(&job);
    assert_eq!(failure.code, Code::FolderNotFound);
    assert_eq!(
        failure.message,
        "folder `Reports/Daily` does not exist in library `Documents`: `Reports` has no `Daily`"
    );
    assert!(world.sent(Post, "/children").is_empty());
}

#[test]
fn a_file_in_the_folder_s_way_fails() {
    let world = World::new();
    world.state().sharepoint.add("Reports", Some(b"a file"));
    let failure = world.fails(&with("/sharepoint/folder", json!("Reports/Daily")));
    assert_eq!(failure.code, Code::FolderIsFile);
    assert_eq!(
        failure.message,
        "`Documents/Reports` is a file, not a folder"
    );
}

#[test]
fn a_path_beyond_400_characters_fails_before_anything_is_made() {
    let world = World::new();
    let folder = format!("{}/{}", "a".repeat(180), "b".repeat(200));
    let failure = world.fails(&with("/sharepoint/folder", json!(folder)));
    assert_eq!(failure.code, Code::NameRefused);
    assert_eq!(
        failure.message,
        "the path of `sales.csv` has 422 characters; SharePoint holds at most 400 below the host"
    );
    assert!(world.sent(Post, "/children").is_empty());
}

#[test]
fn names_are_encoded_by_segment() {
    let world = World::new();
    let mut job = with("/sharepoint/folder", json!("R&D 100%/Q#1 + ü"));
    set(
        &mut job,
        "/sharepoint/filename",
        json!({ "custom": "a'b;c=1@2,3.csv" }),
    );
    world.run(&job).unwrap();
    assert!(world.file("R&D 100%/Q#1 + ü/a'b;c=1@2,3.csv").is_some());
    world.run(&job).unwrap();
    assert!(!world.sent(Get, "100%25").is_empty());
    assert!(!world.sent(Get, "Q%231%20+%20%C3%BC").is_empty());
}
