//! A file's content: the simple PUT up to 250 MB, and the redirect of a download to SharePoint.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};

use super::Call;
use super::items::condition;
use crate::graph::access::Need;
use crate::graph::commit::{self, Finished};
use crate::graph::conflict::Conflict;
use crate::graph::paths::{DriveRef, ItemRef};
use crate::graph::place::{self, Place};
use crate::graph::receive::Receiving;
use crate::graph::refusal::{Answer, Refusal};
use crate::graph::render;
use crate::graph::session::content_length;
use crate::reply;

/// The largest simple PUT, in bytes.
const SIMPLE: u64 = 262_144_000;

/// `GET` and `PUT` of `.../content`.
pub(super) async fn serve(
    call: &Call,
    drive: DriveRef,
    item: ItemRef,
    body: Body,
) -> Answer<Response<Body>> {
    match call.parts.method {
        Method::GET => download(call, &drive, &item),
        Method::PUT => {
            let (place, conflict, length) = prepare(call, &drive, &item)?;
            put(call, place, conflict, length, body).await
        }
        _ => Err(Refusal::method()),
    }
}

fn download(call: &Call, drive: &DriveRef, item: &ItemRef) -> Answer<Response<Body>> {
    let inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::ReadFiles)?;
    let item = call.item(drive, item)?;
    if item.is_folder() {
        return Err(Refusal::invalid("You cannot get content for a folder."));
    }
    let url = render::download_url(call.store(), drive, item, &call.state.urls.upload);
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::FOUND;
    reply.headers_mut().insert(
        header::LOCATION,
        HeaderValue::try_from(url).map_err(|_| Refusal::not_found())?,
    );
    Ok(reply)
}

/// Everything that can be refused before the first byte.
fn prepare(call: &Call, drive: &DriveRef, item: &ItemRef) -> Answer<(Place, Conflict, u64)> {
    let length = content_length(&call.parts.headers)?;
    if length > SIMPLE {
        let message = format!(
            "The request message is too big. The server does not allow messages larger than {SIMPLE} bytes."
        );
        return Err(Refusal::new(413, "requestEntityTooLarge", message));
    }
    let conflict = match call.query("@microsoft.graph.conflictBehavior") {
        None => Conflict::Replace,
        Some(text) => Conflict::parse(&text)
            .ok_or_else(|| Refusal::invalid("Invalid value for conflictBehavior."))?,
    };
    let inner = call.store().lock();
    let drive = call.drive(&inner, drive, Need::WriteFiles)?;
    let place = place::find(drive, item)?;
    place.check(
        drive,
        conflict,
        &condition(call),
        &call.token.client,
        length,
    )?;
    Ok((place, conflict, length))
}

async fn put(
    call: &Call,
    place: Place,
    conflict: Conflict,
    length: u64,
    body: Body,
) -> Answer<Response<Body>> {
    let spool = Arc::new(call.store().spool()?);
    let receiving = Receiving::all(Arc::clone(&spool), body, length, false).await?;
    let client = call.token.client.clone();
    let finished = Finished {
        place,
        conflict,
        condition: condition(call),
        client,
        times: None,
        spool: &spool,
    };
    let mut inner = call.store().lock();
    let done = commit::finish(call.store(), &mut inner, &finished, &call.hooks)?;
    receiving.accept();
    let drive = inner.drive(&done.drive)?;
    Ok(reply::json(
        done.status,
        &call.shown(drive, drive.item(&done.item)?),
    ))
}
