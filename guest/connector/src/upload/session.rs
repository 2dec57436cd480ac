//! The file in fragments, through an upload session.
//!
//! The position is SharePoint's to tell, never ours to assume: after any trouble it
//! is asked. No credential goes to the upload URL.

mod position;
mod trouble;

use super::{End, Fragment, Upload};
use crate::call::{Run, Via};
use crate::error::{Code, Failure};
use crate::graph::item;
use crate::graph::session::{self, Expected};
use crate::message::Reply;
use crate::ports::Ports;
use crate::refusal::within;
use crate::resume::SavedSession;
use crate::retry::Verdict;
use position::Position;
use trouble::{Next, busy_or};

/// Sessions that one job may lose, whatever names it tries.
const SESSIONS: u32 = 4;
/// How far one session came.
enum Fed {
    End(End),
    /// It is of no use any more; why.
    Spent(String),
}

impl<P: Ports> Upload<'_, '_, P> {
    pub(super) fn session(&mut self) -> Result<End, Failure> {
        let result = self.sessions();
        // A cancelled run may go on where it was; any other end gives the session up.
        if !matches!(&result, Err(failure) if failure.code == Code::Cancelled) {
            self.leave(true);
        }
        result
    }

    fn sessions(&mut self) -> Result<End, Failure> {
        let mut fragment = Fragment::new(self.sizes.fragment, self.sizes.fragment_max);
        let (mut why, begun) = (String::new(), self.run.elapsed());
        while self.lost < SESSIONS {
            let fed = match self.saved() {
                Some(link) => self.resume(&link, &mut fragment)?,
                None => match self.create()? {
                    Some(link) => self.feed(&link, 0, &mut fragment)?,
                    None => return self.refused_name(),
                },
            };
            match fed {
                Fed::End(end) => return Ok(end),
                Fed::Spent(reason) => why = reason,
            }
            self.lost += 1;
            self.leave(true);
            // "Permanent for some sizes": another size may pass where this one did not.
            fragment.shrink();
        }
        let took = self.run.elapsed().saturating_sub(begun);
        let tried = within(format!("{SESSIONS} upload sessions"), took);
        let text = format!("{} failed: {why} ({tried})", self.what());
        Err(Failure::new(Code::UploadFailed, text)
            .hint("run the job again later")
            .after(60))
    }

    /// The name of the next session is taken: by the last one, if its end is unknown.
    fn refused_name(&mut self) -> Result<End, Failure> {
        let own = match self.unsure {
            true => self.mine_or_others()?,
            false => None,
        };
        Ok(own.map_or(End::Taken, |item| self.landed(item)))
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
        let mut tries = self.run.tries();
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
        let (total, mut at, mut tries) = (self.payload.bytes, from, self.run.tries());
        let mut fresh = true;
        while at < total {
            let length = fragment.length(at, total);
            let request = session::fragment(link, at, length, total);
            let started = self.run.elapsed();
            self.sent += length;
            match self
                .run
                .attempt(&Via::Link, &request, Some(self.payload.blob))
            {
                Ok(reply) => {
                    let elapsed = self.run.elapsed().saturating_sub(started);
                    fragment.acknowledged(length, elapsed);
                    self.fragments += 1;
                    fresh = false;
                    let next = match acknowledged(&reply, at + length) {
                        Ack::Landed(item) => {
                            // It ended with the file. One that only seems to have may be open still.
                            self.leave(false);
                            return Ok(Fed::End(self.landed(*item)));
                        }
                        Ack::Whole => return self.whole(),
                        Ack::At(next) if next > total => return Ok(beyond(next)),
                        Ack::At(next) => next,
                    };
                    match next > at {
                        true => tries = self.run.tries(),
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

    /// Forgets the session, and deletes it where its bytes are of no more use.
    fn leave(&mut self, delete: bool) {
        let Some(saved) = self.checkpoint.session.take() else {
            return;
        };
        if delete {
            abandon(self.run, &saved);
        }
    }
}

/// Deletes a session whose bytes are of no more use: while it lasts, it stands in the
/// way of the next one. Best effort, for it expires by itself.
pub fn abandon<P: Ports>(run: &mut Run<'_, P>, saved: &SavedSession) {
    run.tidy("closing an upload session", &session::delete(&saved.link));
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
