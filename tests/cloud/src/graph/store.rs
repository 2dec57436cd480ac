//! Sites, libraries, items, upload sessions and grants: everything that Graph and SharePoint remember.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::drive::{Content, Drive, Item};
use super::quickxor::QuickXor;
use super::refusal::{Answer, Refusal};
use super::session::Session;
use super::spool::Spool;
use super::tenant::{self, Site};
use crate::describe::SiteSummary;

/// One stored file, as `/_sim/files` shows it. Size and hashes are those of the bytes on the disk when asked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// `Finance/Documents/Reports/sales.csv`: site, library, folders, name.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Hex.
    pub sha256: String,
    /// Standard base64.
    pub quick_xor_hash: String,
    /// Item id.
    pub id: String,
    /// Drive id.
    pub drive_id: String,
    /// How often its content was written.
    pub versions: u64,
    /// Whether it was never checked in, so that others do not see it.
    pub checked_out: bool,
}

/// Sites, drives and items; contents on disk.
pub struct Store {
    inner: Mutex<Inner>,
    /// The pre-authentication of every URL so far; apart, because it is asked for under the lock of the rest.
    tempauths: Mutex<BTreeSet<String>>,
    dir: PathBuf,
    seed: u64,
}

/// What the lock protects.
pub struct Inner {
    /// In the order in which lists show them.
    pub sites: Vec<Site>,
    /// By id.
    pub drives: HashMap<String, Drive>,
    /// Open upload sessions by GUID.
    pub sessions: HashMap<String, Session>,
    /// Site id, client id, role: what `POST /sites/{id}/permissions` granted.
    pub grants: Vec<(String, String, String)>,
    /// Whether a second session for one file is refused (409) while the first is open, as SharePoint does.
    pub exclusive: bool,
    /// Whether the bytes of a broken fragment count, which puts the session off the grid.
    pub keep_partial: bool,
    numbers: u64,
}

impl Inner {
    /// A number never given before.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// A library by id.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn drive(&self, id: &str) -> Answer<&Drive> {
        self.drives.get(id).ok_or_else(Refusal::not_found)
    }

    /// A library by id, to change it.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn drive_mut(&mut self, id: &str) -> Answer<&mut Drive> {
        self.drives.get_mut(id).ok_or_else(Refusal::not_found)
    }

    /// The site of a library.
    pub fn site_of(&self, drive: &Drive) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == drive.site)
    }

    /// Creates the folder, whose name must be allowed and free.
    ///
    /// # Errors
    /// 400 for a forbidden name, 404 for an unknown parent.
    pub fn add_folder(&mut self, drive: &str, parent: &str, name: &str) -> Answer<String> {
        let number = self.number();
        let drive = self.drive_mut(drive)?;
        drive.check_name(parent, name, true)?;
        Ok(drive.hang(parent, Item::new(number, name, None)))
    }
}

impl Store {
    /// The simulated tenant, with contents kept under `dir`; secrets follow from `seed`.
    ///
    /// # Errors
    /// When `dir` cannot be created.
    pub fn new(dir: PathBuf, seed: u64) -> anyhow::Result<Self> {
        fs::create_dir_all(&dir)
            .with_context(|| format!("cannot create the folder `{}`", dir.display()))?;
        let (sites, drives) = tenant::sites();
        let mut inner = Inner {
            sites,
            drives: drives
                .into_iter()
                .map(|drive| (drive.id.clone(), drive))
                .collect(),
            sessions: HashMap::new(),
            grants: Vec::new(),
            exclusive: true,
            keep_partial: false,
            numbers: 0,
        };
        furnish(&mut inner);
        Ok(Self {
            inner: Mutex::new(inner),
            tempauths: Mutex::default(),
            dir,
            seed,
        })
    }

    /// All stored files, in order of path. Reads every one of them.
    pub fn files(&self) -> Vec<StoredFile> {
        self.files_in("")
    }

    /// Those whose path begins with `prefix`, such as `Finance/Documents/Reports/`. Reads no others.
    pub fn files_in(&self, prefix: &str) -> Vec<StoredFile> {
        let listed = self.listed().into_iter();
        let mut files: Vec<StoredFile> = listed
            .filter(|(file, _)| file.path.starts_with(prefix))
            .filter_map(|(file, blob)| read(file, &blob).ok())
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// The sites of the tenant.
    pub fn sites(&self) -> Vec<SiteSummary> {
        let summary = |site: &Site| SiteSummary {
            name: site.title.clone(),
            url: site.web_url(),
            id: site.id.clone(),
            drive_id: site.drives[0].clone(),
        };
        self.lock().sites.iter().map(summary).collect()
    }

    /// Everything, for the length of one look or change.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new file for content on its way.
    ///
    /// # Errors
    /// 500 when the disk refuses.
    pub fn spool(&self) -> Answer<Spool> {
        let number = self.lock().number();
        Spool::create(&self.dir.join(format!("{number}.part")))
            .map_err(|error| Refusal::disk(&error))
    }

    /// Moves the content to where it stays.
    ///
    /// # Errors
    /// 500 when the disk refuses.
    pub fn keep(&self, spool: &Spool, number: u64) -> Answer<Content> {
        let blob = self.dir.join(number.to_string());
        let (size, quickxor) = spool.keep(&blob).map_err(|error| Refusal::disk(&error))?;
        Ok(Content {
            blob,
            size,
            quickxor,
        })
    }

    /// The pre-authentication of a URL about `subject`: the same for the same subject, and not to be guessed from it.
    pub fn tempauth(&self, subject: &str) -> String {
        let digest = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(subject)
            .finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("v1.{hex}");
        self.known_tempauths().insert(text.clone());
        text
    }

    /// The pre-authentication of every URL so far.
    pub fn tempauths(&self) -> Vec<String> {
        self.known_tempauths().iter().cloned().collect()
    }

    fn known_tempauths(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.tempauths
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn listed(&self) -> Vec<(StoredFile, PathBuf)> {
        let inner = self.lock();
        let files = inner
            .drives
            .values()
            .flat_map(|drive| drive.items.values().map(move |item| (drive, item)));
        files
            .filter_map(|(drive, item)| {
                let content = item.content.as_ref()?;
                let file = StoredFile {
                    path: format!("{}/{}", drive.label, drive.trail(&item.id).join("/")),
                    size: 0,
                    sha256: String::new(),
                    quick_xor_hash: String::new(),
                    id: item.id.clone(),
                    drive_id: drive.id.clone(),
                    versions: item.content_version,
                    checked_out: !item.published,
                };
                Some((file, content.blob.clone()))
            })
            .collect()
    }
}

/// The folders that some libraries begin with.
fn furnish(inner: &mut Inner) {
    let hr = inner
        .sites
        .iter()
        .find(|site| site.name == "HR")
        .map(|site| site.drives[0].clone());
    let hr = hr.expect("the tenant has a site HR");
    let root = inner.drives[&hr].root.clone();
    for name in tenant::folders_of_hr() {
        inner
            .add_folder(&hr, &root, &name)
            .expect("the furniture has allowed names");
    }
}

/// Sizes and hashes the file. One replaced meanwhile is left out.
fn read(mut file: StoredFile, blob: &Path) -> io::Result<StoredFile> {
    let mut source = fs::File::open(blob)?;
    let (mut sha, mut xor, mut buffer) = (Sha256::new(), QuickXor::default(), vec![0; 64 << 10]);
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        sha.update(&buffer[..count]);
        xor.update(&buffer[..count]);
        file.size += count as u64;
    }
    file.sha256 = sha
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    file.quick_xor_hash = xor.finish();
    Ok(file)
}
