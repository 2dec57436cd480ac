//! Under which name the file lands.
//!
//! In rename mode the guest picks the lowest free number itself and uploads with
//! `fail`: a lost reply then stays decidable, and two writers never take one name.

use super::{Outcome, Plan};
use crate::call::Run;
use crate::error::{Code, Failure};
use crate::filename::{number_of, numbered};
use crate::graph::item::{self, Conflict, Item};
use crate::job::IfExists;
use crate::message::Request;
use crate::place::{Place, find};
use crate::ports::Ports;
use crate::resume::Checkpoint;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Children a page when a folder is read for its names.
const PAGE: u32 = 1000;

/// A name, and the file that has it already.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) before: Option<Item>,
}

/// The names that come into question, one after the other.
pub(super) struct Names {
    /// Whether a name that is taken stays as it is and the file gets a number.
    numbering: bool,
    asked: String,
    /// When numbering: the name that an earlier attempt of the run had chosen.
    saved: Option<u64>,
    /// When numbering: numbers known to be taken; read when first needed.
    taken: Option<BTreeSet<u64>>,
    /// The number chosen last.
    number: Option<u64>,
    /// Why the file does not have the name that was asked for although it might replace that.
    evaded: Option<String>,
}

impl Names {
    pub(super) fn new<P: Ports>(plan: &Plan<'_, P>, checkpoint: &Checkpoint) -> Self {
        let saved = checkpoint.name.as_ref();
        let saved = saved.filter(|saved| saved.folder == plan.place.folder.id);
        let saved = saved.and_then(|saved| number_of(plan.name, &saved.name));
        let rename = plan.if_exists == IfExists::Rename;
        // Where the name may be replaced, only a lock made the earlier attempt choose a number.
        let evaded = !rename && saved.is_some_and(|number| number > 0);
        Self {
            numbering: rename || evaded,
            asked: plan.name.to_owned(),
            saved,
            taken: None,
            number: None,
            evaded: evaded.then(|| "an earlier attempt of this run found it so".to_owned()),
        }
    }

    pub(super) fn conflict(&self) -> Conflict {
        match self.numbering {
            false => Conflict::Replace,
            true => Conflict::Fail,
        }
    }

    /// The file is locked: from here on it gets a number.
    pub(super) fn locked(&mut self, failure: &Failure) {
        if !self.numbering {
            self.numbering = true;
            self.saved = None;
            self.evaded = Some(failure.message.clone());
        }
    }

    /// Why the file has a number although the name might be replaced.
    pub(super) fn evaded(&self) -> Option<&str> {
        self.evaded.as_deref()
    }

    /// The name to try next; after the first one, because the last was taken.
    pub(super) fn next<P: Ports>(
        &mut self,
        run: &mut Run<'_, P>,
        plan: &Plan<'_, P>,
    ) -> Result<Choice, Failure> {
        if !self.numbering {
            let before = existing(run, plan, &self.asked)?;
            self.number = Some(0);
            return Ok(self.numbered(0, before));
        }
        if let Some(number) = self.saved.take() {
            self.number = Some(number);
            return Ok(self.numbered(number, None));
        }
        let taken = match &mut self.taken {
            Some(taken) => taken,
            None => self.taken.insert(taken_numbers(run, plan)?),
        };
        // A name that was tried is not free, whatever the list says.
        taken.extend(self.number);
        let number = lowest_free(taken);
        self.number = Some(number);
        Ok(self.numbered(number, None))
    }

    fn numbered(&self, number: u64, before: Option<Item>) -> Choice {
        Choice {
            name: numbered(&self.asked, number),
            before,
        }
    }

    pub(super) fn outcome(&self, existed: bool) -> Outcome {
        match (self.numbering, self.number) {
            (true, Some(1..)) => Outcome::Renamed,
            (false, _) if existed => Outcome::Replaced,
            _ => Outcome::Created,
        }
    }
}

/// The lowest number that is not taken.
pub fn lowest_free(taken: &BTreeSet<u64>) -> u64 {
    (0..)
        .find(|number| !taken.contains(number))
        .unwrap_or(u64::MAX)
}

/// What tells whether a name is taken.
pub fn look(base: &str, place: &Place, name: &str, if_exists: IfExists) -> Request {
    let (drive, folder) = (&place.drive.id, &place.folder.id);
    match if_exists {
        IfExists::Replace => item::named_with_publication(base, drive, folder, name),
        IfExists::Rename => item::named(base, drive, folder, name),
    }
}

/// The file that has the name; a folder of that name is a failure.
pub fn existing<P: Ports>(
    run: &mut Run<'_, P>,
    plan: &Plan<'_, P>,
    name: &str,
) -> Result<Option<Item>, Failure> {
    let (base, place) = (&plan.account.base, plan.place);
    let request = look(base, place, name, IfExists::Replace);
    let what = format!("reading `{}`", place.file(name));
    match find(run, plan.account, &what, &request)? {
        Some(item) if item.is_folder() => {
            let text = format!(
                "`{}` is a folder, so no file can have that name",
                place.file(name)
            );
            Err(Failure::new(Code::NameIsFolder, text)
                .hint("choose another file name, or use `if_exists = \"rename\"`"))
        }
        found => Ok(found),
    }
}

/// The numbers that are taken. Only numbers are kept, whatever the folder's size.
pub fn taken_numbers<P: Ports>(
    run: &mut Run<'_, P>,
    plan: &Plan<'_, P>,
) -> Result<BTreeSet<u64>, Failure> {
    let mut taken = BTreeSet::new();
    let (base, place) = (&plan.account.base, plan.place);
    // Most often the name is free, and one small request says so.
    let request = look(base, place, plan.name, IfExists::Rename);
    let what = format!("reading `{}`", place.file(plan.name));
    if find(run, plan.account, &what, &request)?.is_none() {
        return Ok(taken);
    }
    taken.insert(0);
    let what = format!("listing folder `{}`", place.file("").trim_end_matches('/'));
    let first = item::children(base, &place.drive.id, &place.folder.id, PAGE);
    run.pages(plan.account, &what, first, |page| {
        let items = item::read_page(page);
        let numbers = items
            .iter()
            .filter_map(|item| number_of(plan.name, &item.name));
        taken.extend(numbers);
        ControlFlow::Continue(())
    })?;
    Ok(taken)
}
