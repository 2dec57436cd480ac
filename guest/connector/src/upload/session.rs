//! The file in fragments, through an upload session.
//!
//! The position is SharePoint's to tell, never ours to assume: after any trouble it
//! is asked. No credential goes to the upload URL.

use super::{End, Fragment, Upload, busy};
use crate::call::{CallError, Trouble, Via};
use crate::error::{Code, Failure};
use crate::graph::item;
use crate::graph::session::{self, Expected};
use crate::message::Reply;
use crate::ports::Ports;
use crate::refusal::attempts;
use crate::resume::SavedSession;
use crate::retry::{Tries, Verdict};

/// Sessions opened for one file at most.
const SESSIONS: u32 = 4;
/// Attempts at a fragment that SharePoint calls wrong.
const WRONG: u32 = 3;

/// How far one session came.
enum Fed {
    End(End),
    /// It is of no use any more; why.
    Spent(String),
}

/// Where a session stands.
enum Position {
    At(u64),
    /// It has every byte.
    Whole,
    Gone(String),
}

/// What to do after trouble with a fragment.
enum Next {
    /// Ask where the session stands.
    Ask,
    /// The same fragment again.
    Same,
    Done(Fed),
}

impl<P: Ports> Upload<'_, '_, P> {
    pub(super) fn session(&mut self) -> Result<End, Failure> {
        let result = self.sessions();
        // A cancelled run may go on where it was; any other end gives the session up.
        if !matches!(&result, Err(failure) if failure.code == Code::Cancelled) {
            let landed = matches!(&result, Ok(End::Landed(_)));
            self.leave(!landed);
        }
        result
    }

    fn sessions(&mut self) -> Result<End, Failure> {
        let mut fragment = Fragment::new(self.sizes.fragment, self.sizes.fragment_max);
        let mut why = String::new();
        for _ in 0..SESSIONS {
            let fed = match self.saved() {
                Some(link) => self.resume(&link, &mut fragment)?,
                None => match self.create()? {
                    Some(link) => self.feed(&link, 0, &mut fragment)?,
                    None => return Ok(End::Taken),
                },
            };
            match fed {
                Fed::End(end) => return Ok(end),
                Fed::Spent(reason) => why = reason,
            }
            self.leave(true);
            // "Permanent for some sizes": another size may pass where this one did not.
            fragment.shrink();
        }
        let text = format!("{} failed: {why} ({SESSIONS} upload sessions)", self.what());
        Err(Failure::new(Code::UploadFailed, text)
            .hint("run the job again later")
            .after(60))
    }

    /// The session that an earlier attempt of the run left for this name.
    fn saved(&self) -> Option<String> {
        let saved = self.checkpoint.session.as_ref()?;
        let same = saved.name == self.name && saved.folder == self.place.folder.id;
        same.then(|| saved.link.clone())
    }

    fn resume(&mut self, link: &str, fragment: &mut Fragment) -> Result<Fed, Failure> {
        match self.ask(link)? {
            Position::At(offset) => self.feed(link, offset, fragment),
            Position::Whole => self.whole(),
            Position::Gone(why) => self.gone(why),
        }
    }

    /// Opens a session; `None` where somebody else has the name.
    fn create(&mut self) -> Result<Option<String>, Failure> {
        let what = format!(
            "opening an upload session for `{}`",
            self.place.file(&self.name)
        );
        let (drive, folder) = (&self.place.drive.id, &self.place.folder.id);
        let request = session::create(&self.account.base, drive, folder, &self.name, self.conflict);
        let mut tries = Tries::default();
        let reply = loop {
            let trouble = match self
                .run
                .attempt(&Via::Account(self.account), &request, None)
            {
                Ok(reply) => break reply,
                Err(trouble) if self.taken(&trouble) => return Ok(None),
                Err(trouble) => trouble,
            };
            let account = Some(self.account);
            let again = match trouble.status() {
                Some(409) => self
                    .run
                    .again_as(Verdict::Again, &mut tries, &what, account, trouble),
                _ => self.run.again(&mut tries, &what, account, trouble),
            };
            again.map_err(busy_or)?;
        };
        let Some(link) = session::read_link(&reply) else {
            let text = format!("{what} failed: the reply has no upload URL");
            return Err(Failure::new(Code::SharePointRefused, text));
        };
        self.checkpoint.session = Some(SavedSession {
            link: link.clone(),
            name: self.name.clone(),
            folder: folder.clone(),
        });
        self.checkpoint.save(self.run.ports)?;
        Ok(Some(link))
    }

