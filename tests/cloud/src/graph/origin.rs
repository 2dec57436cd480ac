//! The SharePoint origin: upload sessions and downloads, opened by what is in their URL alone. It answers 401 to any `Authorization`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode, header};
use serde_json::json;

use super::commit::{self, Finished};
use super::download;
use super::place::{Condition, Place};
use super::receive::Receiving;
use super::refusal::{Answer, Refusal};
use super::render::{self, Origin};
use super::session::Session;
use super::store::Inner;
use crate::fault::Hooks;
use crate::reply;
use crate::state::State;

/// How long a session is said to live: 15 minutes, counted anew with each fragment. Only `/_sim` makes one expire.
const LIFE: i64 = 15 * 60;

/// When a session touched now is said to expire.
pub(super) fn expiration() -> String {
    crate::clock::iso(crate::clock::now() + LIFE)
}

/// Answers a request to SharePoint.
pub(super) async fn serve(state: Arc<State>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let answer = if parts.uri.path().ends_with("/download.aspx") {
        download::serve(&state, &parts)
    } else {
        session(&state, &parts, body).await
    };
    answer.unwrap_or_else(|refusal| refusal.sharepoint_reply())
}

/// Refuses every `Authorization` header: these URLs carry their own.
///
/// # Errors
/// 401.
pub(super) fn refuse_authorization(parts: &Parts) -> Answer<()> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return Err(unauthenticated(
            "The Authorization header is not accepted here.",
        ));
    }
    Ok(())
}

/// 401 for a pre-authentication that opens nothing.
pub(super) fn unauthenticated(message: &str) -> Refusal {
    Refusal::new(401, "unauthenticated", message)
}

/// The value of a query parameter, quotes taken off.
pub(super) fn parameter<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let mut pairs = parts
        .uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let value = pairs.find(|(key, _)| *key == name)?.1;
    let value = value.trim_start_matches("%27").trim_end_matches("%27");
    Some(value.trim_matches('\''))
}

async fn session(state: &State, parts: &Parts, body: Body) -> Answer<Response<Body>> {
    let session = {
        let mut inner = state.graph.lock();
        end(&mut inner, parts);
        open(&inner, parts)?
    };
    match parts.method {
        Method::GET => Ok(status(200, &session)),
        Method::DELETE => {
            state.graph.lock().sessions.remove(&session.guid);
            let mut reply = Response::new(Body::empty());
            *reply.status_mut() = StatusCode::NO_CONTENT;
            Ok(reply)
        }
        Method::PUT => fragment(state, parts, &session, body).await,
        Method::POST => deferred(state, parts, &session),
        _ => Err(Refusal::method()),
    }
}

/// What a fault does to the session of the URL before it is asked for anything.
fn end(inner: &mut Inner, parts: &Parts) {
    let Some(guid) = parameter(parts, "guid") else {
        return;
    };
    let hooks = hooks(parts);
    if hooks.find("end-session").is_some() {
        inner.sessions.remove(guid);
    }
    if hooks.find("expire-url").is_some()
        && let Some(session) = inner.sessions.get_mut(guid)
    {
        session.authorised = false;
    }
}

fn hooks(parts: &Parts) -> Hooks {
    parts.extensions.get::<Hooks>().cloned().unwrap_or_default()
}

/// 500 for some last fragments, however often they are sent [OD#1640].
///
/// # Errors
/// 500 where the fault says so.
fn refuse_last(parts: &Parts, length: u64) -> Answer<()> {
    match hooks(parts).find("refuse-last-fragment") {
        Some(wanted) if wanted.as_u64().is_none_or(|wanted| wanted == length) => Err(Refusal::new(
            500,
            "generalException",
            "General exception while processing",
        )),
        _ => Ok(()),
    }
}

/// The session that the URL opens.
fn open(inner: &Inner, parts: &Parts) -> Answer<Session> {
    refuse_authorization(parts)?;
    let gone = || Refusal::new(404, "itemNotFound", "The upload session was not found");
    let guid = parameter(parts, "guid")
        .filter(|_| parts.uri.path().ends_with("/uploadSession"))
        .ok_or_else(gone)?;
    let session = inner.sessions.get(guid).ok_or_else(gone)?;
    if parameter(parts, "tempauth") != Some(&session.tempauth) {
        return Err(unauthenticated("The caller is not authenticated."));
    }
    if !session.authorised {
        return Err(unauthenticated("The caller is not authenticated.").inner("expiredToken"));
    }
    Ok(session.clone())
}

async fn fragment(
    state: &State,
    parts: &Parts,
    session: &Session,
    body: Body,
) -> Answer<Response<Body>> {
    let fragment = session.admit(&parts.headers)?;
    let keep_partial = {
        let mut inner = state.graph.lock();
        if let Some(open) = inner.sessions.get_mut(&session.guid) {
            open.total = Some(fragment.total);
        }
        inner.keep_partial
    };
    let receiving = Receiving::all(
        Arc::clone(&session.spool),
        body,
        fragment.length,
        keep_partial,
    )
    .await?;
    if fragment.last && !session.deferred {
        refuse_last(parts, fragment.length)?;
        // A refused commit leaves the last fragment uncounted, so that it can be sent again.
        let reply = finish(state, parts, session)?;
        receiving.accept();
        return Ok(reply);
    }
    receiving.accept();
    Ok(status(
        202,
        &Session {
            total: Some(fragment.total),
            ..session.clone()
        },
    ))
}

/// The `POST` that ends a session with `deferCommit`.
fn deferred(state: &State, parts: &Parts, session: &Session) -> Answer<Response<Body>> {
    if !session.deferred {
        return Err(Refusal::invalid(
            "The upload session was not created with deferCommit.",
        ));
    }
    if session.total != Some(session.spool.received()) {
        return Err(Refusal::invalid("The upload session is not complete."));
    }
    finish(state, parts, session)
}

fn finish(state: &State, parts: &Parts, session: &Session) -> Answer<Response<Body>> {
    let hooks = hooks(parts);
    let (drive, folder) = (session.drive.clone(), session.parent.clone());
    let finished = Finished {
        place: Place {
            drive,
            folder,
            missing: Vec::new(),
            name: session.name.clone(),
        },
        conflict: session.conflict,
        condition: Condition {
            matches: session.if_match.clone(),
            none_match: None,
        },
        client: session.client.clone(),
        times: session.times.clone(),
        spool: &session.spool,
    };
    let store = &state.graph;
    let mut inner = store.lock();
    if !inner.sessions.contains_key(&session.guid) {
        return Err(Refusal::new(
            404,
            "itemNotFound",
            "The upload session was not found",
        ));
    }
    let done = commit::finish(store, &mut inner, &finished, &hooks)?;
    inner.sessions.remove(&session.guid);
    let drive = inner.drive(&done.drive)?;
    let item = render::item(
        store,
        drive,
        drive.item(&done.item)?,
        &state.urls.upload,
        Origin::SharePoint,
    );
    Ok(reply::json(done.status, &item))
}

fn status(status: u16, session: &Session) -> Response<Body> {
    reply::json(
        status,
        &json!({ "expirationDateTime": expiration(), "nextExpectedRanges": session.expected() }),
    )
}
