//! The controls of Graph under `/_sim`: locks, expiry, quota, and how strict sessions are. Nothing here waits.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::store::{Inner, Store};
use crate::reply;
use crate::state::State;

/// What a session loses by `POST /_sim/sessions/expire`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expiry {
    /// The session itself: 404 from now on.
    #[default]
    Session,
    /// The `tempauth` of its URL: 401 `expiredToken` from now on.
    Tempauth,
}

/// How strict upload sessions are.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRules {
    /// Refuse a second session for one file while the first is open (409). On at the start.
    pub exclusive: Option<bool>,
    /// Count the bytes of a broken fragment, which puts the session off the grid. Off at the start.
    pub keep_partial: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    path: String,
    #[serde(default = "yes")]
    locked: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expire {
    #[serde(default)]
    what: Expiry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    library: String,
    remaining: u64,
}

fn yes() -> bool {
    true
}

impl Store {
    /// Locks (423) or unlocks the item at `Finance/Documents/a.csv`; answers whether there is one.
    pub fn set_lock(&self, path: &str, locked: bool) -> bool {
        let mut inner = self.lock();
        let Some((drive, id)) = locate(&inner, path) else {
            return false;
        };
        let item = inner
            .drive_mut(&drive)
            .and_then(|drive| drive.item_mut(&id));
        item.map(|item| item.locked = locked).is_ok()
    }

    /// Makes every open upload session expire; answers how many there were.
    pub fn expire_sessions(&self, what: Expiry) -> usize {
        let mut inner = self.lock();
        let count = inner.sessions.len();
        match what {
            Expiry::Session => inner.sessions.clear(),
            Expiry::Tempauth => inner
                .sessions
                .values_mut()
                .for_each(|session| session.authorised = false),
        }
        count
    }

    /// Sets how many bytes the library `Finance/Documents` still takes; answers whether there is one.
    pub fn set_quota(&self, library: &str, remaining: u64) -> bool {
        let mut inner = self.lock();
        let drive = inner
            .drives
            .values_mut()
            .find(|drive| drive.label == library);
        drive.map(|drive| drive.remaining = remaining).is_some()
    }

    /// Changes how strict upload sessions are.
    pub fn set_session_rules(&self, rules: SessionRules) {
        let mut inner = self.lock();
        inner.exclusive = rules.exclusive.unwrap_or(inner.exclusive);
        inner.keep_partial = rules.keep_partial.unwrap_or(inner.keep_partial);
    }

    /// Open upload sessions.
    pub fn open_sessions(&self) -> usize {
        self.lock().sessions.len()
    }
}

/// `POST /_sim/lock`, `/_sim/sessions/expire`, `/_sim/sessions/rules`, `/_sim/quota`.
pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/lock", post(lock))
        .route("/quota", post(quota))
        .route("/sessions", axum::routing::get(sessions))
        .route("/sessions/expire", post(expire))
        .route("/sessions/rules", post(rules))
        .with_state(state)
}

async fn lock(Shared(state): Shared<Arc<State>>, Json(asked): Json<Lock>) -> Response<Body> {
    found(state.graph.set_lock(&asked.path, asked.locked))
}

async fn quota(Shared(state): Shared<Arc<State>>, Json(asked): Json<Quota>) -> Response<Body> {
    found(state.graph.set_quota(&asked.library, asked.remaining))
}

async fn sessions(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    reply::json(200, &json!({ "open": state.graph.open_sessions() }))
}

async fn expire(Shared(state): Shared<Arc<State>>, asked: Option<Json<Expire>>) -> Response<Body> {
    let what = asked.unwrap_or_default().0.what;
    reply::json(
        200,
        &json!({ "expired": state.graph.expire_sessions(what) }),
    )
}

async fn rules(
    Shared(state): Shared<Arc<State>>,
    Json(asked): Json<SessionRules>,
) -> Response<Body> {
    state.graph.set_session_rules(asked);
    reply::json(200, &json!({}))
}

fn found(found: bool) -> Response<Body> {
    if found {
        reply::json(200, &json!({}))
    } else {
        reply::json(404, &json!({ "error": "no such path" }))
    }
}

fn locate(inner: &Inner, path: &str) -> Option<(String, String)> {
    let below = |label: &str| {
        path.strip_prefix(label)?
            .strip_prefix('/')
            .map(str::to_owned)
    };
    let (drive, rest) = inner
        .drives
        .values()
        .find_map(|drive| Some((drive, below(&drive.label)?)))?;
    let names: Vec<String> = rest.split('/').map(str::to_owned).collect();
    let item = drive.resolve(&drive.root, &names).ok()?;
    Some((drive.id.clone(), item.id.clone()))
}
