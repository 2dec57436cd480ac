//! `component`: the embedded connector as a file, byte for byte what `run` uses, or with what it needs to run on
//! other platforms; and its contract as files.

use std::path::Path;

use writeback_component::{Settings as From, Start, portable};

use crate::cli::{Component, PortableSecrets, PortableStart};
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
        save(bytes(arguments)?, file, settings)?;
    }
    Ok(Exit::Done)
}

fn save(component: &[u8], file: &Path, settings: &Settings) -> Result<(), Error> {
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

fn bytes(arguments: &Component) -> Result<&'static [u8], Error> {
    let Some(start) = arguments.portable else {
        return Ok(writeback_component::BYTES);
    };
    let start = match start {
        PortableStart::Cli => Start::Cli,
        PortableStart::Http => Start::Http,
        PortableStart::Library => Start::Library,
    };
    let from = match arguments.secrets {
        PortableSecrets::Environment => From::Environment,
        PortableSecrets::Store => From::Store,
    };
    portable(start, from).ok_or_else(|| {
        Error::failed("this command was built from a finished connector, without portable builds")
            .hint("build it without `WRITEBACK_COMPONENT`")
    })
}
