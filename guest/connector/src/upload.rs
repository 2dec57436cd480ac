//! From the blob into the library: one PUT or an upload session, under a name that
//! is either replaced or still free.
//!
//! The content is a slice of the blob that the host streams; no byte of it passes
//! through here. A lost reply is decided by what SharePoint holds, not by hope.

mod fragment;
mod names;
mod own;
mod session;
mod simple;

pub use fragment::{FRAGMENT_GRID, Fragment};
pub use names::{existing, look, lowest_free, taken_numbers};
pub use session::abandon;

use crate::account::Account;
use crate::call::{Run, Trouble};
use crate::error::{Code, Failure};
use crate::graph::item::{Conflict, Item};
use crate::job::{IfExists, IfLocked, UploadJob};
use crate::place::Place;
use crate::ports::{Ports, Step};
use crate::quickxor::Digest;
use crate::resume::{Before, Checkpoint, SavedName};
use names::Names;

/// Names that are tried when other writers take them first.
const NAMES: u32 = 20;

/// What is to land.
pub struct Payload<'a, B> {
    /// Where the bytes are.
    pub blob: &'a B,
    /// How many.
    pub bytes: u64,
    /// Their hash.
    pub digest: Digest,
}

/// How the file travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// One PUT.
    Simple,
    /// An upload session.
    Session,
}

/// What became of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The file is new.
    Created,
    /// It got a new version.
    Replaced,
    /// It is new under a numbered name.
    Renamed,
}

/// What landed.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// As SharePoint tells it.
    pub item: Item,
    /// One PUT or a session.
    pub method: Method,
    /// Fragments acknowledged; 0 without a session.
    pub fragments: u32,
    /// Content bytes sent, repeated ones included.
    pub sent: u64,
    /// What became of the name.
    pub outcome: Outcome,
    /// The file that it replaced.
    pub before: Option<Before>,
}

/// How one name ended.
enum End {
    Landed(Item),
    /// Somebody else has the name.
    Taken,
    /// The file is locked and stayed so, and the job lets it have another name.
    Locked(Failure),
}

/// One upload to one name.
struct Upload<'r, 'p, P: Ports> {
    run: &'r mut Run<'p, P>,
    account: &'r Account<P>,
    place: &'r Place,
    name: String,
    conflict: Conflict,
    payload: &'r Payload<'r, P::Blob>,
    sizes: UploadJob,
    if_locked: IfLocked,
    checkpoint: &'r mut Checkpoint,
    /// The file that had the name before the run's first attempt.
    before: Option<Before>,
    fragments: u32,
    sent: u64,
    /// Whether the whole may have been taken although no reply said so.
    unsure: bool,
    /// Sessions that came to nothing, those for other names included.
    lost: u32,
}

/// What an upload is made of, apart from its name.
pub struct Plan<'a, P: Ports> {
    /// Whose credential.
    pub account: &'a Account<P>,
    /// Which folder.
    pub place: &'a Place,
    /// The name that the job asks for.
    pub name: &'a str,
    /// What if it is taken.
    pub if_exists: IfExists,
    /// What if it is locked.
    pub if_locked: IfLocked,
    /// How it travels.
    pub sizes: UploadJob,
}

/// Uploads the payload.
pub fn upload<P: Ports>(
    run: &mut Run<'_, P>,
    plan: &Plan<'_, P>,
    payload: &Payload<'_, P::Blob>,
    checkpoint: &mut Checkpoint,
) -> Result<Uploaded, Failure> {
    let mut names = Names::new(plan, checkpoint);
    let (mut fragments, mut sent, mut lost) = (0, 0, 0);
    for _ in 0..NAMES {
        let choice = names.next(run, plan)?;
        let folder = plan.place.folder.id.clone();
        let started = checkpoint
            .name
            .as_ref()
            .is_some_and(|saved| saved.name == choice.name && saved.folder == folder);
        if !started {
            checkpoint.name = Some(SavedName {
                name: choice.name.clone(),
                folder,
                before: choice.before.map(Before::from),
            });
            if let Some(session) = checkpoint.session.take() {
                abandon(run, &session);
            }
            checkpoint.save(run.ports)?;
        }
        // What an earlier attempt saw counts: what is there now may be its own file.
        let before = checkpoint
            .name
            .as_ref()
            .and_then(|saved| saved.before.clone());
        let mut upload = Upload {
            run: &mut *run,
            account: plan.account,
            place: plan.place,
            name: choice.name,
            conflict: names.conflict(),
            payload,
            sizes: plan.sizes,
            if_locked: plan.if_locked,
            checkpoint: &mut *checkpoint,
            before: before.clone(),
            fragments: 0,
            sent: 0,
            unsure: started,
            lost,
        };
        let end = upload.send(started)?;
        lost = upload.lost;
        fragments += upload.fragments;
        sent += upload.sent;
        let item = match end {
            End::Landed(item) => item,
            End::Taken => continue,
            End::Locked(failure) => {
                names.locked(&failure);
                continue;
            }
        };
        let outcome = names.outcome(before.is_some());
        if let Some(why) = names.evaded() {
            let file = plan.place.file(plan.name);
            run.warn(format!(
                "`{file}` is locked, so the file is `{}`: {why}",
                item.name
            ));
        }
        return Ok(Uploaded {
            item,
            method: method(plan.sizes, payload.bytes),
            fragments,
            sent,
            outcome,
            before,
        });
    }
    let text = format!(
        "uploading `{}` failed: other writers took {NAMES} names one after the other",
        plan.name
    );
    Err(Failure::new(Code::NamesExhausted, text)
        .hint("give each writer a folder or a name of its own")
        .after(60))
}

/// A session cannot carry 0 bytes.
fn method(sizes: UploadJob, bytes: u64) -> Method {
    match bytes == 0 || bytes <= sizes.simple_limit {
        true => Method::Simple,
        false => Method::Session,
    }
}

impl<P: Ports> Upload<'_, '_, P> {
    fn send(&mut self, started: bool) -> Result<End, Failure> {
        if started && let Some(item) = self.mine()? {
            return Ok(End::Landed(item));
        }
        self.progress(0);
        let sent = match method(self.sizes, self.payload.bytes) {
            Method::Simple => self.simple(),
            Method::Session => self.session(),
        };
        match sent {
            Err(failure)
                if failure.code == Code::FileLocked && self.if_locked == IfLocked::Rename =>
            {
                // An earlier attempt may have been carried out before somebody locked the file.
                let own = if self.unsure { self.mine()? } else { None };
                Ok(own.map_or(End::Locked(failure), End::Landed))
            }
            sent => sent,
        }
    }

    fn progress(&self, at: u64) {
        self.run
            .ports
            .report(Step::Uploading(at, self.payload.bytes));
    }

    fn what(&self) -> String {
        format!("uploading `{}`", self.place.file(&self.name))
    }

    /// Whether a refusal says that somebody else has the name.
    fn taken(&self, trouble: &Trouble) -> bool {
        self.conflict == Conflict::Fail
            && matches!(trouble, Trouble::Refused(r) if r.status == 409 && r.code == "nameAlreadyExists")
    }
}

/// What a 409 that does not go away becomes.
pub(crate) fn busy(failure: Failure) -> Failure {
    Failure { code: Code::UploadInProgress, ..failure }
        .hint("another upload of this file is under way or was broken off; it expires after about 15 minutes")
        .after(900)
}
