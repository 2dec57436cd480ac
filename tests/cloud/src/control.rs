//! The test controls under `/_sim`, on every listener. They are not logged and no fault touches them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State as Shared};
use axum::http::Response;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::describe::Description;
use crate::fault::Fault;
use crate::graph::{self, StoredFile};
use crate::log::LogEntry;
use crate::reply;
use crate::state::State;

/// All controls.
pub(crate) fn router(state: Arc<State>, description: Description) -> Router {
    let own = Router::new()
        .route("/files", get(files))
        .route("/requests", get(requests))
        .route(
            "/faults",
            get(list_faults).post(add_faults).delete(clear_faults),
        )
        .route("/release", post(release))
        .route("/tokens", delete(revoke_tokens))
        .route("/description", get(async move || Json(description.clone())))
        .with_state(Arc::clone(&state));
    Router::new().nest(
        "/_sim",
        own.merge(crate::entra::control_router(Arc::clone(&state)))
            .merge(graph::control_router(state)),
    )
}

async fn files(Shared(state): Shared<Arc<State>>) -> Json<Vec<StoredFile>> {
    Json(state.graph.files())
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn requests(
    Shared(state): Shared<Arc<State>>,
    Query(query): Query<Since>,
) -> Json<Vec<LogEntry>> {
    Json(state.log.since(query.since))
}

async fn list_faults(Shared(state): Shared<Arc<State>>) -> Json<Vec<Fault>> {
    Json(state.faults.list())
}

async fn add_faults(Shared(state): Shared<Arc<State>>, text: String) -> Response<Body> {
    match Fault::parse_list(&text) {
        Ok(faults) => {
            let added = faults.len();
            state.faults.add(faults);
            reply::json(200, &json!({ "added": added }))
        }
        Err(error) => reply::json(400, &json!({ "error": format!("{error:#}") })),
    }
}

async fn clear_faults(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    state.faults.clear();
    reply::json(200, &json!({}))
}

async fn release(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    state.release();
    reply::json(200, &json!({}))
}

#[derive(Deserialize)]
struct Revocation {
    /// Unknown from now on, rather than expired.
    #[serde(default)]
    forget: bool,
}

async fn revoke_tokens(
    Shared(state): Shared<Arc<State>>,
    Query(how): Query<Revocation>,
) -> Response<Body> {
    let tokens = &state.tokens;
    let count = if how.forget {
        tokens.forget_all()
    } else {
        tokens.expire_all()
    };
    reply::json(200, &json!({ "revoked": count }))
}
