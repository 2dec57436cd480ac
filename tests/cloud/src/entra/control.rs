//! The test controls of sign-ins: what the person does, what an issuer issues, how long refresh tokens last.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::issuer;
use super::sign_in::Fate;
use crate::clock;
use crate::reply;
use crate::state::State;

/// `/_sim/device/…`, `/_sim/sign-in`, `/_sim/refresh`, `/_sim/federation`.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/device/{fate}", post(decide))
        .route("/sign-in", post(sign_in))
        .route("/refresh", post(refresh).delete(expire))
        .route("/federation", post(federate))
        .with_state(state)
}

#[derive(Deserialize)]
struct Typed {
    user_code: String,
}

async fn decide(
    Shared(state): Shared<Arc<State>>,
    Path(fate): Path<String>,
    Json(Typed { user_code }): Json<Typed>,
) -> Response<Body> {
    let sign_ins = &state.entra.sign_ins;
    let found = match fate.as_str() {
        "approve" => sign_ins.decide(&user_code, Fate::Approved),
        "decline" => sign_ins.decide(&user_code, Fate::Declined),
        "expire" => sign_ins.decide(&user_code, Fate::Expired),
        "slow-down" => sign_ins.slow_down(&user_code),
        _ => false,
    };
    reply::json(if found { 200 } else { 404 }, &json!({ "found": found }))
}

#[derive(Deserialize)]
struct Answer {
    declines: bool,
}

async fn sign_in(Shared(state): Shared<Arc<State>>, Json(answer): Json<Answer>) -> Response<Body> {
    state.entra.sign_ins.set_declines(answer.declines);
    reply::json(200, &json!({}))
}

#[derive(Deserialize)]
struct Rotation {
    lenient: bool,
}

async fn refresh(
    Shared(state): Shared<Arc<State>>,
    Json(rotation): Json<Rotation>,
) -> Response<Body> {
    state.entra.sign_ins.set_lenient(rotation.lenient);
    reply::json(200, &json!({}))
}

async fn expire(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    let expired = state.entra.sign_ins.expire_refreshes();
    reply::json(200, &json!({ "expired": expired }))
}

/// Issues a federated assertion; the members of the body replace its claims.
async fn federate(Json(changes): Json<Value>) -> Response<Body> {
    let now = clock::now();
    let mut claims = json!({
        "iss": issuer::ISSUER, "sub": issuer::SUBJECT, "aud": issuer::AUDIENCE,
        "iat": now, "nbf": now, "exp": now + 3600,
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    match issuer::issue(&claims) {
        Ok(assertion) => reply::json(200, &json!({ "assertion": assertion })),
        Err(error) => reply::json(500, &json!({ "error": format!("{error:#}") })),
    }
}
