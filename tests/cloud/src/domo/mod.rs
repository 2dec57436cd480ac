//! Domo's public API: OAuth, DataSets, exports, users; and who owns what, of the company's own Domo. DataSets are as
//! generated, but for the one that was made through the API: that takes rows.

mod catalog;
mod datasets;
mod export;
mod import;
mod oauth;
mod people;
mod permissions;
mod records;
mod refusal;
mod table;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, Uri};
use axum::routing::{get, post};

use crate::clock;
use crate::describe::{ClientCredentials, DatasetSummary, NamedClient};
use crate::reply::{Refused, RequestId};
use crate::server::Options;
use crate::state::{Service, State, bearer_value};
use crate::token::Token;
use catalog::{Dataset, Kind};
use people::CLIENTS;
use refusal::refused;

/// The company's DataSets; its users and clients are constants.
pub struct Instance {
    pub(crate) datasets: Vec<Dataset>,
}

impl Instance {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            datasets: catalog::build(options),
        }
    }

    pub(crate) fn default_client(&self) -> ClientCredentials {
        let [client, ..] = &CLIENTS;
        ClientCredentials {
            id: client.id.to_owned(),
            secret: client.secret.to_owned(),
        }
    }

    pub(crate) fn developer_token(&self) -> String {
        permissions::DEVELOPER_TOKEN.to_owned()
    }

    pub(crate) fn other_clients(&self) -> Vec<NamedClient> {
        let named = |client: &people::Client| NamedClient {
            name: client.name.to_owned(),
            id: client.id.to_owned(),
            secret: client.secret.to_owned(),
        };
        CLIENTS[1..].iter().map(named).collect()
    }

    /// The secrets of all clients.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        CLIENTS.iter().map(|client| client.secret.to_owned())
    }

    pub(crate) fn summaries(&self) -> Vec<DatasetSummary> {
        self.datasets.iter().map(Dataset::summary).collect()
    }

    /// The rows that were imported into a DataSet, as CSV without a header.
    pub fn imported(&self, id: &str) -> String {
        let found = self.datasets.iter().find(|dataset| dataset.id == id);
        found.map_or_else(String::new, |dataset| dataset.imported.read().text)
    }

    /// A DataSet that its metadata may be shown of, deleted ones included.
    fn known(&self, id: &str, request: &RequestId) -> Result<&Dataset, Refused> {
        match self
            .datasets
            .iter()
            .find(|dataset| dataset.id.eq_ignore_ascii_case(id))
        {
            None => Err(refused(404, &format!("DataSet {id} not found"), request).into()),
            Some(dataset) if dataset.kind == Kind::Inaccessible => {
                let text = "Infrastructure problem (403): Access is denied";
                Err(refused(400, text, request).into())
            }
            Some(dataset) => Ok(dataset),
        }
    }

    /// A DataSet whose rows can be read.
    fn readable(&self, id: &str, request: &RequestId) -> Result<&Dataset, Refused> {
        let dataset = self.known(id, request)?;
        if dataset.kind == Kind::Deleted {
            return Err(refused(404, &format!("DataSet {id} is deleted"), request).into());
        }
        Ok(dataset)
    }
}

/// The Domo listener.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/oauth/token", get(oauth::token).post(oauth::token))
        .route("/v1/datasets", get(datasets::list))
        .route("/v1/datasets/{id}", get(datasets::metadata))
        .route(
            "/v1/datasets/{id}/data",
            get(export::data).put(import::data),
        )
        .route("/v1/datasets/{id}/policies", get(datasets::policies))
        .route("/v1/datasets/query/execute/{id}", post(datasets::query))
        .route("/v1/users", get(users::list))
        .route("/v1/users/{id}", get(users::one))
        .route(
            "/api/data/v3/datasources/{id}/permissions",
            get(permissions::list),
        )
        .fallback(unknown)
        .with_state(state)
}

async fn unknown(uri: Uri, id: RequestId) -> Response<Body> {
    refused(404, &format!("No endpoint at {}", uri.path()), &id)
}

/// The token of a request, if it is valid and has the scope; the documented refusal otherwise.
fn authorize(
    state: &State,
    headers: &HeaderMap,
    scope: &str,
    id: &RequestId,
) -> Result<Token, Refused> {
    let token = presented(state, headers).ok_or_else(|| refusal::no_token(id))?;
    if token.expires <= clock::now() {
        return Err(refusal::expired(token.expires, id).into());
    }
    if !token.scopes.iter().any(|held| held == scope) {
        let text = format!("Insufficient scope: {scope} is required");
        return Err(refused(403, &text, id).into());
    }
    Ok(token)
}

/// The token of a request, expired or not.
fn presented(state: &State, headers: &HeaderMap) -> Option<Token> {
    state.tokens.find(Service::Domo, bearer_value(headers)?)
}

/// The slice that `limit` and `offset` ask for; past the end it is empty. `limits`: default, largest.
fn page<T>(
    all: &[T],
    limit: Option<u64>,
    offset: Option<u64>,
    limits: (u64, u64),
) -> Result<&[T], String> {
    let (default, max) = limits;
    let limit = limit.unwrap_or(default);
    if limit == 0 || limit > max {
        return Err(format!("limit must be between 1 and {max}"));
    }
    let start = offset.unwrap_or(0).min(all.len() as u64);
    let end = (start + limit).min(all.len() as u64);
    Ok(&all[start as usize..end as usize])
}
