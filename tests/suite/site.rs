//! Which site: by URL, id, group, or the only one that a search finds.

use serde_json::{Value, json};

use crate::world::World;

fn at(world: &World, site: Value) -> Value {
    let mut job = world.job();
    job["sharepoint"]["site"] = site;
    job
}

/// Runs the job for that site and looks for its file in that site and library.
async fn lands(world: &World, site: Value, shelf: &str) -> Value {
    let receipt = world.receipt(&at(world, site)).await;
    let path = format!("{shelf}/Reports/Daily/sales.csv");
    // HR has a folder `REPORTS`.
    let there = |file: &writeback_cloud::StoredFile| file.path.eq_ignore_ascii_case(&path);
    assert!(world.files().iter().any(there), "{path}");
    receipt
}

#[tokio::test(flavor = "multi_thread")]
async fn by_its_url_or_one_that_leads_into_it() {
    let world = World::start().await;
    for url in [
        "https://contoso.sharepoint.com/sites/HR",
        "https://contoso.sharepoint.com/sites/HR/",
        "https://contoso.sharepoint.com/sites/HR/SitePages/Home.aspx",
        "https://contoso.sharepoint.com/sites/HR/Shared%20Documents/Forms/AllItems.aspx?id=1",
        "https://contoso.sharepoint.com/sites/HR/_layouts/15/viewlsts.aspx",
    ] {
        let receipt = lands(&world, json!(url), "HR/Documents").await;
        assert_eq!(receipt["file"]["site"], json!("Human Resources"), "{url}");
    }
    let receipt = world
        .receipt(&at(
            &world,
            json!({ "url": "https://contoso.sharepoint.com/sites/HR" }),
        ))
        .await;
    assert_eq!(
        receipt["file"]["site_url"],
        json!("https://contoso.sharepoint.com/sites/HR")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subsite_and_the_root_site() {
    let world = World::start().await;
    let budget = json!("https://contoso.sharepoint.com/sites/Finance/Budget");
    lands(&world, budget, "Finance/Budget/Documents").await;
    let receipt = world
        .receipt(&at(&world, json!("https://contoso.sharepoint.com")))
        .await;
    assert_eq!(receipt["file"]["site"], json!("Contoso"));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_its_id() {
    let world = World::start().await;
    let sites = &world.cloud.description().sites;
    let audit = sites
        .iter()
        .find(|site| site.name == "Audit")
        .expect("a site")
        .clone();
    lands(&world, json!(audit.id), "Audit/Documents").await;
    lands(&world, json!({ "id": audit.id }), "Audit/Documents").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_its_group() {
    let world = World::start().await;
    // The third site beyond the root one, HR, is a group's.
    let group = writeback_cloud::guid(0x6000, 3);
    lands(&world, json!({ "group": group }), "HR/Documents").await;

    let unknown = json!({ "group": "00000000-0000-4000-8000-000000000000" });
    let parts = [
        "finding the site of group `00000000-",
        "404",
        "Microsoft 365 group",
    ];
    world
        .refuses(&at(&world, unknown), "site-not-found", &parts)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_search_that_finds_one() {
    let world = World::start().await;
    lands(&world, json!({ "search": "Audit" }), "Audit/Documents").await;
    // Two sites match; one has exactly that name.
    lands(&world, json!({ "search": "finance" }), "Finance/Documents").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_title_becomes_the_name_in_the_url() {
    let world = World::start().await;
    let receipt = lands(&world, json!({ "search": "x7f3" }), "x7f3/Documents").await;
    assert_eq!(receipt["file"]["site"], json!("x7f3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_search_lists_the_candidates() {
    let world = World::start().await;
    let parts = [
        "2 sites match `Marketing`",
        "Marketing Europe https://contoso.sharepoint.com/sites/Marketing",
        "Marketing Asia https://contoso.sharepoint.com/sites/MarketingAsia",
        "put the URL of the right one into `site`",
    ];
    world
        .refuses(
            &at(&world, json!({ "search": "Marketing" })),
            "site-ambiguous",
            &parts,
        )
        .await;
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_follows_its_pages_and_counts_doubles_once() {
    let world = World::start().await;
    let job = at(&world, json!({ "search": "Team" }));
    let failure = world
        .refuses(&job, "site-ambiguous", &["6 sites match `Team`"])
        .await;
    for team in 1..=6 {
        let url = format!("https://contoso.sharepoint.com/sites/Team{team:02}");
        assert_eq!(
            failure.message.matches(&url).count(),
            1,
            "{}",
            failure.message
        );
    }
    assert!(world.sent("GET", "skiptoken").len() == 1, "two pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_finds_none_and_a_url_of_none() {
    let world = World::start().await;
    let job = at(&world, json!({ "search": "Nonesuch" }));
    let parts = ["no site matches `Nonesuch`", "name the site by its URL"];
    world.refuses(&job, "site-not-found", &parts).await;

    let job = at(
        &world,
        json!("https://contoso.sharepoint.com/sites/Nonesuch"),
    );
    let parts = [
        "finding site `https://contoso.sharepoint.com/sites/Nonesuch`",
        "SharePoint answered 404 `itemNotFound`",
        "request-id `",
        "check the address",
    ];
    world.refuses(&job, "site-not-found", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_site_is_refused_before_any_request() {
    let world = World::start().await;
    for (site, rule) in [
        (json!("Finance"), "must be an address such as"),
        (
            json!("http://contoso.sharepoint.com/sites/HR"),
            "must be an address such as",
        ),
        (
            json!("contoso.sharepoint.com,1,2"),
            "must be `host,guid,guid`",
        ),
        (
            json!({ "group": "Finance" }),
            "must be the GUID of a Microsoft 365 group",
        ),
        (
            json!({ "url": "https://a.example/sites/b", "search": "b" }),
            "exactly one of",
        ),
        (
            json!("https://contoso.sharepoint.com/:x:/s/Finance/Ebc"),
            "is a sharing link",
        ),
    ] {
        world
            .refuses(
                &at(&world, site),
                "job-invalid",
                &["`sharepoint.site", rule],
            )
            .await;
    }
    assert!(world.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_selected_reaches_what_was_granted_and_cannot_search() {
    let mut world = World::start().await;
    world.sign_in_to_sharepoint_as("sites-selected");
    world.landed_once(&world.receipt(&world.job()).await);

    let job = at(&world, json!({ "search": "Finance" }));
    let parts = ["403", "an application with `Sites.Selected` cannot search"];
    world.refuses(&job, "sharepoint-forbidden", &parts).await;

    let job = at(
        &world,
        json!("https://contoso.sharepoint.com/sites/Marketing"),
    );
    let parts = [
        "403",
        "request-id `",
        "give the application the role `write` on this one",
    ];
    world.refuses(&job, "sharepoint-forbidden", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_roles_is_told_which_to_grant() {
    let mut world = World::start().await;
    world.sign_in_to_sharepoint_as("no-roles");
    let parts = [
        "403",
        "Either scp or roles claim",
        "grant the application `Sites.ReadWrite.All`",
    ];
    world
        .refuses(&world.job(), "sharepoint-forbidden", &parts)
        .await;
}
