//! One export from the wire into the blob, counted and hashed as it passes.
//!
//! Memory stays flat: a chunk is read, counted, appended and dropped.

use crate::account::Account;
use crate::call::{CallError, Run, Trouble, Via};
use crate::domo;
use crate::error::{Code, Failure};
use crate::message::{Headers, Reply};
use crate::ports::{Blob, HttpError, Ports, Response, SpoolError, Step};
use crate::refusal::Service;
use crate::table::{Table, TableError, TableSummary};

/// Bytes read at once.
const CHUNK: u32 = 512 * 1024;
/// Bytes after which it is told how far the export is.
const TOLD: u64 = 4 * 1024 * 1024;
/// Bytes of an error's body that are read.
const ERROR_BODY: usize = 64 * 1024;

/// What an export brought.
pub enum Download {
    /// A table.
    Whole(TableSummary),
    /// Bytes that are no table.
    Damaged(TableError),
}

/// Why bytes stopped coming.
enum Stop {
    Http(HttpError),
    Spool(SpoolError),
    Table(TableError),
}

/// Exports into the blob, from the start again after every interruption.
pub fn download<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    id: &str,
    blob: &P::Blob,
) -> Result<Download, Failure> {
    let what = format!("exporting DataSet `{id}`");
    let request = domo::export(&account.base, id);
    let mut tries = run.tries();
    loop {
        blob.reset().map_err(spool_failure)?;
        let trouble = match run.open(&Via::Account(account), &request, None) {
            Err(trouble) => trouble,
            Ok(response) => match judge(run, &response) {
                Err(trouble) => trouble,
                Ok(()) => match pump(run.ports, &response, blob) {
                    Ok(summary) => return Ok(Download::Whole(summary)),
                    Err(Stop::Table(error)) => return Ok(Download::Damaged(error)),
                    Err(Stop::Spool(error)) => return Err(spool_failure(error)),
                    Err(Stop::Http(error)) => Trouble::from_http(Service::Domo, error),
                },
            },
        };
        let again = run.again(&mut tries, &what, Some(account), trouble);
        again.map_err(refused)?;
    }
}

/// Looks at status and content type before a byte counts as data.
fn judge<P: Ports>(run: &Run<'_, P>, response: &P::Response) -> Result<(), Trouble> {
    let (status, headers) = (response.status(), response.headers());
    if status == 200 && is_csv(&headers) {
        return Ok(());
    }
    let body = error_body(response).map_err(|e| Trouble::from_http(Service::Domo, e))?;
    let reply = Reply {
        status,
        headers,
        body,
    };
    let mut trouble = run.refusal(Service::Domo, &reply);
    if let Trouble::Refused(refusal) = &mut trouble
        && (200..300).contains(&refusal.status)
        && refusal.message.is_empty()
        && !refusal.html
    {
        let kind = reply
            .headers
            .media_type()
            .unwrap_or_else(|| "no content type".to_owned());
        refusal.message = format!("{kind} instead of text/csv");
    }
    Err(trouble)
}

/// Domo says `text/csv`; a proxy may make less of it. A reply without a type is
/// believed if it calls itself an attachment.
fn is_csv(headers: &Headers) -> bool {
    let attached = || {
        let value = headers.get("content-disposition").unwrap_or_default();
        value.to_ascii_lowercase().starts_with("attachment")
    };
    match headers.media_type().as_deref() {
        Some("text/csv" | "application/csv" | "text/comma-separated-values") => true,
        Some("application/octet-stream" | "text/plain") | None => attached(),
        Some(_) => false,
    }
}

fn error_body<R: Response>(response: &R) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while body.len() < ERROR_BODY {
        let part = response.read(CHUNK)?;
        if part.is_empty() {
            break;
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

fn pump<P: Ports>(ports: &P, response: &P::Response, blob: &P::Blob) -> Result<TableSummary, Stop> {
    let (mut table, mut passed, mut told) = (Table::new(), 0, 0);
    ports.report(Step::Exporting(0));
    loop {
        let part = response.read(CHUNK).map_err(Stop::Http)?;
        if part.is_empty() {
            ports.report(Step::Exporting(passed));
            return table.finish().map_err(Stop::Table);
        }
        table.push(&part).map_err(Stop::Table)?;
        blob.append(&part).map_err(Stop::Spool)?;
        passed += part.len() as u64;
        if passed >= told + TOLD {
            ports.report(Step::Exporting(passed));
            told = passed;
        }
    }
}

/// An export's refusal has a code of its own when it came with a good status.
fn refused(error: CallError) -> Failure {
    match error {
        CallError::Refused(refused)
            if (200..300).contains(&refused.refusal.status) && !refused.refusal.html =>
        {
            refused.coded(Code::ExportNotCsv).hint(
                "check the account's `api` endpoint and any proxy on the way; it is `https://api.domo.com`",
            )
        }
        other => other.into(),
    }
}

/// The failure that the spool's trouble becomes.
pub fn spool_failure(error: SpoolError) -> Failure {
    match error {
        SpoolError::Full(text) => {
            let text = format!("the export does not fit into the spool: {text}");
            Failure::new(Code::SpoolFull, text).hint("raise the limit under `[limits]`")
        }
        SpoolError::Io(text) => Failure::new(
            Code::SpoolFailed,
            format!("keeping the export failed: {text}"),
        )
        .hint("check the disk under the state directory"),
        SpoolError::Cancelled => Failure::cancelled(),
    }
}
