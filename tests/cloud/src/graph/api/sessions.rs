//! `createUploadSession`: judged at Graph, carried on at the SharePoint origin.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::Call;
use super::items::{condition, conflict_of};
use crate::graph::access::Need;
use crate::graph::conflict::Conflict;
use crate::graph::drive::Drive;
use crate::graph::origin;
use crate::graph::paths::{DriveRef, ItemRef};
use crate::graph::place::{self, Place};
use crate::graph::refusal::{Answer, Refusal};
use crate::graph::session::Session;
use crate::graph::store::Inner;
use crate::reply;

/// Properties of `item` that SharePoint takes, beside annotations.
const PROPERTIES: [&str; 5] = [
    "name",
    "fileSize",
    "fileSystemInfo",
    "description",
    "mediaSourceInfo",
];

/// `POST .../createUploadSession`
pub(super) fn create(
    call: &Call,
    drive: &DriveRef,
    item: &ItemRef,
    body: &Value,
) -> Answer<Response<Body>> {
    let asked = Asked::read(body)?;
    // The spool takes the store's lock for its number, so it comes first.
    let spool = Arc::new(call.store().spool()?);
    let mut inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::WriteFiles)?;
    let place = place::find(drive, item)?;
    asked.check(call, &inner, drive, &place)?;
    let (site, drive) = (
        drive
            .path
            .strip_suffix(&drive.segment)
            .unwrap_or_default()
            .to_owned(),
        drive.id.clone(),
    );
    let number = inner.number();
    let guid = crate::guid(0x5e55, number);
    let session = Session {
        tempauth: call.store().tempauth(&format!("upload {guid}")),
        guid: guid.clone(),
        authorised: true,
        drive,
        parent: place.folder,
        name: place.name,
        conflict: asked.conflict,
        if_match: condition(call).matches,
        client: call.token.client.clone(),
        total: asked.size,
        deferred: asked.deferred,
        times: asked.times,
        spool,
    };
    let reply = json!({
        "@odata.context": format!("{}{}/$metadata#microsoft.graph.uploadSession", call.state.urls.graph, call.version),
        "expirationDateTime": origin::expiration(),
        "nextExpectedRanges": session.expected(),
        "uploadUrl": url(&session, &call.state.urls.upload, &site),
    });
    inner.sessions.insert(guid, session);
    Ok(reply::json(200, &reply))
}

/// What the body asks for.
struct Asked {
    conflict: Conflict,
    name: Option<String>,
    size: Option<u64>,
    deferred: bool,
    times: Option<Value>,
}

impl Asked {
    fn read(body: &Value) -> Answer<Self> {
        for key in body
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys())
        {
            if !["item", "deferCommit"].contains(&key.as_str()) && !key.starts_with("@odata") {
                return Err(Refusal::invalid(format!(
                    "The property {key} is not allowed here."
                )));
            }
        }
        let item = &body["item"];
        for key in item
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys())
        {
            if !PROPERTIES.contains(&key.as_str()) && !key.starts_with('@') {
                return Err(Refusal::invalid(format!(
                    "The property {key} does not exist on driveItemUploadableProperties."
                )));
            }
        }
        // The documentation says `fail`; what users see is `replace`.
        let conflict = conflict_of(
            item,
            &[
                "@microsoft.graph.conflictBehavior",
                "@name.conflictBehavior",
            ],
        )?;
        let size = match &item["fileSize"] {
            Value::Null => None,
            size => Some(
                size.as_u64()
                    .ok_or_else(|| Refusal::invalid("Invalid value for fileSize."))?,
            ),
        };
        Ok(Self {
            conflict: conflict.unwrap_or(Conflict::Replace),
            name: item["name"].as_str().map(str::to_owned),
            size,
            deferred: body["deferCommit"].as_bool().unwrap_or(false),
            times: item.get("fileSystemInfo").cloned(),
        })
    }

    fn check(&self, call: &Call, inner: &Inner, drive: &Drive, place: &Place) -> Answer<()> {
        if !place.missing.is_empty() {
            return Err(Refusal::not_found());
        }
        if self.name.as_ref().is_some_and(|name| *name != place.name) {
            return Err(Refusal::invalid(
                "The name in the item does not match the name in the path.",
            ));
        }
        if self.size == Some(0) {
            return Err(Refusal::invalid(
                "An upload session cannot hold an empty file.",
            ));
        }
        place.check(
            drive,
            self.conflict,
            &condition(call),
            &call.token.client,
            self.size.unwrap_or(0),
        )?;
        let same = |session: &&Session| {
            session.drive == drive.id
                && session.parent == place.folder
                && session.name.to_lowercase() == place.name.to_lowercase()
                && session.authorised
        };
        if inner.exclusive
            && self.conflict != Conflict::Rename
            && inner.sessions.values().any(|session| same(&session))
        {
            let message = match place.existing(drive) {
                Some(_) => "An upload session already exists for this file",
                None => {
                    "A file with the same name is currently being uploaded. Change the filename and try to save again."
                }
            };
            return Err(Refusal::new(409, "nameAlreadyExists", message));
        }
        Ok(())
    }
}

fn url(session: &Session, upload: &str, site: &str) -> String {
    let (overwrite, rename) = match session.conflict {
        Conflict::Replace => ("True", "False"),
        Conflict::Rename => ("False", "True"),
        Conflict::Fail => ("False", "False"),
    };
    format!(
        "{upload}/{site}_api/v2.0/drives/{}/items/{}/uploadSession?guid='{}'&overwrite={overwrite}&rename={rename}&dc=0&tempauth={}",
        session.drive, session.parent, session.guid, session.tempauth
    )
}
