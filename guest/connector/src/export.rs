//! From Domo into the blob: metadata, export, metadata again, and the proof that
//! all rows came.
//!
//! An export counts only when its status and content type are right, its records
//! are whole, and their number is one that Domo itself names.

mod download;
mod owners;
mod rows;
mod rules;

pub use owners::{owner, ownership};
pub use rows::RowCheck;
pub use rules::{Judgement, Ownership, Visible, columns, pdp, visible};

use crate::account::Account;
use crate::call::{Left, Run};
use crate::domo::{self, DataSet};
use crate::error::{Code, Failure};
use crate::job::{DomoJob, RowsRule};
use crate::ports::{Blob, Level, Ports};
use crate::quickxor::Digest;
use crate::table::TableSummary;
pub use download::spool_failure;
use download::{Download, download};
use rows::{Rows, compare};

/// What arrived.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Metadata read after the export.
    pub dataset: DataSet,
    /// Records, columns, bytes, hash.
    pub summary: TableSummary,
    /// Exports that it took.
    pub exports: u32,
    /// What the count was held against.
    pub row_check: RowCheck,
}

/// Reads the DataSet's metadata; a deleted one is a failure.
pub fn metadata<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    id: &str,
) -> Result<DataSet, Failure> {
    let what = format!("reading DataSet `{id}`");
    let reply = run.call(account, &what, &domo::dataset(&account.base, id))?;
    let Some(dataset) = DataSet::from_reply(&reply) else {
        let text = format!("{what} failed: the reply is no DataSet");
        return Err(Failure::new(Code::DomoRefused, text)
            .hint("check the account's `api` endpoint; it is `https://api.domo.com`"));
    };
    if dataset.deleted {
        return Err(
            Failure::new(Code::DataSetDeleted, format!("DataSet `{id}` was deleted"))
                .hint("choose another DataSet"),
        );
    }
    Ok(dataset)
}

/// What is to be begun once an export is there, while Domo is asked about it.
pub type Ahead<'a, P> = dyn Fn(&mut Run<'_, P>) + 'a;

/// Exports until the export can be believed, within the job's bound, and seals the blob.
pub fn export<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    job: &DomoJob,
    mut before: DataSet,
    blob: &P::Blob,
    ahead: &Ahead<'_, P>,
) -> Result<Exported, Failure> {
    let mut pauses = run.tries();
    // The end of the last export that had none; one that ends there again ends there.
    let mut broken = None;
    for exports in 1..=job.export_attempts {
        let came = download(run, account, &job.dataset, blob)?;
        if let Download::Whole(_) = &came {
            ahead(run);
        }
        let doubt = match judge(run, account, job, &before, came, exports, &mut broken)? {
            Attempt::Good(exported, note) => {
                note.into_iter().for_each(|note| run.warn(note));
                return sealed(blob, *exported);
            }
            Attempt::Doubtful(doubt) => doubt,
        };
        let Failure { message, .. } = &doubt.failure;
        run.ports.log(
            Level::Info,
            &format!("{message}; exporting again if that is allowed"),
        );
        let more = match exports < job.export_attempts {
            true => run.pause(&mut pauses, None),
            false => Err(Left::Spent(String::new())),
        };
        match more {
            Ok(()) => {
                before = match doubt.after {
                    Some(after) => after,
                    None => metadata(run, account, &job.dataset)?,
                };
            }
            Err(Left::Cancelled(cancelled)) => return Err(cancelled),
            Err(Left::Spent(_)) => {
                let Doubt {
                    failure,
                    pass,
                    note,
                    ..
                } = *doubt;
                let Some(exported) = pass else {
                    return Err(failure);
                };
                note.into_iter().for_each(|note| run.warn(note));
                run.warn(failure.message);
                return sealed(blob, exported);
            }
        }
    }
    Err(Failure::new(Code::RowsMismatch, "no export was allowed"))
}

fn sealed<B: Blob>(blob: &B, exported: Exported) -> Result<Exported, Failure> {
    blob.seal().map_err(spool_failure)?;
    Ok(exported)
}

