//! The device code grant: a person types a short code on any device while this one asks again and again.
//! It never waits: the caller pauses between two polls, and stops when the code's life is over.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Client, Credential, Delegated, post, read_delegated, refusal};
use crate::reply::{Refusal, Reply, TokenError};
use crate::token::TokenRequest;

/// Seconds to add to the interval, for good, on [`Poll::SlowDown`] (RFC 8628, 3.5).
pub const SLOW_DOWN_SECONDS: u64 = 5;

/// Used where a reply names no interval (RFC 8628, 3.2).
const USUAL_INTERVAL_SECONDS: u64 = 5;

/// A sign-in that has begun.
#[derive(Deserialize)]
pub struct Started {
    /// What is polled with. A secret.
    #[serde(deserialize_with = "secret")]
    device_code: Zeroizing<String>,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Seconds until the code is of no use.
    pub expires_in: u64,
    /// Seconds between two polls.
    #[serde(default = "usual_interval")]
    pub interval: u64,
    /// The service's own words for the person.
    #[serde(default)]
    pub message: String,
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started")
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// What a poll found.
#[derive(Debug)]
pub enum Poll {
    /// The person has signed in.
    Done(Box<Delegated>),
    /// Not yet: ask again after the interval.
    Pending,
    /// Not yet, and asked too soon: see [`SLOW_DOWN_SECONDS`].
    SlowDown,
    /// The person said no.
    Declined(Refusal),
    /// The code's life is over.
    Expired(Refusal),
}

/// Asks for a code. `url` is `https://{login}/{tenant}/oauth2/v2.0/devicecode`.
#[must_use]
pub fn start(url: &str, client: &Client) -> TokenRequest {
    let fields = [("client_id", client.id.as_str()), ("scope", &client.scope)];
    post(url, &fields, Credential::Public)
}

/// Reads the answer to [`start`].
///
/// # Errors
/// A refusal, or trouble that may pass.
pub fn read_start(reply: &Reply<'_>) -> Result<Started, TokenError> {
    if reply.status != 200 {
        return Err(refusal::read(reply));
    }
    let started: Option<Started> = serde_json::from_slice(reply.body).ok();
    let usable = |started: &Started| !started.device_code.is_empty();
    started.filter(usable).ok_or_else(|| TokenError::Passing {
        message: "Entra ID answered HTTP 200 without a device code".to_owned(),
        after: reply.retry_after,
    })
}

/// Asks whether the person has signed in.
#[must_use]
pub fn poll(client: &Client, started: &Started, credential: Credential<'_>) -> TokenRequest {
    let fields = [
        ("client_id", client.id.as_str()),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", &started.device_code),
    ];
    post(&client.token_url, &fields, credential)
}

/// Reads the answer to [`poll`].
///
/// # Errors
/// A refusal of the app or the code, or trouble that may pass.
pub fn read_poll(reply: &Reply<'_>) -> Result<Poll, TokenError> {
    let error = match read_delegated(reply) {
        Ok(delegated) => return Ok(Poll::Done(Box::new(delegated))),
        Err(error) => error,
    };
    let body: Value = serde_json::from_slice(reply.body).unwrap_or(Value::Null);
    match (body["error"].as_str(), error) {
        (Some("authorization_pending"), _) => Ok(Poll::Pending),
        (Some("slow_down"), _) => Ok(Poll::SlowDown),
        // Entra's word, and that of RFC 8628.
        (Some("authorization_declined" | "access_denied"), TokenError::Refused(refusal)) => {
            Ok(Poll::Declined(refusal))
        }
        (Some("expired_token"), TokenError::Refused(refusal)) => Ok(Poll::Expired(refusal)),
        (_, error) => Err(error),
    }
}

fn usual_interval() -> u64 {
    USUAL_INTERVAL_SECONDS
}

fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply<'_> {
        Reply {
            status,
            retry_after: None,
            body: body.as_bytes(),
        }
    }

    fn client() -> Client {
        Client {
            token_url: "https://login/t/oauth2/v2.0/token".into(),
            id: "app".into(),
            scope: "Sites.ReadWrite.All offline_access".into(),
        }
    }

    const STARTED: &str = r#"{"device_code":"d3vice","user_code":"ABC","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":7,"message":"Open it"}"#;

    #[test]
    fn a_sign_in_starts_and_is_polled() {
        let request = start("https://login/t/oauth2/v2.0/devicecode", &client());
        assert_eq!(request.url, "https://login/t/oauth2/v2.0/devicecode");
        assert_eq!(
            request.form.unwrap().as_str(),
            "client_id=app&scope=Sites.ReadWrite.All+offline_access"
        );
        let started = read_start(&reply(200, STARTED)).unwrap();
        assert_eq!((started.user_code.as_str(), started.interval), ("ABC", 7));
        assert!(!format!("{started:?}").contains("d3vice"));
        assert_eq!(
            poll(&client(), &started, Credential::Public)
                .form
                .unwrap()
                .as_str(),
            "client_id=app&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d3vice"
        );
    }

    #[test]
    fn a_start_without_a_code_is_none() {
        for body in ["<html>", "{}", &STARTED.replace("d3vice", "")] {
            let error = read_start(&reply(200, body)).unwrap_err();
            assert!(matches!(error, TokenError::Passing { .. }), "{body}");
        }
        let usual = read_start(&reply(200, &STARTED.replace(r#""interval":7,"#, "")));
        assert_eq!(usual.unwrap().interval, 5);
    }

    #[test]
    fn each_verdict_is_told_apart() {
        let verdict = |error: &str| {
            let body = format!(r#"{{"error":"{error}","error_description":"why."}}"#);
            read_poll(&reply(400, &body))
        };
        assert!(matches!(
            verdict("authorization_pending"),
            Ok(Poll::Pending)
        ));
        assert!(matches!(verdict("slow_down"), Ok(Poll::SlowDown)));
        let said = |word: &str| Refusal {
            message: format!("Entra ID answered HTTP 400 `{word}`: why"),
            hint: Some("sign in again"),
        };
        for word in ["authorization_declined", "access_denied"] {
            assert!(matches!(verdict(word), Ok(Poll::Declined(refusal)) if refusal == said(word)));
        }
        assert!(
            matches!(verdict("expired_token"), Ok(Poll::Expired(refusal)) if refusal == said("expired_token"))
        );
        let wrong = said("bad_verification_code");
        assert!(
            matches!(verdict("bad_verification_code"), Err(TokenError::Refused(refusal)) if refusal == wrong)
        );
        let done = read_poll(&reply(200, r#"{"access_token":"t","refresh_token":"r"}"#));
        assert!(matches!(done, Ok(Poll::Done(both)) if both.refresh.is_some()));
        assert!(matches!(
            read_poll(&reply(503, "")),
            Err(TokenError::Passing { .. })
        ));
    }
}
