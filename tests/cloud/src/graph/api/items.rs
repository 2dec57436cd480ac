//! Items: looked at, listed, created as folders, changed, checked in, deleted.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::Call;
use crate::graph::access::Need;
use crate::graph::conflict::{Conflict, free_name};
use crate::graph::page;
use crate::graph::paths::{DriveRef, ItemRef};
use crate::graph::place::Condition;
use crate::graph::refusal::{Answer, Refusal, text};
use crate::graph::render;
use crate::reply;

/// `GET` of one item.
pub(super) fn get(call: &Call, drive: &DriveRef, item: &ItemRef) -> Answer<Response<Body>> {
    let mut inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::ReadFiles)?;
    let item = call.item(drive, item)?;
    let shown = call.shown(drive, item);
    let (drive, item) = (drive.id.clone(), item.id.clone());
    let item = inner.drive_mut(&drive)?.item_mut(&item)?;
    item.hash_withheld = item.hash_withheld.saturating_sub(1);
    Ok(reply::json(200, &shown))
}

/// `GET .../children`
pub(super) fn children(call: &Call, drive: &DriveRef, item: &ItemRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::ReadFiles)?;
    let folder = call.item(drive, item)?;
    let children = folder
        .children
        .values()
        .filter_map(|id| drive.items.get(id));
    let visible = children.filter(|item| item.visible_to(&call.token.client));
    let shown: Vec<Value> = visible.map(|item| call.shown(drive, item)).collect();
    let (top, token) = (call.query("$top"), call.query("$skiptoken"));
    let page = page::cut(
        shown,
        &format!("children {}", folder.id),
        top.as_deref(),
        token.as_deref(),
    )?;
    Ok(call.page(page, None))
}

/// `GET .../versions`
pub(super) fn versions(call: &Call, drive: &DriveRef, item: &ItemRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::ReadFiles)?;
    let item = call.item(drive, item)?;
    if item.is_folder() {
        return Err(Refusal::invalid("A folder has no versions."));
    }
    Ok(reply::json(
        200,
        &json!({ "value": render::versions(item) }),
    ))
}

/// `POST .../children`: a new folder. SharePoint answers 409 to `replace`.
pub(super) fn create_folder(
    call: &Call,
    drive: &DriveRef,
    item: &ItemRef,
    body: &Value,
) -> Answer<Response<Body>> {
    let mut inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::WriteFiles)?;
    let parent = call.item(drive, item)?.id.clone();
    let name = body["name"]
        .as_str()
        .ok_or_else(|| Refusal::invalid("The name is missing."))?;
    if !body["folder"].is_object() {
        return Err(Refusal::invalid("The folder facet is missing."));
    }
    let conflict = conflict_of(
        body,
        &[
            "@microsoft.graph.conflictBehavior",
            "@name.conflictBehavior",
        ],
    )?;
    drive.check_name(&parent, name, true)?;
    let name = match (
        drive.child(&parent, name),
        conflict.unwrap_or(Conflict::Fail),
    ) {
        (None, _) => name.to_owned(),
        (Some(_), Conflict::Rename) => {
            free_name(name, true, |name| drive.child(&parent, name).is_some())
        }
        (Some(_), _) => return Err(Refusal::name_taken()),
    };
    let drive = drive.id.clone();
    let id = inner.add_folder(&drive, &parent, &name)?;
    let drive = inner.drive(&drive)?;
    Ok(reply::json(201, &call.shown(drive, drive.item(&id)?)))
}

/// `PATCH`: a new name, another folder, other times.
pub(super) fn update(
    call: &Call,
    drive: &DriveRef,
    item: &ItemRef,
    body: &Value,
) -> Answer<Response<Body>> {
    let mut inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::WriteFiles)?;
    let item = call.item(drive, item)?;
    condition(call).check(Some(item))?;
    item.check_lock(&call.token.client)?;
    let old = item.parent.clone().ok_or_else(Refusal::access_denied)?;
    let parent = body
        .pointer("/parentReference/id")
        .and_then(Value::as_str)
        .unwrap_or(&old)
        .to_owned();
    let name = body["name"].as_str().unwrap_or(&item.name).to_owned();
    drive.check_name(&parent, &name, item.is_folder())?;
    if drive
        .child(&parent, &name)
        .is_some_and(|other| other.id != item.id)
    {
        return Err(Refusal::name_taken());
    }
    let moved = parent != old || name != item.name;
    let (drive, id) = (drive.id.clone(), item.id.clone());
    let drive = inner.drive_mut(&drive)?;
    if moved {
        drive.rename(&id, &parent, &name)?;
    }
    if let Some(times) = body.get("fileSystemInfo") {
        let item = drive.item_mut(&id)?;
        item.times = Some(times.clone());
        item.touch(false);
    }
    Ok(reply::json(200, &call.shown(drive, drive.item(&id)?)))
}

/// `DELETE`, of a folder with all below it.
pub(super) fn delete(call: &Call, drive: &DriveRef, item: &ItemRef) -> Answer<Response<Body>> {
    let mut inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::WriteFiles)?;
    let item = call.item(drive, item)?;
    condition(call).check(Some(item))?;
    item.check_lock(&call.token.client)?;
    if item.parent.is_none() {
        return Err(Refusal::access_denied());
    }
    let (drive, id) = (drive.id.clone(), item.id.clone());
    let drive = inner.drive_mut(&drive)?;
    for content in drive.unhang(&id) {
        drive.remaining += content.size;
        // A download that is under way holds the file open and still gets all of it.
        let _ = std::fs::remove_file(content.blob);
    }
    Ok(no_content())
}

/// `POST .../checkin`: makes a checked-out file visible to others.
pub(super) fn checkin(
    call: &Call,
    drive: &DriveRef,
    item: &ItemRef,
    body: &Value,
) -> Answer<Response<Body>> {
    let mut inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::WriteFiles)?;
    let item = call.item(drive, item)?;
    if !body["checkInAs"].is_null()
        && !["published", "unspecified"]
            .iter()
            .any(|kind| body["checkInAs"] == *kind)
    {
        return Err(Refusal::invalid("Invalid value for checkInAs."));
    }
    if !item.held_by(&call.token.client) {
        return Err(Refusal::invalid("The file is not checked out."));
    }
    let (drive, id) = (drive.id.clone(), item.id.clone());
    let item = inner.drive_mut(&drive)?.item_mut(&id)?;
    (item.checked_out, item.published) = (None, true);
    item.touch(false);
    Ok(no_content())
}

/// `If-Match` and `If-None-Match` of a request.
pub(super) fn condition(call: &Call) -> Condition {
    let header = |name: &str| text(&call.parts.headers, name).map(str::to_owned);
    Condition {
        matches: header("if-match"),
        none_match: header("if-none-match"),
    }
}

/// The conflict behaviour under one of these names.
pub(super) fn conflict_of(body: &Value, names: &[&str]) -> Answer<Option<Conflict>> {
    let Some(value) = names.iter().find_map(|name| body.get(*name)) else {
        return Ok(None);
    };
    let behaviour = value.as_str().and_then(Conflict::parse);
    behaviour
        .map(Some)
        .ok_or_else(|| Refusal::invalid("Invalid value for conflictBehavior."))
}

fn no_content() -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}
