//! Requests to the API, and what it answers.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use bytes::Bytes;
use serde_json::Value;
use tower::ServiceExt as _;

use super::runner::within;

/// A request in the making.
#[must_use]
#[derive(Clone)]
pub struct Ask {
    router: Router,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Ask {
    /// A request to this API.
    pub fn new(router: Router, method: &str, path: &str) -> Self {
        Self {
            router,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// With a header.
    pub fn header(mut self, name: impl ToString, value: impl ToString) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// With a token.
    pub fn token(self, token: &str) -> Self {
        self.header(header::AUTHORIZATION, format!("Bearer {token}"))
    }

    /// As an edit of this revision, `*` for any.
    pub fn if_match(self, tag: &str) -> Self {
        self.header(header::IF_MATCH, tag)
    }

    /// With JSON content.
    pub fn json(self, content: &Value) -> Self {
        self.header(header::CONTENT_TYPE, "application/json")
            .bytes(content.to_string())
    }

    /// With any content.
    pub fn bytes(mut self, content: impl Into<Bytes>) -> Self {
        self.body = content.into();
        self
    }

    /// Sends it. A stream of events is not waited for.
    pub async fn send(self) -> Answer {
        self.send_and(false).await
    }

    /// Sends it, and reads a stream of events to its end.
    pub async fn follow(self) -> Answer {
        within("the end of a stream", self.send_and(true)).await
    }

    async fn send_and(self, follow: bool) -> Answer {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body)).expect("a request");
        let what = format!("{} {}", self.method, self.path);
        let answer = self.router.oneshot(request).await;
        Answer::of(what, answer.expect("routers do not fail"), follow).await
    }
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, in two words.
    pub what: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

impl Answer {
    async fn of(what: String, response: Response<Body>, follow: bool) -> Self {
        let (parts, body) = response.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let body = match kind.is_some_and(|kind| kind == "text/event-stream") && !follow {
            true => Bytes::new(),
            false => to_bytes(body, usize::MAX).await.expect("a whole answer"),
        };
        Self {
            what,
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The content, where the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text());
        match self.body.is_empty() {
            true => Value::Null,
            false => self.json(),
        }
    }

    /// That the status and the text are these.
    #[track_caller]
    pub fn expect_text(&self, status: u16, text: &str) {
        assert_eq!(
            (self.status.as_u16(), self.text().as_str()),
            (status, text),
            "{}",
            self.what
        );
    }

    /// The problem, where it is one with this status and this code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        let kind = self.header("content-type");
        assert_eq!(kind, "application/problem+json", "{}", self.what);
        assert_eq!(problem["code"], code, "{}: {problem}", self.what);
        assert_eq!(problem["status"], status, "{}: {problem}", self.what);
        problem
    }

    /// The content as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|error| panic!("{}: {error}: {}", self.what, self.text()))
    }

    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}
