//! A row of a Domo DataSet for each run that is over, written with an account of the tenant.

use serde_json::Value;

use super::text::{at, moment};
use crate::App;
use crate::runner::TenantSetup;

/// Appends a row: the DataSet has these columns, all of them text but the last two, which are whole numbers.
pub(super) async fn send(
    app: &App,
    tenant: &TenantSetup,
    account: &str,
    dataset: &str,
    message: &Value,
) -> Result<(), String> {
    let row = row(message);
    let appended = app.runner.append_rows(tenant, account, dataset, &row);
    appended.await.map_err(|failure| match failure.hint {
        Some(hint) => format!("{} ({hint})", failure.message),
        None => failure.message,
    })
}

/// Ended, run, job, name of the job, state, cause, code, error, hint, file; attempts, bytes.
fn row(message: &Value) -> String {
    let texts = [
        moment(message),
        at(message, "/detail/run"),
        at(message, "/job/id"),
        at(message, "/job/name"),
        state(message),
        at(message, "/detail/cause"),
        at(message, "/detail/failure/code"),
        at(message, "/detail/failure/message"),
        at(message, "/detail/failure/hint"),
        at(message, "/detail/file/name"),
        at(message, "/detail/attempts"),
        at(message, "/detail/file/bytes"),
    ];
    let mut row = texts.map(|text| quoted(&text)).join(",");
    row.push('\n');
    row
}

fn state(message: &Value) -> String {
    match at(message, "/detail/state") {
        state if state.is_empty() => at(message, "/event"),
        state => state,
    }
}

/// As RFC 4180 says. Nothing is an empty field, which Domo reads as no value.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_a_row() {
        let message = json!({
            "event": "run", "at_ms": 1_764_117_883_123_i64, "job": { "id": "job_1", "name": "sales" },
            "detail": {
                "run": "run_1", "state": "failed", "cause": "schedule", "attempts": 2,
                "failure": { "code": "locked", "message": "`a, \"b\"`\nis open", "hint": null },
            },
        });
        assert_eq!(
            row(&message),
            "2025-11-26T00:44:43Z,run_1,job_1,sales,failed,schedule,locked,\"`a, \"\"b\"\"` is open\",,,2,\n"
        );
    }
}
