//! The future that a port answers with.

use std::future::Future;
use std::pin::Pin;

/// A future in a box: what the methods of traits that programs implement return. `Box::pin(async move { … })` makes one.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
