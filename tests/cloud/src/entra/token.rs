//! `/{tenant}/oauth2/v2.0/token`: which grant, whether the app proved itself, and the token.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::apps::App;
use super::refusal::Refusal;
use super::sign_in::Lent;
use super::{GRAPH, assertion, known_tenant, scope};
use crate::clock;
use crate::fault::Hooks;
use crate::reply::{self, RequestId};
use crate::state::{Service, State};
use crate::token::{Token, basic};

/// Seconds; the real one is random between 60 and 90 minutes.
const LIFETIME: i64 = 3599;

pub(super) type Fields = HashMap<String, String>;

const CLIENT: &str = "client_credentials";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CODE: &str = "authorization_code";
const REFRESH: &str = "refresh_token";

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
        Ok(granted) => {
            let lifetime = hooks
                .find("token-lifetime")
                .and_then(Value::as_i64)
                .unwrap_or(LIFETIME);
            grant(&state, granted, lifetime)
        }
        Err(refusal) => {
            let correlation = headers
                .get("client-request-id")
                .and_then(|value| value.to_str().ok());
            refusal.reply(&state.urls.login, &id, correlation.unwrap_or(&id.0))
        }
    }
}

/// For whom a token is.
enum Granted {
    App(&'static App),
    Person(&'static App, Lent),
}

fn judge<'a>(
    state: &'a State,
    tenant: &'a str,
    headers: &HeaderMap,
    fields: &'a Fields,
) -> Result<Granted, Refusal<'a>> {
    if ["common", "consumers"].contains(&tenant) {
        return Err(Refusal::NotForCommon);
    }
    if !known_tenant(tenant) {
        return Err(Refusal::UnknownTenant(tenant));
    }
    let basic = basic(headers).map(|(id, secret)| (decoded(&id), decoded(&secret)));
    let grant = required(fields, "grant_type")?;
    if ![CLIENT, DEVICE, CODE, REFRESH].contains(&grant) {
        return Err(Refusal::BadGrant(grant));
    }
    let app = match (&basic, field(fields, "client_id")) {
        (_, Some(id)) => App::find(id).ok_or(Refusal::UnknownApp(id))?,
        (Some((id, _)), None) => App::find(id).ok_or(Refusal::UnknownApp("(Basic)"))?,
        (None, None) => return Err(Refusal::Missing("client_id")),
    };
    if grant == CLIENT {
        scope::judge_default(state, required(fields, "scope")?)?;
    }
    let proven = prove(state, app, fields, basic.map(|(_, secret)| secret))?;
    if !proven && (grant == CLIENT || !app.public) {
        return Err(Refusal::NoCredential);
    }
    let sign_ins = &state.entra.sign_ins;
    let lent = match grant {
        CLIENT => return Ok(Granted::App(app)),
        DEVICE => sign_ins.poll(app, required(fields, "device_code")?)?,
        CODE => {
            let code = required(fields, "code")?;
            let redirect = required(fields, "redirect_uri")?;
            sign_ins.redeem(app, code, redirect, required(fields, "code_verifier")?)?
        }
        _ => {
            let wanted = field(fields, "scope").map(|text| scope::lent(state, app, text));
            sign_ins.refresh(app, required(fields, "refresh_token")?, wanted.transpose()?)?
        }
    };
    Ok(Granted::Person(app, lent))
}

/// Whether the app has proven itself; a wrong proof is refused whether it was needed or not.
fn prove<'a>(
    state: &State,
    app: &'static App,
    fields: &'a Fields,
    basic: Option<String>,
) -> Result<bool, Refusal<'a>> {
    if let Some(assertion) = field(fields, "client_assertion") {
        if field(fields, "client_assertion_type") != Some(assertion::TYPE) {
            return Err(Refusal::Missing("client_assertion_type"));
        }
        return assertion::judge(&state.urls.login, app, assertion).map(|()| true);
    }
    match field(fields, "client_secret").map(str::to_owned).or(basic) {
        None => Ok(false),
        Some(secret) if secret != app.secret => Err(Refusal::WrongSecret(app)),
        Some(_) if app.secret_expired => Err(Refusal::ExpiredSecret(app)),
        Some(_) => Ok(true),
    }
}

pub(super) fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields
        .get(name)
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

pub(super) fn required<'a>(fields: &'a Fields, name: &'static str) -> Result<&'a str, Refusal<'a>> {
    field(fields, name).ok_or(Refusal::Missing(name))
}

/// RFC 6749 2.3.1: both halves of Basic are form-encoded first.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

fn grant(state: &State, granted: Granted, lifetime: i64) -> Response<Body> {
    let now = clock::now();
    let expires = now + lifetime;
    let issuer = format!("https://sts.windows.net/{}/", super::TENANT_ID);
    let owned = |text: &&str| (*text).to_owned();
    let (app, lent) = match granted {
        Granted::App(app) => (app, None),
        Granted::Person(app, lent) => (app, Some(lent)),
    };
    let mut token = Token {
        issuer: Service::Login,
        client: app.id.to_owned(),
        user: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        grants: app
            .grants
            .iter()
            .map(|(site, role)| (owned(site), owned(role)))
            .collect(),
        expires,
    };
    let mut body =
        json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime });
    let claims = match lent {
        None => {
            token.roles = app.roles.iter().map(owned).collect();
            app.claims(GRAPH, &issuer, now, expires)
        }
        Some(lent) => {
            let scp = lent.scopes.join(" ");
            body["scope"] = json!(scp);
            if let Some(refresh) = state.entra.sign_ins.next_refresh(state, app, &lent) {
                body["refresh_token"] = json!(refresh);
            }
            token.scopes = lent.scopes;
            app.claims_for_person(GRAPH, &issuer, [now, expires], &scp)
        }
    };
    body["access_token"] = json!(state.tokens.issue(&claims, token));
    reply::json(200, &body)
}
