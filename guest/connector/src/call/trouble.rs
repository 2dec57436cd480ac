//! What can go wrong with one attempt, and with a call as a whole.

use crate::account;
use crate::error::{Code, Failure};
use crate::ports::HttpError;
use crate::refusal::{Refusal, Refused, Service};

/// Why one attempt brought no good reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The service answered, and refused.
    Refused(Refusal),
    /// No reply came: the request may or may not have been carried out.
    Lost(Lost),
    /// Sending it again cannot help.
    Stopped(Failure),
}

/// A request without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Who did not answer.
    pub service: Service,
    /// What the host saw.
    pub text: String,
}

impl Lost {
    /// The failure after what was tried.
    pub fn failure(&self, what: &str, tried: &str) -> Failure {
        let code = match self.service {
            Service::Domo => Code::DomoUnavailable,
            Service::SharePoint => Code::SharePointUnavailable,
        };
        let text = self.text.trim_end_matches('.');
        let message = format!(
            "{what} failed: no reply from {}: {text} ({tried})",
            self.service
        );
        Failure::new(code, message)
            .hint("check the network between this machine and the service, then run the job again")
            .after(60)
    }
}

/// A request that the host's policy forbids. The line that would allow it comes behind `hint: `.
fn denied(service: Service, text: &str) -> Failure {
    let (said, line) = match text.split_once("hint: ") {
        Some((said, line)) => (said.trim_end(), line.trim()),
        None => (text, ""),
    };
    let failure = Failure::new(
        Code::Denied,
        format!("a request to {service} was denied: {said}"),
    );
    match line {
        "" => {
            failure.hint("add the line from the message to the configuration if this host is yours")
        }
        line if line.starts_with("set ") => failure.hint(format!("if this host is yours, {line}")),
        line => failure.hint(line),
    }
}

impl Trouble {
    /// What the host's error means.
    pub fn from_http(service: Service, error: HttpError) -> Self {
        match error {
            HttpError::Timeout(text) | HttpError::Transport(text) => {
                Self::Lost(Lost { service, text })
            }
            HttpError::Denied(text) => Self::Stopped(denied(service, &text)),
            HttpError::Limit(text) => Self::Stopped(
                Failure::new(
                    Code::LimitReached,
                    format!("a limit of the run was reached: {text}"),
                )
                .hint("raise the limit under `[limits]`"),
            ),
            HttpError::SignIn(text) => {
                let doing = format!("signing in to {service} failed");
                Self::Stopped(account::refused(service, &doing, &text))
            }
            HttpError::Cancelled => Self::Stopped(Failure::cancelled()),
        }
    }

    /// The pause that the service asked for, in milliseconds.
    pub fn asked(&self) -> Option<u64> {
        match self {
            Self::Refused(refusal) => refusal.after,
            _ => None,
        }
    }

    /// The status, where there was a reply.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// Whether somebody has the file open or checked out.
    pub fn locked(&self) -> bool {
        matches!(self, Self::Refused(r) if r.status == 423 && r.service == Service::SharePoint)
    }

    /// Whether the request may have been carried out although it looks failed.
    pub fn ambiguous(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            Self::Refused(refusal) => {
                refusal.html || matches!(refusal.status, 408 | 409 | 500 | 502 | 503 | 504)
            }
            Self::Stopped(_) => false,
        }
    }
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The service refuses.
    Refused(Box<Refused>),
    /// Anything else.
    Failed(Failure),
}

impl CallError {
    /// The status, where there was a reply.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refused) => Some(refused.refusal.status),
            Self::Failed(_) => None,
        }
    }

    /// The service's code, where there was a reply.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(refused) => &refused.refusal.code,
            Self::Failed(_) => "",
        }
    }

    /// The failure, under another code and hint where the service refused with `status`.
    pub fn coded(self, status: u16, code: Code, hint: &str) -> Failure {
        match self {
            Self::Refused(refused) if refused.refusal.status == status => {
                refused.coded(code).hint(hint)
            }
            other => other.into(),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refused) => (*refused).into(),
            CallError::Failed(failure) => failure,
        }
    }
}
