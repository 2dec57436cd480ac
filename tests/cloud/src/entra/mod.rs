//! Entra ID: the token endpoint and the discovery document.

use std::sync::Arc;

use axum::Router;

use crate::describe::{ClientCredentials, NamedClient};
use crate::state::State;

/// The tenant's name in URLs.
pub(crate) const TENANT: &str = "contoso.onmicrosoft.com";

/// The tenant and its apps.
pub struct Directory {}

impl Directory {
    pub(crate) fn new(_seed: u64) -> Self {
        Self {}
    }
    pub(crate) fn default_app(&self) -> ClientCredentials {
        ClientCredentials {
            id: "a".into(),
            secret: "b".into(),
        }
    }
    pub(crate) fn other_apps(&self) -> Vec<NamedClient> {
        Vec::new()
    }
}

/// The login listener.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new().with_state(state)
}
