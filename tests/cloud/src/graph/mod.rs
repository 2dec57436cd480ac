//! Graph: sites, drives, items, and upload sessions on the SharePoint origin.

mod access;
mod api;
mod commit;
mod conflict;
mod control;
mod download;
mod drive;
mod names;
mod origin;
mod page;
mod paths;
mod place;
mod quickxor;
mod receive;
mod refusal;
mod render;
mod session;
mod spool;
mod store;
mod tenant;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::Request;

use crate::state::State;

pub use control::{Expiry, SessionRules};
pub use store::{Store, StoredFile};

/// The Graph listener.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .fallback(
            async |Shared(state): Shared<Arc<State>>, request: Request<Body>| {
                api::serve(state, request).await
            },
        )
        .with_state(state)
}

/// The SharePoint origin: upload sessions and downloads.
pub(crate) fn upload_router(state: Arc<State>) -> Router {
    Router::new()
        .fallback(
            async |Shared(state): Shared<Arc<State>>, request: Request<Body>| {
                origin::serve(state, request).await
            },
        )
        .with_state(state)
}

/// Test controls of Graph, nested under `/_sim` on every listener.
pub(crate) fn control_router(state: Arc<State>) -> Router {
    control::router(state)
}
