//! The calling layer: send, judge, wait, sign in anew, send again, within budgets.
//!
//! The only place that repeats a request, and the only one that pauses. It knows
//! no URL and no file; the flows say what they are doing and to whom.

mod pages;
mod trouble;

pub use trouble::{CallError, Lost, Trouble};

use crate::account::{self, Account};
use crate::error::Failure;
use crate::message::{Reply, Request};
use crate::ports::{HttpError, Level, Ports, Response, Secret, SecretError, Step};
use crate::refusal::{Refused, Service};
use crate::retry::{Limits, Random, Tries, Verdict, asked_pause, verdict};
use crate::{domo, graph};

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
        }
    }

    /// Adds a line to the receipt's warnings and tells it now.
    pub fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.ports.log(Level::Warn, &text);
        self.warnings.push(text);
    }

    /// Opens an account, trying again where the sign-in service is away.
    pub fn account(&mut self, service: Service, name: &str) -> Result<Account<P>, Failure> {
        let mut tries = Tries::default();
        loop {
            let (error, failure) = match account::open(self.ports, service, name) {
                Ok(account) => return Ok(account),
                Err(told) => told,
            };
            tries.tried += 1;
            if !matches!(error, SecretError::Unavailable(_)) || tries.tried >= self.limits.attempts
            {
                return Err(failure);
            }
            self.pause(&mut tries, None)
                .map_err(|left| left.unwrap_or(failure))?;
        }
    }

    /// Sends a request until it is answered well or cannot be.
    pub fn call(
        &mut self,
        account: &Account<P>,
        what: &str,
        request: &Request,
    ) -> Result<Reply, CallError> {
        let mut tries = Tries::default();
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
        let reply = read(&response).map_err(|e| Trouble::from_http(via.service(), e))?;
        if (200..300).contains(&reply.status) && !reply.is_html() {
            return Ok(reply);
        }
        Err(self.refusal(via.service(), &reply))
    }

    /// Sends a request once; the body is still to be read.
    pub fn open(
        &mut self,
        via: &Via<'_, P>,
        request: &Request,
        blob: Option<&P::Blob>,
    ) -> Result<P::Response, Trouble> {
        self.tally.requests += 1;
        let mut request = request.clone().header("user-agent", USER_AGENT.to_owned());
        let auth = match via {
            Via::Account(account) => Some(&account.secret),
            Via::Link => None,
        };
        if auth.is_some() && via.service() == Service::SharePoint {
            request = request.header("client-request-id", self.random.guid());
        }
        let sent = self.ports.send(&request, blob, auth);
        sent.map_err(|e| Trouble::from_http(via.service(), e))
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

    /// Prepares another attempt, by pausing or signing in, or says why there is none.
    pub fn again(
        &mut self,
        tries: &mut Tries,
        what: &str,
        account: Option<&Account<P>>,
        trouble: Trouble,
    ) -> Result<(), CallError> {
        let verdict = match &trouble {
            Trouble::Refused(refusal) => verdict(refusal),
            Trouble::Lost(_) => Verdict::Again,
            Trouble::Stopped(_) => Verdict::Final,
        };
        self.again_as(verdict, tries, what, account, trouble)
    }

    /// The same where the caller knows better what the trouble calls for.
    pub fn again_as(
        &mut self,
        verdict: Verdict,
        tries: &mut Tries,
        what: &str,
        account: Option<&Account<P>>,
        trouble: Trouble,
    ) -> Result<(), CallError> {
        tries.tried += 1;
        match (verdict, account) {
            (Verdict::Again, _) if tries.tried < self.limits.attempts => {
                let pause = self.pause(tries, trouble.asked());
                pause.map_err(|left| give_up(tries, what, account, trouble, left))
            }
            (Verdict::Renew, Some(account)) if !tries.renewed => {
                tries.renewed = true;
                self.tally.retries += 1;
                let renewed = account.secret.renew();
                renewed.map_err(|error| match error {
                    SecretError::Undeclared(_) => {
                        give_up(tries, what, Some(account), trouble, None)
                    }
                    // Why there is no new token tells more than that the old one was refused.
                    error => CallError::Failed(account::failure(account.service, "", error)),
                })
            }
            _ => Err(give_up(tries, what, account, trouble, None)),
        }
    }

    /// Whether a request may be tried once more.
    pub fn may_try(&self, tries: &Tries) -> bool {
        tries.tried < self.limits.attempts
    }

    /// Pauses before another attempt. `Err(None)` when the budget does not hold
    /// the pause, `Err(Some)` when the run is being cancelled.
    pub fn pause(&mut self, tries: &mut Tries, asked: Option<u64>) -> Result<(), Option<Failure>> {
        let pause = tries.pause(asked, &mut self.random);
        if self.tally.waited.saturating_add(pause) > self.limits.wait {
            return Err(None);
        }
        self.ports.report(Step::Waiting(pause));
        let slept = self.ports.sleep(pause);
        slept.map_err(|_| Some(Failure::cancelled()))?;
        self.tally.waited += pause;
        self.tally.retries += 1;
        Ok(())
    }
}

/// The error that ends a call.
fn give_up<P: Ports>(
    tries: &Tries,
    what: &str,
    account: Option<&Account<P>>,
    trouble: Trouble,
    left: Option<Failure>,
) -> CallError {
    if let Some(failure) = left {
        return CallError::Failed(failure);
    }
    match trouble {
        Trouble::Stopped(failure) => CallError::Failed(failure),
        Trouble::Lost(lost) => CallError::Failed(lost.failure(what, tries.tried)),
        Trouble::Refused(refusal) => {
            let barred = refusal.status == 403 && refusal.service == Service::SharePoint;
            let identity = account.filter(|_| barred).map(|a| &a.identity);
            CallError::Refused(Box::new(Refused {
                what: what.to_owned(),
                hint: identity.map(|i| account::permission_hint(i).to_owned()),
                attempts: tries.tried,
                refusal,
            }))
        }
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
