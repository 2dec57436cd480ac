//! What a tenant's accounts reach: DataSets, sites, libraries, folders, listed by the connector in its sandbox.

use axum::extract::State;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, In, Operator};
use super::body::Json;
use super::problem::{Answer, Problem};
use crate::App;
use crate::setup;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(browse))
        .routes(routes!(schemas))
}

/// Lists what a query asks for: the `query` of `/v1/schemas`.
#[utoipa::path(post, path = "/tenants/{tenant}/browse", tag = "browse", params(("tenant" = String, Path)), request_body = Object,
    security(("token" = ["operator"])), responses((status = 200, body = Object)))]
async fn browse(
    State(app): State<App>,
    caller: In<Operator>,
    Json(query): Json<Value>,
) -> Answer<axum::Json<Value>> {
    if !query.is_object() {
        return Err(Problem::field(
            "",
            "it is not an object: it is a query as `query` of /v1/schemas describes it",
        ));
    }
    let tenant = setup::of(&app, &caller.tenant).await?;
    Ok(axum::Json(app.runner.browse(&tenant, &query).await?))
}

/// Shows the JSON Schemas of jobs, queries and receipts, as the connector describes itself.
#[utoipa::path(get, path = "/schemas", tag = "browse", security(("token" = [])), responses((status = 200, body = Object)))]
async fn schemas(State(app): State<App>, _: Caller) -> Answer<axum::Json<Value>> {
    Ok(axum::Json(app.runner.describe().await?))
}
