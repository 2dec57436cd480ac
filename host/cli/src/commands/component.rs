//! `component`: the embedded connector as a file, byte for byte what `run` uses, and its contract as files.

use std::path::Path;

use crate::cli::Component;
use crate::commands::wit;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::units::bytes_exact;
use crate::settings::{Settings, Talk};
use crate::stdout;

/// Saves what was asked for.
pub fn component(arguments: &Component, settings: &Settings) -> Result<Exit, Error> {
    if let Some(folder) = &arguments.wit {
        wit::save(folder, settings)?;
    }
    if let Some(file) = &arguments.output {
        save(file, settings)?;
    }
    Ok(Exit::Done)
}

fn save(file: &Path, settings: &Settings) -> Result<(), Error> {
    let component = writeback_component::BYTES;
    if file == Path::new("-") {
        return stdout::write(component);
    }
    let name = file.display();
    std::fs::write(file, component)
        .map_err(|cause| Error::failed(format!("cannot write `{name}`")).because(&cause))?;
    if settings.talk > Talk::Quiet {
        eprintln!("wrote {} to `{name}`", bytes_exact(component.len() as u64));
    }
    Ok(())
}
