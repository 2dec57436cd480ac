//! Asks a token endpoint for a token, a bounded number of times: the component cannot see these
//! requests, so it cannot repeat them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt, Limited};
use url::Url;
use writeback_oauth::{Refusal, Reply, Token, TokenError, TokenRequest, Verb, domo, entra};
use zeroize::Zeroizing;

use super::source::Sources;
use super::{AccessToken, SKEW, SignInError};
use crate::clock::Clock;
use crate::config::SecretSource;
use crate::egress::{HttpClient, Origin, Outgoing, transport_cause};

const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A service that wants more is reported instead of waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const REPLY_BYTES: usize = 256 * 1024;

pub(super) struct SignIn {
    pub(super) grant: Grant,
    pub(super) secret: SecretSource,
    pub(super) sources: Arc<Sources>,
}

pub(super) enum Grant {
    Domo(domo::Client),
    Entra(entra::Client),
}

impl Grant {
    fn request(&self, secret: &str, verb: Verb) -> TokenRequest {
        match self {
            Self::Domo(client) => domo::request(client, secret, verb),
            Self::Entra(client) => entra::request(client, secret),
        }
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Token, TokenError> {
        match self {
            Self::Domo(_) => domo::read(reply),
            Self::Entra(_) => entra::read(reply),
        }
    }
}

impl SignIn {
    pub(super) async fn ask(
        &self,
        account: &str,
        client: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<AccessToken, SignInError> {
        let failed = |why: &str| format!("account `{account}`: {why}");
        let secret = self
            .sources
            .text("client_secret", &self.secret)
            .await
            .map_err(|error| error.map(|why| failed(&why)))?;
        match self.ask_repeatedly(&secret, client, clock).await {
            Ok(token) => access_token(&token, clock).ok_or_else(|| {
                SignInError::Refused(failed("the token does not fit into a header"))
            }),
            Err(error) => Err(error.map(|why| failed(&hide(&why, &secret)))),
        }
    }

    async fn ask_repeatedly(
        &self,
        secret: &str,
        client: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Token, SignInError> {
        let mut verb = Verb::Get;
        let mut attempt = 1;
        loop {
            let (message, after) = match self
                .ask_once(self.grant.request(secret, verb), client)
                .await
            {
                Ok(token) => return Ok(token),
                Err(TokenError::WrongVerb) if verb == Verb::Get => {
                    verb = Verb::Post;
                    continue;
                }
                Err(TokenError::WrongVerb) => {
                    return Err(SignInError::Refused(
                        "the token endpoint takes neither GET nor POST".to_owned(),
                    ));
                }
                Err(TokenError::Refused(refusal)) => {
                    return Err(SignInError::Refused(with_hint(refusal)));
                }
                Err(TokenError::Passing { message, after }) => (message, after),
            };
            let pause = after.map_or(FIRST_PAUSE * 2_u32.pow(attempt - 1), Duration::from_secs);
            if attempt == ATTEMPTS || pause > LONGEST_PAUSE {
                let tried = if attempt == 1 {
                    "once".to_owned()
                } else {
                    format!("{attempt} times")
                };
                return Err(SignInError::Unavailable(format!(
                    "{message} (tried {tried})"
                )));
            }
            attempt += 1;
            clock.sleep(pause).await;
        }
    }

    async fn ask_once(
        &self,
        request: TokenRequest,
        client: &HttpClient,
    ) -> Result<Token, TokenError> {
        let passing = |message| TokenError::Passing {
            message,
            after: None,
        };
        let unusable = |what: &str| {
            TokenError::Refused(Refusal {
                message: format!("the {what} cannot be sent"),
                hint: None,
            })
        };
        let origin = Url::parse(&request.url)
            .ok()
            .and_then(|url| Origin::of(&url))
            .ok_or_else(|| unusable("URL"))?;
        let request = into_http(request).ok_or_else(|| unusable("credential"))?;
        let received = client
            .send(request, &origin)
            .await
            .map_err(|error| match error {
                crate::egress::SendError::Denied(message) => TokenError::Refused(Refusal {
                    message,
                    hint: None,
                }),
                error => passing(error.to_string()),
            })?;
        let (parts, body, connection) = received.into_parts();
        let reading =
            tokio::time::timeout(client.idle(), Limited::new(body, REPLY_BYTES).collect());
        let body = match reading.await {
            Ok(Ok(body)) => Zeroizing::new(body.to_bytes().to_vec()),
            Ok(Err(error)) => {
                connection.forget();
                let cause = transport_cause(error.as_ref());
                return Err(passing(format!(
                    "the reply of `{origin}` could not be read: {cause}"
                )));
            }
            Err(_) => {
                return Err(passing(format!(
                    "the reply of `{origin}` did not end in time"
                )));
            }
        };
        let retry_after = retry_after(&parts.headers);
        self.grant.read(&Reply {
            status: parts.status.as_u16(),
            retry_after,
            body: &body,
        })
    }
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
        builder = builder.header(header::AUTHORIZATION, sensitive(&value)?);
    }
    let body = match request.form {
        Some(form) => {
            builder = builder
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::CONTENT_LENGTH, form.len());
            Outgoing::bytes(Bytes::from_owner(Wiped(form)))
        }
        None => Outgoing::bytes(Bytes::new()),
    };
    builder.body(body).ok()
}

/// A form that is wiped once it has been sent.
struct Wiped(Zeroizing<String>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn access_token(token: &Token, clock: &dyn Clock) -> Option<AccessToken> {
    let header = sensitive(&Zeroizing::new(format!("Bearer {}", *token.value)))?;
    let life = Duration::from_secs(token.expires_in);
    // A token that lives for less than twice the skew is used for half of its life.
    let used = life.saturating_sub(SKEW).max(life / 2);
    let now = clock.now();
    Some(AccessToken {
        identity: token.identity.clone(),
        expires: now.checked_add(life)?,
        renew_at: now.checked_add(used)?,
        header,
    })
}

fn with_hint(refusal: Refusal) -> String {
    match refusal.hint {
        Some(hint) => format!("{}\nhint: {hint}", refusal.message),
        None => refusal.message,
    }
}

/// A service may repeat what it was sent.
fn hide(text: &str, secret: &str) -> String {
    text.replace(secret, "…")
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3: seconds or a date).
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(
            date.duration_since(std::time::SystemTime::now())
                .unwrap_or_default()
                .as_secs(),
        )
    })
}
