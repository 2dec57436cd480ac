//! Webhooks, signed as Standard Webhooks says: who has the secret can tell that a message is ours, and of now.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::Value;
use zeroize::Zeroizing;

use super::target::Sealed;
use crate::App;
use crate::runner::{Post, TenantSetup};
use crate::time::{Millis, SECOND};

/// What a secret begins with that is base64.
const PREFIX: &str = "whsec_";
/// The shortest secret, in bytes.
const LEAST: usize = 16;

/// What messages are signed with.
pub(super) fn key(secret: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let key = match secret.strip_prefix(PREFIX) {
        Some(encoded) => STANDARD
            .decode(encoded)
            .map_err(|_| "what follows `whsec_` is not base64")?,
        None => secret.as_bytes().to_vec(),
    };
    let key = Zeroizing::new(key);
    match key.len() {
        LEAST..=1_024 => Ok(key),
        _ => Err("it has less than 16 bytes, or more than 1024"),
    }
}

/// The value of `webhook-signature`.
fn signature(key: &[u8], id: &str, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut signing = hmac::Context::with_key(&key);
    signing.update(format!("{id}.{seconds}.").as_bytes());
    signing.update(body);
    format!("v1,{}", STANDARD.encode(signing.sign()))
}

/// Posts a message.
pub(super) async fn send(
    app: &App,
    tenant: &TenantSetup,
    sealed: &Sealed,
    id: &str,
    message: &Value,
    now: Millis,
) -> Result<(), String> {
    let body = message.to_string().into_bytes();
    let seconds = now.div_euclid(SECOND);
    let key = key(&sealed.secret).map_err(str::to_owned)?;
    let post = Post {
        url: sealed.url.clone(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("user-agent".to_owned(), "writeback".to_owned()),
            ("webhook-id".to_owned(), id.to_owned()),
            ("webhook-timestamp".to_owned(), seconds.to_string()),
            (
                "webhook-signature".to_owned(),
                signature(&key, id, seconds, &body),
            ),
        ],
        body,
    };
    match app.runner.post(tenant, &post).await {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(format!("the webhook answered {status}")),
        Err(error) => Err(sealed.without_secrets(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn a_message_is_signed_as_standard_webhooks_says() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            b"{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_long_enough() {
        assert!(key("sixteen letters!").is_ok());
        for bad in ["", "fifteen letters", "whsec_", "whsec_???", "whsec_AAAA"] {
            assert!(super::key(bad).is_err(), "{bad}");
        }
    }
}
