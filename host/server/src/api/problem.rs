//! What a client is told when something fails: `application/problem+json` (RFC 9457), with a hint.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::runner::RunFailure;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is: `about:blank`, as the code says more.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// One word for programs.
    pub code: String,
    /// What failed, on what.
    pub detail: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Each thing that is wrong with the request's content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// After how many seconds it may go well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: `job.sharepoint.site`.
    pub path: String,
    /// What.
    pub message: String,
}

/// What handlers answer.
pub type Answer<T> = std::result::Result<T, Problem>;

impl Problem {
    /// A problem with this status. The text may end in a line `hint: …`.
    pub fn new(status: StatusCode, code: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        let (detail, hint) = match text.split_once("\nhint: ") {
            Some((detail, hint)) => (detail.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail,
            hint,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// There is nothing of this name, or it is somebody else's: both are told the same.
    #[must_use]
    pub fn missing(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("there is no such {what}"),
        )
    }

    /// The request's content is wrong in these places.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.path.is_empty() => one.message.clone(),
            [one] => format!("`{}`: {}", one.path, one.message),
            many => format!("{} things are wrong with the request", many.len()),
        };
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
        }
    }

    /// One thing is wrong with the request's content.
    pub fn field(path: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError {
            path: path.to_owned(),
            message: message.into(),
        }])
    }

    /// The request does not fit what there is.
    pub fn conflict(code: &str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, text)
    }
}

impl From<Error> for Problem {
    /// What went wrong inside is the operator's to know: it is logged, and the client is told that it was not its mistake.
    fn from(error: Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed\nhint: try again; the server's log says what happened",
        )
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<RunFailure> for Problem {
    /// What a check or a listing in the sandbox failed with: the services' word, or the job's.
    fn from(failure: RunFailure) -> Self {
        let status = match failure.retry_after {
            Some(_) => StatusCode::SERVICE_UNAVAILABLE,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self {
            hint: failure.hint,
            retry_after: failure.retry_after,
            ..Self::new(status, &failure.code, failure.message)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after.map(HeaderValue::from);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            body,
        )
            .into_response();
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
