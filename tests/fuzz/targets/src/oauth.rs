//! What token endpoints answer: a token that was read can be sent as a header and is shown nowhere, neither
//! in a `Debug` nor in an error.

use crate::input::reply;
use serde_json::Value;
use std::fmt::Debug;
use writeback_oauth::entra::{RefreshToken, assertion, code, device, refresh};
use writeback_oauth::{Reply, TokenError, domo, entra};
use zeroize::Zeroizing;

const STATE: &str = "st4te";
const HELD: &str = "h3ld-refresh";

/// The target.
pub fn oauth(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        redirected(text);
        mounted(text);
    }
    let Some(read) = reply(data) else { return };
    let retry_after = read.headers.get("retry-after").and_then(|v| v.parse().ok());
    let reply = Reply {
        status: read.status,
        retry_after,
        body: &read.body,
    };
    let mut secrets = Secrets::of(&read.json());
    if !read
        .body
        .windows(HELD.len())
        .any(|part| part == HELD.as_bytes())
    {
        secrets.0.push(HELD.to_owned());
    }
    secrets.hidden(&domo::read(&reply));
    secrets.hidden(&entra::read(&reply));
    secrets.hidden(&entra::read_delegated(&reply));
    secrets.hidden(&device::read_start(&reply));
    secrets.hidden(&device::read_poll(&reply));
    let held: RefreshToken = Zeroizing::new(HELD.to_owned()).into();
    secrets.hidden(&refresh::read(&reply, &held));
    usable(&reply, &held);
}

/// What a reply holds that nobody may be shown: long enough not to be a word of ours by chance.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(document: &Value) -> Self {
        let keys = ["access_token", "refresh_token", "device_code", "id_token"];
        let values = keys.iter().filter_map(|key| document[*key].as_str());
        // What the service says in public too is no secret to us.
        let said = |value: &&str| {
            let rest = document.as_object().into_iter().flatten();
            rest.filter(|(key, _)| !keys.contains(&key.as_str()))
                .all(|(key, other)| !key.contains(value) && !other.to_string().contains(value))
        };
        let long = values.filter(|value| value.len() >= 12).filter(said);
        Self(long.map(str::to_owned).collect())
    }

    fn hidden(&self, shown: &dyn Debug) {
        let text = format!("{shown:?}");
        for secret in &self.0 {
            assert!(!text.contains(secret.as_str()), "`{secret}` in {text}");
        }
    }
}

fn usable(reply: &Reply<'_>, held: &RefreshToken) {
    if let Ok(token) = domo::read(reply) {
        assert!(reply.status == 200 && !token.value.is_empty());
        assert!(http::HeaderValue::from_str(&format!("Bearer {}", *token.value)).is_ok());
    }
    if let Ok(refreshed) = refresh::read(reply, held) {
        assert!(!refreshed.refresh.expose().is_empty());
        assert_eq!(refreshed.rotated, refreshed.refresh != *held);
    }
    match domo::read(reply) {
        Err(TokenError::Refused(refusal)) => assert!(refusal.message.starts_with("Domo answered ")),
        Err(TokenError::WrongVerb) => assert_eq!(reply.status, 405),
        _ => {}
    }
}

/// No redirect is believed without the state of this sign-in.
fn redirected(query: &str) {
    let state = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "state");
    let ours = state.is_some_and(|(_, value)| value == STATE);
    assert!(ours || code::read_redirect(query, STATE).is_err());
}

/// What is sent as an assertion is one word.
fn mounted(text: &str) {
    if let Ok(jwt) = assertion::federated(text) {
        assert!(jwt.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(jwt.as_str(), text.trim());
    }
}
