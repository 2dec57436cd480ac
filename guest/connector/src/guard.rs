//! Good data is not replaced by bad: the job's `[guard]`, held against an export before a byte of it,
//! or a folder for it, is in SharePoint.

use crate::account::Account;
use crate::call::Run;
use crate::domo::DataSet;
use crate::error::{Code, Failure};
use crate::export::Judgement;
use crate::graph::item;
use crate::job::{Fraction, GuardJob, IfEmpty};
use crate::place::{Place, find};
use crate::ports::{Level, Ports};
use crate::table::TableSummary;

/// Names that a message lists of each kind.
const LISTED: usize = 10;

/// What an export is allowed to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A file.
    Write,
    /// Nothing, as the job wants it; why.
    Skip(String),
}

/// Judges what can be seen of an export itself. `id` is the DataSet's.
pub fn judge(guard: &GuardJob, id: &str, summary: &TableSummary) -> Result<Fate, Failure> {
    let whose = format!("the export of DataSet `{id}`");
    if summary.records == 0 && guard.if_empty == IfEmpty::Skip {
        return Ok(Fate::Skip(format!(
            "{whose} has no rows, so nothing was uploaded and SharePoint is as it was (`if_empty = \"skip\"`)"
        )));
    }
    rows(guard, &whose, summary.records)?;
    let known = summary.names.len() as u64 == summary.columns;
    match &guard.expect_columns {
        Some(expected) if !known => Err(differ(&format!(
            "{whose} has {} columns with longer names than the {} expected ones can have",
            summary.columns,
            expected.len()
        ))),
        Some(expected) => columns(&whose, expected, &summary.names),
        None => Ok(()),
    }?;
    Ok(Fate::Write)
}

/// The same by Domo's metadata, before there is an export.
pub fn foresee(guard: &GuardJob, dataset: &DataSet) -> Judgement {
    let whose = format!("by Domo's metadata, DataSet `{}`", dataset.id);
    if dataset.rows == Some(0) && guard.if_empty == IfEmpty::Skip {
        return Judgement::Warn(format!(
            "{whose} has no rows, so nothing would be uploaded (`if_empty = \"skip\"`)"
        ));
    }
    let counted = dataset.rows.map_or(Ok(()), |n| rows(guard, &whose, n));
    let named = match (&guard.expect_columns, &dataset.names) {
        (Some(expected), Some(names)) => columns(&whose, expected, names),
        _ => Ok(()),
    };
    match counted.and(named) {
        Ok(()) => Judgement::Fine,
        Err(failure) => Judgement::Refuse(failure),
    }
}

fn rows(guard: &GuardJob, whose: &str, rows: u64) -> Result<(), Failure> {
    if rows == 0 && guard.if_empty == IfEmpty::Fail {
        let text = format!("{whose} has no rows");
        return Err(Failure::new(Code::ExportEmpty, text).hint(
            "see why the DataSet is empty; if it may be, set `if_empty = \"write\"` or `\"skip\"` under `[guard]`",
        ));
    }
    if rows < guard.min_rows {
        let text = format!(
            "{whose} has {rows} rows, and the job wants {} at least",
            guard.min_rows
        );
        return Err(Failure::new(Code::TooFewRows, text).hint(
            "see why rows are missing in the DataSet; if that is right, lower `min_rows` under `[guard]`",
        ));
    }
    Ok(())
}

fn columns(whose: &str, expected: &[String], found: &[String]) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    let mut said = Vec::new();
    for (word, names) in [
        ("missing", without(expected, found)),
        ("not expected", without(found, expected)),
    ] {
        if !names.is_empty() {
            said.push(format!("{word}: {}", listed(&names)));
        }
    }
    if said.is_empty() {
        let mut pairs = expected.iter().zip(found).zip(1..);
        if let Some(((due, name), at)) = pairs.find(|((due, name), _)| due != name) {
            said.push(format!(
                "out of order: column {at} is {}, not {}",
                quoted(name),
                quoted(due)
            ));
        }
    }
    Err(differ(&format!(
        "{whose} has not the columns that the job expects; {}",
        said.join("; ")
    )))
}

fn differ(text: &str) -> Failure {
    Failure::new(Code::ColumnsDiffer, text)
        .hint("mend the DataSet, or write its columns into `expect_columns` under `[guard]`")
}

/// The names of `these` that are not among `those`, each as often as it is too many.
fn without<'a>(these: &'a [String], those: &[String]) -> Vec<&'a str> {
    let mut left: Vec<&str> = those.iter().map(String::as_str).collect();
    let mut missing = Vec::new();
    for name in these {
        match left.iter().position(|other| other == name) {
            Some(at) => drop(left.swap_remove(at)),
            None => missing.push(name.as_str()),
        }
    }
    missing
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| quoted(name)).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn quoted(name: &str) -> String {
    let mut short: String = name.chars().take(80).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    format!("`{short}`")
}

/// Holds the size against that of the file that has the job's name now.
pub fn size<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    name: &str,
    most: Option<Fraction>,
    bytes: u64,
) -> Result<(), Failure> {
    let Some(most) = most else {
        return Ok(());
    };
    let file = place.file(name);
    let found = match place.missing.is_empty() {
        true => {
            let request = item::named(&account.base, &place.drive.id, &place.folder.id, name);
            find(run, account, &format!("reading `{file}`"), &request)?
        }
        false => None,
    };
    let found = found.filter(|item| !item.is_folder());
    let Some(before) = found.and_then(|item| item.size) else {
        let text = format!("there is no `{file}` to hold the export's size against");
        run.ports.log(Level::Debug, &text);
        return Ok(());
    };
    if bytes >= most.least(before) {
        return Ok(());
    }
    let text = format!(
        "the export has {bytes} bytes and `{file}` has {before}: {} less, and the job allows {most}",
        Fraction::missing(bytes, before)
    );
    Err(Failure::new(Code::Shrunk, text).hint(
        "see what is missing in the DataSet; if that is right, raise `max_shrink` under `[guard]`, or remove the file",
    ))
}
