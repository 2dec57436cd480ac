//! The component: the exports on the logic, the ports on the imports.
//!
//! The only file that knows wit-bindgen. It decides nothing.

use crate::error::Failure;
use crate::message::{Content, Headers, Method, Request};
use crate::ports::{
    Cancelled, HttpError, Identity, Level, Ports, SecretError, SpoolError, Step, TurnError,
};

wit_bindgen::generate!({
    path: "../../wit",
    world: "connector",
    generate_all,
});

use exports::writeback::connector::writeback::Guest;
use writeback::connector::{checkpoint, exclusive, http, progress, secrets, spool, time, types};

struct Component;
export!(Component);

impl Guest for Component {
    fn describe() -> String {
        crate::describe::describe()
    }

    fn run(job: String, resume: Option<Vec<u8>>) -> Result<String, types::Failure> {
        Ok(crate::writeback::run(&Imports, &job, resume.as_deref())?)
    }

    fn check(job: String) -> Result<String, types::Failure> {
        Ok(crate::check::check(&Imports, &job)?)
    }

    fn browse(query: String) -> Result<String, types::Failure> {
        Ok(crate::browse::browse(&Imports, &query)?)
    }
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code.as_str().to_owned(),
            message: failure.message,
            hint: failure.hint,
            retry_after: failure.retry_after,
        }
    }
}

/// The host's world.
struct Imports;

impl Ports for Imports {
    type Secret = secrets::Secret;
    type Blob = spool::Blob;
    type Response = http::Response;

    fn secret(&self, name: &str) -> Result<secrets::Secret, SecretError> {
        Ok(secrets::open(name)?)
    }

    fn blob(&self, name: &str) -> Result<spool::Blob, SpoolError> {
        Ok(spool::open(name)?)
    }

    fn send(
        &self,
        request: &Request,
        blob: Option<&spool::Blob>,
        auth: Option<&secrets::Secret>,
    ) -> Result<http::Response, HttpError> {
        let content = content(&request.content, blob)?;
        Ok(http::send(&wanted(request, content), auth)?)
    }

    fn prefetch(&self, request: &Request, auth: &secrets::Secret) {
        http::prefetch(&wanted(request, http::Content::Empty), Some(auth));
    }

    fn now(&self) -> u64 {
        time::now()
    }

    fn sleep(&self, milliseconds: u64) -> Result<(), Cancelled> {
        time::sleep(milliseconds).map_err(|_| Cancelled)
    }

    fn save(&self, state: &[u8]) -> Result<(), String> {
        checkpoint::save(state).map_err(|checkpoint::Error::Io(text)| text)
    }

    fn hold(&self, name: &str) -> Result<bool, TurnError> {
        exclusive::hold(name).map_err(|error| match error {
            exclusive::Error::Io(text) => TurnError::Io(text),
            exclusive::Error::Cancelled => TurnError::Cancelled,
        })
    }

    fn report(&self, step: Step) {
        progress::report(match step {
            Step::Preparing => progress::Step::Preparing,
            Step::Exporting(bytes) => progress::Step::Exporting(bytes),
            Step::Uploading(bytes, total) => progress::Step::Uploading((bytes, total)),
            Step::Waiting(milliseconds) => progress::Step::Waiting(milliseconds),
            Step::Verifying => progress::Step::Verifying,
        });
    }

    fn log(&self, level: Level, text: &str) {
        let level = match level {
            Level::Debug => progress::Level::Debug,
            Level::Info => progress::Level::Info,
            Level::Warn => progress::Level::Warn,
        };
        progress::log(level, text);
    }

    fn seed(&self) -> (u64, u64) {
        wasi::random::insecure_seed::insecure_seed()
    }
}

fn wanted<'a>(request: &Request, content: http::Content<'a>) -> http::Request<'a> {
    let headers = request.headers.iter().map(|(name, value)| http::Header {
        name: (*name).to_owned(),
        value: value.clone(),
    });
    http::Request {
        method: request.method.into(),
        url: request.url.clone(),
        headers: headers.collect(),
        content,
    }
}

fn content<'a>(
    content: &Content,
    blob: Option<&'a spool::Blob>,
) -> Result<http::Content<'a>, HttpError> {
    match (content, blob) {
        (Content::Empty, _) => Ok(http::Content::Empty),
        (Content::Bytes(bytes), _) => Ok(http::Content::Bytes(bytes.clone())),
        (Content::Slice { offset, length }, Some(blob)) => Ok(http::Content::Slice(http::Slice {
            blob,
            offset: *offset,
            length: *length,
        })),
        (Content::Slice { .. }, None) => {
            Err(HttpError::Transport("a slice needs a blob".to_owned()))
        }
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
            Method::Put => Self::Put,
            Method::Patch => Self::Patch,
            Method::Delete => Self::Delete,
        }
    }
}

impl crate::ports::Secret for secrets::Secret {
    fn endpoint(&self, service: &str) -> Result<String, SecretError> {
        Ok(secrets::Secret::endpoint(self, service)?)
    }

    fn identity(&self) -> Result<Identity, SecretError> {
        let identity = secrets::Secret::identity(self)?;
        Ok(Identity {
            subject: identity.subject,
            roles: identity.roles,
            scopes: identity.scopes,
            expires: identity.expires,
        })
    }

    fn renew(&self) -> Result<(), SecretError> {
        Ok(secrets::Secret::renew(self)?)
    }
}

impl crate::ports::Blob for spool::Blob {
    fn append(&self, bytes: &[u8]) -> Result<(), SpoolError> {
        Ok(spool::Blob::append(self, bytes)?)
    }

    fn seal(&self) -> Result<(), SpoolError> {
        Ok(spool::Blob::seal(self)?)
    }

    fn reset(&self) -> Result<(), SpoolError> {
        Ok(spool::Blob::reset(self)?)
    }

    fn length(&self) -> u64 {
        spool::Blob::length(self)
    }

    fn sealed(&self) -> bool {
        spool::Blob::sealed(self)
    }
}

impl crate::ports::Response for http::Response {
    fn status(&self) -> u16 {
        http::Response::status(self)
    }

    fn headers(&self) -> Headers {
        let headers = http::Response::headers(self).into_iter();
        Headers(headers.map(|header| (header.name, header.value)).collect())
    }

    fn read(&self, max: u32) -> Result<Vec<u8>, HttpError> {
        Ok(http::Response::read(self, max)?)
    }
}

impl From<secrets::Error> for SecretError {
    fn from(error: secrets::Error) -> Self {
        match error {
            secrets::Error::Undeclared(text) => Self::Undeclared(text),
            secrets::Error::Refused(text) => Self::Refused(text),
            secrets::Error::Unavailable(text) => Self::Unavailable(text),
            secrets::Error::Cancelled => Self::Cancelled,
        }
    }
}

impl From<spool::Error> for SpoolError {
    fn from(error: spool::Error) -> Self {
        match error {
            spool::Error::Full(text) => Self::Full(text),
            spool::Error::Io(text) => Self::Io(text),
            spool::Error::Cancelled => Self::Cancelled,
        }
    }
}

impl From<http::Error> for HttpError {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Denied(text) => Self::Denied(text),
            http::Error::Limit(text) => Self::Limit(text),
            http::Error::Timeout(text) => Self::Timeout(text),
            http::Error::Transport(text) => Self::Transport(text),
            http::Error::SignIn(text) => Self::SignIn(text),
            http::Error::Cancelled => Self::Cancelled,
        }
    }
}
