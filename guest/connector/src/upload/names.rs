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
use crate::place::find;
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
    if_exists: IfExists,
    asked: String,
    /// Rename mode: the name that an earlier attempt of the run had chosen.
    saved: Option<String>,
    /// Rename mode: numbers known to be taken; read when first needed.
    taken: Option<BTreeSet<u64>>,
    /// The number chosen last.
    number: u64,
}

impl Names {
    pub(super) fn new<P: Ports>(plan: &Plan<'_, P>, checkpoint: &Checkpoint) -> Self {
        let saved = checkpoint.name.as_ref().filter(|saved| {
            plan.if_exists == IfExists::Rename && saved.folder == plan.place.folder.id
        });
        Self {
            if_exists: plan.if_exists,
            asked: plan.name.to_owned(),
            saved: saved.map(|saved| saved.name.clone()),
            taken: None,
            number: 0,
        }
    }

    pub(super) fn conflict(&self) -> Conflict {
        match self.if_exists {
            IfExists::Replace => Conflict::Replace,
            IfExists::Rename => Conflict::Fail,
        }
    }

    /// The name to try next; after the first one, because the last was taken.
    pub(super) fn next<P: Ports>(
        &mut self,
        run: &mut Run<'_, P>,
        plan: &Plan<'_, P>,
    ) -> Result<Choice, Failure> {
        if self.if_exists == IfExists::Replace {
            let before = existing(run, plan, &self.asked)?;
            return Ok(Choice {
                name: self.asked.clone(),
                before,
            });
        }
        let saved = self.saved.take();
        if let Some(number) = saved.and_then(|saved| number_of(&self.asked, &saved)) {
            self.number = number;
            return Ok(self.numbered());
        }
        let taken = match &mut self.taken {
            Some(taken) => {
                taken.insert(self.number);
                taken
            }
            None => {
                let mut read = taken_numbers(run, plan)?;
                // A saved name that turned out to be another's may be gone again.
                if self.number > 0 {
                    read.insert(self.number);
                }
                self.taken.insert(read)
            }
        };
        self.number = lowest_free(taken);
        Ok(self.numbered())
    }

    fn numbered(&self) -> Choice {
        Choice {
            name: numbered(&self.asked, self.number),
            before: None,
        }
    }

    pub(super) fn outcome(&self, checkpoint: &Checkpoint) -> Outcome {
        let existed = checkpoint.name.as_ref().is_some_and(|saved| saved.existed);
        match (self.if_exists, self.number) {
            (IfExists::Rename, 1..) => Outcome::Renamed,
            (IfExists::Replace, _) if existed => Outcome::Replaced,
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

/// The file that has the name; a folder of that name is a failure.
pub fn existing<P: Ports>(
    run: &mut Run<'_, P>,
    plan: &Plan<'_, P>,
    name: &str,
) -> Result<Option<Item>, Failure> {
    let (base, place) = (&plan.account.base, plan.place);
    let request = item::named(base, &place.drive.id, &place.folder.id, name);
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
    let request = item::named(base, &place.drive.id, &place.folder.id, plan.name);
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