    fn feed(&mut self, link: &str, from: u64, fragment: &mut Fragment) -> Result<Fed, Failure> {
        let (total, mut at, mut tries) = (self.payload.bytes, from, Tries::default());
        let mut fresh = true;
        while at < total {
            let length = fragment.length(at, total);
            let request = session::fragment(link, at, length, total);
            let started = self.run.ports.now();
            self.sent += length;
            match self
                .run
                .attempt(&Via::Link, &request, Some(self.payload.blob))
            {
                Ok(reply) => {
                    let elapsed = self.run.ports.now().saturating_sub(started);
                    fragment.acknowledged(length, elapsed);
                    self.fragments += 1;
                    fresh = false;
                    let next = match acknowledged(&reply, at + length) {
                        Ack::Landed(item) => return Ok(Fed::End(self.landed(*item))),
                        Ack::Whole => return self.whole(),
                        Ack::At(next) if next > total => return Ok(beyond(next)),
                        Ack::At(next) => next,
                    };
                    match next > at {
                        true => tries = Tries::default(),
                        false => self.stalled(&mut tries)?,
                    }
                    at = next;
                    self.progress(at);
                }
                Err(trouble) => {
                    let last = at + length == total;
                    let next = self.troubled(trouble, &mut tries, fragment, fresh, last)?;
                    match next {
                        Next::Done(fed) => return Ok(fed),
                        Next::Same => continue,
                        Next::Ask => {}
                    }
                    match self.ask(link)? {
                        Position::At(offset) if offset > total => return Ok(beyond(offset)),
                        Position::At(offset) => at = offset,
                        Position::Whole => return self.whole(),
                        Position::Gone(why) => return self.gone(why),
                    }
                    self.progress(at);
                }
            }
        }
        self.whole()
    }

    /// SharePoint acknowledges and does not move on: bounded like any other trouble.
    fn stalled(&mut self, tries: &mut Tries) -> Result<(), Failure> {
        tries.tried += 1;
        let text = format!(
            "{} failed: SharePoint acknowledges bytes without keeping them ({})",
            self.what(),
            attempts(tries.tried)
        );
        let failure = Failure::new(Code::UploadFailed, text)
            .hint("run the job again later")
            .after(60);
        match self.run.may_try(tries) {
            true => self
                .run
                .pause(tries, None)
                .map_err(|left| left.unwrap_or(failure)),
            false => Err(failure),
        }
    }

    fn troubled(
        &mut self,
        trouble: Trouble,
        tries: &mut Tries,
        fragment: &mut Fragment,
        fresh: bool,
        last: bool,
    ) -> Result<Next, Failure> {
        let what = self.what();
        let taken = self.taken(&trouble);
        let reason = reason(&trouble);
        let status = trouble.status();
        match status {
            // The URL's own authorisation ends after a day, whatever the session.
            Some(401) => return Ok(Next::Done(Fed::Spent(reason))),
            Some(404 | 410) if fresh && tries.tried == 0 => {
                // A session just opened is sometimes not there yet.
                self.run
                    .again_as(Verdict::Again, tries, &what, None, trouble)?;
                return Ok(Next::Same);
            }
            Some(404 | 410) => return self.gone(reason).map(Next::Done),
            Some(409) if taken || reason.contains("`nameAlreadyExists`") => {
                return self.name_appeared(taken, reason).map(Next::Done);
            }
            Some(416) => {
                tries.tried += 1;
                return Ok(match self.run.may_try(tries) {
                    true => Next::Ask,
                    false => Next::Done(Fed::Spent(reason)),
                });
            }
            Some(400 | 412) if tries.tried + 1 >= WRONG => {}
            Some(400 | 409 | 412) => {
                let again = self
                    .run
                    .again_as(Verdict::Again, tries, &what, None, trouble);
                return again.map(|()| Next::Ask).map_err(busy_or);
            }
            Some(403) => {
                let end = self
                    .run
                    .again_as(Verdict::Final, tries, &what, None, trouble);
                return end.map(|()| Next::Ask).map_err(|error| {
                    let failure = Failure::from(error);
                    let hint = "the session opened but its URL refused the bytes: check that the application may write to this library, and the site's access policies";
                    failure.hint(hint)
                });
            }
            _ => {}
        }
        let failing = status.is_none() || matches!(status, Some(500..=504));
        if failing {
            fragment.shrink();
        }
        match self.run.again(tries, &what, None, trouble) {
            Ok(()) => Ok(Next::Ask),
            // Lasting failures on the last fragment may depend on its size.
            Err(CallError::Refused(_)) if last && failing => Ok(Next::Done(Fed::Spent(reason))),
            Err(error) => self.perhaps_landed(last, error.into()),
        }
    }

