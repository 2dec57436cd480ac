//! The state of one job's run, in a folder of its own below the preopened folder `/state`: checkpoint, links
//! and blobs. A file that is touched while the run is under way keeps a second one out.

use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use writeback_policy::Links;

use super::wasi::clocks::monotonic_clock;
use super::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};
use super::{files, time};

/// The guest path that the platform opens a folder as.
const ROOT: &str = "/state";
const RUNNING: &str = "running";
const CHECKPOINT: &str = "checkpoint";
const LINKS: &str = "links";
const FILE_BYTES: u64 = 4 << 20;

/// Nanoseconds between two touches.
const TOUCH: u64 = 15_000_000_000;
/// Seconds without a touch after which a run counts as dead.
pub(super) const DEAD_SECONDS: u64 = 90;

/// See the module.
pub(super) struct RunFolder {
    root: Descriptor,
    name: String,
    folder: Rc<Descriptor>,
    running: Descriptor,
    touched: u64,
}

/// Why there is no state.
pub(super) enum StateError {
    /// Another run of this job is under way.
    Busy,
    Failed(String),
}

impl RunFolder {
    /// The folder of `name`, emptied where it is older than `within`. `None` without a state folder.
    pub(super) fn open(name: &str, within: Duration) -> Result<Option<Self>, StateError> {
        let Some(root) = files::folder(ROOT) else {
            return Ok(None);
        };
        let failed = |error| StateError::Failed(format!("`{ROOT}/{name}`: {}", files::name(error)));
        match root.create_directory_at(name) {
            Ok(()) | Err(ErrorCode::Exist) => {}
            Err(error) => return Err(failed(error)),
        }
        // Not `MUTATE_DIRECTORY`: the folder above may not say that it has it, though it does.
        let whole = DescriptorFlags::READ;
        let folder = files::open(&root, name, OpenFlags::DIRECTORY, whole).map_err(failed)?;
        let running = claim(&folder, failed)?;
        let this = Self {
            root,
            name: name.to_owned(),
            folder: Rc::new(folder),
            running,
            touched: monotonic_clock::now(),
        };
        let age = age(&this.folder, CHECKPOINT).unwrap_or(u64::MAX);
        if age > within.as_secs() {
            this.empty();
        }
        Ok(Some(this))
    }

    pub(super) fn descriptor(&self) -> &Rc<Descriptor> {
        &self.folder
    }

    /// Touches the folder, now and then.
    pub(super) fn alive(&mut self) {
        let now = monotonic_clock::now();
        if now - self.touched > TOUCH {
            self.touched = now;
            let _ = files::write_all(&self.running, b".", 0);
        }
    }

    pub(super) fn checkpoint(&self) -> Option<Vec<u8>> {
        read(&self.folder, CHECKPOINT)
    }

    /// The links first: the checkpoint names them.
    pub(super) fn save(&self, state: &[u8], links: &Links) -> Result<(), String> {
        let named = writeback_policy::links_named_in(state);
        let links = links.of(&named).into_iter().map(|(number, link)| {
            json!({ "number": number, "url": link.url.as_str(), "account": link.account.name })
        });
        let links = zeroize::Zeroizing::new(json!(links.collect::<Vec<_>>()).to_string());
        files::replace(&self.folder, LINKS, links.as_bytes())
            .and_then(|()| files::replace(&self.folder, CHECKPOINT, state))
            .map_err(files::name)
    }

    /// Number, URL and account of each link that was saved.
    pub(super) fn links(&self) -> Vec<(usize, String, String)> {
        let text = read(&self.folder, LINKS).unwrap_or_default();
        let links = serde_json::from_slice::<Vec<serde_json::Value>>(&text).unwrap_or_default();
        let links = links.iter().filter_map(|link| {
            let number = usize::try_from(link["number"].as_u64()?).ok()?;
            let text = |key: &str| Some(link[key].as_str()?.to_owned());
            Some((number, text("url")?, text("account")?))
        });
        links.collect()
    }

    /// Lets the folder go, and removes it unless the run is to go on.
    pub(super) fn end(self, keep: bool) {
        if !keep {
            self.empty();
        }
        let _ = self.folder.unlink_file_at(RUNNING);
        if !keep {
            let Self {
                root,
                name,
                folder,
                running,
                ..
            } = self;
            drop((running, folder));
            let _ = root.remove_directory_at(&name);
        }
    }

    fn empty(&self) {
        let Ok(entries) = self.folder.read_directory() else {
            return;
        };
        let mut names = Vec::new();
        while let Ok(Some(entry)) = entries.read_directory_entry() {
            names.push(entry.name);
        }
        for name in names.iter().filter(|name| *name != RUNNING) {
            let _ = self.folder.unlink_file_at(name);
        }
    }
}

/// The file that says that a run is under way: made by one of two that come at once.
fn claim(
    folder: &Descriptor,
    failed: impl Fn(ErrorCode) -> StateError,
) -> Result<Descriptor, StateError> {
    let make = || {
        let how = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
        files::open(folder, RUNNING, how, DescriptorFlags::WRITE)
    };
    match make() {
        Err(ErrorCode::Exist) => {}
        made => return made.map_err(failed),
    }
    if age(folder, RUNNING).is_none_or(|age| age <= DEAD_SECONDS) {
        return Err(StateError::Busy);
    }
    let _ = folder.unlink_file_at(RUNNING);
    make().map_err(|error| match error {
        ErrorCode::Exist => StateError::Busy,
        error => failed(error),
    })
}

/// Seconds since a file was changed.
fn age(folder: &Descriptor, name: &str) -> Option<u64> {
    let stat = folder.stat_at(PathFlags::empty(), name).ok()?;
    let changed = stat.data_modification_timestamp?.seconds;
    Some((time::now() / 1000).saturating_sub(changed))
}

fn read(folder: &Descriptor, name: &str) -> Option<Vec<u8>> {
    let file = files::open(folder, name, OpenFlags::empty(), DescriptorFlags::READ).ok()?;
    files::read_all(&file, FILE_BYTES).ok()
}
