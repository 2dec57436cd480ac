//! The component's way out: one request, checked, signed in last, sent once. What comes back
//! carries no pre-authenticated URL.

pub(crate) mod reply;

use std::sync::Arc;

use ::http::{HeaderMap, Method, Request as HttpRequest};
use wasmtime::component::Resource;
use writeback_policy::{Binding, LimitExceeded, Policy, Refused, Target, Wanted, header_bytes};

pub use self::reply::Reply;
use super::secrets::SecretHandle;
use super::spool::NoSlice;
use crate::bindings::writeback::connector::http::{
    self as wit, Content, Error, Header, Host, HostResponse, Request,
};
use crate::credentials::{Account, SignInError};
use crate::egress::{Outgoing, SendError};
use crate::sandbox::Sandbox;

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Denied(text) => Self::Denied(text),
            SendError::Limit(text) => Self::Limit(text),
            SendError::Timeout(text) => Self::Timeout(text),
            SendError::Transport(text) => Self::Transport(text),
        }
    }
}

impl From<LimitExceeded> for Error {
    fn from(limit: LimitExceeded) -> Self {
        Self::Limit(limit.to_string())
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Denied(text) => Self::Denied(text),
            Refused::Limit(limit) => limit.into(),
        }
    }
}

impl Sandbox {
    async fn exchange(
        &mut self,
        request: Request,
        account: Option<Arc<Account>>,
    ) -> wasmtime::Result<Result<Reply, Error>> {
        if let Err(limit) = self.traffic.request() {
            return Ok(Err(limit.into()));
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
        let accounts = self.bindings();
        let policy = Policy {
            accounts: &accounts,
            links: &self.links,
            allow: self.tenant.allow(),
        };
        let wanted = Wanted {
            method: &method,
            url,
            headers: headers
                .iter()
                .map(|header| (header.name.as_str(), header.value.as_str())),
            length: body.length(),
        };
        let auth = account.as_ref().map(|account| &account.binding);
        let (target, mut headers) = policy.admit(wanted, auth, self.tenant.limits())?;
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

    /// Where the run's accounts may be spent.
    fn bindings(&self) -> Vec<Arc<Binding>> {
        let accounts = self.lent.values().flatten();
        accounts
            .map(|account| Arc::clone(&account.binding))
            .collect()
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
        self.traffic.send(size(&request))?;
        let sending = self.tenant.client().send(request, &target.origin);
        let received = Arc::clone(&self.traffic).charging(sending).await;
        match &received {
            Ok(received) => {
                self.traffic.answered(received.response.status());
                tracing::debug!(%method, origin = %target.origin, status = received.response.status().as_u16())
            }
            Err(error) => tracing::debug!(%method, origin = %target.origin, %error),
        }
        let idle = self.tenant.client().idle();
        Reply::receive(received?, target, &self.links, idle, &self.traffic).await
    }

    async fn outgoing(&mut self, content: Content) -> wasmtime::Result<Result<Outgoing, Error>> {
        Ok(match content {
            Content::Empty => Ok(Outgoing::bytes(Vec::new())),
            Content::Bytes(bytes) => Ok(Outgoing::bytes(bytes)),
            Content::Slice(slice) => {
                let blob = self.table.get(&slice.blob)?;
                match self.spool.slice(blob, slice.offset, slice.length).await {
                    Ok(reader) => Ok(Outgoing::slice(reader, slice.length)),
                    Err(NoSlice::Absent(why)) => {
                        Err(Error::Denied(format!("the content cannot be sent: {why}")))
                    }
                    Err(NoSlice::Unreadable(why)) => Err(Error::Transport(format!(
                        "the content cannot be read: {why}"
                    ))),
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

/// Bytes of what will be sent, as far as it is the component's.
fn size(request: &HttpRequest<Outgoing>) -> u64 {
    let url = request.uri().to_string().len() as u64;
    (url + header_bytes(request.headers())).saturating_add(request.body().length())
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
        if let Err(limit) = self.room() {
            return Ok(Err(limit.into()));
        }
        let cancel = self.cancel.clone();
        let exchanged = tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(Err(Error::Cancelled)),
            exchanged = self.exchange(request, account) => exchanged,
        };
        match exchanged? {
            Ok(reply) => self.hold(reply).map(Ok),
            Err(error) => {
                self.release_room();
                Ok(Err(error))
            }
        }
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
        self.release(reply)
    }
}
