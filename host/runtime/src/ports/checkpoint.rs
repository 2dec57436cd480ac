//! Keeps what a component wants to find again after a crash, and the URLs that it knows by name.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use writeback_policy::links_named_in;

use crate::bindings::writeback::connector::checkpoint::{Error, Host};
use crate::sandbox::Sandbox;
use crate::state::Handed;
use crate::state::blob_file::on_disk;
use crate::state::disk::Disk;
use crate::state::frame::{self, Kind};
use crate::state::saved_links::{self, SavedLink, SavedLinks};

/// Larger states belong into the spool.
const STATE_BYTES: usize = 1 << 20;

/// Where the state of a run is kept that may go on after a crash.
#[derive(Clone)]
pub(crate) enum Place {
    /// In the run's folder.
    Folder(PathBuf),
    /// Where the program keeps it.
    Program(Handed),
}

impl Host for Sandbox {
    async fn save(&mut self, state: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        if state.len() > STATE_BYTES {
            return Ok(Err(Error::Io(format!(
                "a checkpoint holds at most {STATE_BYTES} bytes"
            ))));
        }
        // Nobody comes back for one of a run that is not kept.
        let Some(place) = self.kept.clone() else {
            return Ok(Ok(()));
        };
        let named = links_named_in(&state);
        let saved = match place {
            Place::Program(program) => program.save(&state, &self.links_of(&named)).await,
            Place::Folder(folder) => {
                let links = (named != self.saved_links).then(|| self.links_of(&named));
                write(self.tenant.disk(), folder, state, links).await
            }
        };
        Ok(match saved {
            Ok(()) => {
                self.saved_links = named;
                Ok(())
            }
            Err(error) => Err(Error::Io(error.to_string())),
        })
    }
}

/// The links are on disk before the checkpoint that names them.
async fn write(
    disk: &Arc<dyn Disk>,
    folder: PathBuf,
    state: Vec<u8>,
    links: Option<SavedLinks>,
) -> io::Result<()> {
    on_disk(disk, move |disk| {
        if let Some(links) = links {
            saved_links::write(disk, &folder, &links)?;
        }
        let path = folder.join(Kind::Checkpoint.name());
        frame::write(disk, &path, Kind::Checkpoint, &state)
    })
    .await
}

impl Sandbox {
    fn links_of(&self, numbers: &BTreeSet<usize>) -> SavedLinks {
        let links = self.links.of(numbers).into_iter().map(|(number, link)| {
            let saved = SavedLink {
                url: (*link.url).clone(),
                account: link.account.name.clone(),
            };
            (number, saved)
        });
        links.collect()
    }
}
