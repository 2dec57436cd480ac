//! Downloads at the SharePoint origin: streamed from the disk, whole or one range.

use std::io::{Read as _, Seek as _, SeekFrom};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use bytes::Bytes;
use http_body::Frame;

use super::origin::{parameter, refuse_authorization, unauthenticated};
use super::refusal::{Answer, Refusal, text};
use super::store::Inner;
use crate::state::State;

/// Bytes read from the disk at a time.
const CHUNK: u64 = 64 << 10;

/// `GET .../download.aspx?UniqueId=...&tempauth=...`
pub(super) fn serve(state: &State, parts: &Parts) -> Answer<Response<Body>> {
    refuse_authorization(parts)?;
    if parts.method != Method::GET {
        return Err(Refusal::method());
    }
    let guid = parameter(parts, "UniqueId").ok_or_else(Refusal::not_found)?;
    let mut inner = state.graph.lock();
    let (drive, item) = find(&inner, guid).ok_or_else(Refusal::not_found)?;
    if parameter(parts, "tempauth")
        != Some(&state.graph.tempauth(&format!("download {drive} {item}")))
    {
        return Err(unauthenticated("The caller is not authenticated."));
    }
    let item = inner.drive_mut(&drive)?.item_mut(&item)?;
    // A download makes SharePoint compute a hash that was missing.
    item.hash_withheld = 0;
    let content = item.content.as_ref().ok_or_else(Refusal::not_found)?;
    let range = text(&parts.headers, header::RANGE.as_str())
        .map(|value| range(value, content.size))
        .transpose()?;
    let mut file = std::fs::File::open(&content.blob).map_err(|error| Refusal::disk(&error))?;
    let (start, end) = range.unwrap_or((0, content.size));
    file.seek(SeekFrom::Start(start))
        .map_err(|error| Refusal::disk(&error))?;
    let mut reply = Response::new(Body::new(FileBody {
        file,
        left: end - start,
    }));
    let headers = reply.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, (end - start).into());
    if range.is_some() {
        let value = format!("bytes {start}-{}/{}", end - 1, content.size);
        headers.insert(
            header::CONTENT_RANGE,
            HeaderValue::try_from(value).map_err(|_| Refusal::not_found())?,
        );
        *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(reply)
}

fn find(inner: &Inner, guid: &str) -> Option<(String, String)> {
    let items = inner
        .drives
        .values()
        .flat_map(|drive| drive.items.values().map(move |item| (drive, item)));
    let mut found = items.filter(|(_, item)| item.guid == guid);
    found
        .next()
        .map(|(drive, item)| (drive.id.clone(), item.id.clone()))
}

/// Start and end (exclusive) of `bytes=a-b`, `bytes=a-` or `bytes=-n`.
fn range(value: &str, size: u64) -> Answer<(u64, u64)> {
    let refusal = || {
        Refusal::new(
            416,
            "invalidRange",
            "The requested range is not satisfiable.",
        )
    };
    let (start, end) = value
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .ok_or_else(refusal)?;
    let range = match (start.parse::<u64>().ok(), end.parse::<u64>().ok()) {
        (Some(start), Some(end)) => (start, end.saturating_add(1).min(size)),
        (Some(start), None) if end.is_empty() => (start, size),
        (None, Some(last)) if start.is_empty() => (size.saturating_sub(last), size),
        _ => return Err(refusal()),
    };
    if range.0 < range.1 {
        Ok(range)
    } else {
        Err(refusal())
    }
}

struct FileBody {
    file: std::fs::File,
    left: u64,
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            return std::task::Poll::Ready(None);
        }
        let mut buffer = vec![0; self.left.min(CHUNK) as usize];
        let read = self.file.read(&mut buffer);
        std::task::Poll::Ready(Some(read.and_then(|count| {
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            buffer.truncate(count);
            self.left -= count as u64;
            Ok(Frame::data(buffer.into()))
        })))
    }
}
