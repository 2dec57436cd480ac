//! Secrets that this program keeps in a place of its own.

use std::collections::BTreeMap;

use writeback_host::{BoxFuture, SecretError, SecretStore, Zeroizing};

/// Stands for the service or the database that keeps a program's secrets.
#[derive(Default)]
pub struct Safe(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl Safe {
    /// Puts a value in.
    pub fn put(&mut self, key: impl Into<String>, value: Vec<u8>) {
        self.0.insert(key.into(), Zeroizing::new(value));
    }
}

impl SecretStore for Safe {
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, SecretError>> {
        Box::pin(async move {
            // A request to a service would be made here, and one that is not answered is `Unavailable`.
            let found = self.0.get(key).cloned();
            found.ok_or_else(|| SecretError::Refused("it is not in the safe".to_owned()))
        })
    }
}
