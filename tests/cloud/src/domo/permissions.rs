//! `/api/data/v3/datasources/{id}/permissions` of the company's own Domo: who may do what with a DataSet, co-owners
//! among them. It takes developer tokens, and nothing else.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};

use super::catalog::{Dataset, Kind};
use super::people::{self, FINANCE, OWNER, SOMEBODY_ELSE};
use super::refusal::refused;
use crate::reply::{self, Refused, RequestId};
use crate::state::State;

/// Sees every DataSet of the company.
pub(crate) const DEVELOPER_TOKEN: &str =
    "DDCI1b7f0d8e5c3a49f2a6d4e8b90c7f1e2d3a4b5c6d7e8f90a1b2c3d4";

pub(crate) async fn list(
    Shared(state): Shared<Arc<State>>,
    Path(dataset): Path<String>,
    headers: HeaderMap,
    id: RequestId,
) -> Result<Response<Body>, Refused> {
    let presented = headers.get("x-domo-developer-token");
    if presented.is_none_or(|token| token != DEVELOPER_TOKEN) {
        return Err(refused(401, "Unauthorized", &id).into());
    }
    let dataset = state.domo.known(&dataset, &id)?;
    let list = grants(dataset);
    let count = |kind: &str| list.iter().filter(|grant| grant["type"] == kind).count();
    let (users, groups) = (count("USER"), count("GROUP"));
    let answer = json!({ "list": list, "totalUserCount": users, "totalGroupCount": groups });
    Ok(reply::json(200, &answer))
}

fn grants(dataset: &Dataset) -> Vec<Value> {
    let mut grants = vec![user(dataset.owner(), "OWNER")];
    match dataset.kind {
        Kind::Foreign => grants.extend([
            user(OWNER, "CO_OWNER"),
            user(people::PARTICIPANT, "CAN_VIEW"),
        ]),
        Kind::Ownerless => grants = vec![user(SOMEBODY_ELSE, "OWNER"), group(FINANCE, "CO_OWNER")],
        _ => {}
    }
    grants
}

fn user(id: u64, level: &str) -> Value {
    let name = people::user(id).map_or("", |user| user.name);
    json!({ "type": "USER", "id": id.to_string(), "name": name, "accessLevel": level })
}

fn group((id, name): (u64, &str), level: &str) -> Value {
    json!({ "type": "GROUP", "id": id.to_string(), "name": name, "accessLevel": level })
}
