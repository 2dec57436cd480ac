//! Entra ID: the token endpoint and the discovery document. It never looks at Graph.

mod apps;
mod assertion;
mod authorize;
mod control;
mod device;
mod issuer;
mod refusal;
mod scope;
mod sign_in;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use serde_json::json;

use crate::describe::{ClientCredentials, NamedClient};
use crate::reply::{self, RequestId};
use crate::state::State;
use apps::{APPS, TENANT_ID};
pub(crate) use control::router as control_router;
use refusal::Refusal;

/// The tenant's name in URLs; its id works as well.
pub(crate) const TENANT: &str = "contoso.onmicrosoft.com";
/// The audience of Graph tokens.
const GRAPH: &str = "https://graph.microsoft.com";

/// The tenant and its apps, which are constants, and the sign-ins of people, which are not.
#[derive(Default)]
pub struct Directory {
    sign_ins: sign_in::SignIns,
}

impl Directory {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn default_app(&self) -> ClientCredentials {
        let [app, ..] = &APPS;
        ClientCredentials {
            id: app.id.to_owned(),
            secret: app.secret.to_owned(),
        }
    }

    /// The certificate of the default app and its key, both in PEM.
    pub(crate) fn certificate(&self) -> [&'static str; 2] {
        [
            include_str!("keys/writer.pem"),
            include_str!("keys/writer.key.pem"),
        ]
    }

    pub(crate) fn other_apps(&self) -> Vec<NamedClient> {
        let named = |app: &apps::App| NamedClient {
            name: app.name.to_owned(),
            id: app.id.to_owned(),
            secret: app.secret.to_owned(),
        };
        // The first app once more, with the id of its secret where the value belongs.
        let [writer, ..] = &APPS;
        let mixed_up = NamedClient {
            name: "secret-id".to_owned(),
            id: writer.id.to_owned(),
            secret: writer.secret_id.to_owned(),
        };
        APPS[1..].iter().map(named).chain([mixed_up]).collect()
    }

    /// The secrets of all apps.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        APPS.iter().map(|app| app.secret.to_owned())
    }

    /// All refresh tokens issued so far.
    pub(crate) fn refresh_tokens(&self) -> Vec<String> {
        self.sign_ins.refresh_tokens()
    }
}

/// The login listener.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(token::token))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device::start))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::authorize))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(discovery),
        )
        .fallback(async || {
            reply::html(
                404,
                "<html><body>404 - File or directory not found.</body></html>",
            )
        })
        .with_state(state)
}

fn known_tenant(tenant: &str) -> bool {
    tenant.eq_ignore_ascii_case(TENANT) || tenant.eq_ignore_ascii_case(TENANT_ID)
}

async fn discovery(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    id: RequestId,
) -> Response<Body> {
    let login = &state.urls.login;
    if !known_tenant(&tenant) {
        let correlation = headers
            .get("client-request-id")
            .and_then(|value| value.to_str().ok());
        return Refusal::UnknownTenant(&tenant).reply(login, &id, correlation.unwrap_or(&id.0));
    }
    let base = format!("{login}/{tenant}");
    reply::json(
        200,
        &json!({
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("{login}/{TENANT_ID}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": state.urls.graph.split("://").nth(1),
        }),
    )
}
