//! Small replies: JSON, HTML, and the request id that every error body quotes.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::Value;

/// The id of this request: Domo's `toe`, Entra's `trace_id`, Graph's `request-id`. Also an axum extractor.
#[derive(Clone, Debug, Default)]
pub struct RequestId(pub String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// A reply that ends a handler with `?`.
pub(crate) struct Refused(Box<Response<Body>>);

impl From<Response<Body>> for Refused {
    fn from(reply: Response<Body>) -> Self {
        Self(Box::new(reply))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response<Body> {
        *self.0
    }
}

/// A JSON reply.
pub(crate) fn json(status: u16, body: &Value) -> Response<Body> {
    with_type(status, "application/json; charset=utf-8", body.to_string())
}

/// An HTML reply.
pub(crate) fn html(status: u16, body: impl Into<String>) -> Response<Body> {
    with_type(status, "text/html; charset=utf-8", body.into())
}

fn with_type(status: u16, kind: &'static str, body: String) -> Response<Body> {
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}
