//! The refresh grant. Every answer may bring a newer refresh token: the newest is the one to keep.
//! Keeping it is the caller's part.

use std::fmt;

use zeroize::Zeroizing;

use super::{Client, Credential, post, read_delegated};
use crate::reply::{Reply, TokenError};
use crate::token::{Token, TokenRequest};

/// A refresh token. Its `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(Zeroizing<String>);

impl RefreshToken {
    /// The text, to be stored where nobody else reads it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<Zeroizing<String>> for RefreshToken {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// A new access token, and the refresh token that is good from now on.
#[derive(Debug)]
pub struct Refreshed {
    /// The access token.
    pub token: Token,
    /// The newest refresh token.
    pub refresh: RefreshToken,
    /// Whether it differs from the one that was sent: it has to be stored before the old one is forgotten.
    pub rotated: bool,
}

/// Asks for a new access token.
#[must_use]
pub fn request(client: &Client, held: &RefreshToken, credential: Credential<'_>) -> TokenRequest {
    let fields = [
        ("client_id", client.id.as_str()),
        ("scope", &client.scope),
        ("grant_type", "refresh_token"),
        ("refresh_token", held.expose()),
    ];
    post(&client.token_url, &fields, credential)
}

/// Reads the answer to a request with `held`.
///
/// # Errors
/// A refusal, or trouble that may pass; `held` is still the newest then.
pub fn read(reply: &Reply<'_>, held: &RefreshToken) -> Result<Refreshed, TokenError> {
    let answer = read_delegated(reply)?;
    let refresh = answer.refresh.unwrap_or_else(|| held.clone());
    Ok(Refreshed {
        rotated: refresh != *held,
        token: answer.token,
        refresh,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> RefreshToken {
        Zeroizing::new("0.old+/".to_owned()).into()
    }

    fn answer(body: &str) -> Result<Refreshed, TokenError> {
        let status = if body.contains("error") { 400 } else { 200 };
        let reply = Reply {
            status,
            retry_after: None,
            body: body.as_bytes(),
        };
        read(&reply, &held())
    }

    #[test]
    fn the_token_travels_in_the_form() {
        let client = Client {
            token_url: "https://login/t/oauth2/v2.0/token".into(),
            id: "app".into(),
            scope: "https://g/.default offline_access".into(),
        };
        let form = |credential| {
            let request = request(&client, &held(), credential);
            assert_eq!(request.url, client.token_url);
            request.form.unwrap()
        };
        let public = "client_id=app&scope=https%3A%2F%2Fg%2F.default+offline_access&grant_type=refresh_token&refresh_token=0.old%2B%2F";
        assert_eq!(form(Credential::Public).as_str(), public);
        assert_eq!(
            form(Credential::Secret("s")).as_str(),
            format!("{public}&client_secret=s")
        );
    }

    #[test]
    fn the_newest_is_kept() {
        let rotated = answer(r#"{"access_token":"t","refresh_token":"0.new"}"#).unwrap();
        assert_eq!((rotated.refresh.expose(), rotated.rotated), ("0.new", true));
        for same in [
            r#"{"access_token":"t"}"#,
            r#"{"access_token":"t","refresh_token":""}"#,
            r#"{"access_token":"t","refresh_token":"0.old+/"}"#,
        ] {
            let kept = answer(same).unwrap();
            assert_eq!((kept.refresh.expose(), kept.rotated), ("0.old+/", false));
        }
        assert_eq!(format!("{:?}", rotated.refresh), "RefreshToken(..)");
    }

    #[test]
    fn an_expired_one_asks_for_a_sign_in() {
        let error = answer(
            r#"{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has expired due to inactivity.","error_codes":[700082],"trace_id":"f"}"#,
        )
        .unwrap_err();
        let TokenError::Refused(refusal) = error else {
            panic!("{error:?}")
        };
        assert_eq!(
            refusal.message,
            "Entra ID answered HTTP 400 `AADSTS700082`: The refresh token has expired due to inactivity (trace id `f`)"
        );
        assert_eq!(
            refusal.hint,
            Some("sign in again: the refresh token has expired or was revoked")
        );
    }
}
