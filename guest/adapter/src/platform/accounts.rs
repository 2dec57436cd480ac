//! Accounts: what each is bound to, its current token, and where its secret values are. Values are read for
//! one sign-in and wiped.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use url::Url;
use writeback_oauth::{Identity, SignInError, Token};
use writeback_policy::config::{AccountConfig, SecretSource};
use writeback_policy::{Binding, Origin, one_line};
use zeroize::Zeroizing;

use super::settings::setting;
use super::{files, sign_in, time};

/// Longer than any client secret, key or certificate.
const VALUE_BYTES: u64 = 64 * 1024;

/// An account of the configuration.
pub(super) struct Account {
    pub(super) binding: Arc<Binding>,
    pub(super) config: AccountConfig,
    pub(super) renewals: Cell<u32>,
    token: RefCell<Option<Rc<AccessToken>>>,
}

/// A token as requests use it.
pub(super) struct AccessToken {
    pub(super) identity: Identity,
    /// Milliseconds since the Unix epoch.
    pub(super) expires: u64,
    renew_at: u64,
    /// `Bearer …`, marked sensitive.
    header: HeaderValue,
}

impl Account {
    pub(super) fn new(binding: Arc<Binding>, config: AccountConfig) -> Self {
        Self {
            binding,
            config,
            renewals: Cell::new(0),
            token: RefCell::new(None),
        }
    }

    /// The current token; a new one where there is none, it is about to end, or `renew` asks for it.
    pub(super) fn token(&self, renew: bool) -> Result<Rc<AccessToken>, SignInError> {
        let current = self.token.borrow().clone();
        let current = current.filter(|token| !renew && time::now() < token.renew_at);
        if let Some(token) = current {
            return Ok(token);
        }
        let told =
            |error: SignInError| error.map(|why| format!("account `{}`: {why}", self.binding.name));
        let token = sign_in::ask(self).map_err(told)?;
        let token = AccessToken::new(&token, time::now()).ok_or_else(|| {
            told(SignInError::Refused(
                "the token does not fit into a header".to_owned(),
            ))
        })?;
        let token = Rc::new(token);
        self.token.replace(Some(Rc::clone(&token)));
        Ok(token)
    }

    /// The header that spends the account at `url`: its token, or what that service takes instead.
    pub(super) fn credential(
        &self,
        origin: &Origin,
        url: &Url,
    ) -> Result<(HeaderName, HeaderValue), SignInError> {
        let Some(fixed) = self.binding.fixed_at(origin, url.path()) else {
            return Ok((header::AUTHORIZATION, self.token(false)?.header.clone()));
        };
        let AccountConfig::Domo(config) = &self.config else {
            return Err(SignInError::Refused(
                "the account has no such value".to_owned(),
            ));
        };
        let source = config.developer_token.as_ref();
        let value = source.ok_or_else(|| SignInError::Refused("it has no value".to_owned()));
        let value = value.and_then(|source| text(fixed.key, source));
        let value = value
            .map_err(|error| error.map(|why| format!("account `{}`: {why}", self.binding.name)))?;
        let value = sensitive(&value).ok_or_else(|| {
            SignInError::Refused(format!(
                "the value of `{}` does not fit into a header",
                fixed.key
            ))
        })?;
        Ok((fixed.header.clone(), value))
    }
}

impl AccessToken {
    fn new(token: &Token, now: u64) -> Option<Self> {
        let after = |life: Duration| now.checked_add(u64::try_from(life.as_millis()).ok()?);
        let header = Zeroizing::new(format!("Bearer {}", *token.value));
        Some(Self {
            identity: token.identity.clone(),
            expires: after(token.life())?,
            renew_at: after(token.use_within())?,
            header: sensitive(&header)?,
        })
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A value of one line. `key` is where the configuration names the source.
pub(super) fn text(key: &str, source: &SecretSource) -> Result<Zeroizing<String>, SignInError> {
    let bytes = bytes(key, source)?;
    one_line(source, &bytes).map_err(SignInError::Refused)
}

/// A value of any bytes, such as a certificate with its key.
pub(super) fn bytes(key: &str, source: &SecretSource) -> Result<Zeroizing<Vec<u8>>, SignInError> {
    let read = match source {
        SecretSource::Env(name) => setting(name)
            .map(|value| Zeroizing::new(value.as_bytes().to_vec()))
            .ok_or_else(|| {
                format!(
                    "{source} is not set\nhint: set it, or say under `{key}` where the secret is"
                )
            }),
        SecretSource::File(path) => file(path),
        other => Err(format!("{other} cannot be read on this platform")),
    };
    read.map_err(SignInError::Refused)
}

/// A file of a preopened folder.
pub(super) fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    files::read(&path.to_string_lossy(), VALUE_BYTES).map(Zeroizing::new)
}
