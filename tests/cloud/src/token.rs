//! Issued tokens: JWT-shaped for clients that look inside, known by their whole text to the services.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::state::Service;

/// What a token stands for. Its text is not kept in it.
#[derive(Clone, Debug)]
pub struct Token {
    /// Who takes it: `Domo`, or `Login` for the tokens of Entra that Graph takes.
    pub issuer: Service,
    /// The client id it was issued to.
    pub client: String,
    /// Domo: the id of the user who created the client.
    pub user: Option<u64>,
    /// Entra: application roles, such as `Sites.ReadWrite.All`. Domo: one, such as `Admin`.
    pub roles: Vec<String>,
    /// Domo: `data`, `user`, ... Entra: what a person lent the app.
    pub scopes: Vec<String>,
    /// Sites.Selected: (site name such as `Finance`, `read` | `write` | `owner`).
    pub grants: Vec<(String, String)>,
    /// Unix seconds.
    pub expires: i64,
}

impl Token {
    /// Whether the app was granted this role, or a person lent it the scope of the same name.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles
            .iter()
            .chain(&self.scopes)
            .any(|held| held == role)
    }
}

/// Why Graph refuses a request before looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphAuthError {
    /// 401 `InvalidAuthenticationToken`: no `Authorization: Bearer`.
    Missing,
    /// 401 `InvalidAuthenticationToken`: not a token of ours, or revoked.
    Invalid,
    /// 401 `InvalidAuthenticationToken`: past its `exp`.
    Expired,
    /// 403 `AccessDenied`: "Either scp or roles claim need to be present in the token."
    NoRoles,
}

impl GraphAuthError {
    /// HTTP status, Graph's code, Graph's message.
    pub fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Missing => (401, "InvalidAuthenticationToken", "Access token is empty."),
            Self::Invalid => (
                401,
                "InvalidAuthenticationToken",
                "IDX14100: JWT is not well formed, or its signature is invalid.",
            ),
            Self::Expired => (
                401,
                "InvalidAuthenticationToken",
                "Lifetime validation failed, the token is expired.",
            ),
            Self::NoRoles => (
                403,
                "AccessDenied",
                "Either scp or roles claim need to be present in the token.",
            ),
        }
    }
}

/// All tokens issued so far.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<String, Token>>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    /// Issues a token whose payload is `claims` and which stands for `token`.
    pub(crate) fn issue(&self, claims: &Value, token: Token) -> String {
        let mut known = self.lock();
        let text = jwt(claims, known.len() as u64);
        known.insert(text.clone(), token);
        text
    }

    /// The token of that text, whoever asks, expired or not.
    pub fn find(&self, issuer: Service, text: &str) -> Option<Token> {
        self.lock()
            .get(text)
            .filter(|token| token.issuer == issuer)
            .cloned()
    }

    /// The text of every token, for tests that search for leaks.
    pub fn texts(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Lets every token expire, so that each client must sign in again. Answers how many there were.
    pub fn expire_all(&self) -> usize {
        let mut known = self.lock();
        known.values_mut().for_each(|token| token.expires = 0);
        known.len()
    }

    /// Forgets every token: unlike an expired one, an unknown token says nothing about signing in again.
    pub fn forget_all(&self) -> usize {
        let mut known = self.lock();
        let count = known.len();
        known.clear();
        count
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Token>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Client id and secret of an `Authorization: Basic` header.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// Three dotted base64url parts; the signature is filler that only [`Tokens::find`] judges.
fn jwt(claims: &Value, salt: u64) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"simulated"}"#);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signature: Vec<u8> = (0..32)
        .flat_map(|n| crate::guid::mix(salt ^ payload.len() as u64 ^ (n << 32)).to_le_bytes())
        .collect();
    format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
}
