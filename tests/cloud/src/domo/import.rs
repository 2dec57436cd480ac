//! `PUT /v1/datasets/{id}/data`: CSV without a header takes the place of the rows, or is added to them.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, Response, header};
use bytes::Bytes;
use serde::Deserialize;

use super::authorize;
use super::catalog::{Dataset, Kind};
use super::records::records;
use super::refusal::refused;
use crate::reply::{Refused, RequestId};
use crate::state::State;

/// Rows that came through the API.
#[derive(Default)]
pub(crate) struct Imported(Mutex<Rows>);

/// How many, and all of them as CSV.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    pub rows: u64,
    pub text: String,
}

impl Imported {
    pub fn read(&self) -> Rows {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.clone()
    }

    fn add(&self, more: Rows, replace: bool) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if replace {
            *rows = Rows::default();
        }
        rows.rows += more.rows;
        rows.text.push_str(&more.text);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parameters {
    update_method: Option<String>,
}

pub(crate) async fn data(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    request_id: RequestId,
    body: Bytes,
) -> Result<Response<Body>, Refused> {
    let token = authorize(&state, &headers, "data", &request_id)?;
    let dataset = state.domo.readable(&id, &request_id)?;
    if token.has_role("Participant") {
        let text = "Infrastructure problem (403): Access is denied";
        return Err(refused(400, text, &request_id).into());
    }
    if !is_csv(&headers) {
        let text = "Content type is not supported: text/csv is required";
        return Err(refused(415, text, &request_id).into());
    }
    let failed = || {
        refused(
            400,
            &format!("Data import failed for dataset {id}."),
            &request_id,
        )
    };
    let rows = checked(dataset, &body).ok_or_else(failed)?;
    // As documented: any other word, and none, is REPLACE.
    let append = parameters.update_method.as_deref() == Some("APPEND");
    dataset.imported.add(rows, !append);
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = axum::http::StatusCode::NO_CONTENT;
    Ok(reply)
}

fn is_csv(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()) == Some("text/csv")
}

/// The rows, if the DataSet was made through the API and they have its columns.
fn checked(dataset: &Dataset, body: &[u8]) -> Option<Rows> {
    if dataset.kind != Kind::Runs {
        return None;
    }
    let mut text = std::str::from_utf8(body).ok()?.to_owned();
    let (records, columns) = (records(&text)?, dataset.columns());
    let fits = |(field, (_, kind)): (&String, &(String, &str))| {
        field.is_empty() || *kind != "LONG" || field.parse::<i64>().is_ok()
    };
    let whole = |record: &Vec<String>| {
        record.len() == columns.len() && record.iter().zip(&columns).all(fits)
    };
    if records.is_empty() || !records.iter().all(whole) {
        return None;
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Some(Rows {
        rows: records.len() as u64,
        text,
    })
}
