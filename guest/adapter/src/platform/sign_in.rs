//! Asks for tokens. The requests and replies are those of the native host; here they are sent by WASI.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;
use writeback_oauth::entra::assertion::{self, Moment};
use writeback_oauth::{
    Attempts, Reply, SignInError, Token, TokenError, TokenRequest, Verb, domo, entra,
};
use writeback_policy::Origin;
use writeback_policy::config::{AccountConfig, DomoAccount, EntraAccount};
use zeroize::Zeroizing;

use super::accounts::{self, Account};
use super::wasi::random::random::get_random_bytes;
use super::wire::{self, Body, SendError};
use super::{time, world};
use crate::certificate::Certificate;

const REPLY_BYTES: usize = 256 * 1024;

/// A token, with three attempts at most.
pub(super) fn ask(account: &Account) -> Result<Token, SignInError> {
    match &account.config {
        AccountConfig::Domo(config) => domo_token(account, config),
        AccountConfig::Entra(config) => entra_token(account, config),
        other => Err(SignInError::Refused(format!(
            "the kind `{}` is not known",
            other.kind()
        ))),
    }
}

fn domo_token(account: &Account, config: &DomoAccount) -> Result<Token, SignInError> {
    let secret = accounts::text("client_secret", &config.client_secret)?;
    let client = domo::Client {
        token_url: account.binding.reach.token_endpoint.url(),
        id: config.client_id.clone(),
        scope: config.scope.clone(),
    };
    let token = repeatedly(|verb| once(domo::request(&client, &secret, verb), domo::read));
    token.map_err(|error| error.map(|why| why.replace(secret.as_str(), "…")))
}

fn entra_token(account: &Account, config: &EntraAccount) -> Result<Token, SignInError> {
    let client = entra::Client {
        token_url: format!("{}/token", account.binding.reach.token_endpoint.url()),
        id: config.client_id.clone(),
        scope: config.cloud.graph_scope().to_owned(),
    };
    let evidence = Evidence::read(config)?;
    repeatedly(|_| {
        let proof = evidence.prove(&client)?;
        let credential = match &evidence {
            Evidence::Secret(_) => entra::Credential::Secret(&proof),
            _ => entra::Credential::Assertion(&proof),
        };
        let answer = once(entra::request_with(&client, credential), entra::read);
        // A service may repeat what it was sent.
        answer.map_err(|error| error.hiding(|text| text.replace(proof.as_str(), "…")))
    })
}

/// What the app proves by who it is.
enum Evidence {
    Secret(Zeroizing<String>),
    Certificate(Box<Certificate>),
    Federated(Zeroizing<String>),
}

impl Evidence {
    fn read(config: &EntraAccount) -> Result<Self, SignInError> {
        if let Some(source) = &config.client_secret {
            return accounts::text("client_secret", source).map(Self::Secret);
        }
        if let Some(source) = &config.certificate {
            let certificate = accounts::bytes("certificate", source)?;
            let key = match &config.private_key {
                Some(source) => accounts::bytes("private_key", source)?,
                None => certificate.clone(),
            };
            let read =
                Certificate::from_pem(&certificate, &key, |length| get_random_bytes(length as u64));
            let read = read.map_err(|why| format!("the certificate cannot be used: {why}"));
            return read
                .map(|certificate| Self::Certificate(Box::new(certificate)))
                .map_err(SignInError::Refused);
        }
        if let Some(path) = &config.federated_token {
            let bytes = accounts::file(path).map_err(SignInError::Refused)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Self::Federated(Zeroizing::new(text)));
        }
        Err(SignInError::Refused(
            "the account says nothing of how it proves who it is".to_owned(),
        ))
    }

    /// For one request: an assertion is never used twice.
    fn prove(&self, client: &entra::Client) -> Result<Zeroizing<String>, TokenError> {
        match self {
            Self::Secret(secret) => Ok(secret.clone()),
            Self::Certificate(certificate) => {
                let moment = Moment {
                    now: time::now() / 1000,
                    jti: &guid(),
                };
                assertion::signed(client, certificate.thumbprint(), moment, &**certificate)
            }
            Self::Federated(text) => assertion::federated(text),
        }
    }
}

/// A random GUID.
fn guid() -> String {
    let mut random = [0; 16];
    random.copy_from_slice(&get_random_bytes(16));
    assertion::guid(random)
}

fn repeatedly(once: impl Fn(Verb) -> Result<Token, TokenError>) -> Result<Token, SignInError> {
    let mut attempts = Attempts::default();
    loop {
        match once(attempts.verb()) {
            Ok(token) => return Ok(token),
            Err(error) => {
                let pause = attempts.after(error)?;
                time::pause(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
            }
        }
    }
}

fn once(
    request: TokenRequest,
    read: impl FnOnce(&Reply<'_>) -> Result<Token, TokenError>,
) -> Result<Token, TokenError> {
    let url = Url::parse(&request.url).map_err(|_| unusable("URL"))?;
    let origin = Origin::of(&url).ok_or_else(|| unusable("URL"))?;
    let mut headers = HeaderMap::new();
    let accept = HeaderValue::from_static("application/json");
    headers.insert(header::ACCEPT, accept);
    if let Some(value) = &request.authorization {
        let value = HeaderValue::from_str(value).map_err(|_| unusable("credential"))?;
        headers.insert(header::AUTHORIZATION, value);
    }
    let method = match request.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
    };
    let form = request.form.as_ref().map(|form| form.as_bytes());
    let form = form.unwrap_or_default();
    if method == Method::POST {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(form.len()));
    }
    let limits = &world::world().limits;
    let sent = wire::send(&method, &url, &origin, &headers, Body::Bytes(form), limits);
    let received = sent.map_err(not_sent)?;
    let (status, headers) = (received.status, received.headers.clone());
    let mut incoming = received.incoming;
    let (body, _) = incoming.collect(REPLY_BYTES).map_err(not_sent)?;
    let body = Zeroizing::new(body);
    read(&Reply {
        status,
        retry_after: retry_after(&headers),
        body: &body,
    })
}

fn not_sent(error: SendError) -> TokenError {
    match error {
        SendError::Denied(message) => TokenError::refused(message),
        SendError::Timeout(message) | SendError::Transport(message) => TokenError::passing(message),
    }
}

fn unusable(what: &str) -> TokenError {
    TokenError::refused(format!("the {what} cannot be sent"))
}

/// `Retry-After` in seconds.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let now = UNIX_EPOCH + Duration::from_millis(time::now());
    writeback_oauth::retry_after(text, now)
}
