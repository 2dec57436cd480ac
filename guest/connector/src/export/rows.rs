//! Whether the number of records is one that Domo itself names.
//!
//! The metadata may lag, and say nothing of what row restrictions hide; a query as
//! the same client sees what the export sees.

use crate::account::Account;
use crate::call::{CallError, Run};
use crate::domo::{self, DataSet};
use crate::error::{Code, Failure};
use crate::ports::Ports;

/// What the count was held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowCheck {
    /// The metadata's row count.
    Metadata,
    /// `SELECT COUNT(*)` as the same client.
    Query,
    /// Nothing that agreed; the job lets it pass with a warning.
    Warned,
}

impl RowCheck {
    /// Reads the receipt's word.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Metadata, Self::Query, Self::Warned];
        all.into_iter().find(|check| check.word() == word)
    }

    /// The receipt's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Query => "query",
            Self::Warned => "warned",
        }
    }
}

/// What the comparison came to.
pub enum Rows {
    /// Domo names the same number; with what there is to say about it all the same.
    Agreed(RowCheck, Option<String>),
    /// It does not; the text goes on after "the export of DataSet `x`".
    Differ(String),
}

/// Holds a count of records against Domo's own. `id` is the job's: a reply's may be anything.
pub fn compare<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    id: &str,
    dataset: &DataSet,
    counted: u64,
) -> Result<Rows, Failure> {
    let told = dataset.rows == Some(counted);
    if told && !dataset.pdp {
        return Ok(Rows::Agreed(RowCheck::Metadata, None));
    }
    let metadata = match dataset.rows {
        Some(rows) => format!("Domo's metadata say {rows}"),
        None => "Domo's metadata say nothing of rows".to_owned(),
    };
    match query(run, account, id)? {
        Ok(rows) if rows == counted => {
            let note = format!("{metadata}, but a query counts {rows} rows, as exported");
            Ok(Rows::Agreed(
                RowCheck::Query,
                (!dataset.pdp).then_some(note),
            ))
        }
        // Nothing disproves the metadata, and they agree.
        Err(_) if told => Ok(Rows::Agreed(RowCheck::Metadata, None)),
        Ok(rows) => Ok(Rows::Differ(format!(
            "has {counted} records; {metadata}, and a query counts {rows}"
        ))),
        Err(why) => Ok(Rows::Differ(format!(
            "has {counted} records; {metadata}, and the rows could not be counted by a query: {why}"
        ))),
    }
}

/// Asks for the count; the inner error says why there is none.
fn query<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    id: &str,
) -> Result<Result<u64, String>, Failure> {
    let what = format!("counting the rows of DataSet `{id}`");
    match run.call(account, &what, &domo::count(&account.base, id)) {
        Ok(reply) => {
            let count = domo::read_count(&reply);
            Ok(count.ok_or_else(|| "the reply has no count".to_owned()))
        }
        Err(CallError::Failed(failure)) if failure.code == Code::Cancelled => Err(failure),
        Err(error) => Ok(Err(Failure::from(error).message)),
    }
}
