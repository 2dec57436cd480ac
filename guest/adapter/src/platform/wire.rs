//! One request by `wasi:http`, sent once, streamed both ways. Connections are the platform's.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;
use writeback_policy::Origin;
use writeback_policy::config::Limits;

use super::spool::Part;
use super::wasi::clocks::monotonic_clock::subscribe_duration;
use super::wasi::http::outgoing_handler::handle;
use super::wasi::http::types::{
    self as wasi, ErrorCode, Fields, FutureIncomingResponse, IncomingBody, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme,
};
use super::wasi::io::poll::{Pollable, poll};
use super::wasi::io::streams::{InputStream, OutputStream, StreamError};
use super::world;

/// Bytes handed to a stream at a time.
const PIECE: usize = 256 << 10;
/// Bytes that one read returns at most.
pub(super) const READ_BYTES: usize = 1 << 20;

/// What a request carries.
pub(super) enum Body<'a> {
    Bytes(&'a [u8]),
    Part(&'a Part),
}

impl Body<'_> {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Part(part) => part.length,
        }
    }

    /// At most `max` bytes from `at`.
    fn read(&self, at: u64, max: usize) -> Result<Vec<u8>, SendError> {
        match self {
            Self::Bytes(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
                let rest = rest.unwrap_or_default();
                Ok(rest[..rest.len().min(max)].to_vec())
            }
            Self::Part(part) => part
                .read(at, max)
                .map_err(|why| SendError::Transport(format!("the spool's file: {why}"))),
        }
    }
}

/// Why there is no reply.
#[derive(Clone)]
pub(super) enum SendError {
    Denied(String),
    Timeout(String),
    Transport(String),
}

/// A reply whose body is still to be read.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) incoming: Incoming,
}

/// The body of a reply on its way.
pub(super) struct Incoming {
    // Before the body that it belongs to: it is dropped first.
    stream: InputStream,
    _body: IncomingBody,
    origin: Origin,
    /// Bytes that the headers promise, where they do.
    promised: Option<u64>,
    received: u64,
    idle_seconds: u64,
}

/// Sends the request and waits for the reply's headers.
pub(super) fn send(
    method: &Method,
    url: &Url,
    origin: &Origin,
    headers: &HeaderMap,
    body: Body<'_>,
    limits: &Limits,
) -> Result<Received, SendError> {
    let request = request(method, url, headers).ok_or_else(|| {
        SendError::Denied(format!(
            "the request to `{origin}` is denied: the platform does not take it"
        ))
    })?;
    let outgoing = match body.length() {
        0 => None,
        _ => request.body().ok(),
    };
    let failed = |code: ErrorCode| told(origin, &code);
    let reply = handle(request, options(limits)).map_err(failed)?;
    if let Some(outgoing) = outgoing {
        write(outgoing, &body, &reply, origin, limits.idle_seconds)?;
    }
    wait(&reply.subscribe(), limits.request_seconds).map_err(|()| {
        SendError::Timeout(format!(
            "no reply from `{origin}` for {} s (`limits.request_seconds`)",
            limits.request_seconds
        ))
    })?;
    let reply = match reply.get() {
        Some(Ok(reply)) => reply.map_err(failed)?,
        _ => return Err(broke_off(origin, "the platform lost it")),
    };
    let headers = received_headers(&reply.headers());
    let status = reply.status();
    let unreadable = |()| broke_off(origin, "its body cannot be read");
    let body = reply.consume().map_err(unreadable)?;
    let stream = body.stream().map_err(unreadable)?;
    let promised = headers.get(header::CONTENT_LENGTH);
    let promised = promised.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Ok(Received {
        status,
        headers,
        incoming: Incoming {
            stream,
            _body: body,
            origin: origin.clone(),
            promised,
            received: 0,
            idle_seconds: limits.idle_seconds,
        },
    })
}

