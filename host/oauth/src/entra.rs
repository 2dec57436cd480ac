//! Entra ID's v2.0 token endpoint (client credentials with a client secret).

use serde_json::Value;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::jwt;
use crate::reply::{Refusal, Reply, TokenError, granted, is_passing, text, words};
use crate::token::{Identity, Token, TokenRequest, Verb};

/// Who asks, where, and for what.
#[derive(Clone, Debug)]
pub struct Client {
    /// `https://{login}/{tenant}/oauth2/v2.0/token`.
    pub token_url: String,
    /// The Application (client) ID.
    pub id: String,
    /// `https://graph.microsoft.com/.default`.
    pub scope: String,
}

/// Asks for a token.
#[must_use]
pub fn request(client: &Client, secret: &str) -> TokenRequest {
    // Large enough for any secret, so that growing leaves no copy of it behind.
    let mut form = Serializer::new(String::with_capacity(
        1024 + 3 * secret.len() + client.scope.len(),
    ));
    form.append_pair("client_id", &client.id)
        .append_pair("scope", &client.scope)
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_secret", secret);
    TokenRequest {
        verb: Verb::Post,
        url: client.token_url.clone(),
        authorization: None,
        form: Some(Zeroizing::new(form.finish())),
    }
}

/// Reads the answer.
///
/// # Errors
/// A refusal, or trouble that may pass.
pub fn read(reply: &Reply<'_>) -> Result<Token, TokenError> {
    if reply.status == 200 {
        return granted("Entra ID", reply, identity);
    }
    let body: Value = serde_json::from_slice(reply.body).unwrap_or(Value::Null);
    let code = code(&body);
    let message = said(reply, &body, code);
    let passing = is_passing(reply.status)
        || body["error"] == "temporarily_unavailable"
        || code.is_some_and(|code| PASSING.contains(&code));
    if passing {
        return Err(TokenError::Passing {
            message,
            after: reply.retry_after,
        });
    }
    let hint = code
        .and_then(hint_for_code)
        .or_else(|| hint_for_error(body["error"].as_str().unwrap_or_default()));
    Err(TokenError::Refused(Refusal { message, hint }))
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

/// The AADSTS number: the first of `error_codes`, or the one in the text.
fn code(body: &Value) -> Option<u64> {
    body["error_codes"][0].as_u64().or_else(|| {
        let (_, rest) = body["error_description"].as_str()?.split_once("AADSTS")?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    })
}

fn said(reply: &Reply<'_>, body: &Value, code: Option<u64>) -> String {
    let mut message = format!("Entra ID answered HTTP {}", reply.status);
    let word = code
        .map(|code| format!("AADSTS{code}"))
        .or_else(|| text(&body["error"]));
    if let Some(word) = word {
        message.push_str(&format!(" `{word}`"));
    }
    if let Some(cause) = text(&body["error_description"]) {
        message.push_str(&format!(": {}", first_sentence(&cause)));
    }
    if let Some(trace) = text(&body["trace_id"]) {
        message.push_str(&format!(" (trace id `{trace}`)"));
    }
    message
}

/// The description without its number, trace ids, time and full stop.
fn first_sentence(description: &str) -> &str {
    let line = description.lines().next().unwrap_or_default();
    let line = line.split(" Trace ID:").next().unwrap_or(line);
    let line = match line.split_once(": ") {
        Some((number, rest)) if number.starts_with("AADSTS") => rest,
        _ => line,
    };
    line.trim().trim_end_matches('.')
}

/// Codes of passing trouble (Microsoft Learn, "Microsoft Entra authentication and authorization error codes").
const PASSING: [u64; 4] = [90006, 90024, 90033, 90090];

/// Codes as listed there.
fn hint_for_code(code: u64) -> Option<&'static str> {
    Some(match code {
        7000215 => {
            "set `client_secret` to the client secret's *Value*, not its Secret ID; the field that Domo labels \
             \"Secret ID\" is the Application (client) ID and belongs in `client_id`, the one labelled \"Value\" in `client_secret`"
        }
        7000222 => {
            "the client secret has expired: add a new one under Certificates & secrets and use its Value"
        }
        700016 => {
            "check `client_id` (the Application (client) ID, not the Secret ID or Object ID) and `tenant`: \
             this directory does not know the app"
        }
        90002 | 900023 | 900021 => "check `tenant`: the directory's id or one of its domain names",
        50012 | 700027 => "upload the certificate that signs to the app registration",
        70011 | 700022 | 500011 => {
            "check `cloud` and the endpoints: the scope does not belong to this cloud"
        }
        7000218 | 900144 => "give the account a `client_secret`",
        9001023 => "set `tenant` to the directory's id: an app cannot sign itself in to `common`",
        90038 | 900432 | 900382 | 900439 => "set `cloud` to the cloud that this tenant lives in",
        65001 => "an administrator has to grant consent to the app's permissions",
        53003 => "a conditional access policy blocks the app: an administrator has to let it in",
        7000112 => "the app is disabled in this directory: an administrator has to enable it",
        _ => return None,
    })
}

fn hint_for_error(error: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_client" => {
            "check `client_id` (the Application (client) ID) and `client_secret` (the secret's Value)"
        }
        "unauthorized_client" => {
            "check `client_id` and `tenant`, and that the app may use client credentials"
        }
        "invalid_scope" | "invalid_resource" => "check `cloud` and the endpoints",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

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
    fn a_mixed_up_secret_is_explained() {
        let refusal = refused(
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'x'. Trace ID: 1 Correlation ID: 2","error_codes":[7000215],"trace_id":"f00"}"#,
        );
        assert_eq!(
            refusal.message,
            "Entra ID answered HTTP 401 `AADSTS7000215`: Invalid client secret provided. Ensure the secret being sent in the request \
             is the client secret value, not the client secret ID, for a secret added to app 'x' (trace id `f00`)"
        );
        assert!(refusal.hint.unwrap().contains("*Value*, not its Secret ID"));
    }

    #[test]
    fn the_code_is_found_in_the_text_too() {
        let refusal = refused(
            400,
            r#"{"error":"invalid_request","error_description":"AADSTS90002: Tenant 'x' not found.\r\nTrace ID: 1"}"#,
        );
        assert_eq!(
            refusal.message,
            "Entra ID answered HTTP 400 `AADSTS90002`: Tenant 'x' not found"
        );
        assert!(refusal.hint.unwrap().contains("tenant"));
    }

    #[test]
    fn an_unknown_code_falls_back_to_the_error_word() {
        let refusal = refused(
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS1: ?","error_codes":[1]}"#,
        );
        assert!(refusal.hint.unwrap().contains("client_id"));
        assert_eq!(refused(418, "<html>").hint, None);
    }

    #[test]
    fn passing_trouble_passes() {
        for (status, body) in [
            (503, "<html>"),
            (429, "{}"),
            (400, r#"{"error":"temporarily_unavailable"}"#),
            (400, r#"{"error":"server_error","error_codes":[90033]}"#),
        ] {
            let reply = Reply {
                status,
                retry_after: Some(3),
                body: body.as_bytes(),
            };
            assert!(
                matches!(
                    read(&reply),
                    Err(TokenError::Passing { after: Some(3), .. })
                ),
                "{status} {body}"
            );
        }
    }
}
