//! For whoever operates the server: whether it lives, whether it can work, what it measures.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::auth::Root;
use super::problem::{Answer, Problem};
use crate::App;

/// What anybody may ask.
pub(super) fn open_routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

/// What needs a token of the installation.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

/// The process answers.
async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers.
async fn ready(State(app): State<App>) -> Answer<&'static str> {
    match app.db.ping().await {
        Ok(()) => Ok("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "the server is not ready");
            Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "not-ready",
                "the database does not answer",
            ))
        }
    }
}

async fn metrics(State(app): State<App>, _: Root) -> Answer<Response> {
    let text = crate::metrics::text(&app).await?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
