//! Names to addresses. What comes of it is vetted by the caller.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// A lookup under way.
pub(crate) type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// A name service.
pub(crate) trait Resolve: Send + Sync {
    /// All addresses of `host`, with `port`.
    fn resolve(&self, host: String, port: u16) -> Resolving;
}

/// The machine's.
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: String, port: u16) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, port)).await?;
            Ok(found.collect())
        })
    }
}
