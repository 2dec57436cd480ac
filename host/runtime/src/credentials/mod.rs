//! Accounts: where each may be spent, and its token. Tokens are kept per tenant and refreshed by
//! one request however many runs wait; the component never sees one.

mod presets;
mod sign_in;
mod source;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::sync::Mutex;
use writeback_oauth::Identity;

use crate::clock::Clock;
use crate::config::AccountConfig;
use crate::egress::{HttpClient, Reach};
use sign_in::SignIn;
pub(crate) use source::Sources;

/// A token is renewed this long before it ends, so that it does not end within a request.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// An account of a tenant.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) reach: Reach,
    /// The entries of `hosts`, as configured.
    pub(crate) hosts: Vec<String>,
    /// Members of JSON replies that hold pre-authenticated URLs.
    pub(crate) link_fields: &'static [&'static str],
    sign_in: SignIn,
    token: Mutex<Option<Arc<AccessToken>>>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A token as requests use it.
pub(crate) struct AccessToken {
    pub(crate) identity: Identity,
    pub(crate) expires: SystemTime,
    renew_at: SystemTime,
    /// `Bearer …`, marked sensitive.
    header: HeaderValue,
}

impl AccessToken {
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// Why an account is not signed in. The texts carry a last line `hint: …` where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignInError {
    /// Trying again is of no use.
    Refused(String),
    /// Trying again later may help.
    Unavailable(String),
}

impl SignInError {
    /// The same with another text.
    pub(crate) fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Refused(why) => Self::Refused(change(why)),
            Self::Unavailable(why) => Self::Unavailable(change(why)),
        }
    }
}

impl Account {
    pub(crate) fn new(
        name: &str,
        config: &AccountConfig,
        sources: &Arc<Sources>,
    ) -> Result<Self, String> {
        presets::account(name, config, sources)
    }

    /// The current token, or a new one where there is none, it is about to end, or it is the one
    /// that `stale` names.
    pub(crate) async fn token(
        &self,
        client: &HttpClient,
        clock: &dyn Clock,
        stale: Option<&Arc<AccessToken>>,
    ) -> Result<Arc<AccessToken>, SignInError> {
        // Held while asking: whoever waits here finds the new token.
        let mut current = self.token.lock().await;
        let is_stale =
            |token: &Arc<AccessToken>| stale.is_some_and(|stale| Arc::ptr_eq(stale, token));
        if let Some(token) = current
            .as_ref()
            .filter(|token| token.renew_at > clock.now() && !is_stale(token))
        {
            return Ok(Arc::clone(token));
        }
        *current = None;
        let token = Arc::new(self.sign_in.ask(&self.name, client, clock).await?);
        *current = Some(Arc::clone(&token));
        Ok(token)
    }
}

#[cfg(test)]
pub(crate) fn test_account() -> Account {
    use crate::config::{Cloud, EntraAccount, SecretSource};
    let config = AccountConfig::Entra(EntraAccount {
        tenant: "contoso.onmicrosoft.com".to_owned(),
        client_id: "app".to_owned(),
        client_secret: SecretSource::Env("WRITEBACK_TEST_UNSET".to_owned()),
        cloud: Cloud::Global,
        hosts: vec!["contoso.sharepoint.com".to_owned()],
        endpoints: Default::default(),
    });
    Account::new("sharepoint", &config, &Arc::new(Sources)).unwrap()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
