//! What Entra ID says when it gives no token: the AADSTS number, its text, and one action that helps.

use serde_json::Value;

use crate::reply::{Refusal, Reply, TokenError, is_passing, text};

/// Reads a reply of any status but 200.
pub(super) fn read(reply: &Reply<'_>) -> TokenError {
    let body: Value = serde_json::from_slice(reply.body).unwrap_or(Value::Null);
    judge(
        &format!("Entra ID answered HTTP {}", reply.status),
        is_passing(reply.status),
        reply.retry_after,
        &body,
    )
}

/// Reads the members of an error, however they came: in a body, or in the query of a redirect.
pub(super) fn judge(start: &str, passing: bool, after: Option<u64>, body: &Value) -> TokenError {
    let code = code(body);
    let message = said(start, body, code);
    let passing = passing
        || body["error"] == "temporarily_unavailable"
        || code.is_some_and(|code| PASSING.contains(&code));
    if passing {
        return TokenError::Passing { message, after };
    }
    let hint = code
        .and_then(hint_for_code)
        .or_else(|| hint_for_error(body["error"].as_str().unwrap_or_default()));
    TokenError::Refused(Refusal { message, hint })
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

fn said(start: &str, body: &Value, code: Option<u64>) -> String {
    let mut message = start.to_owned();
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
        700023 => {
            "check `tenant` and the endpoint `login`: the assertion is made out to another directory"
        }
        700024 => {
            "set this machine's clock, and see that the assertion's file is renewed: it is used outside its time"
        }
        700211..=700213 | 70021 => {
            "match the app's federated credential (issuer, subject, audience) with the assertion's claims"
        }
        700025 => "leave the secret or certificate out: the app is registered as a public client",
        700082 | 70043 | 50173 => "sign in again: the refresh token has expired or was revoked",
        70000 | 54005 | 70008 | 501481 => {
            "sign in again: the code or token cannot be used once more"
        }
        50011 => {
            "add `http://localhost` to the app's redirect URIs, under Mobile and desktop applications"
        }
        65004 => "sign in again and accept the permissions that the app asks for",
        70016 | 70018 | 70019 | 70020 => "sign in again with a new code",
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
        "invalid_grant"
        | "bad_verification_code"
        | "expired_token"
        | "authorization_declined"
        | "access_denied" => "sign in again",
        "invalid_scope" | "invalid_resource" => "check `cloud` and the endpoints",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Refusal {
        match read(&Reply {
            status,
            retry_after: None,
            body: body.as_bytes(),
        }) {
            TokenError::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
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
                matches!(read(&reply), TokenError::Passing { after: Some(3), .. }),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn each_code_of_a_sign_in_has_its_action() {
        for (code, word) in [
            (700_024, "clock"),
            (700_213, "federated credential"),
            (700_082, "sign in again"),
            (501_481, "sign in again"),
            (50_011, "redirect URIs"),
            (65_001, "consent"),
            (700_027, "certificate"),
        ] {
            let body = format!(r#"{{"error":"invalid_grant","error_codes":[{code}]}}"#);
            let refusal = refused(400, &body);
            assert_eq!(
                refusal.message,
                format!("Entra ID answered HTTP 400 `AADSTS{code}`")
            );
            assert!(refusal.hint.unwrap().contains(word), "{code}");
        }
        let unknown = refused(400, r#"{"error":"invalid_grant","error_codes":[1]}"#);
        assert_eq!(unknown.hint, Some("sign in again"));
    }
}
