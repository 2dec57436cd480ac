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
        }
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
