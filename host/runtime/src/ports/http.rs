//! The component's way out: one request, checked, signed in last, sent once. What comes back
//! carries no pre-authenticated URL.

pub(crate) mod ahead;
mod exchange;
pub(crate) mod reply;

use std::sync::Arc;

use ::http::Method;
use wasmtime::component::Resource;
use writeback_policy::{Binding, LimitExceeded, Policy, Refused, Wanted};

use self::ahead::Key;
use self::exchange::Exchange;
pub use self::reply::Reply;
use super::secrets::SecretHandle;
use super::spool::NoSlice;
use crate::bindings::writeback::connector::http::{
    self as wit, Content, Error, Header, Host, HostResponse, Request,
};
use crate::credentials::Account;
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
    /// The reply to a request: one that is under way already, or a new one.
    async fn exchange(
        &mut self,
        request: Request,
        account: Option<Arc<Account>>,
    ) -> wasmtime::Result<Result<Reply, Error>> {
        let begun = match self.ahead.take(&request, account.as_ref()) {
            // What could not be signed in ahead may be by now.
            Some(begun) => Some(begun.await).filter(|ended| ended.sent),
            None => None,
        };
        let ended = match begun {
            Some(ended) => ended,
            None => match self.begin(request, account.clone()).await? {
                Ok(exchange) => exchange.run().await,
                Err(error) => return Ok(Err(error)),
            },
        };
        if let (Some(account), Some(token)) = (&account, ended.token) {
            self.signed(account, token);
        }
        Ok(ended.reply)
    }

    /// Begins an exchange that nobody waits for yet. What goes wrong is found again by `send`.
    async fn fetch_ahead(
        &mut self,
        request: Request,
        account: Option<Arc<Account>>,
    ) -> wasmtime::Result<()> {
        let plain =
            matches!(request.method, wit::Method::Get) && matches!(request.content, Content::Empty);
        if plain && self.ahead.has_room() {
            let key = Key::new(&request, account.as_ref());
            if let Ok(mut exchange) = self.begin(request, account.clone()).await? {
                exchange.signing_in = account.and_then(|account| self.sign_in_ahead(&account));
                self.ahead.put(key, exchange.run());
            }
        }
        Ok(())
    }

    /// An exchange that the policy admits.
    async fn begin(
        &mut self,
        request: Request,
        account: Option<Arc<Account>>,
    ) -> wasmtime::Result<Result<Exchange, Error>> {
        if let Err(limit) = self.traffic.request() {
            return Ok(Err(limit.into()));
        }
        let body = match self.outgoing(request.content).await? {
            Ok(body) => body,
            Err(error) => return Ok(Err(error)),
        };
        let method = method_of(request.method);
        let accounts = self.bindings();
        let policy = Policy {
            accounts: &accounts,
            links: &self.links,
            allow: self.tenant.allow(),
        };
        let wanted = Wanted {
            method: &method,
            url: &request.url,
            headers: request
                .headers
                .iter()
                .map(|header| (header.name.as_str(), header.value.as_str())),
            length: body.length(),
        };
        let auth = account.as_ref().map(|account| &account.binding);
        Ok(match policy.admit(wanted, auth, self.tenant.limits()) {
            Ok((target, headers)) => Ok(Exchange {
                tenant: self.tenant.clone(),
                links: Arc::clone(&self.links),
                traffic: Arc::clone(&self.traffic),
                account,
                signing_in: None,
                method,
                target,
                headers,
                body,
            }),
            Err(refused) => Err(refused.into()),
        })
    }

    fn lent_to(
        &self,
        auth: Option<&Resource<SecretHandle>>,
    ) -> wasmtime::Result<Option<Arc<Account>>> {
        auth.map(|handle| Ok(Arc::clone(&self.table.get(handle)?.account)))
            .transpose()
    }

    /// Where the run's accounts may be spent.
    fn bindings(&self) -> Vec<Arc<Binding>> {
        let accounts = self.lent.values().flatten();
        accounts
            .map(|account| Arc::clone(&account.binding))
            .collect()
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

impl Host for Sandbox {
    async fn prefetch(
        &mut self,
        request: Request,
        auth: Option<Resource<SecretHandle>>,
    ) -> wasmtime::Result<()> {
        let account = self.lent_to(auth.as_ref())?;
        self.fetch_ahead(request, account).await
    }

    async fn send(
        &mut self,
        request: Request,
        auth: Option<Resource<SecretHandle>>,
    ) -> wasmtime::Result<Result<Resource<Reply>, Error>> {
        let account = self.lent_to(auth.as_ref())?;
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
