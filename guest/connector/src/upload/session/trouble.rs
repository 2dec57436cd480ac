//! What trouble with a fragment calls for.

use super::Fed;
use crate::call::{CallError, Left, Trouble};
use crate::error::{Code, Failure};
use crate::ports::Ports;
use crate::retry::{Tries, Verdict};
use crate::upload::{End, Fragment, Upload, busy};

/// Attempts at a fragment that SharePoint calls wrong.
const WRONG: u32 = 3;

/// What to do after trouble with a fragment.
pub(super) enum Next {
    /// Ask where the session stands.
    Ask,
    /// The same fragment again.
    Same,
    Done(Fed),
}

impl<P: Ports> Upload<'_, '_, P> {
    pub(super) fn troubled(
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
        self.unsure |= last && status != Some(409) && trouble.ambiguous();
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
            // Another writer was quicker. Its content may be the same and is still not ours.
            Some(409) if taken && !self.unsure => return Ok(Next::Done(Fed::End(End::Taken))),
            Some(409) if taken || reason.contains("`nameAlreadyExists`") => {
                return self.name_appeared(taken, reason).map(Next::Done);
            }
            Some(416) => return self.out_of_turn(tries, trouble.asked(), reason),
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

    /// SharePoint expects other bytes. Asking mends the first; where they go on, only time may.
    fn out_of_turn(
        &mut self,
        tries: &mut Tries,
        asked: Option<u64>,
        reason: String,
    ) -> Result<Next, Failure> {
        tries.tried += 1;
        let left = match self.run.may_try(tries) {
            true if tries.tried == 1 => return Ok(Next::Ask),
            true => self.run.pause(tries, asked),
            false => return Ok(Next::Done(Fed::Spent(reason))),
        };
        match left {
            Ok(()) => Ok(Next::Ask),
            Err(Left::Cancelled(cancelled)) => Err(cancelled),
            Err(Left::Spent(why)) => Ok(Next::Done(Fed::Spent(format!("{reason}; {why}")))),
        }
    }

    /// SharePoint acknowledges and does not move on: bounded like any other trouble.
    pub(super) fn stalled(&mut self, tries: &mut Tries) -> Result<(), Failure> {
        tries.tried += 1;
        let text = format!(
            "{} failed: SharePoint acknowledges bytes without keeping them ({})",
            self.what(),
            self.run.tried(tries)
        );
        let failure = Failure::new(Code::UploadFailed, text)
            .hint("run the job again later")
            .after(60);
        match self.run.may_try(tries) {
            true => self.run.pause(tries, None).map_err(|left| left.or(failure)),
            false => Err(failure),
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
}

/// Trouble as part of a sentence.
pub(super) fn reason(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused(refusal) => refusal.traced(),
        Trouble::Lost(lost) => format!("no reply from {}: {}", lost.service, lost.text),
        Trouble::Stopped(failure) => failure.message.clone(),
    }
}

/// The failure of a call; a 409 that stays is another writer's.
pub(super) fn busy_or(error: CallError) -> Failure {
    match error.status() {
        Some(409) => busy(error.into()),
        _ => error.into(),
    }
}
