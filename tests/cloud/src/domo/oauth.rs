//! `/oauth/token`: client credentials by GET with a query or POST with a form, the client in Basic.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest as _, Query, Request, State as Shared};
use axum::http::{HeaderMap, Response};
use axum::{Form, RequestExt as _};
use serde_json::json;

use super::people::{self, CLIENTS, Client};
use super::refusal::refused;
use crate::clock;
use crate::fault::Hooks;
use crate::guid::guid;
use crate::reply::{self, RequestId};
use crate::state::{Service, State};
use crate::token::{Token, basic};

/// Seconds, as Domo's own example says.
const LIFETIME: i64 = 3599;

pub(crate) async fn token(
    Shared(state): Shared<Arc<State>>,
    id: RequestId,
    hooks: Hooks,
    request: Request,
) -> Response<Body> {
    let headers = request.headers().clone();
    let fields = fields(request).await;
    match fields.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return oauth_error("unsupported_grant_type", "Unsupported grant type"),
        None => return oauth_error("invalid_request", "Missing grant type"),
    }
    let Some(client) = client(&headers) else {
        return refused(401, "Bad credentials", &id);
    };
    let asked: Vec<&str> = fields
        .get("scope")
        .map(|scope| scope.split_whitespace().collect())
        .unwrap_or_default();
    if let Some(unknown) = asked.iter().find(|scope| !client.scopes.contains(scope)) {
        return oauth_error("invalid_scope", &format!("Invalid scope: {unknown}"));
    }
    let scopes = if asked.is_empty() {
        client.scopes.to_vec()
    } else {
        asked
    };
    let lifetime = hooks
        .find("token-lifetime")
        .and_then(serde_json::Value::as_i64)
        .unwrap_or(LIFETIME);
    grant(&state, client, &scopes, lifetime, &id)
}

/// Parameters from the query and, for a POST, from the form.
async fn fields(mut request: Request) -> HashMap<String, String> {
    let query = request
        .extract_parts::<Query<HashMap<String, String>>>()
        .await;
    let mut fields = query.map(|Query(query)| query).unwrap_or_default();
    if let Ok(Form(form)) = Form::<HashMap<String, String>>::from_request(request, &()).await {
        fields.extend(form);
    }
    fields
}

fn client(headers: &HeaderMap) -> Option<&'static Client> {
    let (id, secret) = basic(headers)?;
    CLIENTS
        .iter()
        .find(|client| client.id == id && client.secret == secret)
}

fn grant(
    state: &State,
    client: &Client,
    scopes: &[&str],
    lifetime: i64,
    id: &RequestId,
) -> Response<Body> {
    let role = people::user(client.user).map_or("Participant", |user| user.role);
    let (expires, jti) = (
        clock::now() + lifetime,
        guid(state.options.seed, clock::now() as u64 ^ id.0.len() as u64),
    );
    let claims = json!({
        "sub": client.user.to_string(), "scope": scopes, "customer": "acmecompany", "env": "prod1", "role": role,
        "userId": client.user, "client_id": client.id, "exp": expires, "jti": jti,
    });
    let token = Token {
        issuer: Service::Domo,
        client: client.id.to_owned(),
        user: Some(client.user),
        roles: vec![role.to_owned()],
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        grants: Vec::new(),
        expires,
    };
    let text = state.tokens.issue(&claims, token);
    reply::json(
        200,
        &json!({
            "access_token": text, "customer": "acmecompany", "expires_in": lifetime, "jti": jti, "role": role,
            "scope": scopes.join(" "), "token_type": "bearer", "userId": client.user,
        }),
    )
}

fn oauth_error(error: &str, description: &str) -> Response<Body> {
    reply::json(
        400,
        &json!({ "error": error, "error_description": description }),
    )
}
