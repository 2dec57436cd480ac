//! Spools that keep what was sealed, as long as its run is not over, and that can be made to fail.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use writeback_host::spool::{Blob, BlobReader, Spool, SpoolStore, in_memory};
use writeback_host::state::RunKey;
use writeback_host::{BoxFuture, Bytes};

/// Sealed blobs by run and name.
type Kept = Arc<Mutex<BTreeMap<(String, String), Bytes>>>;

/// What a shelf does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    Open,
    Append,
    Seal,
    Read,
    /// Readers end before they should.
    Reader,
}

pub struct Shelf {
    kept: Kept,
    broken: Broken,
}

impl Shelf {
    pub fn new(broken: Broken) -> Self {
        Self {
            kept: Kept::default(),
            broken,
        }
    }

    /// The blobs that are kept, each with its run.
    pub fn names(&self) -> Vec<(String, String)> {
        self.kept.lock().expect("a lock").keys().cloned().collect()
    }
}

impl Broken {
    fn check(self, call: Broken) -> io::Result<()> {
        match self == call {
            true => Err(io::Error::other("the shelf is broken")),
            false => Ok(()),
        }
    }
}

impl SpoolStore for Shelf {
    fn open<'a>(&'a self, run: Option<&'a RunKey>) -> BoxFuture<'a, io::Result<Box<dyn Spool>>> {
        Box::pin(async move {
            self.broken.check(Broken::Open)?;
            let spool: Box<dyn Spool> = Box::new(Place {
                run: run.map(ToString::to_string),
                kept: Arc::clone(&self.kept),
                broken: self.broken,
            });
            Ok(spool)
        })
    }

    fn remove(&self, run: &RunKey) -> io::Result<()> {
        let mut kept = self.kept.lock().expect("a lock");
        kept.retain(|(of, _), _| of != run.as_str());
        Ok(())
    }

    fn kept(&self, run: &RunKey) -> u64 {
        let kept = self.kept.lock().expect("a lock");
        let own = kept.iter().filter(|((of, _), _)| of == run.as_str());
        own.map(|(_, content)| content.len() as u64).sum()
    }
}

struct Place {
    run: Option<String>,
    kept: Kept,
    broken: Broken,
}

impl Spool for Place {
    fn open<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Blob>>> {
        Box::pin(async move {
            let place = self.run.clone().map(|run| (run, name.to_owned()));
            let kept = self.kept.lock().expect("a lock");
            let sealed = place.as_ref().and_then(|place| kept.get(place));
            let blob: Box<dyn Blob> = Box::new(Item {
                content: sealed.map(|content| content.to_vec()).unwrap_or_default(),
                sealed: sealed.map(|content| content.len() as u64),
                place,
                kept: Arc::clone(&self.kept),
                broken: self.broken,
            });
            Ok(blob)
        })
    }
}

struct Item {
    content: Vec<u8>,
    sealed: Option<u64>,
    place: Option<(String, String)>,
    kept: Kept,
    broken: Broken,
}

impl Blob for Item {
    fn sealed(&self) -> Option<u64> {
        self.sealed
    }

    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.content.extend_from_slice(&bytes);
            self.broken.check(Broken::Append)
        })
    }

    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.broken.check(Broken::Seal)?;
            if let Some(place) = self.place.clone() {
                let content = self.content.clone().into();
                self.kept.lock().expect("a lock").insert(place, content);
            }
            Ok(())
        })
    }

    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.content.clear();
            if let Some(place) = &self.place {
                self.kept.lock().expect("a lock").remove(place);
            }
            Ok(())
        })
    }

    fn read(&mut self, offset: u64, length: u64) -> BoxFuture<'_, io::Result<BlobReader>> {
        Box::pin(async move {
            self.broken.check(Broken::Read)?;
            let mut part = self.content[offset as usize..(offset + length) as usize].to_vec();
            if self.broken == Broken::Reader {
                part.pop();
            }
            Ok(in_memory(part.into()))
        })
    }
}
