//! Domo's error bodies, in the shapes that its documentation and its clients' issues show.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::json;

use crate::clock;
use crate::reply::{self, RequestId};

/// Domo's trace id, such as `CA6JIHTO46-28C5D-UEQ7I`.
fn toe(id: &RequestId) -> String {
    let text: String =
        id.0.to_uppercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-{}", part(0, 10), part(10, 15), part(15, 20))
}

/// `{"status","statusReason","message","toe"}`.
pub(crate) fn refused(status: u16, message: &str, id: &RequestId) -> Response<Body> {
    let reason = axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    reply::json(
        status,
        &json!({ "status": status, "statusReason": reason, "message": message, "toe": toe(id) }),
    )
}

/// 403 with a status and a trace id alone: a missing or unknown token.
pub(crate) fn no_token(id: &RequestId) -> Response<Body> {
    reply::json(403, &json!({ "status": 403, "toe": toe(id) }))
}

/// 401 that says when the token expired.
pub(crate) fn expired(at: i64, id: &RequestId) -> Response<Body> {
    let mut reply = refused(401, "Jwt expired", id);
    let text = format!(
        "Bearer error=\"invalid_token\", error_description=\"An error occurred while attempting to decode the Jwt: \
         Jwt expired at {}\", error_uri=\"https://tools.ietf.org/html/rfc6750#section-3.1\"",
        clock::iso(at)
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
        reply.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    reply
}

/// 406 with HTML: what an export without a valid token gets (java#10, #11, #15).
pub(crate) fn not_acceptable() -> Response<Body> {
    reply::html(
        406,
        "<html><head><title>Error 406 Not Acceptable</title></head><body><h1>HTTP Status 406 - Not Acceptable</h1>\
         <pre>com.domo.webservices.exception.UnauthorizedException: Full authentication is required to access this \
         resource</pre></body></html>\n",
    )
}
