//! `Idempotency-Key`: a POST that is sent twice is done once.
//!
//! The answer is kept for a day with a digest of the request. One that may not be kept, as a token's text, is not: the second
//! request is told that it was done.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::auth::Caller;
use super::problem::Problem;
use crate::App;
use crate::store::idempotency::{self, Earlier};
use crate::store::tenants;

const HEADER: &str = "idempotency-key";
/// The longest key.
const KEY_BYTES: usize = 200;
/// Marks an answer that was given before.
const REPLAYED: &str = "idempotent-replayed";
/// The largest answer that is kept.
const ANSWER_BYTES: usize = 1 << 20;

/// Does a request once.
pub(super) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let key = request.headers().get(HEADER).cloned();
    match (caller, key, request.method()) {
        (Some(caller), Some(key), &Method::POST) => {
            match keyed(&app, &caller, &key, request, next).await {
                Ok(response) => response,
                Err(problem) => problem.into_response(),
            }
        }
        _ => next.run(request).await,
    }
}

async fn keyed(
    app: &App,
    caller: &Caller,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_BYTES).contains(&key.len()));
    let key = key.ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-idempotency-key",
            format!("an Idempotency-Key is 1 to {KEY_BYTES} visible characters"),
        )
    })?;
    let (mut parts, body) = request.into_parts();
    let tenant = tenant_of(app, caller, &mut parts).await?;
    let body = to_bytes(body, app.settings.body_bytes).await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "the content is too large",
        )
    })?;
    let mut digest = Sha256::new();
    for part in [
        parts.method.as_str().as_bytes(),
        parts.uri.path().as_bytes(),
        &body,
    ] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    let digest = URL_SAFE_NO_PAD.encode(digest.finalize());
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let earlier = idempotency::begin(tx.conn(), &caller.token, key, &tenant, &digest, now).await?;
    tx.commit().await?;
    match earlier {
        None => {}
        Some(Earlier { request, .. }) if request != digest => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "this Idempotency-Key came with another request\nhint: take a new key for each thing to do",
            ));
        }
        Some(Earlier { status: 0, .. }) => {
            return Err(Problem::conflict(
                "under-way",
                "the same request is being done\nhint: send it again in a moment",
            ));
        }
        Some(Earlier { body: None, .. }) => {
            return Err(Problem::conflict(
                "done-before",
                "the same request was done, and its answer is shown once only",
            ));
        }
        Some(Earlier {
            status,
            body: Some(body),
            ..
        }) => {
            let status = u16::try_from(status)
                .ok()
                .and_then(|status| StatusCode::from_u16(status).ok());
            let headers = [
                (header::CONTENT_TYPE.as_str(), "application/json"),
                (REPLAYED, "true"),
            ];
            return Ok((status.unwrap_or(StatusCode::OK), headers, body).into_response());
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES).await.unwrap_or_default();
    let mut tx = app.db.begin().await?;
    if parts.status.is_success() {
        let secret = parts.headers.get(header::CACHE_CONTROL).is_some();
        let kept = (!secret).then(|| String::from_utf8_lossy(&body).into_owned());
        idempotency::end(
            tx.conn(),
            &caller.token,
            key,
            parts.status.as_u16(),
            kept.as_deref(),
        )
        .await?;
    } else {
        // It was not done: the key is free.
        idempotency::forget(tx.conn(), &caller.token, key).await?;
    }
    tx.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Whose thing a request is about: what is kept of it goes with the tenant.
async fn tenant_of(app: &App, caller: &Caller, parts: &mut Parts) -> Result<String, Problem> {
    let path = RawPathParams::from_request_parts(parts, app).await;
    let path = path.map_err(|_| Problem::missing("tenant"))?;
    let named = path.iter().find(|(name, _)| *name == "tenant");
    let named = match named {
        Some((_, which)) => tenants::find(app.db.pool(), which).await?,
        None => None,
    };
    Ok(named.map_or_else(|| caller.tenant.clone(), |tenant| tenant.id))
}
