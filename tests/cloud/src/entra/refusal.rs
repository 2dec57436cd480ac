//! Entra's error bodies: an OAuth code, an AADSTS number with its text, and the ids that support asks for.

use axum::body::Body;
use axum::http::Response;
use serde_json::json;

use super::apps::App;
use crate::clock;
use crate::reply::{self, RequestId};

/// Why a token request is refused.
pub(crate) enum Refusal<'a> {
    UnknownTenant(&'a str),
    NotForCommon,
    Missing(&'static str),
    NoCredential,
    BadGrant(&'a str),
    UnknownApp(&'a str),
    WrongSecret(&'a App),
    ExpiredSecret(&'a App),
    BadScope(&'a str),
    UnknownResource(&'a str),
    MalformedAssertion,
    /// Thumbprint, audience, subject or times of a certificate's assertion.
    BadAssertion(&'static str),
    BadSignature,
    /// Which claim of a federated assertion no credential of the app matches.
    NotFederated(u32, &'static str),
    FederatedTime,
    /// The state of a device code: OAuth code, AADSTS number, text.
    Device(&'static str, u32, &'static str),
    /// What is wrong with a code or a refresh token: AADSTS number, text.
    BadGrantValue(u32, &'static str),
    NoConsent(&'a App),
    BadRedirect(&'a str),
    NoChallenge,
}

impl Refusal<'_> {
    /// HTTP status, OAuth code, AADSTS number, text.
    fn parts(&self) -> (u16, &'static str, u32, String) {
        match self {
            Self::UnknownTenant(tenant) => (400, "invalid_request", 90_002, format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
                 the correct cloud. Check with your subscription administrator, this may happen if there are no active \
                 subscriptions for the tenant."
            )),
            Self::NotForCommon => (400, "invalid_request", 9_001_023,
                "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations \
                 or tenant-specific endpoint.".to_owned()),
            Self::Missing(name) => (400, "invalid_request", 900_144,
                format!("The request body must contain the following parameter: '{name}'.")),
            Self::NoCredential => (401, "invalid_client", 7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".to_owned()),
            Self::BadGrant(grant) => (400, "unsupported_grant_type", 70_003,
                format!("The app requested an unsupported grant type '{grant}'.")),
            Self::UnknownApp(id) => (400, "unauthorized_client", 700_016, format!(
                "Application with identifier '{id}' was not found in the directory 'Contoso'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in \
                 the tenant. You may have sent your authentication request to the wrong tenant."
            )),
            Self::WrongSecret(app) => (401, "invalid_client", 7_000_215, format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{}'.", app.id
            )),
            Self::ExpiredSecret(app) => (401, "invalid_client", 7_000_222, format!(
                "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys \
                 for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added \
                 security: https://aka.ms/certCreds.", app.id
            )),
            Self::BadScope(scope) => (400, "invalid_scope", 70_011, format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input \
                 parameter 'scope' is not valid. The scope {scope} is not valid."
            )),
            Self::UnknownResource(resource) => (400, "invalid_resource", 500_011, format!(
                "The resource principal named {resource} was not found in the tenant named Contoso."
            )),
            Self::MalformedAssertion => (400, "invalid_request", 50_027,
                "JWT token is invalid or malformed.".to_owned()),
            Self::BadAssertion(why) => (401, "invalid_client", 50_012, format!(
                "Authentication failed. Client assertion failed validation: {why}."
            )),
            Self::BadSignature => (401, "invalid_client", 700_027,
                "Client assertion failed signature validation.".to_owned()),
            Self::NotFederated(number, what) => (401, "invalid_client", *number, format!(
                "No matching federated identity record found for presented assertion {what}."
            )),
            Self::FederatedTime => (401, "invalid_client", 700_024,
                "Client assertion is not within its valid time range.".to_owned()),
            Self::Device(error, number, text) => (400, error, *number, (*text).to_owned()),
            Self::BadGrantValue(number, text) => (400, "invalid_grant", *number, (*text).to_owned()),
            Self::NoConsent(app) => (400, "invalid_grant", 65_001, format!(
                "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an \
                 interactive authorization request for this user and resource.", app.id, app.name
            )),
            Self::BadRedirect(uri) => (400, "invalid_request", 50_011, format!(
                "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the \
                 application."
            )),
            Self::NoChallenge => (400, "invalid_request", 9_002_325,
                "Proof Key for Code Exchange is required for cross-origin authorization code redemption.".to_owned()),
        }
    }

    /// The OAuth code and the text, for the query of a redirect.
    pub fn redirected(&self) -> (&'static str, String) {
        let (_, error, number, text) = self.parts();
        (error, format!("AADSTS{number}: {text}"))
    }

    /// A page: there is nowhere to redirect to.
    pub fn page(&self) -> Response<Body> {
        let (status, _, number, text) = self.parts();
        reply::html(
            status,
            format!("<html><body>AADSTS{number}: {text}</body></html>"),
        )
    }

    /// The reply.
    pub fn reply(&self, login: &str, id: &RequestId, correlation: &str) -> Response<Body> {
        let (status, error, number, text) = self.parts();
        let (trace, timestamp) = (&id.0, clock::iso(clock::now()).replace('T', " "));
        let description = format!(
            "AADSTS{number}: {text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
        );
        reply::json(
            status,
            &json!({
                "error": error, "error_description": description, "error_codes": [number], "timestamp": timestamp,
                "trace_id": trace, "correlation_id": correlation, "error_uri": format!("{login}/error?code={number}"),
            }),
        )
    }
}