    /// Before the job gives up on a last fragment: it may have landed all the same.
    fn perhaps_landed(&mut self, last: bool, failure: Failure) -> Result<Next, Failure> {
        if last
            && failure.code == Code::SharePointUnavailable
            && let Ok(Some(item)) = self.mine()
        {
            return Ok(Next::Done(Fed::End(self.landed(item))));
        }
        Err(failure)
    }

    /// A file of the name appeared while the fragments went in.
    fn name_appeared(&mut self, taken: bool, reason: String) -> Result<Fed, Failure> {
        match (self.mine()?, taken) {
            (Some(item), _) => Ok(Fed::End(self.landed(item))),
            (None, true) => Ok(Fed::End(End::Taken)),
            (None, false) => Ok(Fed::Spent(reason)),
        }
    }

    /// A session that is gone may be gone because the file is complete.
    fn gone(&mut self, why: String) -> Result<Fed, Failure> {
        self.checkpoint.session = None;
        match self.mine()? {
            Some(item) => Ok(Fed::End(self.landed(item))),
            None => Ok(Fed::Spent(why)),
        }
    }

    /// The session has every byte; the item should be there, or soon.
    fn whole(&mut self) -> Result<Fed, Failure> {
        let mut tries = Tries::default();
        loop {
            if let Some(item) = self.mine()? {
                return Ok(Fed::End(self.landed(item)));
            }
            tries.tried += 1;
            if tries.tried >= WRONG || !self.run.may_try(&tries) {
                let why = "the session has every byte, and the file does not appear";
                return Ok(Fed::Spent(why.to_owned()));
            }
            if let Err(left) = self.run.pause(&mut tries, None) {
                let why = format!("{} failed: the file does not appear", self.what());
                let failure = Failure::new(Code::UploadFailed, why).after(60);
                return Err(left.unwrap_or(failure));
            }
        }
    }

    /// Asks a session where it stands.
    fn ask(&mut self, link: &str) -> Result<Position, Failure> {
        let what = format!(
            "asking how far the upload of `{}` is",
            self.place.file(&self.name)
        );
        let mut tries = Tries::default();
        loop {
            let trouble = match self.run.attempt(&Via::Link, &session::status(link), None) {
                Ok(reply) => {
                    return Ok(match session::read_expected(&reply) {
                        Expected::From(offset) => Position::At(offset),
                        Expected::Nothing => Position::Whole,
                        Expected::Unsaid => {
                            Position::Gone("the session does not say where it stands".to_owned())
                        }
                    });
                }
                Err(trouble) => trouble,
            };
            if matches!(trouble.status(), Some(400 | 401 | 403 | 404 | 409 | 410)) {
                return Ok(Position::Gone(reason(&trouble)));
            }
            self.run.again(&mut tries, &what, None, trouble)?;
        }
    }

    /// Forgets the session, and deletes it where its bytes are of no more use.
    fn leave(&mut self, delete: bool) {
        let Some(saved) = self.checkpoint.session.take() else {
            return;
        };
        if delete {
            // Best effort: a session that cannot be deleted expires by itself.
            let _ = self
                .run
                .attempt(&Via::Link, &session::delete(&saved.link), None);
        }
    }
}

enum Ack {
    Landed(Box<item::Item>),
    Whole,
    At(u64),
}

/// What the reply to a fragment that ended at `end` says.
fn acknowledged(reply: &Reply, end: u64) -> Ack {
    if let Some(item) = item::read(&reply.json()) {
        return Ack::Landed(Box::new(item));
    }
    match session::read_expected(reply) {
        Expected::From(offset) => Ack::At(offset),
        Expected::Nothing => Ack::Whole,
        Expected::Unsaid => Ack::At(end),
    }
}

fn beyond(offset: u64) -> Fed {
    Fed::Spent(format!(
        "SharePoint expects byte {offset}, which is beyond the end"
    ))
}

fn reason(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused(refusal) => refusal.to_string(),
        Trouble::Lost(lost) => format!("no reply from {}: {}", lost.service, lost.text),
        Trouble::Stopped(failure) => failure.message.clone(),
    }
}

fn busy_or(error: CallError) -> Failure {
    match error.status() {
        Some(409) => busy(error.into()),
        _ => error.into(),
    }
}
