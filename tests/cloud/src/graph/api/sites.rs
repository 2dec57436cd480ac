//! Sites and libraries: found by search, list, path, id or group. The search lies as SharePoint's does: doubles and gaps.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::Call;
use crate::graph::access::{self, Need};
use crate::graph::page::{self, PAGE};
use crate::graph::paths::{DriveRef, SiteRef};
use crate::graph::refusal::{Answer, Refusal};
use crate::graph::render;
use crate::graph::tenant::Site;
use crate::reply;

/// `GET /sites?search=`
pub(super) fn search(call: &Call) -> Answer<Response<Body>> {
    access::check_all_sites(&call.token)?;
    let text = call
        .query("search")
        .ok_or_else(|| Refusal::invalid("The search parameter is missing."))?;
    let inner = call.store().lock();
    let found: Vec<&Site> = inner
        .sites
        .iter()
        .filter(|site| site.matches(&text))
        .collect();
    list(call, &doubled(found), &format!("search {text}"), None)
}

/// `GET /sites/getAllSites`
pub(super) fn all(call: &Call) -> Answer<Response<Body>> {
    access::check_all_sites(&call.token)?;
    let inner = call.store().lock();
    list(
        call,
        &inner.sites.iter().collect::<Vec<_>>(),
        "all sites",
        Some("/sites/oneDrive.getAllSites"),
    )
}

/// `GET /sites/{id}` and the other addresses of a site.
pub(super) fn get(call: &Call, site: &SiteRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let site = call.site(&inner, site, Need::ReadSite)?;
    Ok(reply::json(
        200,
        &render::select(render::site(site), call.query("$select").as_deref()),
    ))
}

/// `GET /sites/{id}/sites`
pub(super) fn subsites(call: &Call, site: &SiteRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let parent = call.site(&inner, site, Need::ReadSite)?;
    let below = |site: &&Site| {
        site.name
            .rsplit_once('/')
            .is_some_and(|(above, _)| above == parent.name)
    };
    list(
        call,
        &inner.sites.iter().filter(below).collect::<Vec<_>>(),
        &parent.id,
        None,
    )
}

/// `GET /sites/{id}/drives`
pub(super) fn drives(call: &Call, site: &SiteRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let site = call.site(&inner, site, Need::ReadFiles)?;
    let select = call.query("$select");
    let drives = site.drives.iter().filter_map(|id| inner.drives.get(id));
    let drives: Vec<Value> = drives
        .map(|drive| render::select(render::drive(drive), select.as_deref()))
        .collect();
    let (top, token) = (call.query("$top"), call.query("$skiptoken"));
    let page = page::cut(
        drives,
        &format!("drives {}", site.id),
        top.as_deref(),
        token.as_deref(),
    )?;
    Ok(call.page(page, None))
}

/// `GET /drives/{id}` and `GET /sites/{id}/drive`
pub(super) fn drive(call: &Call, drive: &DriveRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::ReadFiles)?;
    Ok(reply::json(
        200,
        &render::select(render::drive(drive), call.query("$select").as_deref()),
    ))
}

/// `POST /sites/{id}/permissions`: lets a `Sites.Selected` app in.
pub(super) fn grant(call: &Call, site: &SiteRef, body: &Value) -> Answer<Response<Body>> {
    let mut inner = call.store().lock();
    let site = call.site(&inner, site, Need::Control)?.id.clone();
    let parties = body
        .get("grantedToIdentities")
        .or_else(|| body.get("grantedTo"));
    let party = parties.and_then(|parties| {
        if parties.is_array() {
            parties.get(0)
        } else {
            Some(parties)
        }
    });
    let app = party
        .and_then(|party| party.pointer("/application/id"))
        .and_then(Value::as_str);
    let roles: Vec<&str> = body["roles"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let (Some(app), false) = (app, roles.is_empty()) else {
        return Err(Refusal::invalid("roles and grantedTo are required."));
    };
    if !roles
        .iter()
        .all(|role| ["read", "write", "manage", "owner", "fullcontrol"].contains(role))
    {
        return Err(Refusal::invalid("Unknown role."));
    }
    inner.grants.extend(
        roles
            .iter()
            .map(|role| (site.clone(), app.to_owned(), (*role).to_owned())),
    );
    let number = inner.number();
    Ok(reply::json(
        201,
        &json!({ "id": crate::guid(0x9e7, number), "roles": roles, "grantedTo": party }),
    ))
}

/// Every fifth entry comes again, so that it opens the next page as well as ending its own.
fn doubled(found: Vec<&Site>) -> Vec<&Site> {
    let mut list: Vec<&Site> = Vec::new();
    for site in found {
        if !list.is_empty() && list.len().is_multiple_of(PAGE) {
            list.extend(list.last().copied());
        }
        list.push(site);
    }
    list
}

fn list(call: &Call, sites: &[&Site], name: &str, path: Option<&str>) -> Answer<Response<Body>> {
    let select = call.query("$select");
    let sites = sites
        .iter()
        .map(|site| render::select(render::site(site), select.as_deref()))
        .collect();
    let (top, token) = (call.query("$top"), call.query("$skiptoken"));
    Ok(call.page(
        page::cut(sites, name, top.as_deref(), token.as_deref())?,
        path,
    ))
}
