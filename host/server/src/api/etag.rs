//! Edits of a known revision: `ETag` on what is read, `If-Match` on what is written.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::Problem;

/// A document with its revision as its `ETag`.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<T>(pub i64, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.1).into_response();
        if let Ok(tag) = HeaderValue::from_str(&tag(self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// The revision that an edit is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Any.
    Any,
    /// This one.
    Revision(i64),
}

impl IfMatch {
    /// Whether the edit is of this revision.
    pub(crate) fn check(self, revision: i64) -> Result<(), Problem> {
        match self {
            Self::Revision(wanted) if wanted != revision => Err(changed()),
            _ => Ok(()),
        }
    }
}

/// What an edit is told that came too late.
pub(crate) fn changed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed",
        "it was changed meanwhile\nhint: read it again, and send the ETag that comes with it as If-Match",
    )
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        of(&parts.headers)
    }
}

fn of(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-missing",
            "an edit says which revision it is of\nhint: send the ETag of what was read as If-Match, or `*` for any",
        ));
    };
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(IfMatch::Any);
    }
    let revision = value
        .strip_prefix("\"r")
        .and_then(|rest| rest.strip_suffix('"')?.parse().ok());
    revision.map(IfMatch::Revision).ok_or_else(changed)
}

fn tag(revision: i64) -> String {
    format!("\"r{revision}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_names_its_revision() {
        let of = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::IF_MATCH, HeaderValue::from_static(value));
            }
            super::of(&headers).map_err(|problem| problem.status)
        };
        assert_eq!(of(Some("\"r7\"")), Ok(IfMatch::Revision(7)));
        assert_eq!(of(Some("*")), Ok(IfMatch::Any));
        assert_eq!(of(Some("r7")), Err(412));
        assert_eq!(of(Some("\"r7\", \"r8\"")), Err(412));
        assert_eq!(of(None), Err(428));
        assert!(IfMatch::Revision(7).check(8).is_err());
        assert!(IfMatch::Any.check(8).is_ok());
    }
}
