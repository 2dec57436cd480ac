//! `/{tenant}/oauth2/v2.0/devicecode`: where a device asks for a code that a person types elsewhere.

use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::Response;
use serde_json::json;

use super::apps::App;
use super::refusal::Refusal;
use super::token::{Fields, required};
use super::{known_tenant, scope};
use crate::reply::{self, RequestId};
use crate::state::State;

/// Seconds (Entra documentation, "v2-oauth2-device-code").
const LIFETIME: u64 = 900;
/// Seconds.
const INTERVAL: u64 = 5;

pub(super) async fn start(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    id: RequestId,
    Form(fields): Form<Fields>,
) -> Response<Body> {
    match begin(&state, &tenant, &fields) {
        Ok((device_code, user_code)) => {
            let page = format!("{}/devicelogin", state.urls.login);
            let message = format!(
                "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
            );
            reply::json(
                200,
                &json!({
                    "device_code": device_code, "user_code": user_code, "verification_uri": page,
                    "expires_in": LIFETIME, "interval": INTERVAL, "message": message,
                }),
            )
        }
        Err(refusal) => refusal.reply(&state.urls.login, &id, &id.0),
    }
}

fn begin<'a>(
    state: &State,
    tenant: &'a str,
    fields: &'a Fields,
) -> Result<(String, String), Refusal<'a>> {
    if !known_tenant(tenant) {
        return Err(Refusal::UnknownTenant(tenant));
    }
    let id = required(fields, "client_id")?;
    let app = App::find(id).ok_or(Refusal::UnknownApp(id))?;
    let lent = scope::lent(state, app, required(fields, "scope")?)?;
    Ok(state.entra.sign_ins.begin(state, app, lent))
}
