//! `/v1/users`: the company's users, for clients with the scope `user`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, Response};
use serde::Deserialize;

use super::people::{self, USERS};
use super::refusal::refused;
use super::{authorize, page};
use crate::reply::{self, Refused, RequestId};
use crate::state::State;

#[derive(Deserialize)]
pub(crate) struct ListParameters {
    limit: Option<u64>,
    offset: Option<u64>,
}

pub(crate) async fn list(
    Shared(state): Shared<Arc<State>>,
    Query(parameters): Query<ListParameters>,
    headers: HeaderMap,
    id: RequestId,
) -> Result<Response<Body>, Refused> {
    authorize(&state, &headers, "user", &id)?;
    let page = page(&USERS, parameters.limit, parameters.offset, (50, 500))
        .map_err(|problem| refused(400, &problem, &id))?;
    let page = page.iter().map(people::User::listed).collect();
    Ok(reply::json(200, &page))
}

pub(crate) async fn one(
    Shared(state): Shared<Arc<State>>,
    Path(user): Path<String>,
    headers: HeaderMap,
    id: RequestId,
) -> Result<Response<Body>, Refused> {
    authorize(&state, &headers, "user", &id)?;
    let found = user.parse().ok().and_then(people::user);
    let found = found.ok_or_else(|| refused(404, &format!("User {user} not found"), &id))?;
    Ok(reply::json(200, &found.shown()))
}
