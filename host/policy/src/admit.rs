//! The gate in front of one request: its URL, where that leads, its headers. What signs it comes after.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::binding::Binding;
use crate::config::Limits;
use crate::headers::{HeaderLimits, HeadersRefused, police};
use crate::limit::LimitExceeded;
use crate::permit::{Policy, Target};

/// A request as a component wants it.
pub struct Wanted<'a, H> {
    /// The method.
    pub method: &'a Method,
    /// The URL, or the name of a link.
    pub url: &'a str,
    /// Names and values of the headers.
    pub headers: H,
    /// Bytes of the body.
    pub length: u64,
}

/// Why a request may not be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The policy forbids it.
    Denied(String),
    /// It is beyond a limit of the run.
    Limit(LimitExceeded),
}

impl Policy<'_> {
    /// Where a request goes, with the account `auth` or without one, and its headers but for the credential.
    ///
    /// # Errors
    /// Why it may not be sent.
    pub fn admit<'a>(
        self,
        wanted: Wanted<'_, impl IntoIterator<Item = (&'a str, &'a str)>>,
        auth: Option<&Arc<Binding>>,
        limits: &Limits,
    ) -> Result<(Target, HeaderMap), Refused> {
        check_length(wanted.url, limits)?;
        let target = self
            .permit(wanted.method, wanted.url, auth)
            .map_err(Refused::Denied)?;
        check_length(target.url.as_str(), limits)?;
        let bound = |name: &HeaderName| {
            let mut accounts = self.accounts.iter();
            accounts.any(|account| account.owns_header(name))
        };
        let policed = police(wanted.headers, bound, HeaderLimits::new(limits));
        let mut headers = policed.map_err(|refused| match refused {
            HeadersRefused::Denied(why) => Refused::Denied(format!(
                "the request to `{}` is denied: {why}",
                target.origin
            )),
            HeadersRefused::Limit(limit) => Refused::Limit(limit),
        })?;
        frame(&mut headers, wanted.method, wanted.length);
        Ok((target, headers))
    }
}

fn check_length(url: &str, limits: &Limits) -> Result<(), Refused> {
    let limit = limits.url_bytes;
    match url.len() as u64 > limit {
        true => Err(Refused::Limit(LimitExceeded::UrlBytes(limit))),
        false => Ok(()),
    }
}

/// The length is always told: services refuse uploads without one.
fn frame(headers: &mut HeaderMap, method: &Method, length: u64) {
    let expected = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    if expected || length > 0 {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}
