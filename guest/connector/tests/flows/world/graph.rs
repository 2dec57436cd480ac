//! Microsoft Graph over the SharePoint of the world: addresses, methods, replies.

use super::session::session;
use super::sharepoint::{Session, SharePoint, error};
use super::{Answer, State};
use serde_json::{Value, json};
use writeback_connector::graph::path::decoded;
use writeback_connector::message::{Method, Request};

const GRAPH: &str = "https://graph.microsoft.com/v1.0";

pub fn serve(state: &mut State, request: &Request, content: &[u8], auth: Option<&str>) -> Answer {
    if request.url.starts_with("link:") {
        return session(&mut state.sharepoint, request, content, auth);
    }
    let Some(url) = request.url.strip_prefix(GRAPH) else {
        panic!("nobody serves {}", request.url);
    };
    if auth != Some("sharepoint") {
        return error(401, "InvalidAuthenticationToken", "Access token is empty.");
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let sharepoint = &mut state.sharepoint;
    match path.split('/').nth(1) {
        Some("sites") => sites(sharepoint, path, query),
        Some("groups") => Answer::json(200, sharepoint.sites[0].clone()),
        _ => drives(sharepoint, request, path, query, content),
    }
}

fn sites(sharepoint: &SharePoint, path: &str, query: &str) -> Answer {
    let names: Vec<String> = path.split('/').skip(2).map(decoded).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => {
            let text = decoded(
                query
                    .split("search=")
                    .nth(1)
                    .unwrap()
                    .split('&')
                    .next()
                    .unwrap(),
            );
            let titled = |site: &&Value| {
                text == "*"
                    || site
                        .to_string()
                        .to_lowercase()
                        .contains(&text.to_lowercase())
            };
            let found: Vec<&Value> = sharepoint.sites.iter().filter(titled).collect();
            paged(sharepoint, path, query, &found)
        }
        ["getAllSites"] => {
            let found: Vec<&Value> = sharepoint.sites.iter().collect();
            paged(sharepoint, path, query, &found)
        }
        [.., "drive" | "drives"] if !known(sharepoint, path) => {
            error(404, "itemNotFound", "Requested site could not be found")
        }
        [.., "drive"] => match sharepoint.drives.first() {
            Some(drive) => Answer::json(200, drive.clone()),
            None => error(404, "itemNotFound", "The resource could not be found."),
        },
        [.., "drives"] => {
            let found: Vec<&Value> = sharepoint.drives.iter().collect();
            paged(sharepoint, path, query, &found)
        }
        [only] => site(sharepoint, |site| {
            site["id"] == *only || site["webUrl"] == format!("https://{only}")
        }),
        [host, rest @ ..] => {
            let url = format!("https://{}/{}", host.trim_end_matches(':'), rest.join("/"));
            site(sharepoint, |site| {
                site["webUrl"].as_str().unwrap().eq_ignore_ascii_case(&url)
            })
        }
    }
}

/// Whether `/sites/{id}/drives` or `/sites/{host}:/{path}:/drives` is of a site that there is.
fn known(sharepoint: &SharePoint, path: &str) -> bool {
    let (key, _) = path["/sites/".len()..].rsplit_once('/').unwrap();
    let url = format!("https://{}", key.trim_end_matches(':').replace(":/", "/"));
    sharepoint.sites.iter().any(|site| {
        site["id"] == *decoded(key) || site["webUrl"].as_str().unwrap().eq_ignore_ascii_case(&url)
    })
}

fn site(sharepoint: &SharePoint, matches: impl Fn(&Value) -> bool) -> Answer {
    match sharepoint.sites.iter().find(|site| matches(site)) {
        Some(site) => Answer::json(200, site.clone()),
        None => error(404, "itemNotFound", "Requested site could not be found"),
    }
}

/// A page, and the link to the next one.
fn paged(sharepoint: &SharePoint, path: &str, query: &str, all: &[&Value]) -> Answer {
    let skip = query
        .split("skiptoken=")
        .nth(1)
        .map_or(0, |n| n.parse().unwrap());
    let page: Vec<&Value> = all
        .iter()
        .skip(skip)
        .take(sharepoint.page)
        .copied()
        .collect();
    let mut body = json!({ "value": page });
    if skip + sharepoint.page < all.len() {
        let query = query.split("&$skiptoken").next().unwrap();
        let next = skip + sharepoint.page;
        body["@odata.nextLink"] = json!(format!("{GRAPH}{path}?{query}&$skiptoken={next}"));
    }
    Answer::json(200, body)
}

