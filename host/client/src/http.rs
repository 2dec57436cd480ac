//! One request to the server: sent, tried again where that is safe and may help, its answer read.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use writeback_policy::Exit;
use zeroize::Zeroizing;

use crate::error::Error;

/// How often a request is sent at most.
const TRIES: u32 = 4;
/// The longest wait that a server may ask for; where it asks for more, the person decides.
const LONGEST_WAIT: u64 = 30;
/// What an answer may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// What an answer may take for which a service is asked.
const LONG_PATIENCE: Duration = Duration::from_secs(600);
/// The longest answer that is kept in memory.
const ANSWER_BYTES: usize = 64 << 20;

/// The server's API.
pub struct Api {
    client: reqwest::Client,
    base: Url,
    token: HeaderValue,
}

/// A request.
pub struct Ask<'a> {
    what: String,
    method: Method,
    path: Vec<&'a str>,
    query: Vec<(&'a str, String)>,
    body: Option<Bytes>,
    if_match: Option<String>,
    patience: Option<Duration>,
}

/// An answer that went well.
#[derive(Debug)]
pub struct Answer {
    /// What it says; null where it has no content.
    pub value: Value,
    /// The revision, to be sent back with an edit.
    pub etag: Option<String>,
}

impl<'a> Ask<'a> {
    /// A request of what stands behind `/v1/`. `what` is how errors call it.
    pub fn new(method: Method, what: impl Into<String>, path: &[&'a str]) -> Self {
        Self {
            what: what.into(),
            method,
            path: path.to_vec(),
            query: Vec::new(),
            body: None,
            if_match: None,
            patience: Some(PATIENCE),
        }
    }

    /// With something behind the `?`.
    pub fn query(mut self, key: &'a str, value: impl ToString) -> Self {
        self.query.push((key, value.to_string()));
        self
    }

    /// With JSON, which is wiped when it is sent.
    pub fn json(mut self, content: &impl Serialize) -> Result<Self, Error> {
        // Growing would leave copies behind.
        let mut body = Zeroizing::new(Vec::with_capacity(256 * 1024));
        serde_json::to_writer(&mut *body, content)
            .map_err(|cause| Error::failed("cannot write the request").because(&cause))?;
        self.body = Some(Bytes::from_owner(Wiped(body)));
        Ok(self)
    }

    /// Of this revision.
    pub fn if_match(mut self, etag: Option<&str>) -> Self {
        self.if_match = Some(etag.unwrap_or("*").to_owned());
        self
    }

    /// For which the server asks a service.
    pub fn long(mut self) -> Self {
        self.patience = Some(LONG_PATIENCE);
        self
    }

    /// Whose answer has no end that is known: whoever reads it says how long it may be silent.
    pub fn endless(mut self) -> Self {
        self.patience = None;
        self
    }
}

/// Its content may be secret.
impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Api {
    /// The API at this address.
    pub fn new(client: reqwest::Client, base: Url, token: HeaderValue) -> Self {
        Self {
            client,
            base,
            token,
        }
    }

    /// Asks, and reads the answer.
    pub async fn send(&self, ask: Ask<'_>) -> Result<Answer, Error> {
        let response = self.open(&ask).await?;
        let etag = response.headers().get(header::ETAG);
        let etag = etag.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body = read(&ask.what, response).await?;
        let value = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body).map_err(|_| {
                Error::failed(format!("{}: the server's answer is not JSON", ask.what)).hint(
                    "check the URL: it is the one that `writeback serve` prints, or your proxy's",
                )
            })?,
        };
        Ok(Answer { value, etag })
    }

    /// Asks; none where there is no such thing.
    pub async fn find(&self, ask: Ask<'_>) -> Result<Option<Answer>, Error> {
        match self.send(ask).await {
            Err(error) if error.code == "not-found" => Ok(None),
            sent => sent.map(Some),
        }
    }

    /// Asks, and returns an answer that went well, unread.
    pub async fn open(&self, ask: &Ask<'_>) -> Result<Response, Error> {
        let url = self.url(ask)?;
        let headers = self.headers(ask);
        let safe = ask.method == Method::GET || ask.method == Method::POST;
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = self
                .client
                .request(ask.method.clone(), url.clone())
                .headers(headers.clone());
            if let Some(patience) = ask.patience {
                request = request.timeout(patience);
            }
            if let Some(body) = &ask.body {
                request = request.body(body.clone());
            }
            let pause = match request.send().await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let wait = wait_asked_for(&response, tries);
                    let status = response.status().as_u16();
                    let body = read(&ask.what, response).await?;
                    let error = Error::of_problem(&ask.what, status, &body);
                    // The connection broke after the server had begun: its answer is to come.
                    let under_way = (error.code == "under-way").then(|| usual_wait(tries));
                    wait.or(under_way).filter(|_| tries < TRIES).ok_or(error)?
                }
                Err(cause) => {
                    let again =
                        tries < TRIES && (cause.is_connect() || (safe && !cause.is_timeout()));
                    again
                        .then(|| usual_wait(tries))
                        .ok_or_else(|| self.unreachable(&ask.what, cause))?
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn url(&self, ask: &Ask<'_>) -> Result<Url, Error> {
        let mut url = self.base.clone();
        for part in &ask.path {
            // Such a part would be taken out of a path, and something else be meant.
            if matches!(*part, "" | "." | "..") {
                return Err(Error::configuration(
                    "usage",
                    format!("`{part}` is no name"),
                ));
            }
        }
        url.path_segments_mut()
            .map_err(|()| {
                Error::configuration("usage", "`--server`: it is not a URL that has a path")
            })?
            .pop_if_empty()
            .push("v1")
            .extend(&ask.path);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        Ok(url)
    }

    fn headers(&self, ask: &Ask<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.token.clone());
        if ask.body.is_some() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        }
        if let Some(Ok(tag)) = ask.if_match.as_deref().map(HeaderValue::from_str) {
            headers.insert(header::IF_MATCH, tag);
        }
        if let (&Method::POST, Ok(key)) = (
            &ask.method,
            HeaderValue::from_str(&Uuid::now_v7().to_string()),
        ) {
            // The same for each try: sent twice, it is done once.
            headers.insert(HeaderName::from_static("idempotency-key"), key);
        }
        headers
    }

    fn unreachable(&self, what: &str, cause: reqwest::Error) -> Error {
        let place = self.base.origin().ascii_serialization();
        let (why, hint) = match (cause.is_timeout(), cause.is_connect()) {
            (true, _) => (
                "does not answer in time",
                "look whether the server runs and is not overloaded (`/readyz`)",
            ),
            (_, true) => (
                "cannot be reached",
                "look whether it runs, and at the URL; a certificate of your own authority needs `--ca-file`",
            ),
            _ => (
                "broke the connection",
                "try again; look whether the server runs (`/healthz`)",
            ),
        };
        Error::new(
            Exit::Retry,
            "unreachable",
            format!("{what}: the server at `{place}` {why}"),
        )
        .because(&cause.without_url())
        .hint(hint)
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// How long to wait for another try; none where another try will not help, or not soon.
fn wait_asked_for(response: &Response, tries: u32) -> Option<Duration> {
    let busy = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if !busy.contains(&response.status()) {
        return None;
    }
    let asked = response.headers().get(header::RETRY_AFTER);
    match asked.and_then(|value| value.to_str().ok()?.parse().ok()) {
        None => Some(usual_wait(tries)),
        Some(seconds) => (seconds <= LONGEST_WAIT).then(|| Duration::from_secs(seconds)),
    }
}

fn usual_wait(tries: u32) -> Duration {
    Duration::from_millis(250 << tries.min(4))
}

async fn read(what: &str, mut response: Response) -> Result<Zeroizing<Vec<u8>>, Error> {
    let broken = |cause: reqwest::Error| {
        Error::new(
            Exit::Retry,
            "unreachable",
            format!("{what}: the server's answer broke off"),
        )
        .because(&cause.without_url())
        .hint("try again")
    };
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(Error::failed(format!(
                "{what}: the server's answer is longer than {ANSWER_BYTES} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_api_nor_a_request_shows_what_is_secret() {
        let base = Url::parse("http://127.0.0.1:9").unwrap();
        let client = crate::connect::client(&base, None).unwrap();
        let mut token = HeaderValue::from_static("Bearer hunter2");
        token.set_sensitive(true);
        let api = Api::new(client, base, token);
        let ask = Ask::new(Method::POST, "x", &["a"])
            .json(&"hunter2")
            .unwrap();
        let headers = api.headers(&ask);
        assert_eq!(headers[header::AUTHORIZATION], "Bearer hunter2");
        for shown in [
            format!("{api:?}"),
            format!("{ask:?}"),
            format!("{headers:?}"),
        ] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
