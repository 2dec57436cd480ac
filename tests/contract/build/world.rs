//! A contract: the world `connector` of a WIT package, and what can be asked of it.

use std::path::Path;

use anyhow::{Context, Result};
use semver::Version;
use wit_component::{
    ComponentEncoder, StringEncoding, WitPrinter, dummy_module, embed_component_metadata,
};
use wit_parser::{ManglingAndAbi, PackageId, PackageName, Resolve, WorldId};

/// A contract.
#[derive(Clone)]
pub struct World {
    resolve: Resolve,
    package: PackageId,
    world: WorldId,
}

impl World {
    /// The package in this folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut resolve = Resolve::default();
        let pushed = resolve.push_dir(folder);
        let (package, _) = pushed.with_context(|| folder.display().to_string())?;
        let world = resolve.select_world(&[package], Some("connector"))?;
        Ok(Self {
            resolve,
            package,
            world,
        })
    }

    /// The package's version.
    pub fn version(&self) -> Result<&Version> {
        let version = self.resolve.packages[self.package].name.version.as_ref();
        version.context("the WIT package has no version")
    }

    /// The same under the versions that `other` has, where these promise to be compatible: names are compared whole.
    pub fn numbered_as(&self, other: &Self) -> Self {
        let mut numbered = self.clone();
        for (_, package) in numbered.resolve.packages.iter_mut() {
            if let Some(theirs) = other.of_one_track(&package.name) {
                package.name.version.clone_from(&theirs.version);
            }
        }
        numbered
    }

    fn of_one_track(&self, name: &PackageName) -> Option<&PackageName> {
        let mut names = self
            .resolve
            .packages
            .iter()
            .map(|(_, package)| &package.name);
        names.find(|own| {
            (&own.namespace, &own.name, track(own)) == (&name.namespace, &name.name, track(name))
        })
    }

    /// Whether the versions of both promise to be compatible.
    pub fn same_track(&self, other: &Self) -> bool {
        other
            .of_one_track(&self.resolve.packages[self.package].name)
            .is_some()
    }

    /// Whether the component runs on a host of this world: no import that it lacks, no export missing, every type the same.
    pub fn takes(&self, component: &[u8]) -> Result<()> {
        wit_component::targets(&self.resolve, self.world, component)
    }

    /// The package without its comments, in one way of writing.
    pub fn text(&self) -> Result<String> {
        let mut printer = WitPrinter::default();
        printer.emit_docs(false);
        printer.print(&self.resolve, self.package, &[])?;
        Ok(printer.output.to_string())
    }

    /// A component of this world that uses all of it and does nothing.
    pub fn component(&self) -> Result<Vec<u8>> {
        let mut module = dummy_module(&self.resolve, self.world, ManglingAndAbi::Standard32);
        embed_component_metadata(&mut module, &self.resolve, self.world, StringEncoding::UTF8)?;
        ComponentEncoder::default().module(&module)?.encode()
    }
}

/// What versions that promise to be compatible have in common: `0.1` of `0.1.x`, `1` of `1.x`.
fn track(name: &PackageName) -> Option<(u64, u64)> {
    let version = name.version.as_ref()?;
    let minor = if version.major == 0 { version.minor } else { 0 };
    Some((version.major, minor))
}
