//! `/{tenant}/oauth2/v2.0/token`: client credentials, the secret in the form or in Basic.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::apps::{APPS, App};
use super::refusal::Refusal;
use super::{GRAPH, known_tenant};
use crate::clock;
use crate::fault::Hooks;
use crate::reply::{self, RequestId};
use crate::state::{Service, State};
use crate::token::{Token, basic};

/// Seconds; the real one is random between 60 and 90 minutes.
const LIFETIME: i64 = 3599;

type Fields = HashMap<String, String>;

pub(crate) async fn token(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    id: RequestId,
    hooks: Hooks,
    form: Result<Form<Fields>, FormRejection>,
) -> Response<Body> {
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    match judge(&state, &tenant, &headers, &fields) {
        Ok(app) => {
            let lifetime = hooks
                .find("token-lifetime")
                .and_then(Value::as_i64)
                .unwrap_or(LIFETIME);
            grant(&state, app, lifetime)
        }
        Err(refusal) => {
            let correlation = headers
                .get("client-request-id")
                .and_then(|value| value.to_str().ok());
            refusal.reply(&state.urls.login, &id, correlation.unwrap_or(&id.0))
        }
    }
}

fn judge<'a>(
    state: &'a State,
    tenant: &'a str,
    headers: &HeaderMap,
    fields: &'a Fields,
) -> Result<&'static App, Refusal<'a>> {
    let field = |name: &str| {
        fields
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    };
    if ["common", "consumers"].contains(&tenant) {
        return Err(Refusal::NotForCommon);
    }
    if !known_tenant(tenant) {
        return Err(Refusal::UnknownTenant(tenant));
    }
    let basic = basic(headers).map(|(id, secret)| (decoded(&id), decoded(&secret)));
    match field("grant_type") {
        None => return Err(Refusal::Missing("grant_type")),
        Some("client_credentials") => {}
        Some(other) => return Err(Refusal::BadGrant(other)),
    }
    let app = match (&basic, field("client_id")) {
        (_, Some(id)) => APPS
            .iter()
            .find(|app| app.id == id)
            .ok_or(Refusal::UnknownApp(id))?,
        (Some((id, _)), None) => APPS
            .iter()
            .find(|app| app.id == id)
            .ok_or(Refusal::UnknownApp("(Basic)"))?,
        (None, None) => return Err(Refusal::Missing("client_id")),
    };
    judge_scope(state, field("scope").ok_or(Refusal::Missing("scope"))?)?;
    let secret = field("client_secret")
        .map(str::to_owned)
        .or(basic.map(|(_, secret)| secret));
    match secret {
        None => Err(Refusal::NoCredential),
        Some(secret) if secret != app.secret => Err(Refusal::WrongSecret(app)),
        Some(_) if app.secret_expired => Err(Refusal::ExpiredSecret(app)),
        Some(_) => Ok(app),
    }
}

/// `{graph}/.default`, and the bare `.default` that rclone sends.
fn judge_scope<'a>(state: &State, scope: &'a str) -> Result<(), Refusal<'a>> {
    let Some(resource) = scope.strip_suffix(".default") else {
        return Err(Refusal::BadScope(scope));
    };
    let resource = resource.trim_end_matches('/');
    if resource.is_empty() || resource == GRAPH || resource == state.urls.graph {
        Ok(())
    } else if resource.contains(' ') || !resource.contains("://") {
        Err(Refusal::BadScope(scope))
    } else {
        Err(Refusal::UnknownResource(resource))
    }
}

/// RFC 6749 2.3.1: both halves of Basic are form-encoded first.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

fn grant(state: &State, app: &App, lifetime: i64) -> Response<Body> {
    let now = clock::now();
    let issuer = format!("https://sts.windows.net/{}/", super::TENANT_ID);
    let claims = app.claims(GRAPH, &issuer, now, now + lifetime);
    let owned = |text: &&str| (*text).to_owned();
    let token = Token {
        issuer: Service::Login,
        client: app.id.to_owned(),
        user: None,
        roles: app.roles.iter().map(owned).collect(),
        scopes: Vec::new(),
        grants: app
            .grants
            .iter()
            .map(|(site, role)| (owned(site), owned(role)))
            .collect(),
        expires: now + lifetime,
    };
    let text = state.tokens.issue(&claims, token);
    reply::json(
        200,
        &json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": text }),
    )
}