impl Incoming {
    /// The next bytes; none at the end. A body that is shorter than promised has no end.
    pub(super) fn next(&mut self, max: usize) -> Result<Vec<u8>, SendError> {
        loop {
            match self.stream.read(max.min(READ_BYTES) as u64) {
                Ok(bytes) if bytes.is_empty() => {
                    wait(&self.stream.subscribe(), self.idle_seconds).map_err(|()| {
                        SendError::Timeout(format!(
                            "no byte from `{}` within a reply for {} s (`limits.idle_seconds`)",
                            self.origin, self.idle_seconds
                        ))
                    })?;
                }
                Ok(bytes) => {
                    self.received += bytes.len() as u64;
                    world::alive();
                    return Ok(bytes);
                }
                Err(StreamError::Closed) => return self.end().map(|()| Vec::new()),
                Err(StreamError::LastOperationFailed(error)) => {
                    let why = match wasi::http_error_code(&error) {
                        Some(code) => kind(&code),
                        None => error.to_debug_string(),
                    };
                    return Err(broke_off(&self.origin, &why));
                }
            }
        }
    }

    fn end(&self) -> Result<(), SendError> {
        match self.promised {
            Some(promised) if self.received < promised => {
                let why = format!("{} of {promised} bytes came", self.received);
                Err(broke_off(&self.origin, &why))
            }
            _ => Ok(()),
        }
    }

    /// All of the body, or its first `limit` bytes and `false`.
    pub(super) fn collect(&mut self, limit: usize) -> Result<(Vec<u8>, bool), SendError> {
        let mut whole = Vec::new();
        loop {
            let bytes = self.next(READ_BYTES)?;
            if bytes.is_empty() {
                return Ok((whole, true));
            }
            let room = limit - whole.len();
            whole.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                return Ok((whole, false));
            }
        }
    }
}

fn request(method: &Method, url: &Url, headers: &HeaderMap) -> Option<OutgoingRequest> {
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    let request = OutgoingRequest::new(Fields::from_list(&pairs.collect::<Vec<_>>()).ok()?);
    request.set_method(&method_of(method)).ok()?;
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        _ => Scheme::Http,
    };
    request.set_scheme(Some(&scheme)).ok()?;
    request.set_authority(Some(url.authority())).ok()?;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    request.set_path_with_query(Some(path)).ok()?;
    Some(request)
}

fn method_of(method: &Method) -> wasi::Method {
    match *method {
        Method::GET => wasi::Method::Get,
        Method::POST => wasi::Method::Post,
        Method::PUT => wasi::Method::Put,
        Method::PATCH => wasi::Method::Patch,
        Method::DELETE => wasi::Method::Delete,
        _ => wasi::Method::Other(method.as_str().to_owned()),
    }
}

/// A platform that cannot keep a time says no, and the waiting here keeps it too.
fn options(limits: &Limits) -> Option<RequestOptions> {
    let options = RequestOptions::new();
    let nanoseconds = |seconds: u64| Some(seconds.saturating_mul(1_000_000_000));
    let _ = options.set_connect_timeout(nanoseconds(limits.connect_seconds));
    let _ = options.set_first_byte_timeout(nanoseconds(limits.request_seconds));
    let _ = options.set_between_bytes_timeout(nanoseconds(limits.idle_seconds));
    Some(options)
}

/// Writes the body until its end, or until the reply is there: a service may refuse a body half-way.
fn write(
    outgoing: OutgoingBody,
    body: &Body<'_>,
    reply: &FutureIncomingResponse,
    origin: &Origin,
    idle_seconds: u64,
) -> Result<(), SendError> {
    let Ok(stream) = outgoing.write() else {
        return Err(broke_off(origin, "the platform takes no body"));
    };
    let written = write_all(&stream, body, reply, origin, idle_seconds)?;
    drop(stream);
    if written {
        // What went wrong is what the reply, or its absence, says.
        let _ = OutgoingBody::finish(outgoing, None);
    }
    Ok(())
}