enum Attempt {
    /// With what the receipt says of its rows.
    Good(Box<Exported>, Option<String>),
    Doubtful(Box<Doubt>),
}

/// An export that is not to be believed.
struct Doubt {
    failure: Failure,
    /// Set where it may pass with a warning when no more exports are allowed.
    pass: Option<Exported>,
    /// What the receipt then says of its rows as well.
    note: Option<String>,
    /// Metadata read after it.
    after: Option<DataSet>,
}

/// One export, held against the metadata around it.
fn judge<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    job: &DomoJob,
    before: &DataSet,
    came: Download,
    exports: u32,
    broken: &mut Option<Digest>,
) -> Result<Attempt, Failure> {
    let summary = match came {
        Download::Whole(summary) => summary,
        Download::Damaged(error) => {
            let failure = malformed(&job.dataset, &error.to_string(), exports);
            let doubt = Doubt {
                failure,
                pass: None,
                note: None,
                after: None,
            };
            return Ok(Attempt::Doubtful(Box::new(doubt)));
        }
    };
    let dataset = metadata(run, account, &job.dataset)?;
    // A header was asked for: without one, what came is not even an empty table.
    let beheaded = summary.columns == 0 && dataset.columns.is_some_and(|columns| columns > 0);
    let rows = match beheaded {
        true => Rows::Differ("has no bytes at all, not even the header".to_owned()),
        false => compare(run, account, &job.dataset, &dataset, summary.records)?,
    };
    let (row_check, note) = match &rows {
        Rows::Agreed(check, note) => (*check, note.clone()),
        Rows::Differ(_) => (RowCheck::Warned, None),
    };
    let after = Some(dataset.clone());
    let ends = summary.ended || *broken == Some(summary.digest);
    *broken = (!summary.ended).then_some(summary.digest);
    let changed = !before.same_data(&dataset);
    let exported = Exported {
        dataset,
        summary,
        exports,
        row_check,
    };
    let (failure, may_pass) = match rows {
        Rows::Differ(text) => (
            mismatch(&job.dataset, &text, exports),
            job.rows == RowsRule::Warn,
        ),
        Rows::Agreed(..) if !ends => (endless(&job.dataset, exports), job.export_attempts == 1),
        Rows::Agreed(..) if changed => (change(&job.dataset, exports), true),
        Rows::Agreed(..) => return Ok(Attempt::Good(Box::new(exported), note)),
    };
    let pass = may_pass.then_some(exported);
    Ok(Attempt::Doubtful(Box::new(Doubt {
        failure,
        pass,
        note,
        after,
    })))
}

fn times(exports: u32) -> String {
    match exports {
        1 => "1 export".to_owned(),
        n => format!("{n} exports"),
    }
}

fn malformed(id: &str, text: &str, exports: u32) -> Failure {
    let text = format!(
        "the export of DataSet `{id}` is damaged: {text} ({})",
        times(exports)
    );
    Failure::new(Code::ExportMalformed, text).hint(
        "run the job again; if the text stays the same, report it to Domo with the record's number",
    )
}

fn endless(id: &str, exports: u32) -> Failure {
    let text = format!(
        "the export of DataSet `{id}` ends without a line end, so its last record may be cut off ({})",
        times(exports)
    );
    Failure::new(Code::ExportMalformed, text)
        .hint("run the job again later")
        .after(60)
}

fn mismatch(id: &str, text: &str, exports: u32) -> Failure {
    let text = format!("the export of DataSet `{id}` {text} ({})", times(exports));
    Failure::new(Code::RowsMismatch, text)
        .hint("Domo may still be storing an update: run the job again later, or accept the difference with `rows = \"warn\"`")
        .after(900)
}

fn change(id: &str, exports: u32) -> Failure {
    let text = format!(
        "DataSet `{id}` changed while it was exported ({})",
        times(exports)
    );
    Failure::new(Code::RowsMismatch, text)
}
