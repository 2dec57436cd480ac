//! Accounts: where each may be spent, and its token. Tokens are kept per tenant and refreshed by
//! one request however many runs wait; the component never sees one.

pub(crate) mod ask;
mod certificate;
mod federated;
mod fixed;
pub(crate) mod login;
mod presets;
mod proof;
mod refresh;
pub(crate) mod rows;
pub(crate) mod sensitive;
mod sign_in;
mod source;
mod token;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use http::HeaderValue;
use url::Url;
use writeback_policy::{Binding, Origin};

use crate::config::AccountConfig;
use crate::tenant::Tenant;
use fixed::FixedHeader;
use rows::Rows;
use sign_in::SignIn;
pub use source::{SecretError, SecretSources, SecretStore};
#[cfg(feature = "vault")]
pub(crate) use source::{access, passphrase as passphrase_of};
pub(crate) use token::{AccessToken, TokenCache};
pub(crate) use writeback_oauth::SignInError;

/// An account of a tenant.
pub(crate) struct Account {
    /// Its name, and where it may be spent.
    pub(crate) binding: Arc<Binding>,
    /// What opens a service that takes no access token.
    fixed: Option<FixedHeader>,
    /// Where the program appends rows, at a service that takes them.
    pub(crate) rows: Option<Rows>,
    sign_in: SignIn,
    token: TokenCache,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}

impl Account {
    pub(crate) fn new(
        name: &str,
        config: &AccountConfig,
        sources: &Arc<SecretSources>,
        state_dir: &Path,
    ) -> Result<Self, String> {
        presets::account(name, config, sources, state_dir)
    }

    /// The current token, or a new one where there is none, it is about to end, or it is the one
    /// that `stale` names. Asking goes on when nobody waits for it any more: what a service has
    /// handed out once, such as a new refresh token, is kept.
    pub(crate) async fn token(
        self: &Arc<Self>,
        tenant: &Tenant,
        stale: Option<&Arc<AccessToken>>,
    ) -> Result<Arc<AccessToken>, SignInError> {
        let (account, asking) = (Arc::clone(self), tenant.clone());
        let ask = async move { account.sign_in.ask(&account.binding.name, &asking).await };
        self.token.get(tenant.clock().now(), stale, ask).await
    }

    /// The header that opens the service at `url` in place of an access token, where there is one.
    pub(crate) async fn fixed_header(
        &self,
        origin: &Origin,
        url: &Url,
    ) -> Option<Result<(http::HeaderName, HeaderValue), SignInError>> {
        let service = self.binding.fixed_at(origin, url.path())?;
        let value = self.fixed.as_ref()?.value(&self.sign_in.sources).await;
        Some(match value {
            Ok(value) => Ok((service.header.clone(), value)),
            Err(error) => Err(error.map(|why| format!("account `{}`: {why}", self.binding.name))),
        })
    }
}

#[cfg(test)]
pub(crate) fn test_account() -> Account {
    use crate::config::{EntraAccount, SecretSource};
    let mut account = EntraAccount::new("contoso.onmicrosoft.com", "app");
    account.client_secret = Some(SecretSource::Env("WRITEBACK_TEST_UNSET".to_owned()));
    account.hosts = vec!["contoso.sharepoint.com".to_owned()];
    let config = AccountConfig::Entra(account);
    let nowhere = Path::new("/nonexistent");
    Account::new(
        "sharepoint",
        &config,
        &Arc::new(SecretSources::default()),
        nowhere,
    )
    .unwrap()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
