//! Domo's token endpoint (`/oauth/token` of the API's origin, client credentials).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::reply::{Refusal, Reply, TokenError, granted, is_passing, text, words};
use crate::token::{Identity, Token, TokenRequest, Verb};

/// Who asks, and where.
#[derive(Clone, Debug)]
pub struct Client {
    /// `https://api.domo.com/oauth/token`.
    pub token_url: String,
    /// The API client's id.
    pub id: String,
    /// Scopes to ask for; empty asks for all that the client has.
    pub scope: Vec<String>,
}

/// Asks for a token. Domo documents GET and its own SDKs send POST: [`TokenError::WrongVerb`] says when to change.
#[must_use]
pub fn request(client: &Client, secret: &str, verb: Verb) -> TokenRequest {
    let mut parameters = Serializer::new(String::new());
    parameters.append_pair("grant_type", "client_credentials");
    if !client.scope.is_empty() {
        parameters.append_pair("scope", &client.scope.join(" "));
    }
    let parameters = parameters.finish();
    let pair = Zeroizing::new(format!("{}:{secret}", client.id));
    let basic = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    let (url, form) = match verb {
        Verb::Get => (format!("{}?{parameters}", client.token_url), None),
        Verb::Post => (client.token_url.clone(), Some(Zeroizing::new(parameters))),
    };
    TokenRequest {
        verb,
        url,
        authorization: Some(Zeroizing::new(format!("Basic {}", *basic))),
        form,
    }
}

/// Reads the answer.
///
/// # Errors
/// A refusal, trouble that may pass, or the wrong verb.
pub fn read(reply: &Reply<'_>) -> Result<Token, TokenError> {
    match reply.status {
        200 => granted("Domo", reply, identity),
        405 => Err(TokenError::WrongVerb),
        status if is_passing(status) => Err(TokenError::Passing {
            message: said(reply),
            after: reply.retry_after,
        }),
        _ => Err(TokenError::Refused(Refusal {
            message: said(reply),
            hint: hint(reply),
        })),
    }
}

fn identity(_: &str, members: &Value) -> Identity {
    Identity {
        subject: text(&members["userId"]),
        roles: text(&members["role"]).into_iter().collect(),
        scopes: words(&members["scope"]),
    }
}

/// Domo's error bodies are JSON of several shapes, or a page of HTML that says nothing.
fn said(reply: &Reply<'_>) -> String {
    let body: Value = serde_json::from_slice(reply.body).unwrap_or(Value::Null);
    let mut message = format!("Domo answered HTTP {}", reply.status);
    let cause = ["message", "error_description", "statusReason", "error"]
        .iter()
        .find_map(|key| text(&body[*key]));
    if let Some(cause) = cause {
        message.push_str(&format!(" `{}`", cause.trim_end_matches('.')));
    } else if body.is_null() && !reply.body.is_empty() {
        message.push_str(" with a body that is not JSON");
    }
    if let Some(toe) = text(&body["toe"]) {
        message.push_str(&format!(" (toe `{toe}`)"));
    }
    message
}

fn hint(reply: &Reply<'_>) -> Option<&'static str> {
    let body = String::from_utf8_lossy(reply.body);
    match reply.status {
        _ if body.contains("invalid_scope") => {
            Some("ask only for scopes that the Domo API client has, or leave `scope` out")
        }
        400 | 401 | 403 => Some(
            "check `client_id` and `client_secret` against Domo's Admin > Authentication > API Clients; \
             a revoked or edited client has to be made anew",
        ),
        404 => Some(
            "check the endpoint `api`: it is `https://api.domo.com`, not the address of your Domo instance",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(scope: &[&str]) -> Client {
        Client {
            token_url: "https://api.domo.com/oauth/token".into(),
            id: "id".into(),
            scope: scope.iter().map(|scope| (*scope).to_owned()).collect(),
        }
    }

    fn refused(status: u16, body: &str) -> Refusal {
        match read(&Reply {
            status,
            retry_after: None,
            body: body.as_bytes(),
        }) {
            Err(TokenError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_secret_travels_in_basic_alone() {
        for verb in [Verb::Get, Verb::Post] {
            let request = request(&client(&["data", "user"]), "s3cret", verb);
            assert_eq!(
                request.authorization.unwrap().as_str(),
                "Basic aWQ6czNjcmV0"
            );
            assert!(!request.url.contains("s3cret"));
            assert!(!request.form.is_some_and(|form| form.contains("s3cret")));
        }
    }

    #[test]
    fn parameters_are_in_the_query_or_in_the_form() {
        let get = request(&client(&["data", "user"]), "s", Verb::Get);
        assert_eq!(
            get.url,
            "https://api.domo.com/oauth/token?grant_type=client_credentials&scope=data+user"
        );
        assert!(get.form.is_none());
        let post = request(&client(&[]), "s", Verb::Post);
        assert_eq!(post.url, "https://api.domo.com/oauth/token");
        assert_eq!(post.form.unwrap().as_str(), "grant_type=client_credentials");
    }

    #[test]
    fn a_token_tells_user_role_and_scopes() {
        let body = br#"{"access_token":"abc","customer":"acme","expires_in":3599,"role":"Admin","scope":"data user","userId":964382593}"#;
        let token = read(&Reply {
            status: 200,
            retry_after: None,
            body,
        })
        .unwrap();
        assert_eq!(token.value.as_str(), "abc");
        assert_eq!(token.expires_in, 3599);
        assert_eq!(token.identity.subject.as_deref(), Some("964382593"));
        assert_eq!(token.identity.roles, ["Admin"]);
        assert_eq!(token.identity.scopes, ["data", "user"]);
        assert!(!format!("{token:?}").contains("abc"));
    }

    #[test]
    fn a_refusal_names_the_trace() {
        let refusal = refused(
            401,
            r#"{"status":401,"statusReason":"Unauthorized","message":"Bad credentials.","toe":"CA6JIHTO46"}"#,
        );
        assert_eq!(
            refusal.message,
            "Domo answered HTTP 401 `Bad credentials` (toe `CA6JIHTO46`)"
        );
        assert!(refusal.hint.unwrap().contains("API Clients"));
    }

    #[test]
    fn html_is_survived() {
        assert_eq!(
            refused(403, "<html>").message,
            "Domo answered HTTP 403 with a body that is not JSON"
        );
        assert!(
            refused(404, "<html>")
                .hint
                .unwrap()
                .contains("api.domo.com")
        );
    }

    #[test]
    fn overload_passes_and_a_wrong_verb_is_told() {
        let reply = Reply {
            status: 503,
            retry_after: Some(7),
            body: b"<html>Domo Maintenance</html>",
        };
        assert!(matches!(
            read(&reply),
            Err(TokenError::Passing { after: Some(7), .. })
        ));
        assert_eq!(
            read(&Reply {
                status: 405,
                retry_after: None,
                body: b""
            })
            .unwrap_err(),
            TokenError::WrongVerb
        );
    }

    #[test]
    fn a_reply_without_a_token_is_not_a_token() {
        for body in [
            &b"<html>"[..],
            b"{}",
            br#"{"access_token":""}"#,
            b"{\"access_token\":\"a\\nb\"}",
        ] {
            let reply = Reply {
                status: 200,
                retry_after: None,
                body,
            };
            assert!(matches!(read(&reply), Err(TokenError::Passing { .. })));
        }
    }
}
