//! Keeps what a component wants to find again after a crash.

use crate::bindings::writeback::connector::checkpoint::{Error, Host};
use crate::run_folder::replace;
use crate::sandbox::Sandbox;

/// Larger states belong into the spool.
const STATE_BYTES: usize = 1 << 20;

impl Host for Sandbox {
    async fn save(&mut self, state: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        if state.len() > STATE_BYTES {
            return Ok(Err(Error::Io(format!(
                "a checkpoint holds at most {STATE_BYTES} bytes"
            ))));
        }
        let path = match self.folder.path() {
            Ok(folder) => folder.join("checkpoint"),
            Err(error) => return Ok(Err(Error::Io(error.to_string()))),
        };
        let saved = tokio::task::spawn_blocking(move || replace(&path, &state)).await?;
        Ok(saved.map_err(|error| Error::Io(error.to_string())))
    }
}
