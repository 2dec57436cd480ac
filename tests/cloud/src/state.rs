//! What all four listeners share: the options, the URLs, tokens, the request log, faults and the stored files.

use std::path::PathBuf;

use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::fault::Faults;
use crate::log::RequestLog;
use crate::server::Options;
use crate::token::{GraphAuthError, Token, Tokens};
use crate::{domo, entra, graph};

/// The four listeners, as fault rules and the request log name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// `api.domo.com`
    Domo,
    /// `login.microsoftonline.com`
    Login,
    /// `graph.microsoft.com`
    Graph,
    /// The SharePoint origin that upload and download URLs point to.
    Upload,
}

/// The origins of the four listeners, such as `http://127.0.0.1:4321`, without a trailing slash.
#[derive(Clone, Debug)]
pub struct Urls {
    /// Domo's API.
    pub domo: String,
    /// Entra's login.
    pub login: String,
    /// Graph, without the version segment.
    pub graph: String,
    /// The SharePoint origin.
    pub upload: String,
}

/// Shared by every request of every listener.
pub struct State {
    /// As given at the start.
    pub options: Options,
    /// Where the listeners are.
    pub urls: Urls,
    /// The folder of everything on disk.
    pub dir: PathBuf,
    /// Issued tokens, of Domo and of Entra.
    pub tokens: Tokens,
    /// What was asked.
    pub log: RequestLog,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// The DataSets, users and clients of Domo.
    pub domo: domo::Instance,
    /// The tenant and its apps.
    pub entra: entra::Directory,
    /// Sites, drives, items, upload sessions.
    pub graph: graph::Store,
    /// Bumped by `POST /_sim/release`: stalled requests go on.
    pub(crate) release: watch::Sender<u64>,
}

impl State {
    /// The Graph token of a request.
    ///
    /// # Errors
    /// Says why it is refused: missing, unknown, expired, or without any role.
    pub fn bearer(&self, headers: &HeaderMap) -> Result<Token, GraphAuthError> {
        let value = bearer_value(headers).ok_or(GraphAuthError::Missing)?;
        let token = self
            .tokens
            .find(Service::Login, value)
            .ok_or(GraphAuthError::Invalid)?;
        if token.expires <= crate::clock::now() {
            return Err(GraphAuthError::Expired);
        }
        if token.roles.is_empty() && token.scopes.is_empty() {
            Err(GraphAuthError::NoRoles)
        } else {
            Ok(token)
        }
    }

    /// Lets stalled requests go on.
    pub fn release(&self) {
        self.release.send_modify(|count| *count += 1);
    }

    /// Waits until `POST /_sim/release`. Dropped with the connection when the client gives up.
    pub(crate) async fn stalled(&self) {
        let _ = self.release.subscribe().changed().await;
    }
}

/// The token text of an `Authorization: Bearer` header.
pub(crate) fn bearer_value(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
