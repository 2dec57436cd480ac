//! The calling layer: send, judge, wait, sign in anew, send again, within budgets.
//!
//! It knows no URL and no file; the flows say what they are doing and to whom.

mod pages;
mod patience;
mod trouble;
mod watch;

pub use patience::Left;
pub use trouble::{CallError, Lost, Trouble};

use crate::account::Account;
use crate::message::{Reply, Request};
use crate::ports::{HttpError, Level, Ports, Response};
use crate::refusal::Service;
use crate::retry::{Limits, Random, asked_pause};
use crate::{domo, graph};
use watch::Watch;

/// What every request says of its sender. Microsoft asks for this form.
pub const USER_AGENT: &str = concat!("NONISV|Writeback|Connector/", env!("CARGO_PKG_VERSION"));

/// Replies other than exports are small; more than this is not one of ours.
const REPLY_LIMIT: usize = 16 * 1024 * 1024;
const REPLY_CHUNK: u32 = 64 * 1024;

/// What the calls of one run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent.
    pub requests: u64,
    /// Those that repeated an earlier one.
    pub retries: u64,
    /// Pauses together, in milliseconds.
    pub waited: u64,
}

/// One run: its ports, its budgets, what it has to say at the end.
pub struct Run<'p, P: Ports> {
    /// The world.
    pub ports: &'p P,
    /// Requests, retries, pauses.
    pub tally: Tally,
    /// What the receipt has to warn about.
    pub warnings: Vec<String>,
    limits: Limits,
    random: Random,
    watch: Watch,
    /// Pauses for locked files together, in milliseconds.
    locked: u64,
    /// Requests whose replies are being fetched already.
    ahead: Vec<Request>,
}

/// With whose credential a request goes out.
pub enum Via<'a, P: Ports> {
    /// An account's.
    Account(&'a Account<P>),
    /// None: the URL is a link that carries its own.
    Link,
}

impl<P: Ports> Via<'_, P> {
    fn service(&self) -> Service {
        match self {
            Self::Account(account) => account.service,
            Self::Link => Service::SharePoint,
        }
    }
}

impl<'p, P: Ports> Run<'p, P> {
    /// Starts a run.
    pub fn new(ports: &'p P, limits: Limits) -> Self {
        Self {
            ports,
            tally: Tally::default(),
            warnings: Vec::new(),
            limits,
            random: Random::new(ports.seed()),
            watch: Watch::start(ports.now()),
            locked: 0,
            ahead: Vec::new(),
        }
    }

    /// Adds a line to the receipt's warnings and tells it now.
    pub fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.ports.log(Level::Warn, &text);
        self.warnings.push(text);
    }

    /// Sends a request until it is answered well or cannot be.
    pub fn call(
        &mut self,
        account: &Account<P>,
        what: &str,
        request: &Request,
    ) -> Result<Reply, CallError> {
        let mut tries = self.tries();
        loop {
            match self.attempt(&Via::Account(account), request, None) {
                Ok(reply) => return Ok(reply),
                Err(trouble) => self.again(&mut tries, what, Some(account), trouble)?,
            }
        }
    }

    /// Sends a request once and reads the whole reply.
    pub fn attempt(
        &mut self,
        via: &Via<'_, P>,
        request: &Request,
        blob: Option<&P::Blob>,
    ) -> Result<Reply, Trouble> {
        let response = self.open(via, request, blob)?;
        self.finish(via, &response)
    }

    /// Reads the whole reply.
    fn finish(&self, via: &Via<'_, P>, response: &P::Response) -> Result<Reply, Trouble> {
        let reply = read(response).map_err(|e| Trouble::from_http(via.service(), e))?;
        if (200..300).contains(&reply.status) && !reply.is_html() {
            return Ok(reply);
        }
        Err(self.refusal(via.service(), &reply))
    }

    /// Sends a request once, if the job's deadline is still to come; the body is still to be read.
    pub fn open(
        &mut self,
        via: &Via<'_, P>,
        request: &Request,
        blob: Option<&P::Blob>,
    ) -> Result<P::Response, Trouble> {
        self.in_time().map_err(Trouble::Stopped)?;
        self.send(via, request, blob)
    }

    /// Sends a request that tidies up, whatever the time, until it is answered or cannot be.
    pub fn tidy(&mut self, what: &str, request: &Request) {
        let mut tries = self.tries();
        loop {
            let sent = self.send(&Via::Link, request, None);
            let Err(trouble) = sent.and_then(|response| self.finish(&Via::Link, &response)) else {
                return;
            };
            if self.again(&mut tries, what, None, trouble).is_err() {
                return;
            }
        }
    }

    fn send(
        &mut self,
        via: &Via<'_, P>,
        request: &Request,
        blob: Option<&P::Blob>,
    ) -> Result<P::Response, Trouble> {
        let (request, auth) = match via {
            Via::Account(account) => {
                let request = match self.ahead.iter().position(|ahead| ahead.same(request)) {
                    Some(at) => self.ahead.swap_remove(at),
                    None => self.signed(account.service, request),
                };
                (request, Some(&account.secret))
            }
            Via::Link => (self.named(request), None),
        };
        let sent = self.ports.send(&request, blob, auth);
        sent.map_err(|e| Trouble::from_http(via.service(), e))
    }

    /// Has the reply to a GET fetched while something else is done: the next call with this request takes it.
    pub fn prefetch(&mut self, service: Service, secret: &P::Secret, request: &Request) {
        if self.ahead.iter().any(|ahead| ahead.same(request)) {
            return;
        }
        let request = self.signed(service, request);
        self.ports.prefetch(&request, secret);
        self.ahead.push(request);
    }

    /// The request as an account sends it.
    fn signed(&mut self, service: Service, request: &Request) -> Request {
        let request = self.named(request);
        match service {
            Service::Domo => request,
            Service::SharePoint => request.header("client-request-id", self.random.guid()),
        }
    }

    /// The request as everything is sent.
    fn named(&mut self, request: &Request) -> Request {
        self.tally.requests += 1;
        request.clone().header("user-agent", USER_AGENT.to_owned())
    }

    /// Reads what a reply says about why it refuses.
    pub fn refusal(&self, service: Service, reply: &Reply) -> Trouble {
        let mut refusal = match service {
            Service::Domo => domo::refusal(reply),
            Service::SharePoint => graph::refusal(reply),
        };
        refusal.after = asked_pause(&reply.headers, self.ports.now());
        Trouble::Refused(refusal)
    }
}

fn read<R: Response>(response: &R) -> Result<Reply, HttpError> {
    let mut body = Vec::new();
    loop {
        let part = response.read(REPLY_CHUNK)?;
        if part.is_empty() {
            break;
        }
        body.extend_from_slice(&part);
        if body.len() > REPLY_LIMIT {
            return Err(HttpError::Transport(
                "the reply is larger than 16 MiB".to_owned(),
            ));
        }
    }
    Ok(Reply {
        status: response.status(),
        headers: response.headers(),
        body,
    })
}