fn drives(
    sharepoint: &mut SharePoint,
    request: &Request,
    path: &str,
    query: &str,
    content: &[u8],
) -> Answer {
    let names: Vec<String> = path.split('/').skip(2).map(decoded).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let missing = || error(404, "itemNotFound", "The resource could not be found.");
    match (request.method, names.as_slice()) {
        (Method::Get, ["b!docs", "root"]) => Answer::json(200, sharepoint.render("root-docs")),
        (Method::Get, ["b!arch", "root"]) => Answer::json(200, sharepoint.render("root-arch")),
        (Method::Get, [drive, "root:", names @ ..]) => {
            let root = format!("root-{}", drive.trim_start_matches("b!"));
            let step = |parent: String, name: &&str| sharepoint.child(&parent, name);
            match names.iter().try_fold(root, step) {
                Some(id) => {
                    let mut item = sharepoint.render(&id);
                    item["parentReference"] = json!({ "path": sharepoint.above(&id) });
                    Answer::json(200, item)
                }
                None => missing(),
            }
        }
        (Method::Get, [_, "items", id]) if sharepoint.items.contains_key(*id) => {
            let mut item = sharepoint.render(id);
            publication(sharepoint, id, query, &mut item);
            Answer::json(200, item)
        }
        (Method::Get, [_, "items", id, "versions"]) if sharepoint.items.contains_key(*id) => {
            Answer::json(200, versions(sharepoint, id))
        }
        (Method::Get, [_, "items", _, "versions"]) => missing(),
        (Method::Post, [_, "items", id, "checkin"]) => {
            let body: Value = serde_json::from_slice(content).unwrap();
            assert_eq!(body["checkInAs"], "published");
            let entry = sharepoint.items.get_mut(*id).unwrap();
            if !entry.checked_out {
                return error(400, "invalidRequest", "The file is not checked out.");
            }
            entry.checked_out = false;
            entry.version += 1;
            Answer::json(204, Value::Null)
        }
        (Method::Get, [_, "items", _]) => missing(),
        (Method::Get, [_, "items", parent, "children"]) => {
            let ids = sharepoint
                .items
                .iter()
                .filter(|(_, entry)| entry.parent == *parent);
            let all: Vec<Value> = ids.map(|(id, _)| sharepoint.render(id)).collect();
            paged(sharepoint, path, query, &all.iter().collect::<Vec<_>>())
        }
        (Method::Post, [_, "items", parent, "children"]) => {
            let body: Value = serde_json::from_slice(content).unwrap();
            assert_eq!(body["@microsoft.graph.conflictBehavior"], "fail");
            let name = body["name"].as_str().unwrap().to_owned();
            match sharepoint.child(parent, &name) {
                Some(_) => error(409, "nameAlreadyExists", "Name already exists"),
                None => {
                    let id = sharepoint.create(parent, &name, None);
                    Answer::json(201, sharepoint.render(&id))
                }
            }
        }
        (Method::Get, [_, "items", parent, name]) => {
            let parent = parent.trim_end_matches(':');
            match sharepoint.child(parent, name) {
                Some(_) if sharepoint.hidden > 0 => {
                    sharepoint.hidden -= 1;
                    missing()
                }
                Some(id) => {
                    let mut item = sharepoint.render(&id);
                    publication(sharepoint, &id, query, &mut item);
                    Answer::json(200, item)
                }
                None => missing(),
            }
        }
        (Method::Put, [_, "items", parent, name, "content"]) => {
            let (parent, name) = (parent.trim_end_matches(':'), name.trim_end_matches(':'));
            let conflict = query.split("conflictBehavior=").nth(1).unwrap();
            assert!(content.len() <= 262_144_000);
            sharepoint.write(parent, name, conflict, content)
        }
        (Method::Post, [_, "items", parent, name, "createUploadSession"]) => {
            let (parent, name) = (parent.trim_end_matches(':'), name.trim_end_matches(':'));
            let body: Value = serde_json::from_slice(content).unwrap();
            let conflict = body["item"]["@microsoft.graph.conflictBehavior"]
                .as_str()
                .unwrap();
            let session = Session {
                parent: parent.to_owned(),
                name: name.to_owned(),
                conflict: conflict.to_owned(),
                bytes: Vec::new(),
            };
            sharepoint.opened += 1;
            let link = format!("link:{}", sharepoint.opened);
            sharepoint.sessions.insert(link.clone(), session);
            Answer::json(
                200,
                json!({
                    "uploadUrl": link,
                    "expirationDateTime": "2026-01-01T00:15:00Z",
                }),
            )
        }
        other => panic!("Graph has no {other:?}"),
    }
}

/// The publication facet comes only where it is asked for.
fn publication(sharepoint: &SharePoint, id: &str, query: &str, item: &mut Value) {
    if query.contains("publication") {
        let entry = &sharepoint.items[id];
        let level = if entry.checked_out {
            "checkout"
        } else {
            "published"
        };
        let version = format!("{}.0", entry.past.len() + 1);
        item["publication"] = json!({ "level": level, "versionId": version });
    }
}

/// The newest first.
fn versions(sharepoint: &SharePoint, id: &str) -> Value {
    let entry = &sharepoint.items[id];
    let now = entry.content.as_ref().unwrap().len();
    let sizes = entry.past.iter().chain([&now]);
    let all = sizes.zip(1..).map(|(size, n)| {
        let time = format!("2026-01-0{n}T00:00:00Z");
        json!({ "id": format!("{n}.0"), "lastModifiedDateTime": time, "size": size })
    });
    let mut all: Vec<Value> = all.collect();
    all.reverse();
    json!({ "value": all })
}
