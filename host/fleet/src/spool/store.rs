//! A tenant's spools: one folder a run.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use writeback_host::BoxFuture;
use writeback_host::spool::{Blob, Spool, SpoolStore};
use writeback_host::state::RunKey;

use super::blob::{SealedBlob, Site};
use super::cipher::TenantKey;
use super::writer::blocking;
use crate::folder;

/// The spools of one tenant.
pub(crate) struct Spools {
    folder: PathBuf,
    key: Arc<TenantKey>,
}

impl Spools {
    /// Spools in `folder`, encrypted under what follows from the tenant's key.
    pub(crate) fn new(folder: PathBuf, tenant: &str, key: &[u8]) -> io::Result<Self> {
        Ok(Self {
            folder,
            key: Arc::new(TenantKey::derive(tenant, key)?),
        })
    }
}

impl SpoolStore for Spools {
    fn open<'a>(&'a self, run: Option<&'a RunKey>) -> BoxFuture<'a, io::Result<Box<dyn Spool>>> {
        Box::pin(async move {
            let (above, run) = (self.folder.clone(), run.map(ToString::to_string));
            let run = run.map(|run| (run.clone(), above.join(run)));
            let (made, of) = (above.clone(), run.clone());
            blocking(move || {
                folder::create(&made)?;
                if let Some((_, folder)) = of {
                    folder::create(&folder)?;
                }
                Ok(())
            })
            .await?;
            let spool: Box<dyn Spool> = Box::new(RunSpool {
                key: Arc::clone(&self.key),
                above,
                run,
            });
            Ok(spool)
        })
    }

    fn remove(&self, run: &RunKey) -> io::Result<()> {
        folder::remove(&self.folder.join(run.as_str()))
    }

    fn kept(&self, run: &RunKey) -> u64 {
        folder::size(&self.folder.join(run.as_str())).1
    }
}

/// The blobs of one run.
struct RunSpool {
    key: Arc<TenantKey>,
    above: PathBuf,
    run: Option<(String, PathBuf)>,
}

impl Spool for RunSpool {
    fn open<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Blob>>> {
        Box::pin(async move {
            let site = Site {
                key: Arc::clone(&self.key),
                above: self.above.clone(),
                run: self.run.clone(),
                name: name.to_owned(),
            };
            let blob: Box<dyn Blob> = Box::new(SealedBlob::open(site).await?);
            Ok(blob)
        })
    }
}
