//! Graph: sites, drives, items, and upload sessions on the SharePoint origin.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use serde::Serialize;

use crate::describe::SiteSummary;
use crate::state::State;

/// One stored file, as `/_sim/files` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct StoredFile {
    /// `/sites/Finance/Documents/Reports/sales.csv`: site, library, folders, name.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Hex.
    pub sha256: String,
    /// Standard base64.
    pub quickxor: String,
}

/// Sites, drives and items; contents on disk.
pub struct Store {}

impl Store {
    /// An empty tenant whose contents are kept under `dir`; ids follow from `seed`.
    pub fn new(_dir: PathBuf, _seed: u64) -> anyhow::Result<Self> {
        Ok(Self {})
    }

    /// All stored files, in order of path.
    pub fn files(&self) -> Vec<StoredFile> {
        Vec::new()
    }

    /// The sites of the tenant.
    pub fn sites(&self) -> Vec<SiteSummary> {
        Vec::new()
    }
}

/// The Graph listener.
pub fn router(state: Arc<State>) -> Router {
    Router::new().with_state(state)
}

/// The SharePoint origin: upload sessions and downloads.
pub fn upload_router(state: Arc<State>) -> Router {
    Router::new().with_state(state)
}

/// Test controls of Graph, nested under `/_sim` on every listener (such as `POST /_sim/lock`).
pub fn control_router(state: Arc<State>) -> Router {
    Router::new().with_state(state)
}
