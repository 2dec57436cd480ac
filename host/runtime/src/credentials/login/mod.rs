//! A user's sign-in to an account: by a code that is typed on any device, or in this machine's
//! browser. What comes of it is kept for the runs to come.

mod browser;
mod device;
mod redirect;

use std::sync::Arc;

use writeback_oauth::entra::Delegated;

pub use device::DevicePrompt;

use super::sign_in::{Grant, User};
use super::{Account, SignInError};
use crate::error::Error;
use crate::tenant::Tenant;

impl Tenant {
    /// Signs a user in to `account` by a device code: `show` tells the person what to type where.
    /// Returns when that was done.
    ///
    /// # Errors
    /// [`Error::SignIn`]: the account is not one for users, the person declined or took too long,
    /// or Entra ID refused.
    pub async fn login_by_device(
        &self,
        account: &str,
        show: impl FnOnce(&DevicePrompt),
    ) -> Result<(), Error> {
        let account = user_account(self, account)?;
        let signing_in = async |user: &User| {
            let evidence = user.proof.read(&account.sign_in.sources).await?;
            let delegated = device::sign_in(self, user, &evidence, show).await?;
            keep(user, delegated).await
        };
        told(&account, signing_in(user_of(&account)?).await)
    }

    /// Signs a user in to `account` in a browser of this machine: `open` is given the page to open.
    /// Returns when the browser has come back from there.
    ///
    /// # Errors
    /// As [`login_by_device`](Self::login_by_device), or no port of loopback is to be had.
    pub async fn login_by_browser(
        &self,
        account: &str,
        open: impl FnOnce(&str),
    ) -> Result<(), Error> {
        let account = user_account(self, account)?;
        let signing_in = async |user: &User| {
            let evidence = user.proof.read(&account.sign_in.sources).await?;
            let delegated = browser::sign_in(self, user, &evidence, open).await?;
            keep(user, delegated).await
        };
        told(&account, signing_in(user_of(&account)?).await)
    }

    /// Forgets the user who signed in to `account`. Says whether there was one.
    ///
    /// # Errors
    /// [`Error::SignIn`]: the account is not one for users, or the state folder cannot be used.
    pub async fn logout(&self, account: &str) -> Result<bool, Error> {
        let account = user_account(self, account)?;
        let forgetting = async |user: &User| user.held.lock().await?.remove();
        told(&account, forgetting(user_of(&account)?).await)
    }
}

fn user_account(tenant: &Tenant, name: &str) -> Result<Arc<Account>, Error> {
    let found = tenant.accounts().get(name);
    let account = found
        .ok_or_else(|| Error::SignIn(format!("account `{name}` is not in the configuration")))?;
    Ok(Arc::clone(account))
}

fn user_of(account: &Account) -> Result<&User, Error> {
    match &account.sign_in.grant {
        Grant::User(user) => Ok(user),
        _ => Err(Error::SignIn(format!(
            "account `{name}` signs in as itself, so nobody has to\n\
             hint: set `sign_in = \"user\"` under `[accounts.{name}]` to write with a user's permissions",
            name = account.binding.name
        ))),
    }
}

async fn keep(user: &User, delegated: Delegated) -> Result<(), SignInError> {
    let refresh = delegated.refresh.ok_or_else(|| {
        SignInError::Refused(
            "Entra ID gave no refresh token\nhint: an administrator has to allow the app `offline_access`"
                .to_owned(),
        )
    })?;
    user.held.lock().await?.write(&refresh)
}

fn told<T>(account: &Account, result: Result<T, SignInError>) -> Result<T, Error> {
    result.map_err(|error| {
        let (SignInError::Refused(why) | SignInError::Unavailable(why)) = error;
        Error::SignIn(format!("account `{}`: {why}", account.binding.name))
    })
}
