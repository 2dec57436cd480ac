//! The component's way out: one request, checked, signed in last, sent once. What comes back
//! carries no pre-authenticated URL.

pub(crate) mod permit;
pub(crate) mod reply;

use std::sync::Arc;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, header};
use wasmtime::component::Resource;

use self::permit::{Target, permit};
pub use self::reply::Reply;
use super::secrets::SecretHandle;
use crate::bindings::writeback::connector::http::{
    self as wit, Content, Error, Header, Host, HostResponse, Request,
};
use crate::credentials::{Account, SignInError};
use crate::egress::{Outgoing, SendError, police};
use crate::sandbox::Sandbox;

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Denied(text) => Self::Denied(text),
            SendError::Timeout(text) => Self::Timeout(text),
            SendError::Transport(text) => Self::Transport(text),
        }
    }
}

impl Sandbox {
    async fn exchange(
        &mut self,
        request: Request,
        account: Option<Arc<Account>>,
    ) -> wasmtime::Result<Result<Reply, Error>> {
        if let Err(error) = self.count_request() {
            return Ok(Err(error));
        }
        let body = match self.outgoing(request.content).await? {
            Ok(body) => body,
            Err(error) => return Ok(Err(error)),
        };
        Ok(self
            .checked(
                request.method,
                &request.url,
                &request.headers,
                body,
                account,
            )
            .await)
    }

    async fn checked(
        &mut self,
        method: wit::Method,
        url: &str,
        headers: &[Header],
        body: Outgoing,
        account: Option<Arc<Account>>,
    ) -> Result<Reply, Error> {
        let method = method_of(method);
        let target = permit(&method, url, account.as_ref(), &self.lent, &self.links)
            .map_err(Error::Denied)?;
        let bound = |name: &HeaderName| {
            let mut accounts = self.lent.values().flatten();
            accounts.any(|account| account.bound_header() == Some(name))
        };
        let pairs = headers
            .iter()
            .map(|header| (header.name.as_str(), header.value.as_str()));
        let mut headers = police(pairs, bound).map_err(|why| {
            Error::Denied(format!(
                "the request to `{}` is denied: {why}",
                target.origin
            ))
        })?;
        frame(&mut headers, &method, &body);
        if let Some(account) = &account {
            let credential = self.credential(account, &target.origin, &target.url).await;
            let (name, value) = credential.map_err(|error| match error {
                SignInError::Refused(text) => Error::SignIn(text),
                SignInError::Unavailable(text) => Error::Transport(text),
            })?;
            headers.insert(name, value);
        }
        self.dispatch(method, target, headers, body).await
    }

    async fn dispatch(
        &mut self,
        method: Method,
        target: Target,
        headers: HeaderMap,
        body: Outgoing,
    ) -> Result<Reply, Error> {
        let mut request = HttpRequest::new(body);
        *request.uri_mut() = target.url.as_str().parse().map_err(|_| {
            Error::Denied(format!(
                "the request to `{}` is denied: its URL cannot be sent",
                target.origin
            ))
        })?;
        *request.headers_mut() = headers;
        *request.method_mut() = method.clone();
        let received = self.tenant.client().send(request, &target.origin).await;
        match &received {
            Ok(received) => {
                tracing::debug!(%method, origin = %target.origin, status = received.response.status().as_u16())
            }
            Err(error) => tracing::debug!(%method, origin = %target.origin, %error),
        }
        Reply::receive(received?, target, &self.links, self.tenant.client().idle()).await
    }

    fn count_request(&mut self) -> Result<(), Error> {
        let limit = self.tenant.limits().requests;
        if self.requests >= limit {
            return Err(Error::Limit(format!(
                "the run has sent {limit} requests (the limit is `limits.requests`)"
            )));
        }
        self.requests += 1;
        Ok(())
    }

    async fn outgoing(&mut self, content: Content) -> wasmtime::Result<Result<Outgoing, Error>> {
        Ok(match content {
            Content::Empty => Ok(Outgoing::bytes(Vec::new())),
            Content::Bytes(bytes) => Ok(Outgoing::bytes(bytes)),
            Content::Slice(slice) => {
                let blob = self.table.get(&slice.blob)?;
                match self.spool.slice(blob, slice.offset, slice.length).await {
                    Ok(file) => Outgoing::slice(file, slice.offset, slice.length)
                        .map_err(|error| Error::Transport(format!("the spool's file: {error}"))),
                    Err(why) => Err(Error::Denied(format!("the content cannot be sent: {why}"))),
                }
            }
        })
    }
}

fn method_of(method: wit::Method) -> Method {
    match method {
        wit::Method::Get => Method::GET,
        wit::Method::Post => Method::POST,
        wit::Method::Put => Method::PUT,
        wit::Method::Patch => Method::PATCH,
        wit::Method::Delete => Method::DELETE,
    }
}

/// The length is always told: services refuse uploads without one.
fn frame(headers: &mut HeaderMap, method: &Method, body: &Outgoing) {
    let expected = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    if expected || body.length() > 0 {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.length()));
    }
}

impl Host for Sandbox {
    async fn send(
        &mut self,
        request: Request,
        auth: Option<Resource<SecretHandle>>,
    ) -> wasmtime::Result<Result<Resource<Reply>, Error>> {
        let account = match &auth {
            Some(handle) => Some(Arc::clone(&self.table.get(handle)?.account)),
            None => None,
        };
        let cancel = self.cancel.clone();
        let exchanged = tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(Err(Error::Cancelled)),
            exchanged = self.exchange(request, account) => exchanged,
        };
        Ok(match exchanged? {
            Ok(reply) => Ok(self.table.push(reply)?),
            Err(error) => Err(error),
        })
    }
}

impl HostResponse for Sandbox {
    async fn status(&mut self, reply: Resource<Reply>) -> wasmtime::Result<u16> {
        Ok(self.table.get(&reply)?.status)
    }

    async fn headers(&mut self, reply: Resource<Reply>) -> wasmtime::Result<Vec<Header>> {
        Ok(self.table.get(&reply)?.headers.clone())
    }

    async fn read(
        &mut self,
        reply: Resource<Reply>,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let cancel = self.cancel.clone();
        let reply = self.table.get_mut(&reply)?;
        Ok(tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            bytes = reply.read(max) => bytes,
        })
    }

    async fn drop(&mut self, reply: Resource<Reply>) -> wasmtime::Result<()> {
        self.table.delete(reply)?;
        Ok(())
    }
}
