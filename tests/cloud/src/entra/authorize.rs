//! `/{tenant}/oauth2/v2.0/authorize`: a person who signs in at once, and a redirect to loopback with a code.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::apps::App;
use super::refusal::Refusal;
use super::sign_in::Code;
use super::token::{Fields, field, required};
use super::{known_tenant, scope};
use crate::state::State;

pub(super) async fn authorize(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    Query(fields): Query<Fields>,
) -> Response<Body> {
    let (app, redirect) = match place(&tenant, &fields) {
        Ok(place) => place,
        Err(refusal) => return refusal.page(),
    };
    let answer = match sign_in(&state, app, redirect, &fields) {
        Ok(code) => [("code", code), ("session_state", app.object.to_owned())],
        Err(refusal) => {
            let (error, text) = refusal.redirected();
            [("error", error.to_owned()), ("error_description", text)]
        }
    };
    let own = field(&fields, "state").map(|text| ("state", text.to_owned()));
    redirected(redirect, answer.into_iter().chain(own))
}

/// Where to redirect to: nothing goes to a place that is not the app's.
fn place<'a>(tenant: &'a str, fields: &'a Fields) -> Result<(&'static App, &'a str), Refusal<'a>> {
    if !known_tenant(tenant) {
        return Err(Refusal::UnknownTenant(tenant));
    }
    let id = required(fields, "client_id")?;
    let app = App::find(id).ok_or(Refusal::UnknownApp(id))?;
    let redirect = required(fields, "redirect_uri")?;
    if is_loopback(redirect) {
        Ok((app, redirect))
    } else {
        Err(Refusal::BadRedirect(redirect))
    }
}

/// `http://localhost` and `http://127.0.0.1` are registered; the port does not matter (RFC 8252, 7.3).
fn is_loopback(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme_str() == Some("http")
            && matches!(uri.host(), Some("localhost" | "127.0.0.1"))
            && uri.path() == "/"
            && uri.query().is_none()
            && !text.contains('@')
    })
}

fn sign_in<'a>(
    state: &State,
    app: &'static App,
    redirect: &str,
    fields: &'a Fields,
) -> Result<String, Refusal<'a>> {
    if required(fields, "response_type")? != "code" {
        return Err(Refusal::Missing("response_type"));
    }
    let challenge = field(fields, "code_challenge").ok_or(Refusal::NoChallenge)?;
    if field(fields, "code_challenge_method") != Some("S256") {
        return Err(Refusal::NoChallenge);
    }
    let code = Code {
        app: app.id,
        lent: scope::lent(state, app, required(fields, "scope")?)?,
        redirect: redirect.to_owned(),
        challenge: challenge.to_owned(),
        used: false,
    };
    let declined = Refusal::Device(
        "access_denied",
        65_004,
        "User declined to consent to access the app.",
    );
    state.entra.sign_ins.consent(state, code).ok_or(declined)
}

fn redirected(
    redirect: &str,
    answer: impl Iterator<Item = (&'static str, String)>,
) -> Response<Body> {
    let pairs: Vec<String> = answer
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)))
        .collect();
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::FOUND;
    if let Ok(place) = HeaderValue::from_str(&format!("{redirect}?{}", pairs.join("&"))) {
        reply.headers_mut().insert(header::LOCATION, place);
    }
    reply
}
