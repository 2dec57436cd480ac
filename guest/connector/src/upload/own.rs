//! Whether the file under the name is this run's: what a lost reply, or a crash, has hidden.

use super::{Payload, Upload};
use crate::call::Left;
use crate::error::{Code, Failure};
use crate::graph::item::{self, Item};
use crate::place::find;
use crate::ports::Ports;
use crate::quickxor::Digest;

/// Looks for a file that must be there.
pub(super) const LOOKS: u32 = 3;

impl<B> Payload<'_, B> {
    /// Whether an item holds these bytes. Without a hash only the size tells.
    fn is(&self, item: &Item) -> Likeness {
        let hash = item.quickxor.as_deref().map(str::parse::<Digest>);
        match (item.size, hash) {
            (Some(size), _) if size != self.bytes => Likeness::Other,
            (Some(_), Some(Ok(hash))) if hash == self.digest => Likeness::Same,
            (Some(_), Some(_)) => Likeness::Other,
            _ => Likeness::Unsure,
        }
    }
}

/// How an item compares with a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// Size and hash agree.
    Same,
    /// One of them differs.
    Other,
    /// The size agrees or is not told, and there is no hash.
    Unsure,
}

impl<P: Ports> Upload<'_, '_, P> {
    /// The item under the name, if it holds the payload: what a lost reply hid.
    pub(super) fn mine(&mut self) -> Result<Option<Item>, Failure> {
        Ok(self.seen()?.filter(|item| self.is_mine(item)))
    }

    /// The same where SharePoint has just said that the name is taken, perhaps by this run: the file is
    /// there then, and shows soon. Until it does, no other name may be tried.
    pub(super) fn mine_or_others(&mut self) -> Result<Option<Item>, Failure> {
        let mut looks = self.run.tries();
        loop {
            if let Some(item) = self.seen()? {
                return Ok(Some(item).filter(|item| self.is_mine(item)));
            }
            looks.tried += 1;
            let left = match looks.tried < LOOKS {
                true => self.run.pause(&mut looks, None).err(),
                false => Some(Left::Spent(String::new())),
            };
            if let Some(left) = left {
                let text = format!(
                    "{} failed: SharePoint says that the name is taken, and does not show the file, which may be this run's ({})",
                    self.what(),
                    self.run.tried(&looks)
                );
                let failure = Failure::new(Code::UploadFailed, text);
                return Err(left.or(failure.hint("run the job again later").after(60)));
            }
        }
    }

    fn seen(&mut self) -> Result<Option<Item>, Failure> {
        let (base, drive) = (&self.account.base, &self.place.drive.id);
        let request = item::named(base, drive, &self.place.folder.id, &self.name);
        let what = format!("reading `{}`", self.place.file(&self.name));
        Ok(find(self.run, self.account, &what, &request)?)
    }

    fn is_mine(&self, item: &Item) -> bool {
        match self.payload.is(item) {
            Likeness::Same => true,
            Likeness::Other => false,
            // Without a hash, a new eTag tells that a write went through since.
            Likeness::Unsure => {
                let before = self.before.as_ref().and_then(|file| file.etag.as_ref());
                item.size == Some(self.payload.bytes)
                    && item.etag.is_some()
                    && before != item.etag.as_ref()
            }
        }
    }
}
