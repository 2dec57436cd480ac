//! One blob: a file without a name, or one that is called `part` until it is sealed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use writeback_host::spool::{Blob, BlobReader};
use writeback_host::{BoxFuture, Bytes};

use super::cipher::{Place, TenantKey};
use super::file::{ChunkFile, Extent};
use super::reader::Reader;
use super::writer::{Writer, blocking};
use crate::folder;

/// Where a blob is, and what it is sealed under.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) key: Arc<TenantKey>,
    /// Where files without a name are.
    pub(super) above: PathBuf,
    /// The run's word and folder, where it may go on.
    pub(super) run: Option<(String, PathBuf)>,
    pub(super) name: String,
}

impl Site {
    fn place(&self) -> Place<'_> {
        Place {
            run: self.run.as_ref().map_or("", |(run, _)| run),
            name: &self.name,
        }
    }

    /// The file once it is sealed.
    fn path(&self) -> Option<PathBuf> {
        let (_, folder) = self.run.as_ref()?;
        Some(folder.join(&self.name))
    }

    /// What an earlier attempt sealed, if it is still that.
    fn find(&self) -> io::Result<Option<(ChunkFile, Extent)>> {
        let Some(path) = self.path() else {
            return Ok(None);
        };
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => {
                let found = ChunkFile::open(opened?, &self.key, self.place())?;
                if found.is_none() {
                    tracing::warn!(blob = self.name, "what was kept of a run is damaged");
                }
                Ok(found)
            }
        }
    }

    /// An empty file, in the place of whatever is there.
    fn create(&self) -> io::Result<ChunkFile> {
        let file = match self.path() {
            None => tempfile::tempfile_in(&self.above)?,
            Some(path) => {
                folder::remove_file(&path)?;
                folder::create_file(&part(&path))?
            }
        };
        ChunkFile::create(file, &self.key, self.place())
    }

    /// The name is the last to change: with it the blob is sealed.
    fn rename(&self) -> io::Result<()> {
        let Some(path) = self.path() else {
            return Ok(());
        };
        std::fs::rename(part(&path), path)
    }
}

/// An unsealed blob's file. No blob's name ends like this.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// A blob that is being written, or was sealed.
pub(super) struct SealedBlob {
    site: Site,
    found: Option<u64>,
    content: Content,
}

enum Content {
    Growing(Box<Writer>),
    Sealed(Arc<ChunkFile>, Extent),
    /// Sealing or emptying it failed.
    Broken,
}

impl SealedBlob {
    /// The blob that an earlier attempt sealed, or an empty one.
    pub(super) async fn open(site: Site) -> io::Result<Self> {
        let at = site.clone();
        let content = blocking(move || {
            Ok(match at.find()? {
                Some((file, extent)) => Content::Sealed(Arc::new(file), extent),
                None => growing(at.create()?),
            })
        })
        .await?;
        let found = match &content {
            Content::Sealed(_, extent) => Some(extent.length()),
            _ => None,
        };
        Ok(Self {
            site,
            found,
            content,
        })
    }

    async fn empty(&mut self) -> io::Result<()> {
        // Whatever is still on its way to the old file is written first, and goes with it.
        if let Content::Growing(writer) = &mut self.content {
            let _ = writer.readable().await;
        }
        self.content = Content::Broken;
        let site = self.site.clone();
        self.content = growing(blocking(move || site.create()).await?);
        Ok(())
    }

    async fn finish(&mut self) -> io::Result<()> {
        let writer = match std::mem::replace(&mut self.content, Content::Broken) {
            Content::Growing(writer) => writer,
            other => {
                self.content = other;
                return Ok(());
            }
        };
        let (file, extent) = writer.finish().await?;
        let site = self.site.clone();
        blocking(move || site.rename()).await?;
        self.content = Content::Sealed(file, extent);
        Ok(())
    }
}

fn broken() -> io::Error {
    io::Error::other("writing to it failed before")
}

fn growing(file: ChunkFile) -> Content {
    Content::Growing(Box::new(Writer::new(file)))
}

impl Blob for SealedBlob {
    fn sealed(&self) -> Option<u64> {
        self.found
    }

    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            match &mut self.content {
                Content::Growing(writer) => writer.append(&bytes).await,
                Content::Sealed(..) => Err(io::Error::other("the blob is sealed")),
                Content::Broken => Err(broken()),
            }
        })
    }

    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.finish())
    }

    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.empty())
    }

    fn read(&mut self, offset: u64, length: u64) -> BoxFuture<'_, io::Result<BlobReader>> {
        Box::pin(async move {
            let (file, extent) = match &mut self.content {
                Content::Growing(writer) => writer.readable().await?,
                Content::Sealed(file, extent) => (Arc::clone(file), extent.clone()),
                Content::Broken => return Err(broken()),
            };
            let reader: BlobReader = Box::pin(Reader::new(file, extent, offset, length));
            Ok(reader)
        })
    }
}
