//! Entra ID's v2.0 endpoints: an app that signs in as itself, and a person who signs in to it.
//!
//! What is common to all grants: the client, how it proves who it is, and how a reply is read.

pub mod assertion;
pub mod code;
pub mod device;
pub mod refresh;
mod refusal;

use serde_json::Value;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::jwt;
use crate::reply::{Reply, TokenError, granted, granted_with_refresh, text, words};
use crate::token::{Identity, Token, TokenRequest, Verb};
pub use refresh::RefreshToken;

/// Who asks, where, and for what.
#[derive(Clone, Debug)]
pub struct Client {
    /// `https://{login}/{tenant}/oauth2/v2.0/token`; an assertion is made out to it too.
    pub token_url: String,
    /// The Application (client) ID.
    pub id: String,
    /// `https://graph.microsoft.com/.default`; a person's sign-in adds `offline_access` to be given a refresh token.
    pub scope: String,
}

/// How the client proves who it is.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The client secret's value.
    Secret(&'a str),
    /// A JWT: [`assertion::signed`] by the app's certificate, or [`assertion::federated`] by another issuer.
    Assertion(&'a str),
    /// Not at all: a public client, which only a person's sign-in allows.
    Public,
}

/// A token that acts for a person.
#[derive(Debug)]
pub struct Delegated {
    /// The access token.
    pub token: Token,
    /// Only there when `offline_access` was asked for.
    pub refresh: Option<RefreshToken>,
}

/// Asks for a token with a client secret.
#[must_use]
pub fn request(client: &Client, secret: &str) -> TokenRequest {
    request_with(client, Credential::Secret(secret))
}

/// Asks for a token of the app itself.
#[must_use]
pub fn request_with(client: &Client, credential: Credential<'_>) -> TokenRequest {
    let fields = [
        ("client_id", client.id.as_str()),
        ("scope", &client.scope),
        ("grant_type", "client_credentials"),
    ];
    post(&client.token_url, &fields, credential)
}

/// Reads the answer to [`request`] and [`request_with`].
///
/// # Errors
/// A refusal, or trouble that may pass.
pub fn read(reply: &Reply<'_>) -> Result<Token, TokenError> {
    if reply.status == 200 {
        return granted("Entra ID", reply, identity);
    }
    Err(refusal::read(reply))
}

/// Reads the answer to a person's sign-in.
///
/// # Errors
/// A refusal, or trouble that may pass.
pub fn read_delegated(reply: &Reply<'_>) -> Result<Delegated, TokenError> {
    if reply.status != 200 {
        return Err(refusal::read(reply));
    }
    let (token, refresh) = granted_with_refresh("Entra ID", reply, identity)?;
    let refresh = refresh.map(RefreshToken::from);
    Ok(Delegated { token, refresh })
}

fn post(url: &str, fields: &[(&str, &str)], credential: Credential<'_>) -> TokenRequest {
    match credential {
        Credential::Secret(secret) => form(url, fields, &[("client_secret", secret)]),
        Credential::Assertion(jwt) => {
            let kind = ("client_assertion_type", assertion::TYPE);
            form(url, fields, &[kind, ("client_assertion", jwt)])
        }
        Credential::Public => form(url, fields, &[]),
    }
}

fn form(url: &str, fields: &[(&str, &str)], proof: &[(&str, &str)]) -> TokenRequest {
    let pairs = || fields.iter().chain(proof);
    // Large enough for any value escaped, so that growing leaves no copy of a secret behind.
    let size = pairs().map(|(name, value)| name.len() + 3 * value.len() + 2);
    let mut form = Serializer::new(String::with_capacity(size.sum()));
    form.extend_pairs(pairs());
    TokenRequest {
        verb: Verb::Post,
        url: url.to_owned(),
        authorization: None,
        form: Some(Zeroizing::new(form.finish())),
    }
}

fn identity(token: &str, _: &Value) -> Identity {
    let claims = jwt::claims(token);
    let roles = claims["roles"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(text)
        .collect();
    Identity {
        subject: text(&claims["oid"]).or_else(|| text(&claims["sub"])),
        roles,
        scopes: words(&claims["scp"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    #[test]
    fn the_secret_travels_in_the_form_escaped() {
        let client = Client {
            token_url: "https://login/t/oauth2/v2.0/token".into(),
            id: "app".into(),
            scope: "https://g/.default".into(),
        };
        let request = request(&client, "a~b&c=d+e");
        assert_eq!(request.url, "https://login/t/oauth2/v2.0/token");
        assert_eq!(
            request.form.unwrap().as_str(),
            "client_id=app&scope=https%3A%2F%2Fg%2F.default&grant_type=client_credentials&client_secret=a%7Eb%26c%3Dd%2Be"
        );
    }

    #[test]
    fn a_token_tells_subject_roles_and_scopes() {
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(r#"{"oid":"o","sub":"s","roles":["Sites.Selected"],"scp":"a b"}"#);
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":"3599","access_token":"h.{claims}.s"}}"#
        );
        let token = read(&Reply {
            status: 200,
            retry_after: None,
            body: body.as_bytes(),
        })
        .unwrap();
        assert_eq!(token.expires_in, 3599);
        assert_eq!(token.identity.subject.as_deref(), Some("o"));
        assert_eq!(token.identity.roles, ["Sites.Selected"]);
        assert_eq!(token.identity.scopes, ["a", "b"]);
    }

    #[test]
    fn an_opaque_token_says_nothing_about_itself() {
        let body = br#"{"access_token":"opaque"}"#;
        let token = read(&Reply {
            status: 200,
            retry_after: None,
            body,
        })
        .unwrap();
        assert_eq!(
            (token.expires_in, token.identity),
            (3599, Identity::default())
        );
    }

    #[test]
    fn a_person_is_given_a_refresh_token_that_does_not_show() {
        let body = br#"{"access_token":"t","expires_in":3599,"refresh_token":"r3fresh"}"#;
        let reply = |body| Reply {
            status: 200,
            retry_after: None,
            body,
        };
        let delegated = read_delegated(&reply(body)).unwrap();
        assert!(!format!("{delegated:?}").contains("r3fresh"));
        assert_eq!(delegated.refresh.unwrap().expose(), "r3fresh");
        let without = read_delegated(&reply(br#"{"access_token":"t"}"#)).unwrap();
        assert!(without.refresh.is_none());
    }
}
