//! What the user asked for, parsed once: a bad job cannot be constructed.
//!
//! Problems are collected, not thrown: the user sees all of them at once.

mod domo;
mod guard;
mod object;
mod problem;
mod sharepoint;

pub use domo::{DomoJob, OwnerRule, PdpRule, RowsRule};
pub use guard::{Fraction, GuardJob, IfEmpty};
pub use object::Object;
pub use problem::{Problem, Problems, document};
pub use sharepoint::{
    FilenameChoice, IfExists, IfLocked, SharePointJob, SiteChoice, Verify, library, path, site,
};

use crate::error::{Code, Failure};
use crate::retry::Limits;
use crate::upload::FRAGMENT_GRID;
use serde_json::Value;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What people call it.
    pub name: String,
    /// Where the data comes from.
    pub domo: DomoJob,
    /// Where it goes.
    pub sharepoint: SharePointJob,
    /// What is not to replace what is there.
    pub guard: GuardJob,
    /// How it travels.
    pub upload: UploadJob,
    /// How patient the job is.
    pub retry: Limits,
    /// `check` alone: whether to open an upload session and delete it.
    pub probe: bool,
}

/// How the file travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadJob {
    /// Up to so many bytes go with one PUT.
    pub simple_limit: u64,
    /// Bytes of the first fragment.
    pub fragment: u64,
    /// Bytes of the largest.
    pub fragment_max: u64,
}

/// The largest file that one PUT may carry, by Graph's page on it.
const SIMPLE_MOST: u64 = 262_144_000;
/// Fragments stay below 60 MiB.
const FRAGMENT_BELOW: u64 = 60 * 1024 * 1024;
/// The longest patience of a job, in seconds.
const WEEK: u64 = 604_800;

impl Job {
    /// Reads a job.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut problems = Problems::default();
        let value = problem::document(text, &mut problems);
        let job = value.and_then(|value| read(&value, &mut problems));
        problems.settle(job, Code::JobInvalid, "the job")
    }
}

fn read(value: &Value, problems: &mut Problems) -> Option<Job> {
    let known = [
        "schema",
        "name",
        "domo",
        "sharepoint",
        "guard",
        "upload",
        "retry",
        "probe",
    ];
    let root = Object::open(value, "", &known, problems)?;
    schema(&root, problems);
    let name = root.text("name", problems);
    let probe = root.flag("probe", problems).unwrap_or(false);
    let domo = root
        .required("domo", problems)
        .and_then(|v| domo::read(v, problems));
    let place = root.required("sharepoint", problems);
    let sharepoint = place.and_then(|v| sharepoint::read(v, problems));
    let guard = guard::read(root.get("guard"), problems);
    let upload = upload(root.get("upload"), problems);
    let lock_wait = sharepoint
        .as_ref()
        .map_or(0, |place| place.lock_wait * 1000);
    let retry = retry(root.get("retry"), lock_wait, problems);
    let (domo, sharepoint) = (domo?, sharepoint?);
    Some(Job {
        name: name.unwrap_or_else(|| domo.dataset.clone()),
        domo,
        sharepoint,
        guard: guard?,
        upload: upload?,
        retry: retry?,
        probe,
    })
}

fn schema(root: &Object<'_>, problems: &mut Problems) {
    if let Some(version) = root.whole("schema", 0..=u64::MAX, problems)
        && version != 1
    {
        problems.add(
            root.path("schema"),
            format!("`{version}` is not known here; `1` is"),
        );
    }
}

fn upload(value: Option<&Value>, problems: &mut Problems) -> Option<UploadJob> {
    let empty = Value::Object(serde_json::Map::new());
    let known = ["simple_limit", "fragment", "fragment_max"];
    let table = Object::open(value.unwrap_or(&empty), "upload", &known, problems)?;
    let mebibyte = 1024 * 1024;
    let simple_limit = table.whole("simple_limit", 0..=SIMPLE_MOST, problems);
    let fragment = grid(&table, "fragment", problems);
    let most = grid(&table, "fragment_max", problems);
    let first = fragment.unwrap_or(10 * mebibyte);
    if let (Some(fragment), Some(most)) = (fragment, most)
        && most < fragment
    {
        problems.add(
            table.path("fragment_max"),
            "must not be smaller than `fragment`",
        );
    }
    Some(UploadJob {
        simple_limit: simple_limit.unwrap_or(10 * mebibyte),
        fragment: first.min(most.unwrap_or(first)),
        fragment_max: most.unwrap_or((50 * mebibyte).max(first)),
    })
}

/// A fragment's size: SharePoint takes multiples of 320 KiB below 60 MiB.
fn grid(table: &Object<'_>, key: &str, problems: &mut Problems) -> Option<u64> {
    let size = table.whole(key, FRAGMENT_GRID..=FRAGMENT_BELOW - 1, problems)?;
    if size % FRAGMENT_GRID != 0 {
        let below = size - size % FRAGMENT_GRID;
        let text = format!("must be a multiple of 327680 (320 KiB), such as {below}");
        problems.add(table.path(key), text);
    }
    Some(size)
}

fn retry(value: Option<&Value>, lock_wait: u64, problems: &mut Problems) -> Option<Limits> {
    let empty = Value::Object(serde_json::Map::new());
    let known = ["attempts", "max_wait_seconds", "deadline_seconds"];
    let table = Object::open(value.unwrap_or(&empty), "retry", &known, problems)?;
    let attempts = table.whole("attempts", 1..=20, problems).unwrap_or(5);
    let wait = table.whole("max_wait_seconds", 0..=WEEK, problems);
    let deadline = table.whole("deadline_seconds", 0..=WEEK, problems);
    Some(Limits {
        attempts: u32::try_from(attempts).unwrap_or(5),
        wait: wait.unwrap_or(600) * 1000,
        deadline: deadline
            .filter(|seconds| *seconds > 0)
            .map(|seconds| seconds * 1000),
        lock_wait,
    })
}

#[cfg(test)]
mod tests;
