//! Where a session stands, and whether the file is there although it seems not.

use super::Fed;
use crate::call::Via;
use crate::error::{Code, Failure};
use crate::graph::session::{self, Expected};
use crate::ports::Ports;
use crate::upload::own::LOOKS;
use crate::upload::session::trouble::reason;
use crate::upload::{End, Upload};

/// Where a session stands.
pub(super) enum Position {
    At(u64),
    /// It has every byte.
    Whole,
    Gone(String),
}

impl<P: Ports> Upload<'_, '_, P> {
    /// Asks a session where it stands.
    pub(super) fn ask(&mut self, link: &str) -> Result<Position, Failure> {
        let what = format!(
            "asking how far the upload of `{}` is",
            self.place.file(&self.name)
        );
        let mut tries = self.run.tries();
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

    /// The session has every byte; the item should be there, or soon.
    pub(super) fn whole(&mut self) -> Result<Fed, Failure> {
        let mut tries = self.run.tries();
        loop {
            if let Some(item) = self.mine()? {
                return Ok(Fed::End(self.landed(item)));
            }
            tries.tried += 1;
            if tries.tried >= LOOKS || !self.run.may_try(&tries) {
                let why = "the session has every byte, and the file does not appear";
                return Ok(Fed::Spent(why.to_owned()));
            }
            if let Err(left) = self.run.pause(&mut tries, None) {
                let why = format!("{} failed: the file does not appear", self.what());
                let failure = Failure::new(Code::UploadFailed, why).after(60);
                return Err(left.or(failure));
            }
        }
    }

    /// A session that is gone may be gone because the file is complete.
    pub(super) fn gone(&mut self, why: String) -> Result<Fed, Failure> {
        match self.mine()? {
            Some(item) => Ok(Fed::End(self.landed(item))),
            None => Ok(Fed::Spent(why)),
        }
    }

    /// A file of the name appeared while the fragments went in.
    pub(super) fn name_appeared(&mut self, taken: bool, reason: String) -> Result<Fed, Failure> {
        let own = match taken {
            true => self.mine_or_others()?,
            false => self.mine()?,
        };
        Ok(match (own, taken) {
            (Some(item), _) => Fed::End(self.landed(item)),
            (None, true) => Fed::End(End::Taken),
            (None, false) => Fed::Spent(reason),
        })
    }
}
