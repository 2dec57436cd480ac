//! Sends token requests, a bounded number of times: the component cannot see them, so it cannot
//! repeat them.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Limited};
use url::Url;
use writeback_oauth::{Attempts, Reply, TokenError, TokenRequest, Verb};
use writeback_policy::Origin;
use zeroize::Zeroizing;

use super::{SignInError, sensitive};
use crate::egress::{HttpClient, Outgoing, SendError, transport_cause};
use crate::tenant::Tenant;

const REPLY_BYTES: usize = 256 * 1024;

/// A request on its way. Boxed: a closure's own future is not known to be `Send`.
pub(super) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, TokenError>> + Send + 'a>>;

/// Calls `once` until it is answered for good. It starts with GET, and changes to POST where the
/// endpoint does not take that.
pub(super) async fn repeatedly<'a, T>(
    tenant: &Tenant,
    once: impl Fn(Verb) -> Asking<'a, T>,
) -> Result<T, SignInError> {
    let mut attempts = Attempts::default();
    loop {
        let error = match once(attempts.verb()).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let pause = attempts.after(error)?;
        if !pause.is_zero() {
            tenant.clock().sleep(pause).await;
        }
    }
}

/// Sends a request once and reads its reply.
pub(super) async fn once<T>(
    client: &HttpClient,
    request: TokenRequest,
    read: impl FnOnce(&Reply<'_>) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    let origin = Url::parse(&request.url)
        .ok()
        .and_then(|url| Origin::of(&url))
        .ok_or_else(|| unusable("URL"))?;
    let request = into_http(request).ok_or_else(|| unusable("credential"))?;
    let received = client
        .send(request, &origin)
        .await
        .map_err(|error| match error {
            SendError::Denied(message) => TokenError::refused(message),
            error => TokenError::passing(error.to_string()),
        })?;
    let (parts, body, connection) = received.into_parts();
    let reading = tokio::time::timeout(client.idle(), Limited::new(body, REPLY_BYTES).collect());
    let body = match reading.await {
        Ok(Ok(body)) => Zeroizing::new(body.to_bytes().to_vec()),
        Ok(Err(error)) => {
            connection.forget();
            let cause = transport_cause(error.as_ref());
            return Err(TokenError::passing(format!(
                "the reply of `{origin}` could not be read: {cause}"
            )));
        }
        Err(_) => {
            return Err(TokenError::passing(format!(
                "the reply of `{origin}` did not end in time"
            )));
        }
    };
    read(&Reply {
        status: parts.status.as_u16(),
        retry_after: retry_after(&parts.headers),
        body: &body,
    })
}

fn unusable(what: &str) -> TokenError {
    TokenError::refused(format!("the {what} cannot be sent"))
}

fn into_http(request: TokenRequest) -> Option<Request<Outgoing>> {
    let mut builder = Request::builder()
        .uri(request.url)
        .method(match request.verb {
            Verb::Get => http::Method::GET,
            Verb::Post => http::Method::POST,
        })
        .header(header::ACCEPT, "application/json");
    if let Some(value) = request.authorization {
        builder = builder.header(header::AUTHORIZATION, sensitive::header(value)?);
    }
    let body = match request.form {
        Some(form) => {
            builder = builder
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::CONTENT_LENGTH, form.len());
            Outgoing::bytes(sensitive::wiped(form))
        }
        None => Outgoing::bytes(Bytes::new()),
    };
    builder.body(body).ok()
}

/// `Retry-After` in seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    writeback_oauth::retry_after(text, std::time::SystemTime::now())
}
