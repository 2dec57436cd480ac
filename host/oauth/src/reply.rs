//! What a token endpoint answered: a token, a refusal, or trouble that may pass.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::token::{Identity, Token};

/// An answer of a token endpoint.
pub struct Reply<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Seconds asked for by `Retry-After`, where it was sent.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: &'a [u8],
}

/// The service will not sign this account in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the service said, with its code and trace id.
    pub message: String,
    /// One action that would help.
    pub hint: Option<&'static str>,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Asking again with the same credentials is of no use.
    Refused(Refusal),
    /// Asking again later may help.
    Passing {
        /// What the service said.
        message: String,
        /// Seconds that the service asked to wait.
        after: Option<u64>,
    },
    /// The endpoint does not take this verb: ask with the other one.
    WrongVerb,
}

impl TokenError {
    /// Trouble that may pass, of which no service has said how long it takes.
    #[must_use]
    pub fn passing(message: String) -> Self {
        Self::Passing {
            message,
            after: None,
        }
    }

    /// What stands in the request's way, with nothing to add to it.
    #[must_use]
    pub fn refused(message: String) -> Self {
        Self::Refused(Refusal {
            message,
            hint: None,
        })
    }

    /// The same, with what a service may have repeated hidden from its words.
    #[must_use]
    pub fn hiding(self, hide: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Refused(mut refusal) => {
                refusal.message = hide(&refusal.message);
                Self::Refused(refusal)
            }
            Self::Passing { message, after } => Self::Passing {
                message: hide(&message),
                after,
            },
            Self::WrongVerb => Self::WrongVerb,
        }
    }
}

/// The members that both services' token replies share.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    // Named, so that it does not end up in the members that are not wiped.
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Used where a reply does not say how long its token lives.
const USUAL_LIFE_SECONDS: u64 = 3599;

/// Reads a reply of status 200.
pub(crate) fn granted(
    service: &str,
    reply: &Reply<'_>,
    identity: impl FnOnce(&str, &Value) -> Identity,
) -> Result<Token, TokenError> {
    granted_with_refresh(service, reply, identity).map(|(token, _)| token)
}

/// Reads a reply of status 200, and the refresh token in it.
pub(crate) fn granted_with_refresh(
    service: &str,
    reply: &Reply<'_>,
    identity: impl FnOnce(&str, &Value) -> Identity,
) -> Result<(Token, Option<Zeroizing<String>>), TokenError> {
    let unreadable = || TokenError::Passing {
        message: format!("{service} answered HTTP 200 without a token"),
        after: reply.retry_after,
    };
    let Granted {
        access_token,
        refresh_token,
        expires_in,
        rest,
    } = serde_json::from_slice(reply.body).map_err(|_| unreadable())?;
    let access_token = Zeroizing::new(access_token);
    let refresh_token = refresh_token
        .map(Zeroizing::new)
        .filter(|text| !text.is_empty());
    let usable =
        !access_token.is_empty() && access_token.bytes().all(|byte| byte.is_ascii_graphic());
    if !usable {
        return Err(unreadable());
    }
    let expires_in = match expires_in {
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
        None => None,
    };
    let token = Token {
        expires_in: expires_in.unwrap_or(USUAL_LIFE_SECONDS),
        identity: identity(&access_token, &Value::Object(rest)),
        value: access_token,
    };
    Ok((token, refresh_token))
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3: seconds or a date).
#[must_use]
pub fn retry_after(text: &str, now: SystemTime) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(now).unwrap_or_default().as_secs())
    })
}

/// Whether the status alone says that asking again may help.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// A string or a number as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The words of a space-separated list.
pub(crate) fn words(value: &Value) -> Vec<String> {
    value
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}
