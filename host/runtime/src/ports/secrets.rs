//! Lends accounts as handles. Nothing here returns a credential or a token.

use std::sync::Arc;

use futures_util::FutureExt as _;
use wasmtime::component::Resource;
use writeback_policy::RENEWALS;

use crate::bindings::writeback::connector::secrets::{Error, Host, HostSecret, Identity};
use crate::boxed::BoxFuture;
use crate::clock::unix_millis;
use crate::credentials::{AccessToken, Account, SignInError};
use crate::progress::Level;
use crate::sandbox::{Sandbox, SigningIn};

/// An account that a component holds.
pub struct SecretHandle {
    pub(crate) account: Arc<Account>,
}

impl Sandbox {
    /// The account's token, signing in where needed.
    async fn token(
        &mut self,
        account: &Arc<Account>,
        renew: bool,
    ) -> Result<Arc<AccessToken>, SignInError> {
        let session = self
            .sessions
            .entry(account.binding.name.clone())
            .or_default();
        let stale = session.token.as_ref().filter(|_| renew);
        let token = match session.signing_in.take().filter(|_| !renew) {
            Some(signing_in) => signing_in.await?,
            None => account.token(&self.tenant, stale).await?,
        };
        self.signed(account, Arc::clone(&token));
        Ok(token)
    }

    /// The run has spent a token of the account's.
    pub(crate) fn signed(&mut self, account: &Account, token: Arc<AccessToken>) {
        let name = account.binding.name.clone();
        let warning = token.warning.clone();
        let session = self.sessions.entry(name).or_default();
        let first = session.token.replace(token).is_none();
        if let Some(warning) = warning.filter(|_| first) {
            self.progress.log(Level::Warn, &warning);
        }
    }

    /// The sign-in of an account that has not been signed in to: everybody who asks ahead waits for the same one.
    pub(crate) fn sign_in_ahead(&mut self, account: &Arc<Account>) -> Option<SigningIn> {
        let name = account.binding.name.clone();
        let session = self.sessions.entry(name).or_default();
        if session.token.is_none() && session.signing_in.is_none() {
            let (account, tenant) = (Arc::clone(account), self.tenant.clone());
            let asking: BoxFuture<'static, _> =
                Box::pin(async move { account.token(&tenant, None).await });
            session.signing_in = Some(asking.shared());
        }
        session.signing_in.clone()
    }

    async fn signed_in(
        &mut self,
        account: &Arc<Account>,
        renew: bool,
    ) -> Result<Arc<AccessToken>, Error> {
        let cancel = self.cancel.clone();
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            token = self.token(account, renew) => token.map_err(|error| match error {
                SignInError::Refused(text) => Error::Refused(text),
                SignInError::Unavailable(text) => Error::Unavailable(text),
            }),
        }
    }

    fn account(&self, handle: &Resource<SecretHandle>) -> wasmtime::Result<Arc<Account>> {
        Ok(Arc::clone(&self.table.get(handle)?.account))
    }
}

impl Host for Sandbox {
    async fn open(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Resource<SecretHandle>, Error>> {
        Ok(match self.lent.get(&name) {
            Some(Ok(account)) => {
                let account = Arc::clone(account);
                self.room().map_err(wasmtime::Error::new)?;
                Ok(self.hold(SecretHandle { account })?)
            }
            Some(Err(why)) => Err(Error::Undeclared(why.clone())),
            None => Err(Error::Undeclared(format!(
                "the run was not given an account `{name}`"
            ))),
        })
    }
}

impl HostSecret for Sandbox {
    async fn endpoint(
        &mut self,
        handle: Resource<SecretHandle>,
        service: String,
    ) -> wasmtime::Result<Result<String, Error>> {
        let account = self.account(&handle)?;
        let endpoint = account.binding.endpoint(&service);
        Ok(endpoint.map_err(Error::Undeclared))
    }

    async fn identity(
        &mut self,
        handle: Resource<SecretHandle>,
    ) -> wasmtime::Result<Result<Identity, Error>> {
        let account = self.account(&handle)?;
        Ok(self.signed_in(&account, false).await.map(|token| Identity {
            subject: token.identity.subject.clone(),
            roles: token.identity.roles.clone(),
            scopes: token.identity.scopes.clone(),
            expires: Some(unix_millis(token.expires)),
        }))
    }

    async fn renew(
        &mut self,
        handle: Resource<SecretHandle>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let account = self.account(&handle)?;
        let session = self
            .sessions
            .entry(account.binding.name.clone())
            .or_default();
        if session.renewals == RENEWALS {
            return Ok(Err(Error::Refused(account.binding.renewed_enough())));
        }
        session.renewals += 1;
        // They may carry the token that is refused.
        self.ahead.forget();
        Ok(self.signed_in(&account, true).await.map(drop))
    }

    async fn drop(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<()> {
        self.release(handle)
    }
}
