//! Domo's public API: OAuth, DataSets, exports, users.

use std::sync::Arc;

use axum::Router;

use crate::describe::{ClientCredentials, DatasetSummary, NamedClient};
use crate::server::Options;
use crate::state::State;

/// The company's users, clients and DataSets.
pub struct Instance {}

impl Instance {
    pub(crate) fn new(_options: &Options) -> Self {
        Self {}
    }
    pub(crate) fn default_client(&self) -> ClientCredentials {
        ClientCredentials {
            id: "a".into(),
            secret: "b".into(),
        }
    }
    pub(crate) fn other_clients(&self) -> Vec<NamedClient> {
        Vec::new()
    }
    pub(crate) fn summaries(&self) -> Vec<DatasetSummary> {
        Vec::new()
    }
}

/// The Domo listener.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new().with_state(state)
}
