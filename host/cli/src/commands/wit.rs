//! The contract as a folder of WIT files, as other tools read it. It never mixes them with what is there.

use std::fs;
use std::io;
use std::path::Path;

use writeback_component::WIT;

use crate::error::Error;
use crate::settings::{Settings, Talk};

/// Saves the package into a folder that is empty or not there yet.
pub fn save(folder: &Path, settings: &Settings) -> Result<(), Error> {
    let name = folder.display();
    let failed = |cause: io::Error| {
        Error::failed(format!("cannot write the contract to `{name}`")).because(&cause)
    };
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        let text = format!("cannot write the contract to `{name}`: the folder is not empty");
        return Err(Error::failed(text).hint("name a folder that is not there yet"));
    }
    for (path, text) in WIT {
        write(&folder.join(path), text).map_err(failed)?;
    }
    if settings.talk > Talk::Quiet {
        eprintln!("wrote {} files to `{name}`", WIT.len());
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(file, text)
}
