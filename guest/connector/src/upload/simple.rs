//! The whole file in one PUT.

use super::{End, Upload, busy};
use crate::call::{Lost, Trouble, Via};
use crate::error::{Code, Failure};
use crate::graph::item;
use crate::message::Request;
use crate::ports::Ports;
use crate::refusal::Service;
use crate::retry::{Tries, Verdict};

impl<P: Ports> Upload<'_, '_, P> {
    pub(super) fn simple(&mut self) -> Result<End, Failure> {
        let (what, request) = (self.what(), self.put());
        let mut tries = self.run.tries();
        loop {
            self.sent += self.payload.bytes;
            let via = Via::Account(self.account);
            let trouble = match self.run.attempt(&via, &request, Some(self.payload.blob)) {
                Ok(reply) => match item::read(&reply.json()) {
                    Some(item) => return Ok(self.landed(item)),
                    None => Trouble::silent(),
                },
                Err(trouble) => trouble,
            };
            if self.taken(&trouble) && !self.unsure {
                return Ok(End::Taken);
            }
            if self.taken(&trouble) {
                let own = self.mine_or_others()?;
                return Ok(own.map_or(End::Taken, |item| self.landed(item)));
            }
            let ambiguous = trouble.ambiguous();
            self.unsure |= ambiguous;
            let ended = self.wait(&mut tries, &what, trouble);
            if let Err(failure) = &ended
                && failure.code == Code::Cancelled
            {
                return Err(failure.clone());
            }
            // The reply may have been lost on the way back: look before writing again.
            if ambiguous {
                match (self.mine(), &ended) {
                    (Ok(Some(item)), _) => return Ok(self.landed(item)),
                    (Err(failure), Ok(())) => return Err(failure),
                    _ => {}
                }
            }
            ended?;
        }
    }

    /// Pauses before another attempt; a 409 that stays is another writer's.
    fn wait(&mut self, tries: &mut Tries, what: &str, trouble: Trouble) -> Result<(), Failure> {
        let account = Some(self.account);
        if trouble.status() != Some(409) {
            return Ok(self.run.again(tries, what, account, trouble)?);
        }
        let again = self
            .run
            .again_as(Verdict::Again, tries, what, account, trouble);
        again.map_err(|error| match error.status() {
            Some(409) => busy(error.into()),
            _ => error.into(),
        })
    }

    fn put(&self) -> Request {
        item::put_content(
            &self.account.base,
            &self.place.drive.id,
            &self.place.folder.id,
            &self.name,
            self.conflict,
            self.payload.bytes,
        )
    }

    pub(super) fn landed(&self, item: item::Item) -> End {
        self.progress(self.payload.bytes);
        End::Landed(item)
    }
}

impl Trouble {
    /// A good status without the item that should come with it.
    fn silent() -> Self {
        Self::Lost(Lost {
            service: Service::SharePoint,
            text: "the reply does not describe the file".to_owned(),
        })
    }
}
