//! Reads the claims of a token that its issuer has just handed over. It verifies no signature:
//! the claims inform people, they grant nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The claims, or null where the token is not a JWT.
pub(crate) fn claims(token: &str) -> Value {
    read(token).unwrap_or(Value::Null)
}

fn read(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}