/// Whether all of it was taken.
fn write_all(
    stream: &OutputStream,
    body: &Body<'_>,
    reply: &FutureIncomingResponse,
    origin: &Origin,
    idle_seconds: u64,
) -> Result<bool, SendError> {
    let (mut at, length) = (0, body.length());
    while at < length {
        let room = match stream.check_write() {
            Ok(room) => usize::try_from(room).unwrap_or(PIECE).min(PIECE),
            Err(_) => return Ok(false),
        };
        if room == 0 {
            let (ready, answered) = (stream.subscribe(), reply.subscribe());
            if !wait_any(&[&ready, &answered], idle_seconds) {
                return Err(SendError::Timeout(format!(
                    "`{origin}` took no byte of the request for {idle_seconds} s (`limits.idle_seconds`)"
                )));
            }
            if answered.ready() && !ready.ready() {
                return Ok(false);
            }
            continue;
        }
        let bytes = body.read(at, room)?;
        if bytes.is_empty() {
            return Err(broke_off(origin, "the spool ended early"));
        }
        at += bytes.len() as u64;
        if stream.write(&bytes).is_err() {
            return Ok(false);
        }
        world::alive();
    }
    let _ = stream.flush();
    Ok(true)
}

/// Waits for one thing, in slices that show the run to be alive.
fn wait(thing: &Pollable, seconds: u64) -> Result<(), ()> {
    wait_any(&[thing], seconds).then_some(()).ok_or(())
}

/// Whether one of the things came in time.
fn wait_any(things: &[&Pollable], seconds: u64) -> bool {
    const SLICE: u64 = 20;
    let mut left = seconds;
    loop {
        let slice = left.min(SLICE);
        let timer = subscribe_duration(slice.saturating_mul(1_000_000_000));
        let mut all = things.to_vec();
        all.push(&timer);
        let last = things.len() as u32;
        if poll(&all).into_iter().any(|ready| ready != last) {
            return true;
        }
        world::alive();
        left -= slice;
        if left == 0 {
            return false;
        }
    }
}

fn received_headers(fields: &Fields) -> HeaderMap {
    let pairs = fields.entries().into_iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(&value).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, value);
    }
    headers
}

fn broke_off(origin: &Origin, why: &str) -> SendError {
    SendError::Transport(format!("the reply of `{origin}` broke off: {why}"))
}

fn told(origin: &Origin, code: &ErrorCode) -> SendError {
    let what = kind(code);
    match code {
        ErrorCode::DnsTimeout | ErrorCode::ConnectionTimeout => {
            SendError::Timeout(format!("connecting to `{origin}`: {what}"))
        }
        ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => SendError::Timeout(format!("`{origin}`: {what}")),
        ErrorCode::HttpRequestDenied
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestMethodInvalid => SendError::Denied(format!(
            "the request to `{origin}` is denied by the platform: {what}\n\
             hint: let the platform permit requests to `{origin}`"
        )),
        ErrorCode::TlsCertificateError => SendError::Denied(format!(
            "the certificate of `{origin}` is not trusted\n\
             hint: let the platform trust the authority that issued it"
        )),
        _ => SendError::Transport(format!("sending to `{origin}`: {what}")),
    }
}

/// The error's name as the interface has it, and what it says besides.
fn kind(code: &ErrorCode) -> String {
    match code {
        ErrorCode::InternalError(Some(why)) => why.clone(),
        code => {
            let name = format!("{code:?}");
            let name = name.strip_prefix("ErrorCode::").unwrap_or(&name);
            let mut words = String::new();
            for letter in name.chars() {
                if letter.is_ascii_uppercase()
                    && !words.is_empty()
                    && words.ends_with(|last: char| last.is_ascii_lowercase())
                {
                    words.push(' ');
                }
                words.push(letter.to_ascii_lowercase());
            }
            words
        }
    }
}
