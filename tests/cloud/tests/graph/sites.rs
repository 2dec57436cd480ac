//! Finding sites and libraries, in every documented way and with every documented trap.

use std::collections::HashSet;

use serde_json::json;

use crate::client::{Client, refusal};

#[tokio::test]
async fn a_search_repeats_and_forgets_sites() {
    let client = Client::new().await;
    let (sites, pages) = client.list("/sites?search=*").await;
    let ids: HashSet<&str> = sites
        .iter()
        .map(|site| site["id"].as_str().unwrap())
        .collect();
    assert!(
        pages > 2 && ids.len() < sites.len(),
        "{pages} pages, {} of {}",
        ids.len(),
        sites.len()
    );
    let (all, _) = client.list("/sites/getAllSites").await;
    assert!(!ids.contains(client.site("Vault").as_str()));
    assert_eq!(all.len(), ids.len() + 1);
    assert!(all.iter().any(|site| site["displayName"] == ""));
}

#[tokio::test]
async fn a_search_for_text_can_be_ambiguous() {
    let client = Client::new().await;
    let (sites, _) = client.list("/sites?search=marketing").await;
    let titles: Vec<&str> = sites
        .iter()
        .map(|site| site["displayName"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Marketing Europe", "Marketing Asia"]);
    let (none, _) = client.list("/sites?search=nothing%20like%20it").await;
    assert!(none.is_empty());
    assert_eq!(client.get("/sites").await.status, 400);
}

#[tokio::test]
async fn the_next_link_of_all_sites_is_oddly_named_and_opaque() {
    let client = Client::new().await;
    let page = client.get("/sites/getAllSites?$select=id").await.json();
    let next = page["@odata.nextLink"].as_str().unwrap().to_owned();
    let odd = format!(
        "{}/sites/oneDrive.getAllSites?$select=id&$skiptoken=",
        client.cloud.description().graph
    );
    assert!(next.starts_with(&odd), "{next}");
    assert_eq!(page["value"][0].as_object().unwrap().len(), 1);
    assert_eq!(client.get(&next).await.status, 200);
    let foreign = next.replace("oneDrive.getAllSites?", "?search=*&");
    assert_eq!(client.get(&foreign).await.status, 400);
}

#[tokio::test]
async fn one_site_has_many_addresses() {
    let client = Client::new().await;
    let finance = client.site("Finance");
    let group = "/groups/".to_owned() + &writeback_cloud::guid(0x6000, 1);
    for path in [
        format!("/sites/{finance}"),
        format!("/sites/{}", finance.replace(',', "%2C").to_uppercase()),
        "/sites/contoso.sharepoint.com:/sites/Finance".into(),
        "/sites/contoso.sharepoint.com:/sites/finance:".into(),
        "/sites/contoso.sharepoint.com:/sites/Finance:/?$select=id,webUrl".into(),
        format!("{group}/sites/root"),
    ] {
        let site = client.get(&path).await.json();
        assert_eq!(site["id"], finance.as_str(), "{path}");
        assert_eq!(
            site["webUrl"], "https://contoso.sharepoint.com/sites/Finance",
            "{path}"
        );
    }
    for path in ["/sites/root", "/sites/contoso.sharepoint.com"] {
        assert_eq!(
            client.get(path).await.json()["webUrl"],
            "https://contoso.sharepoint.com"
        );
    }
    for path in [
        "/sites/contoso.sharepoint.com:/sites/Nowhere",
        "/sites/fabrikam.sharepoint.com:/sites/Finance",
        "/sites/a,b,c",
        "/groups/00000000-0000-4000-8000-000000000000/sites/root",
    ] {
        let expected = refusal(404, "itemNotFound", "");
        assert_eq!(client.get(path).await.error(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_subsite_shares_the_collection_of_its_parent() {
    let client = Client::new().await;
    let (finance, budget) = (client.site("Finance"), client.site("Finance/Budget"));
    let collection = |id: &str| id.split(',').nth(1).unwrap().to_owned();
    assert_eq!(collection(&finance), collection(&budget));
    let (below, _) = client.list(&format!("/sites/{finance}/sites")).await;
    assert_eq!(below.len(), 1);
    assert_eq!(below[0]["id"], budget.as_str());
    assert_eq!(
        below[0]["webUrl"],
        "https://contoso.sharepoint.com/sites/Finance/Budget"
    );
}

#[tokio::test]
async fn libraries_come_in_pages_the_default_first() {
    let client = Client::new().await;
    let engineering = client.site("Engineering");
    let (drives, pages) = client.list(&format!("/sites/{engineering}/drives")).await;
    assert_eq!((drives.len(), pages), (10, 2));
    assert_eq!(drives[0]["name"], "Documents");
    let default = client.get(&format!("/sites/{engineering}/drive")).await;
    assert_eq!(default.json()["id"], drives[0]["id"]);
    let (finance, _) = client
        .list("/sites/contoso.sharepoint.com:/sites/Finance:/drives")
        .await;
    let names: Vec<_> = finance
        .iter()
        .map(|drive| (&drive["name"], &drive["webUrl"]))
        .collect();
    let base = "https://contoso.sharepoint.com/sites/Finance";
    assert_eq!(
        names,
        [
            (
                &json!("Documents"),
                &json!(format!("{base}/Shared%20Documents"))
            ),
            (
                &json!("Reports Archive"),
                &json!(format!("{base}/Reports%20Archive"))
            ),
        ]
    );
    let drive = client.get(&client.drive("Finance")).await.json();
    assert_eq!(drive["driveType"], "documentLibrary");
    assert!(drive["id"].as_str().unwrap().starts_with("b!"));
}

#[tokio::test]
async fn an_unknown_address_is_a_bad_request() {
    let client = Client::new().await;
    for path in ["/me/drive", "/sites/root/lists", "/drives/x/other"] {
        assert_eq!(
            client.get(path).await.error(),
            refusal(400, "BadRequest", ""),
            "{path}"
        );
    }
    assert_eq!(client.get("/drives/b!unknown").await.status, 404);
    assert_eq!(client.post("/sites/root", &json!({})).await.status, 405);
    let beta = client.cloud.description().graph.replace("v1.0", "beta") + "/sites/root";
    assert_eq!(
        client.get(&beta).await.error(),
        refusal(400, "BadRequest", "")
    );
}

#[tokio::test]
async fn another_prefix_serves_the_same_under_v2() {
    let client = Client::new().await;
    let graph = &client.cloud.description().graph;
    let url = graph.replace("/v1.0", "/x/v2.0") + &client.drive("HR") + "/root/children?$top=1000";
    let (children, pages) = client.list(&url).await;
    assert!(children.len() > 20 && pages > 4);
}
