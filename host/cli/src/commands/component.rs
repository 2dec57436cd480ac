//! `component`: the embedded connector as a file, byte for byte what `run` uses.

use std::path::Path;

use crate::cli::Component;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::units::bytes_exact;
use crate::settings::{Settings, Talk};
use crate::stdout;

/// Saves the component.
pub fn component(arguments: &Component, settings: &Settings) -> Result<Exit, Error> {
    let component = writeback_component::BYTES;
    if arguments.output == Path::new("-") {
        return stdout::write(component).map(|()| Exit::Done);
    }
    let name = arguments.output.display();
    std::fs::write(&arguments.output, component)
        .map_err(|cause| Error::failed(format!("cannot write `{name}`")).because(&cause))?;
    if settings.talk > Talk::Quiet {
        eprintln!("wrote {} to `{name}`", bytes_exact(component.len() as u64));
    }
    Ok(Exit::Done)
}
