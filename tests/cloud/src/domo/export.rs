//! `GET /v1/datasets/{id}/data`: the CSV, generated while it is sent, chunked, never held.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use bytes::Bytes;
use http_body::Frame;
use serde::Deserialize;
use serde_json::Value;

use super::catalog::Dataset;
use super::table::{self, Block, Table};
use super::{authorize, presented, refusal};
use crate::clock;
use crate::fault::Hooks;
use crate::reply::{Refused, RequestId};
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parameters {
    include_header: Option<String>,
    file_name: Option<String>,
}

pub(crate) async fn data(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    request_id: RequestId,
    hooks: Hooks,
) -> Result<Response<Body>, Refused> {
    let wants_csv = accepts(&headers, "text/csv");
    let signed_in = presented(&state, &headers).is_some_and(|token| token.expires > clock::now());
    let acceptable = wants_csv || accepts(&headers, "*/*");
    if !acceptable || (wants_csv && !signed_in) {
        return Err(refusal::not_acceptable().into());
    }
    let token = authorize(&state, &headers, "data", &request_id)?;
    let dataset = state.domo.readable(&id, &request_id)?;
    // The documented default is false; one client sends `True`.
    let header = parameters
        .include_header
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let export = Export::new(dataset, dataset.visible_rows(&token), header, &hooks);
    let length = export.length();
    let name = parameters.file_name.unwrap_or_else(|| format!("{id}.csv"));
    let disposition = format!(
        "attachment; filename={}",
        name.replace(['"', '\r', '\n'], "")
    );
    let mut reply = Response::new(Body::new(export));
    reply.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv;charset=utf-8"),
    );
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        reply
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    if hooks.find("sized-export").is_some() {
        reply
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
    }
    Ok(reply)
}

/// Whether `Accept` names `kind`. Without an `Accept`, anything is accepted.
fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    match headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
    {
        None => kind == "*/*",
        Some(text) => text
            .split(',')
            .any(|part| part.split(';').next().unwrap_or_default().trim() == kind),
    }
}

/// The body: a prefix (header), the rows, a suffix (imported rows; a broken record, when a fault asks for one).
struct Export {
    prefix: Bytes,
    block: Block,
    next: u64,
    rows: u64,
    suffix: Bytes,
}

impl Export {
    fn new(dataset: &Dataset, visible: u64, header: bool, hooks: &Hooks) -> Self {
        let table = &dataset.table;
        let mut prefix = if hooks.find("bom-export").is_some() {
            b"\xef\xbb\xbf".to_vec()
        } else {
            Vec::new()
        };
        if header {
            prefix.extend(table::header(
                dataset.columns().into_iter().map(|column| column.0),
            ));
        }
        let missing = hooks
            .find("short-export")
            .map_or(0, |value| value.as_u64().unwrap_or(1));
        let surplus = hooks
            .find("long-export")
            .map_or(0, |value| value.as_u64().unwrap_or(1));
        let mut rows = (visible + surplus).saturating_sub(missing);
        let imported = dataset.imported.read();
        rows = rows.saturating_sub(imported.rows);
        let mut suffix = imported.text.into_bytes();
        let broken = broken_record(table, hooks);
        if !broken.is_empty() {
            rows = rows.saturating_sub(1);
        }
        suffix.extend(broken);
        // The block must not be cut at the table's own rows when the export has more.
        let block = Table {
            rows: table.rows.max(rows),
            ..*table
        }
        .block();
        Self {
            prefix: prefix.into(),
            block,
            next: 0,
            rows,
            suffix: suffix.into(),
        }
    }

    /// Bytes of all of it.
    fn length(&self) -> u64 {
        (self.prefix.len() + self.suffix.len()) as u64 + self.block.bytes_of(self.rows)
    }
}

/// The last record with a field too many, too few, or with a quote that nothing closes.
fn broken_record(table: &Table, hooks: &Hooks) -> Vec<u8> {
    let commas = |count: u32| ",".repeat(count as usize);
    let last = table.columns - 1;
    if let Some(value) = hooks.find("ragged-export") {
        let fewer = value == &Value::from("fewer");
        return format!(
            "199999999999{}\n",
            commas(if fewer {
                last.saturating_sub(1)
            } else {
                last + 1
            })
        )
        .into_bytes();
    }
    if hooks.find("open-quote-export").is_some() {
        return format!("{}\"never closed\n", commas(last)).into_bytes();
    }
    Vec::new()
}

impl http_body::Body for Export {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = |data| Poll::Ready(Some(Ok(Frame::data(data))));
        if !self.prefix.is_empty() {
            return frame(std::mem::take(&mut self.prefix));
        }
        if self.next < self.rows {
            let chunk = self.block.chunk(self.next, self.rows);
            self.next += self.block.step(self.next, self.rows);
            return frame(chunk);
        }
        if !self.suffix.is_empty() {
            return frame(std::mem::take(&mut self.suffix));
        }
        Poll::Ready(None)
    }
}
