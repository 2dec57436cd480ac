//! Compiled code that outlives its process. Compiling takes seconds, loading what was compiled takes
//! milliseconds.
//!
//! Loaded code runs outside the sandbox's checks, so a file is believed only when this user wrote it:
//! the folder is private, the file carries a MAC under a key of the folder, and it says of which
//! component and for which compiler it is. Any other is ignored and written anew. No trouble with the
//! cache is an error: then the component is compiled.

mod code;
mod entry;
mod folder;

use std::path::Path;

use ring::digest::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use self::entry::Identity;
use self::folder::Folder;

/// Where a connector's machine code came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeSource {
    /// It was read from the cache: nothing was compiled.
    Cache,
    /// It was compiled, and kept where there is a cache.
    Compiler,
    /// It was compiled, and could not be kept: why.
    CompilerAlone(String),
}

/// The component from the cache, if it is there, else from the compiler. `digest` is its SHA-256.
pub(crate) fn load(
    engine: &Engine,
    bytes: &[u8],
    digest: Digest,
    cache: Option<&Path>,
) -> wasmtime::Result<(Component, CodeSource)> {
    let compile = || Component::from_binary(engine, bytes);
    let Some(path) = cache else {
        return Ok((compile()?, CodeSource::Compiler));
    };
    let folder = match Folder::open(path) {
        Ok(folder) => folder,
        Err(error) => return Ok((compile()?, unusable(path, &error))),
    };
    let identity = Identity::of(engine, digest);
    if let Some(component) = read(engine, &folder, &identity) {
        return Ok((component, CodeSource::Cache));
    }
    let component = compile()?;
    let kept = folder.write(
        &identity.file_name(),
        &entry::seal(folder.key(), &identity, &component.serialize()?),
    );
    let source = kept.map_or_else(|error| unusable(path, &error), |()| CodeSource::Compiler);
    Ok((component, source))
}

fn read(engine: &Engine, folder: &Folder, identity: &Identity) -> Option<Component> {
    let name = identity.file_name();
    let file = folder.read(&name)?;
    let component =
        entry::open(folder.key(), identity, &file).and_then(|code| code::load(engine, code));
    if component.is_none() {
        tracing::warn!(
            file = name,
            "compiled code was stale or changed, and is ignored"
        );
    }
    component
}

fn unusable(path: &Path, error: &std::io::Error) -> CodeSource {
    let why = format!("the cache `{}` cannot be used: {error}", path.display());
    tracing::warn!("{why}");
    CodeSource::CompilerAlone(why)
}

#[cfg(test)]
mod tests;
