//! Secrets of a tenant, as the server gives them.

use std::sync::Arc;

use writeback_host::{BoxFuture, SecretError, SecretStore, Zeroizing};
use writeback_server::runner::{NoSecret, Secrets};

/// The server's store, for the host.
pub(crate) struct FromServer(pub(crate) Arc<dyn Secrets>);

impl SecretStore for FromServer {
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, SecretError>> {
        Box::pin(async move {
            self.0.read(key).await.map_err(|none| match none {
                NoSecret::Missing(text) => SecretError::Refused(text),
                NoSecret::Away(text) => SecretError::Unavailable(text),
            })
        })
    }
}
