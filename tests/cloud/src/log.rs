//! The request log behind `/_sim/requests`. It never holds an `Authorization` value, a body, or a `tempauth`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Method, Uri, header};
use serde::Serialize;

use crate::state::Service;

/// Entries kept; older ones are dropped so that memory stays flat.
const KEPT: usize = 10_000;

/// Headers worth showing. Everything else is left out.
const SHOWN: [&str; 16] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "content-type",
    "content-length",
    "content-range",
    "range",
    "transfer-encoding",
    "expect",
    "if-match",
    "if-none-match",
    "prefer",
    "client-request-id",
    "connection",
    "te",
];

/// One request, as `/_sim/requests` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct LogEntry {
    /// Counts from 1 over all listeners.
    pub seq: u64,
    /// Which listener.
    pub service: Service,
    /// HTTP method.
    pub method: String,
    /// Path, still percent-encoded.
    pub path: String,
    /// Query without the question mark, pre-authentication redacted.
    pub query: Option<String>,
    /// Selected headers.
    pub headers: BTreeMap<String, String>,
    /// Scheme of the `Authorization` header (`Basic`, `Bearer`, ...), if there was one.
    pub authorization: Option<String>,
    /// Whether a `Cookie` came along.
    pub cookie: bool,
    /// Bytes of the request body read so far.
    pub received: u64,
    /// Bytes of the reply body sent so far.
    pub sent: u64,
    /// Status of the reply; `null` until there is one, and for a reply that was dropped.
    pub status: Option<u16>,
    /// Id for the support of the service, as in the reply's headers.
    pub request_id: String,
    /// Names of the faults that fired on this request.
    pub faults: Vec<String>,
}

/// The live side of an entry: counted while the request runs.
#[derive(Debug)]
pub(crate) struct Live {
    head: LogEntry,
    pub received: AtomicU64,
    pub sent: AtomicU64,
    pub status: AtomicU16,
}

/// All requests, oldest first.
#[derive(Debug, Default)]
pub struct RequestLog {
    arrived: AtomicU64,
    entries: Mutex<VecDeque<Arc<Live>>>,
}

impl RequestLog {
    /// How many requests have arrived.
    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// The number of a request that just arrived.
    pub(crate) fn next(&self) -> u64 {
        self.arrived.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn open(&self, seq: u64, service: Service, request: &Head<'_>) -> Arc<Live> {
        let head = LogEntry {
            seq,
            service,
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            query: request.uri.query().map(redact),
            headers: shown(request.headers),
            authorization: scheme(request.headers),
            cookie: request.headers.contains_key(header::COOKIE),
            received: 0,
            sent: 0,
            status: None,
            request_id: request.id.to_owned(),
            faults: request.faults.clone(),
        };
        let live = Arc::new(Live {
            head,
            received: 0.into(),
            sent: 0.into(),
            status: 0.into(),
        });
        let mut entries = self.lock();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(Arc::clone(&live));
        live
    }

    /// Requests after number `since`, oldest first.
    pub fn since(&self, since: u64) -> Vec<LogEntry> {
        self.lock()
            .iter()
            .filter(|live| live.head.seq > since)
            .map(|live| live.shown())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Live>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a request when it arrives.
pub(crate) struct Head<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub id: &'a str,
    pub faults: Vec<String>,
}

impl Live {
    fn shown(&self) -> LogEntry {
        let status = self.status.load(Ordering::Relaxed);
        LogEntry {
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            status: (status != 0).then_some(status),
            ..self.head.clone()
        }
    }
}

fn shown(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    SHOWN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), text(name)?)))
        .collect()
}

fn scheme(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?;
    let text = value.to_str().unwrap_or("unreadable");
    // A value without a scheme is a bare secret: only its presence is told.
    Some(
        text.split_once(' ')
            .map_or("none", |(scheme, _)| scheme)
            .to_owned(),
    )
}

/// Pre-authenticated parameters lose their value.
fn redact(query: &str) -> String {
    let secret = |name: &str| ["tempauth", "client_secret", "access_token", "sig"].contains(&name);
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if secret(name) => format!("{name}=redacted"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}
