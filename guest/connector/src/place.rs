//! Where the file goes: site, library, folder, and the rules of names.

mod folder;
mod library;
pub mod name;
mod site;

pub use folder::{Folder, Walk, create, find, walk};
pub use library::{all as libraries, library};
pub use site::{pages, site};

use crate::account::Account;
use crate::call::Run;
use crate::error::{Code, Failure};
use crate::graph::drive::{self, Drive};
use crate::graph::path;
use crate::graph::site::{self as sites, Site};
use crate::job::{SharePointJob, SiteChoice};
use crate::ports::Ports;
use crate::refusal::Service;

/// A library of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// The site.
    pub site: Site,
    /// The library.
    pub drive: Drive,
}

/// A folder of a library of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The site.
    pub site: Site,
    /// The library.
    pub drive: Drive,
    /// The folder, or the deepest one above it that exists.
    pub folder: Folder,
    /// The names below `folder` that do not exist yet.
    pub missing: Vec<String>,
}

impl Place {
    /// A file of the place, as people would write it.
    pub fn file(&self, name: &str) -> String {
        let mut parts = vec![self.drive.name.as_str()];
        parts.extend(self.folder.names.iter().map(String::as_str));
        parts.extend(self.missing.iter().map(String::as_str));
        parts.push(name);
        parts.join("/")
    }
}

/// Has what [`shelf`] is going to ask fetched, where that is known before anything is found.
pub fn foresee<P: Ports>(
    run: &mut Run<'_, P>,
    secret: &P::Secret,
    base: &str,
    job: &SharePointJob,
) {
    let key = match &job.site {
        SiteChoice::Url { host, path } => sites::key_at(host, path),
        SiteChoice::Id(id) => sites::key_of(id),
        SiteChoice::Group(_) | SiteChoice::Search(_) => return,
    };
    let libraries = match job.library {
        None => drive::default_of(base, &key),
        Some(_) => drive::all_of(base, &key),
    };
    for request in [sites::with_key(base, &key), libraries] {
        run.prefetch(Service::SharePoint, secret, &request);
    }
}

/// Finds the library of a job, in which its file may have the name.
pub fn shelf<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    job: &SharePointJob,
    file: &str,
) -> Result<Shelf, Failure> {
    let site = site(run, account, &job.site)?;
    let drive = library(run, account, &site, job.library.as_deref())?;
    check_length(&drive, &job.folder, file)?;
    Ok(Shelf { site, drive })
}

/// Finds the folder of a job. It writes nothing: [`complete`] makes those that are missing.
pub fn resolve<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    job: &SharePointJob,
    Shelf { site, drive }: Shelf,
) -> Result<Place, Failure> {
    let walk = walk(run, account, &drive, &job.folder, job.create_folders)?;
    Ok(Place {
        site,
        drive,
        folder: walk.folder,
        missing: walk.missing,
    })
}

/// Makes the folders that are missing.
pub fn complete<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &mut Place,
) -> Result<(), Failure> {
    for name in std::mem::take(&mut place.missing) {
        create(run, account, &place.drive, &mut place.folder, &name)?;
    }
    Ok(())
}

/// Refuses a path that is longer than SharePoint can hold.
pub fn check_length(drive: &Drive, folder: &[String], name: &str) -> Result<(), Failure> {
    let mut parts = vec![path::of_url(&drive.url)];
    parts.extend(folder.iter().cloned());
    parts.push(name.to_owned());
    let length = parts.join("/").encode_utf16().count();
    if length <= name::PATH_MOST {
        return Ok(());
    }
    let text = format!(
        "the path of `{name}` has {length} characters; SharePoint holds at most {} below the host",
        name::PATH_MOST
    );
    Err(Failure::new(Code::NameRefused, text).hint("choose a shorter file name or folder"))
}
