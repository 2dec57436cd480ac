//! What Graph and SharePoint say when they refuse: status, code, inner code, and the error body of either origin.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use serde_json::{Value, json};

use super::names::NameFault;
use crate::reply;
use crate::token::GraphAuthError;

/// A refused request. Rendered by [`Refusal::graph_reply`] or [`Refusal::sharepoint_reply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `error.code`.
    pub code: &'static str,
    /// `error.innerError.code`.
    pub inner: Option<&'static str>,
    /// `error.message`.
    pub message: String,
}

/// A reply or a refusal.
pub type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// A refusal without an inner code.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            inner: None,
            message,
        }
    }

    /// 400 `invalidRequest`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalidRequest", message)
    }

    /// 404 `itemNotFound`.
    pub fn not_found() -> Self {
        Self::new(404, "itemNotFound", "The resource could not be found.")
    }

    /// 403 `accessDenied`.
    pub fn access_denied() -> Self {
        Self::new(403, "accessDenied", "Access denied")
    }

    /// 409 `nameAlreadyExists`.
    pub fn name_taken() -> Self {
        Self::new(
            409,
            "nameAlreadyExists",
            "The specified item name already exists.",
        )
    }

    /// 405 for a verb that the address does not know.
    pub fn method() -> Self {
        Self::new(
            405,
            "methodNotAllowed",
            "The HTTP method is not allowed for this resource.",
        )
    }

    /// 423 for an item that someone edits.
    pub fn locked() -> Self {
        Self::new(
            423,
            "notAllowed",
            "The resource you are attempting to access is locked",
        )
        .inner("resourceLocked")
    }

    /// 412 for `If-Match` and `If-None-Match`.
    pub fn precondition() -> Self {
        Self::new(
            412,
            "notAllowed",
            "ETag does not match current item's value",
        )
    }

    /// 500 for a disk that fails: the simulator's own fault, not a simulated one.
    pub fn disk(error: &std::io::Error) -> Self {
        Self::new(
            500,
            "generalException",
            format!("The simulator cannot write: {error}"),
        )
    }

    /// With an inner code.
    #[must_use]
    pub fn inner(mut self, code: &'static str) -> Self {
        self.inner = Some(code);
        self
    }

    /// Graph's error body, with the ids that the frame gave and the client sent.
    pub fn graph_reply(&self, request_id: &str, client_id: Option<&HeaderValue>) -> Response<Body> {
        let client_id = client_id.map_or(request_id, |value| value.to_str().unwrap_or(request_id));
        let now = crate::clock::iso(crate::clock::now());
        let mut inner = json!({
            "date": now.trim_end_matches('Z'),
            "request-id": request_id,
            "client-request-id": client_id,
        });
        if let Some(code) = self.inner {
            inner["code"] = code.into();
        }
        let mut reply = self.reply(inner);
        if self.status == 401 {
            let challenge = HeaderValue::from_static(
                "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"",
            );
            reply
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        reply
    }

    /// SharePoint's error body: no request id in it, only in `SPRequestGuid`.
    pub fn sharepoint_reply(&self) -> Response<Body> {
        match self.inner {
            Some(code) => self.reply(json!({ "code": code })),
            None => self.reply(Value::Null),
        }
    }

    fn reply(&self, inner: Value) -> Response<Body> {
        let mut error = json!({ "code": self.code, "message": self.message });
        if !inner.is_null() {
            error["innerError"] = inner;
        }
        reply::json(self.status, &json!({ "error": error }))
    }
}

impl From<NameFault> for Refusal {
    fn from(fault: NameFault) -> Self {
        match fault {
            NameFault::Invalid(reason) => {
                let text = format!(
                    "The provided name cannot contain invalid characters or forms: it {reason}."
                );
                Self::invalid(text).inner("nameContainsInvalidCharacters")
            }
            NameFault::TooLong(reason) => Self::new(
                400,
                "pathIsTooLong",
                format!("The specified path is too long: {reason}."),
            ),
        }
    }
}

impl From<GraphAuthError> for Refusal {
    fn from(error: GraphAuthError) -> Self {
        let (status, code, message) = error.parts();
        Self::new(status, code, message)
    }
}

/// The text of a header, where there is one that is readable.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
